from random import Random

import pytest

from pipeline.errors import SettingsError
from pipeline.source import SourceSettings
from pipeline.sources.faults import Fault
from pipeline.sources.waits import Waits

SETTINGS = SourceSettings(first_wait_s=1.0, longest_wait_s=30.0, failed_wait_s=300.0)


def test_waits_double_up_to_a_bound() -> None:
    """Each wait lies in the upper half of a time that doubles with each failure, up to the longest."""
    waits = Waits(SETTINGS, Random(1))
    for attempt, longest_s in enumerate([1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0], 2):
        wait = waits.after(Fault.REFUSED, had_frames=False)
        assert longest_s / 2.0 <= wait.seconds <= longest_s
        assert (wait.attempt, wait.failed) == (attempt, False)
    assert waits.after(Fault.BROKEN_OFF, had_frames=True).seconds <= 1.0


def test_waits_stay_within_bounds_for_ever() -> None:
    """A camera that is off for months is asked as often as one that is off for minutes."""
    waits = Waits(SETTINGS, Random(1))
    assert all(waits.after(Fault.REFUSED, had_frames=False).seconds <= 30.0 for _ in range(2000))


def test_cameras_of_one_switch_are_not_asked_together() -> None:
    """Of cameras that went away together, no two are asked within the same hundredth of a second, nearly."""
    after_s = [Waits(SETTINGS, Random(seed)).after(Fault.SILENT, had_frames=True).seconds for seed in range(20)]
    assert len({round(seconds, 2) for seconds in after_s}) > 12


@pytest.mark.parametrize(
    ("fault", "tries"), [(Fault.UNAUTHORIZED, 1), (Fault.NOT_FOUND, 3), (Fault.UNKNOWN_HOST, 3), (Fault.TRANSPORT, 3)]
)
def test_what_somebody_has_to_correct_fails(fault: Fault, tries: int) -> None:
    """A camera whose answer says that it cannot work as it stands has failed, and is asked seldom."""
    waits = Waits(SETTINGS, Random(1))
    told = [waits.after(fault, had_frames=False) for _ in range(tries)]
    assert [wait.failed for wait in told] == [False] * (tries - 1) + [True]
    assert told[-1].seconds >= 150.0
    assert not waits.after(Fault.REFUSED, had_frames=False).failed


def test_settings_that_make_no_sense_are_refused() -> None:
    """Deadlines and waits are finite and above 0."""
    for name in ("stalled_after_s", "failed_wait_s", "read_timeout_s"):
        with pytest.raises(SettingsError, match=name):
            SourceSettings(**{name: 0.0})
