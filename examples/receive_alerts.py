"""Receives alerts as a webhook: WEBHOOK_SECRET=... python examples/receive_alerts.py PORT (needs Python alone)."""

import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"]  # the `secret` of [webhooks.NAME] in lookout.toml
TOLERANCE_S = 300
LONGEST_BYTES = 1_000_000

seen: set[str] = set()  # of a receiver that may be restarted: in its database


class Desk(BaseHTTPRequestHandler):
    """Takes one post; anything but 2xx, and lookout posts the alert again or puts it aside."""

    def do_POST(self) -> None:
        """Check who it is from, and print an alert that has not been seen."""
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(min(length, LONGEST_BYTES))
        if not signed(self.headers.get("Lookout-Signature", ""), body):
            self.send_error(401)
            return
        event = json.loads(body)  # a CloudEvent; its id is the same when it is delivered again
        if event["id"] not in seen:
            alert = event["data"]  # an improved alert is another event with the same alert_id
            print(f"{event['time']} {alert['camera_id']} {alert['similarity']:.3f} {alert['description']}", flush=True)
            seen.add(event["id"])
        self.send_response(204)  # only now: an alert that was not dealt with comes again
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def signed(header: str, body: bytes) -> bool:
    """Whether a post was signed with the secret, at most five minutes ago."""
    fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    at = fields.get("t", "")
    if not at.isdecimal() or not at.isascii() or len(at) > 20 or abs(time.time() - int(at)) > TOLERANCE_S:
        return False
    expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, "sha256").hexdigest()
    return hmac.compare_digest(expected.encode(), fields.get("v1", "").encode())


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Desk).serve_forever()
