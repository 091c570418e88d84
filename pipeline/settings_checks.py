"""What the values of a site's settings may be, and in which words a wrong one is told."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pipeline.errors import SettingsError

PROVIDERS = ("auto", "cpu", "cuda", "tensorrt")

_CENTURY_H = 876_000.0
_FOR_EVER = "0, for ever, or"
_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "ingest.analysed_fps": (lambda fps: 0 < fps <= 1000, "be above 0 and at most 1000"),
    "ingest.confidence": (lambda value: value is None or 0 <= value <= 1, "lie within 0..1"),
    "ingest.least_height_px": (lambda px: px >= 1, "be 1 or more"),
    "ingest.provider": (lambda name: name in PROVIDERS, f"be one of {', '.join(PROVIDERS)}"),
    "ingest.batch": (lambda frames: 1 <= frames <= 1024, "be from 1 to 1024"),
    "ingest.max_wait_ms": (lambda ms: 0 <= ms <= 60_000, "be from 0 to 60000"),
    "ingest.full_look_s": (lambda s: 0 < s <= 86_400, "be above 0 and at most a day"),
    "ingest.threads": (lambda threads: 0 <= threads <= 1024, "be from 0, for half the cores, to 1024"),
    "match.group": (lambda name: name.strip() and name.isprintable(), "be a name of printable characters"),
    "match.false_match_rate": (lambda rate: 0 < rate < 1, "lie between 0 and 1"),
    "match.cooldown_s": (lambda s: 0 <= s <= _CENTURY_H * 3600, "be from 0 to a century"),
    "match.entry_ttl_h": (lambda h: 0 <= h <= _CENTURY_H, "be 0, for ever, or at most a century"),
    "match.batch": (lambda sightings: sightings >= 1, "be 1 or more"),
    "alerts.keep_days": (lambda days: days == 0 or 1 <= days <= 36_500, f"be {_FOR_EVER} from 1 day to a century"),
    "watchlist.keep_expired_days": (
        lambda days: days == 0 or 1 <= days <= 36_500,
        f"be {_FOR_EVER} from 1 day to a century",
    ),
    "health.host": (lambda host: host.strip(), "name a host or an address of this machine"),
    "health.port": (lambda port: 0 <= port <= 65_535, "be from 0, for nowhere, to 65535"),
}
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "text",
    "object": "a table",
    "array": "a list",
    "null": "nothing",
}
_WRONG = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<found>[^`]+)`(?: - at `\$\.?(?P<place>[^`]*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def check_ranges(settings: msgspec.Struct, said_by: Mapping[str, str]) -> None:
    """Refuse values that make no sense, before anything is begun with them.

    Args:
        settings: ``pipeline.settings.Settings``, of whose tables each key is of its kind already.
        said_by: by dotted key, the file or variable that a value comes from.

    Raises:
        SettingsError: a value is out of its range.
    """
    for key, (holds, words) in _RANGES.items():
        table, _, name = key.partition(".")
        value = getattr(getattr(settings, table), name)
        if not holds(value):
            raise SettingsError(f"{_by(said_by, key)}{key} must {words}, but is {value}")


def wrong_kind(error: str, where: str, said_by: Mapping[str, str]) -> SettingsError:
    """Return msgspec's complaint in the words of whoever writes settings; it shows no value, so no secret.

    Args:
        error: what msgspec says.
        where: the dotted key of what was read, empty for all of the settings.
        said_by: by dotted key, the file or variable that a value comes from.
    """
    missing = _MISSING.search(error)
    if missing:
        return SettingsError(f"{_by(said_by, where)}[{where}] says no {missing['name']}, which is required")
    found = _WRONG.search(error)
    if not found:
        return SettingsError(f"{_by(said_by, where)}{where or 'settings'}: {error}")
    key = ".".join(filter(None, (where, found["place"])))
    wanted = " or ".join(_KINDS.get(kind, kind) for kind in found["wanted"].split(" | ") if kind != "null")
    got = "a number with a fraction" if found["found"] == "float" else _KINDS.get(found["found"], found["found"])
    return SettingsError(f"{_by(said_by, key)}{key} must be {wanted}, but is {got}")


def _by(said_by: Mapping[str, str], key: str) -> str:
    """Return who said a key, as the beginning of a message; the file for what lies below a table of its own."""
    said = said_by.get(key) or said_by.get("")
    return f"{said}: " if said else ""
