"""How a webhook's receiver knows that a post is from lookout, and fresh: HMAC-SHA256 over time and body."""

import hmac
from hashlib import sha256

HEADER = "Lookout-Signature"
TOLERANCE_S = 300
_LONGEST_TIME = 20  # digits; Python refuses to read a number of thousands


def sign(secret: str, at_s: int, body: bytes) -> str:
    """Return the header's value: ``t=<Unix time>,v1=<hexadecimal HMAC of "<Unix time>." and the body>``."""
    return f"t={at_s},v1={_digest(secret, at_s, body)}"


def verify(secret: str, header: str, body: bytes, now_s: int) -> bool:
    """Whether a header's value fits the body and is at most five minutes old; for receivers."""
    fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    at, told = fields.get("t", ""), fields.get("v1", "")
    if not at.isascii() or not at.isdigit() or len(at) > _LONGEST_TIME or abs(now_s - int(at)) > TOLERANCE_S:
        return False
    return hmac.compare_digest(_digest(secret, int(at), body).encode(), told.encode())


def _digest(secret: str, at_s: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, sha256).hexdigest()
