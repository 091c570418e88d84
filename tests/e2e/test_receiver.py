"""The example of a webhook's receiver, as it stands in examples/."""

import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

from pipeline.alert import raise_alert
from pipeline.alerting.signature import HEADER, sign
from pipeline.records import Match, Origin
from pipeline.wire import encode_alert
from tests.contract.services.programs import free_port
from tests.e2e.conftest import wait_until
from tests.e2e.sightings import Cast

EXAMPLE = Path(__file__).parents[2] / "examples" / "receive_alerts.py"
SECRET = "s3cret"  # noqa: S105 - of nothing


def post(port: int, body: bytes, header: str) -> int:
    """Return the status of an answer; 0 while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/", body, {HEADER: header})
        return connection.getresponse().status
    except ConnectionError:
        return 0
    finally:
        connection.close()


def alert() -> bytes:
    """Return an alert as it is posted."""
    cast = Cast.now()
    match = Match(cast.sighting(1, wanted=True), cast.entry(), 0.75, 0.5, "lookout.sightings[0]@1", "nobody")
    return encode_alert(raise_alert(match, Origin.LIVE, cast.started_at_ms))


def test_the_example_takes_what_is_signed_once(tmp_path: Path) -> None:
    """A signed alert is printed once, however often it comes; what is signed otherwise, or long ago, is refused."""
    port, body, now_s = free_port(), alert(), int(time.time())
    said = tmp_path / "said"
    command = [sys.executable, str(EXAMPLE), str(port)]
    with (
        said.open("wb") as out,
        subprocess.Popen(command, stdout=out, env={**os.environ, "WEBHOOK_SECRET": SECRET}) as example,
    ):
        try:
            wait_until(lambda: post(port, body, "") == 401, "the example to listen")
            assert post(port, body, sign("another", now_s, body)) == 401
            assert post(port, body, sign(SECRET, now_s - 3600, body)) == 401
            assert [post(port, body, sign(SECRET, now_s, body)) for _ in range(2)] == [204, 204]
        finally:
            example.terminate()
    assert said.read_text().count("\n") == 1
