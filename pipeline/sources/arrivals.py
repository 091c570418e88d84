"""When a camera's frames were taken, as far as their arrival and the stream's own times tell."""

import math

_HALF_WINDOW_MS = 30_000.0
_FAR_MS = 30_000.0  # what differs by more is no delay on the way: the stream's times have jumped, or a clock was set
_AHEAD_MS = 200.0  # by so much a camera's clock may be ahead of this machine's, and is still believed
_BEHIND_MS = 10_000.0
_BACK_MS = 1_000.0  # a stream that goes back by more has jumped; and times that do are not made to wait for the last


class Arrivals:
    """Takes out of the arrival what varies: frames that came in a burst get the times at which they were taken.

    A frame's time of arrival is later than its time in the stream by a fixed amount, and by what held it up on the way.
    The least difference of the last half to whole minute stands for the fixed amount. What is the same for every frame
    stays in: exposure, encoding and the shortest way through the network. Corrections of either clock fade out within
    the window.

    Once the camera's own clock is known that is taken out, too. A camera's clock is believed when it makes frames take
    up to ten seconds; when it goes wrong after that, arrival goes on to tell the time.
    """

    def __init__(self, *, has_times: bool) -> None:
        """Begin with a connection.

        Args:
            has_times: whether the stream brings times of its own; without, arrival is all there is.
        """
        self.refers = False  # whether the camera's own clock is known
        self.skew_ms: int | None = None  # by how much that is ahead of this machine's where it is not believed
        self._delay_ms: float | None = None  # of the quickest frame, by the camera's own clock
        self._has_times = has_times
        self._last_ms = -1
        self._last_stream_ms = -math.inf
        # Of this half of the window and of the one before.
        self._offsets, self._spreads = [math.inf, math.inf], [0.0, 0.0]
        self._began_ms = 0.0

    @property
    def spread_ms(self) -> int | None:
        """By how much frames of the last half to whole minute were held up at most; None where nobody can tell."""
        return round(max(self._spreads)) if self._has_times else None

    @property
    def believes(self) -> bool:
        """Whether the times that it returns are those of the camera's own clock."""
        return self._delay_ms is not None

    def refer(self, own_ms: float, stream_ms: float) -> None:
        """Learn what the camera's own clock showed, UTC ms, for a time in the stream.

        Only how it differs from arrival is taken from it: the two clocks may drift apart afterwards.
        """
        delay_ms = min(self._offsets) - (own_ms - stream_ms)
        self.refers = math.isfinite(delay_ms)
        if self.refers and -_AHEAD_MS <= delay_ms <= _BEHIND_MS:
            self._delay_ms = max(delay_ms, 0.0)
        elif self.refers:
            self.skew_ms = -round(delay_ms)

    def at(self, arrived_ms: float, stream_ms: float) -> int:
        """Return UTC ms at which a frame was taken; never later than it arrived, and later than the one before.

        Only where a clock was set back, or the camera's own begins to be believed, do times go back, and only by more
        than a second: if they waited for the last one instead, nobody would be seen until then.
        """
        taken_ms = round(self._taken(arrived_ms, stream_ms) if self._has_times else arrived_ms)
        went_back = taken_ms < self._last_ms - _BACK_MS
        self._last_ms = taken_ms if went_back else max(taken_ms, self._last_ms + 1)
        return self._last_ms

    def _taken(self, arrived_ms: float, stream_ms: float) -> float:
        offset_ms = arrived_ms - stream_ms
        if not math.isfinite(offset_ms):
            return arrived_ms
        if stream_ms < self._last_stream_ms - _BACK_MS or abs(offset_ms - min(self._offsets)) > _FAR_MS:
            self._begin(arrived_ms)
        elif arrived_ms - self._began_ms > _HALF_WINDOW_MS:
            self._offsets, self._spreads = [math.inf, self._offsets[0]], [0.0, self._spreads[0]]
            self._began_ms = arrived_ms
        self._last_stream_ms = stream_ms
        self._offsets[0] = min(self._offsets[0], offset_ms)
        late_ms = offset_ms - min(self._offsets)
        self._spreads[0] = max(self._spreads[0], late_ms)
        return arrived_ms - late_ms - (self._delay_ms or 0.0)

    def _begin(self, now_ms: float) -> None:
        self._offsets, self._spreads = [math.inf, math.inf], [0.0, 0.0]
        self._began_ms = now_ms
