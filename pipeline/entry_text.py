"""What people type of an entry of the watchlist, and read of it: one line of text, hours of the day."""

import re
from collections.abc import Collection

from pipeline.errors import SettingsError
from pipeline.records import Schedule

_DAY_MIN = 1440
_MEN = frozenset({"man", "boy"})  # as the network gets them: one spelling per meaning
_WOMEN = frozenset({"woman", "girl"})
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)(?:Z|([+-])(\d\d):(\d\d))?")


def as_one_line(text: str) -> str:
    """Return a text as one line without what cannot be printed.

    It is shown in terminals, pages and messages, and stores keep UTF-8: a pasted line break or escape sequence would
    write over what stands beside it, and bytes that are no UTF-8 could not be kept.
    """
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


def two_people(known: Collection[str]) -> str | None:
    """Return a remark where the words that count speak of a man and of a woman; None where they do not.

    An embedding is of one person: of two, it fits whoever has something of both.
    """
    if _MEN.isdisjoint(known) or _WOMEN.isdisjoint(known):
        return None
    return "it reads like two people, but only one is looked for; describe each on its own"


def as_schedule(hours: str) -> Schedule | None:
    """Return the schedule that somebody has typed, None for the whole day.

    Args:
        hours: as ``22:00-06:00``, in UTC, or with an offset from it at the end, as ``22:00-06:00+01:00``.

    Raises:
        SettingsError: it is no stretch of a day.
    """
    found = _HOURS.fullmatch(hours.strip())
    begin_min, end_min, ahead_min = _minutes(found) if found else (0, 0, 0)
    if begin_min == end_min or begin_min >= _DAY_MIN or end_min > _DAY_MIN or abs(ahead_min) >= _DAY_MIN:
        raise SettingsError(
            "the hours of an entry are a stretch of each day as 22:00-06:00, in UTC, or with an offset from it as "
            f"22:00-06:00+01:00, but are {hours!r}"
        )
    if end_min - begin_min == _DAY_MIN:
        return None
    return Schedule((begin_min - ahead_min) % _DAY_MIN, (end_min - ahead_min) % _DAY_MIN)


def _minutes(found: re.Match[str]) -> tuple[int, int, int]:
    """Return begin and end as minutes of the day, and how far ahead of UTC they are; far too late where impossible."""
    begin_h, begin_min, end_h, end_min, sign, ahead_h, ahead_min = found.groups(default="0")
    if max(int(begin_min), int(end_min), int(ahead_min)) > 59:
        return _DAY_MIN, _DAY_MIN, 0
    ahead = 60 * int(ahead_h) + int(ahead_min)
    return 60 * int(begin_h) + int(begin_min), 60 * int(end_h) + int(end_min), -ahead if sign == "-" else ahead


def as_hours(schedule: Schedule) -> str:
    """Return a schedule as people read it, in UTC; ``as_schedule`` reads it again."""
    ends = (divmod(minute, 60) for minute in (schedule.from_minute, schedule.to_minute))
    return "-".join(f"{hour:02}:{minute:02}" for hour, minute in ends)
