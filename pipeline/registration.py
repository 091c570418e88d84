"""From a description to an entry of the watchlist: embedded, with a threshold of its own."""

import secrets
from dataclasses import dataclass

from pipeline.camera import check_camera_id
from pipeline.entry_text import as_one_line
from pipeline.errors import BackgroundError, SettingsError
from pipeline.records import Schedule, WatchlistEntry
from pipeline.threshold.background import Background, threshold
from reid.embedder import Embedder

LONGEST_H = 876_000.0  # a century; times beyond a calendar's end could not be shown
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks lookout to look out for."""

    description: str
    false_match_rate: float = 0.01
    label: str = ""
    reason: str = ""
    owner: str = ""
    cameras: tuple[str, ...] = ()
    schedule: Schedule | None = None
    cooldown_s: float = 60.0
    ttl_h: float = 24.0  # 0 for ever

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            SettingsError: a time is negative or longer than a century, or no camera can be called so.
        """
        for name, value, most in (("ttl_h", self.ttl_h, LONGEST_H), ("cooldown_s", self.cooldown_s, LONGEST_H * 3600)):
            if not 0.0 <= value <= most:
                raise SettingsError(
                    f"{name} of an entry must lie between 0 and {most:,.0f}, a century, but is {value:g}"
                )
        for camera_id in self.cameras:
            check_camera_id(camera_id)


def register(
    wanted: Wanted, embedder: Embedder, background: Background, now_ms: int, entry_id: str | None = None
) -> WatchlistEntry:
    """Return the entry of a description.

    Args:
        wanted: the description and when it counts.
        embedder: of the weights that the sightings are embedded with.
        background: whose scores set the threshold.
        now_ms: UTC, when the entry is made.
        entry_id: drawn by chance where left out.

    Raises:
        SentenceError: the description cannot be embedded.
        BackgroundError: the background is of other weights, or too small for the rate.
    """
    if background.model_id != embedder.model_id:
        raise BackgroundError(
            f"the background was embedded by {background.model_id}, but the description by {embedder.model_id}; "
            "build one for these weights with: lookout background build"
        )
    description = as_one_line(wanted.description)
    vector = embedder.encode_text([description])[0]
    limit = threshold(background, vector, wanted.false_match_rate)
    return WatchlistEntry(
        entry_id=entry_id or secrets.token_hex(6),
        description=description,
        vector=vector,
        model_id=embedder.model_id,
        threshold=limit.similarity,
        false_match_rate=wanted.false_match_rate,
        background=limit.words,
        version=0,  # the store numbers versions
        created_at_ms=now_ms,
        label=as_one_line(wanted.label),
        reason=as_one_line(wanted.reason),
        owner=as_one_line(wanted.owner),
        cameras=tuple(dict.fromkeys(wanted.cameras)),
        schedule=wanted.schedule,
        expires_at_ms=now_ms + round(wanted.ttl_h * _HOUR_MS) if wanted.ttl_h else None,
        cooldown_s=wanted.cooldown_s,
    )
