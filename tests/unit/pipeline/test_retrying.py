"""Doing a step again until it succeeds."""

import itertools
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.errors import LogError
from pipeline.log.base import StartAt
from pipeline.log.sqlite import SqliteLog
from pipeline.retrying import Member, Retrying, StoppedError


def test_trouble_is_what_the_last_attempt_said() -> None:
    """There is trouble until the first step is done, while a step fails, and no longer once it has succeeded."""
    clock, told = ManualClock(), []
    insist = Retrying(clock, lambda error: told.append((str(error), insist.trouble)))
    assert insist.trouble == "the first step is not done yet"
    failures = [LogError("away"), LogError("still away")]

    def step() -> int:
        if failures:
            raise failures.pop(0)
        return 7

    assert insist(step) == 7
    assert insist.trouble is None
    assert [words for words, _ in told] == ["away", "still away"]
    assert told[1][1] == "away"


def test_waits_grow_and_end_with_stop() -> None:
    """After each failure the wait doubles up to five seconds; told to stop, a failing step is not tried again."""
    clock, at = ManualClock(), []
    insist = Retrying(clock, lambda _: at.append(clock.now_ms()))

    def step() -> None:
        if len(at) == 7:
            insist.stop()
        raise LogError("away")

    with pytest.raises(StoppedError, match="away"):
        insist(step)
    waits = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert waits == [200, 400, 800, 1600, 3200, 5000, 5000]


def test_a_wait_ends_early_when_told_to_stop() -> None:
    """Whoever waits between attempts notices within a tenth of a second that it is to stop."""

    class Stopping(ManualClock):
        """A clock at whose third sleep somebody calls stop."""

        sleeps = 0

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.sleeps += 1
            if self.sleeps == 3:
                insist.stop()

    clock = Stopping()
    insist = Retrying(clock, lambda _: None)
    insist.wait(30.0)
    assert clock.now_ms() == 300


def test_a_member_that_cannot_see_its_lag_joins_anew(tmp_path: Path) -> None:
    """Whoever asks for the lag first, as a matcher does, joins again with the poll after the one that failed."""
    with SqliteLog(tmp_path / "log.db") as log:
        member = Member(log, ["lookout.test"], "readers", StartAt.EARLIEST)
        assert member.poll(1, 0.0) == []
        assert member._subscription is not None
        member._subscription.close()  # as one that a cluster knows no more
        for step in (member.lag, lambda: member.poll(1, 0.0)):
            with pytest.raises(LogError, match="subscribe again"):
                step()
        log.append("lookout.test", "gate", b"1", 0)
        log.flush()
        assert member.lag() == 0
        assert [record.value for record in member.poll(1, 0.0)] == [b"1"]
        member.close()
