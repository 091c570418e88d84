"""What goes between a source and its decoder, and what FFmpeg's lines and cameras' addresses mean."""

import pytest

from pipeline.sources.faults import SENTENCES, Fault, fault_of
from pipeline.sources.locator import capture_options, has_times, is_playlist, transport
from pipeline.sources.orders import (
    Beat,
    Broke,
    Crashed,
    Event,
    Opened,
    Order,
    Ready,
    Shown,
    decode_event,
    decode_order,
    encode_event,
    encode_order,
)


@pytest.mark.parametrize(
    "event",
    [
        Ready(),
        Opened("h264", 25.0, "software"),
        Shown(2, 1 << 60, 1 << 40, 3840, 2160, 1 << 40, 1 << 50, by_rtcp=True),
        Beat(10, 3, None, -5),
        Broke(Fault.SILENT),
        Crashed("MemoryError"),
    ],
)
def test_events_go_through_a_pipe_in_one_piece(event: Event) -> None:
    """Every event comes back as it was, in a line that a pipe takes at once."""
    line = encode_event(event)
    assert decode_event(line) == event
    assert len(line) < 512
    assert line.count(b"\n") == 1


@pytest.mark.parametrize(
    "line", [b"", b"x", b"[]", b'["Shown", 1]', b'["Unheard"]', b'["Broke", "boredom"]', b"{}", b"7"]
)
def test_other_lines_are_refused(line: bytes) -> None:
    """What no decoder writes is an error of one kind."""
    with pytest.raises(ValueError, match=r"event was expected|boredom"):
        decode_event(line)


def test_orders_do_not_show_the_address() -> None:
    """An order comes back as it was, and is silent about the address wherever somebody prints it."""
    order = Order("rtsp://a:Secr3t@h/x", None, 1.0, 2.0, 3.0, hardware=True)
    assert decode_order(encode_order(order)) == order
    assert "Secr3t" not in repr(order)
    assert "Secr3t" not in f"{[order]}"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("[OPENCV:FFMPEG:16] method DESCRIBE failed: 401 (Unauthorized)", Fault.UNAUTHORIZED),
        ("[OPENCV:FFMPEG:16] method DESCRIBE failed: 403 (Forbidden)", Fault.UNAUTHORIZED),
        ("[OPENCV:FFMPEG:16] method DESCRIBE failed: 404 (Not Found)", Fault.NOT_FOUND),
        ("[OPENCV:FFMPEG:16] method SETUP failed: 453 (Not Enough Bandwidth)", Fault.BUSY),
        ("[OPENCV:FFMPEG:16] method SETUP failed: 461 (Unsupported Transport)", Fault.TRANSPORT),
        ("[OPENCV:FFMPEG:24] HTTP error 401 Unauthorized", Fault.UNAUTHORIZED),
        ("[OPENCV:FFMPEG:24] HTTP error 404 Not Found", Fault.NOT_FOUND),
        ("Connection to tcp://127.0.0.1:9?timeout=0 failed: Connection refused", Fault.REFUSED),
        ("Failed to resolve hostname x.invalid: Name or service not known", Fault.UNKNOWN_HOST),
        ("Connection to tcp://10.0.0.9:554 failed: No route to host", Fault.UNREACHABLE),
        ("Connection to tcp://10.0.0.9:554 failed: Connection timed out", Fault.NO_ANSWER),
        ("Invalid data found when processing input", Fault.NO_VIDEO),
        ("error while decoding MB 12 4", None),
    ],
)
def test_lines_of_ffmpeg_are_understood(line: str, fault: Fault | None) -> None:
    """What FFmpeg says of a connection becomes a fault; what it says of a picture does not."""
    assert fault_of(line) is fault


def test_every_fault_has_its_sentence() -> None:
    """No fault leaves an operator without words."""
    assert set(SENTENCES) == set(Fault)


@pytest.mark.parametrize(
    ("address", "by", "timed", "playlist"),
    [
        ("rtsp://cam/live", "tcp", True, False),
        ("RTSPS://cam/live?channel=1", "tcp", True, False),
        ("rtsp://cam/live?udp", "udp", True, False),
        ("rtsp://a:b@cam/live?channel=1&udp", "udp", True, False),
        ("rtsp://cam/live?mode=udp", "tcp", True, False),
        ("http://cam/video.mjpg", "", False, False),
        ("https://cam/live/index.M3U8?token=x", "", False, True),
        (0, "", False, False),
    ],
)
def test_addresses_say_how_to_ask(address: str | int, by: str, timed: bool, playlist: bool) -> None:  # noqa: FBT001
    """Transport, the worth of a stream's times and its pace follow from the address alone."""
    assert (transport(address), has_times(address), is_playlist(address)) == (by, timed, playlist)
    assert ("rtsp_transport;" + by in capture_options(address)) == bool(by)
