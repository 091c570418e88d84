"""What lookout's topics are like, and what may be said of a topic on any log."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.errors import SettingsError
from pipeline.log.base import Topic

_DAY_H = 24.0


@dataclass(frozen=True, slots=True)
class TopicShape:
    """How a topic is laid out on Kafka."""

    partitions: int  # as many matchers can share the work; never changed later: keys would move, and lose their order
    retention_h: float | None = None  # records older than this go; None keeps them
    compacted: bool = False  # of each key the newest record stays for ever

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.partitions < 1 or (self.retention_h is not None and self.retention_h <= 0):
            raise SettingsError(
                f"a topic has 1 partition or more and a retention above 0 h, but got {self.partitions} and "
                f"{self.retention_h}"
            )


# Sightings hold a picture of everybody who passed: a week lets a search look back, and then they are gone. Alerts and
# records that could not be read are looked into by people, who take longer.
SHAPES: Mapping[str, TopicShape] = MappingProxyType(
    {
        Topic.SIGHTINGS: TopicShape(12, 7 * _DAY_H),
        Topic.ALERTS: TopicShape(6, 30 * _DAY_H),
        Topic.DEAD_LETTERS: TopicShape(1, 30 * _DAY_H),
        Topic.WATCHLIST: TopicShape(1, compacted=True),
    }
)


@dataclass(frozen=True, slots=True)
class TopicMade:
    """What became of a topic that was asked for."""

    topic: str
    partitions: int  # it has now
    created: bool  # or it was there, and was left as it is


@dataclass(frozen=True, slots=True)
class TopicState:
    """What a topic holds now."""

    topic: str
    partitions: int  # 0 where it is not there
    records: int  # between each partition's first and last offset; a compacted topic has fewer
    oldest_ms: int | None = None  # by time of capture; None where it holds nothing, or the log does not tell
    newest_ms: int | None = None
    retention_h: float | None = None  # records older than this go; None keeps them
    compacted: bool = False
