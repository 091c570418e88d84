"""Why a camera gives no frames, as words to count by and as sentences to read."""

import re
from enum import StrEnum


class Fault(StrEnum):
    """What kept a camera from being connected, or ended a connection."""

    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    BUSY = "busy"
    TRANSPORT = "transport"
    UNKNOWN_HOST = "unknown_host"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_DEVICE = "no_device"
    NO_ANSWER = "no_answer"
    NO_VIDEO = "no_video"
    SILENT = "silent"
    BROKEN_OFF = "broken_off"
    DECODER_CRASHED = "decoder_crashed"
    DECODER_HUNG = "decoder_hung"


SENTENCES = {
    Fault.UNAUTHORIZED: "it refuses the user name or password; correct them in the camera's address",
    Fault.NOT_FOUND: "it answers, but knows no stream of that path; correct the path in the camera's address",
    Fault.BUSY: "it answers that it has no stream to spare; does it allow another viewer?",
    Fault.TRANSPORT: "it does not send over this transport; add or remove ?udp at the end of its address",
    Fault.UNKNOWN_HOST: "no such host is known; correct the name in its address, or the network's name service",
    Fault.REFUSED: "nothing listens at that port; is the camera on, and the port right?",
    Fault.UNREACHABLE: "there is no way to that host; is the network up?",
    Fault.NO_DEVICE: "there is no such device, or it is in use or not permitted",
    Fault.NO_ANSWER: "it did not answer in time",
    Fault.NO_VIDEO: "what it sends is no video that FFmpeg can decode",
    Fault.SILENT: "it is connected, but sent no frame in time",
    Fault.BROKEN_OFF: "it ended the connection, or sent what cannot be decoded",
    Fault.DECODER_CRASHED: "its decoder crashed and was replaced",
    Fault.DECODER_HUNG: "its decoder hung and was killed",
}

# How many times in a row a camera may answer so before somebody has to do something about it. A wrong password counts
# at once: many cameras lock an account after a handful of wrong ones. A camera that boots may answer 404 for a while.
HOPELESS_AFTER = {Fault.UNAUTHORIZED: 1, Fault.NOT_FOUND: 3, Fault.UNKNOWN_HOST: 3, Fault.TRANSPORT: 3}

_TOLD = (
    (Fault.UNAUTHORIZED, re.compile(r"failed: 40[13]\b|HTTP error 40[13]\b|Server returned 40[13]")),
    (Fault.NOT_FOUND, re.compile(r"failed: 404\b|HTTP error 404\b|Server returned 404")),
    (Fault.BUSY, re.compile(r"failed: (?:453|503)\b|HTTP error (?:429|503)\b")),
    (Fault.TRANSPORT, re.compile(r"failed: 461\b|Nonmatching transport")),
    (Fault.UNKNOWN_HOST, re.compile(r"Failed to resolve hostname")),
    (Fault.REFUSED, re.compile(r"Connection refused")),
    (Fault.UNREACHABLE, re.compile(r"No route to host|is unreachable")),
    (Fault.NO_ANSWER, re.compile(r"timed out|Stream timeout triggered")),
    (Fault.NO_VIDEO, re.compile(r"Invalid data found|Could not find codec|Unable to find a suitable")),
)


def fault_of(line: str) -> Fault | None:
    """Return what a line that FFmpeg wrote says about the connection; None where it says nothing of that."""
    return next((fault for fault, pattern in _TOLD if pattern.search(line)), None)
