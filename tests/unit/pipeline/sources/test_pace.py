"""The pace of a playlist's frames."""

from threading import Thread

from pipeline.sources.decoder import Pace


def test_a_gap_in_a_playlist_is_not_sat_out() -> None:
    """After a gap of 20 s in the stream frames come at once: who holds them back so long is taken for hung, and killed."""
    pace, held = Pace(2.0), list[float]()

    def hold() -> None:
        for stream_ms in (0.0, 40.0, 20_040.0, 20_080.0):
            pace.wait(stream_ms)
            held.append(stream_ms)

    thread = Thread(target=hold, daemon=True)
    thread.start()
    thread.join(15.0)
    assert held == [0.0, 40.0, 20_040.0, 20_080.0]
