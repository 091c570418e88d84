import pytest

from pipeline.entry_text import as_hours, as_one_line, as_schedule, two_people
from pipeline.errors import SettingsError
from pipeline.records import Schedule


@pytest.mark.parametrize(
    ("hours", "schedule"),
    [
        ("22:00-06:00", Schedule(1320, 360)),
        ("08:30-17:00Z", Schedule(510, 1020)),
        ("22:00-06:00+01:00", Schedule(1260, 300)),
        ("00:00-04:00+05:30", Schedule(1110, 1350)),
        ("20:00-24:00-04:00", Schedule(0, 240)),
        ("20:00-24:00", Schedule(1200, 0)),
        ("00:00-24:00+01:00", None),
    ],
)
def test_hours_are_kept_in_utc(hours: str, schedule: Schedule | None) -> None:
    """A stretch of the day, over midnight too and at whatever offset, is the same stretch in UTC."""
    assert as_schedule(hours) == schedule
    if schedule is not None:
        assert as_schedule(as_hours(schedule)) == schedule


def test_hours_until_midnight_end_there() -> None:
    """A stretch that ends at 24:00 holds in the day's last minute, and not in the next day's first."""
    schedule = as_schedule("20:00-24:00")
    assert schedule is not None
    held = [minute for minute in range(1440) if schedule.holds(minute * 60_000)]
    assert (held[0], held[-1], len(held)) == (1200, 1439, 240)


@pytest.mark.parametrize(
    "hours",
    ["", "always", "22-06", "22:00-22:00", "24:00-06:00", "22:00-24:01", "22:60-23:00", "01:00-02:00+99:00"],
)
def test_hours_that_are_no_stretch_of_a_day_are_refused(hours: str) -> None:
    """What is no stretch of a day is told with an example."""
    with pytest.raises(SettingsError, match="a stretch of each day as 22:00-06:00"):
        as_schedule(hours)


def test_what_cannot_be_printed_is_left_out() -> None:
    """Any text becomes one line that a terminal, a page and a store take."""
    assert as_one_line(" a\tman\r\n in \x1b[2Jred\u202e \udcff ") == "a man in [2Jred"


def test_a_man_and_a_woman_are_two_people() -> None:
    """A remark is made where words for both sexes count, and not of one person however often."""
    assert two_people(("man", "red", "woman")) is not None
    assert two_people(("man", "red", "boy")) is None
    assert two_people(("red",)) is None
