"""The shape of lookout's topics, and making them where a log wants that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.address import file_of, scheme_of
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


def describe_topics(address: str, topics: Sequence[str] = tuple(Topic)) -> list[TopicState]:
    """Return what topics hold.

    Raises:
        SettingsError: the address is of no kind that is known here.
        LogError: the log does not answer.
    """
    if scheme_of(address, "log", ("sqlite", "kafka")) == "sqlite":
        from pipeline.log.sqlite import SqliteLog  # noqa: PLC0415 - an adapter is loaded where it is used

        with SqliteLog(file_of(address)) as log:
            return [log.describe(topic) for topic in topics]
    # An adapter is loaded where it is used.
    from pipeline.log.kafka.address import parse_kafka_address  # noqa: PLC0415
    from pipeline.log.kafka.topics import describe_on  # noqa: PLC0415

    return describe_on(parse_kafka_address(address), topics)


def create_topics(address: str, shapes: Mapping[str, TopicShape] = SHAPES) -> list[TopicMade]:
    """Make the topics that are not there yet; those that are stay as they are.

    A log in a file makes a topic with its first record, so there this does nothing.

    Raises:
        SettingsError: the address is of no kind that is known here.
        LogError: the log does not answer, or refuses.
    """
    if scheme_of(address, "log", ("sqlite", "kafka")) == "sqlite":
        return []
    # An adapter is loaded where it is used.
    from pipeline.log.kafka.address import parse_kafka_address  # noqa: PLC0415
    from pipeline.log.kafka.topics import create_on  # noqa: PLC0415

    return create_on(parse_kafka_address(address), shapes)
