"""What an address says beside where to look: is it a camera's, how to ask for the stream, what its times are worth."""

import os
import re

from pipeline.errors import SourceError
from pipeline.redact import redact_address

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtp", "udp", "srt")
# Over these, packets carry the time at which the camera took them.
_TIMED = ("rtsp", "rtsps", "rtp", "rtmp", "srt")


def is_live(address: str) -> bool:
    """Return whether an address is that of a camera, not of recorded footage.

    Raises:
        SourceError: it names a protocol that is not read here.
    """
    head, mark, _ = address.partition("://")
    if not mark or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", head):
        return re.fullmatch(r"\d{1,3}", address) is not None
    if head.lower() not in SCHEMES:
        known = ", ".join(f"{each}://" for each in SCHEMES)
        raise SourceError(
            f"a camera's address begins with {known}, or it is a device number; found {redact_address(address)}"
        )
    return True


def is_folder(address: str) -> bool:
    """Return whether an address is that of a folder here; never an error, though it be longer than a path may."""
    return os.path.isdir(address)  # noqa: PTH112 - a Path's raises


def as_target(address: str) -> str | int:
    """Return what OpenCV is to open: a device's number, or an address as FFmpeg writes them, ``rtsp`` for ``RTSP``."""
    if re.fullmatch(r"\d{1,3}", address):
        return int(address)
    head, mark, rest = address.partition("://")
    return f"{head.lower()}{mark}{rest}" if mark else address


def scheme(target: str | int) -> str:
    """Return the protocol of an address in lower case; nothing for files and devices."""
    head, mark, _ = str(target).partition("://")
    return head.lower() if mark else ""


def has_times(target: str | int) -> bool:
    """Return whether a stream's own times are those of a camera, not counted up by whoever reads it."""
    return scheme(target) in _TIMED


def is_playlist(target: str | int) -> bool:
    """Return whether frames come in bursts of seconds, as over HLS, and have to be spread out again."""
    return scheme(target) in {"http", "https"} and str(target).split("?", 1)[0].lower().endswith(".m3u8")


def transport(target: str | int) -> str:
    """Return ``udp`` or ``tcp`` for RTSP, nothing for the rest.

    RTSP comes over TCP, where no packet is lost, unless the address ends in ``?udp``: FFmpeg's own spelling.
    """
    if not scheme(target).startswith("rtsp"):
        return ""
    _, _, query = str(target).partition("?")
    return "udp" if "udp" in query.split("&") else "tcp"


def capture_options(target: str | int) -> str:
    """Return what OpenCV hands on to FFmpeg, in the form of its variable OPENCV_FFMPEG_CAPTURE_OPTIONS."""
    # Without the first, FFmpeg watches a stream for seconds to learn its rate before it gives the first frame.
    options = {"fpsprobesize": "1"}
    if transport(target):
        options["rtsp_transport"] = transport(target)
    return "|".join(f"{name};{value}" for name, value in options.items())
