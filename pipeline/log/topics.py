"""Seeing what lookout's topics hold, and making them where a log wants that."""

from collections.abc import Mapping, Sequence

from pipeline.address import file_of, log_scheme
from pipeline.log.base import Topic
from pipeline.log.shapes import SHAPES, TopicMade, TopicShape, TopicState


def describe_topics(address: str, topics: Sequence[str] = tuple(Topic)) -> list[TopicState]:
    """Return what topics hold.

    Raises:
        SettingsError: the address is of no kind that is known here.
        LogError: the log does not answer.
    """
    if log_scheme(address) == "sqlite":
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
    if log_scheme(address) == "sqlite":
        return []
    # An adapter is loaded where it is used.
    from pipeline.log.kafka.address import parse_kafka_address  # noqa: PLC0415
    from pipeline.log.kafka.topics import create_on  # noqa: PLC0415

    return create_on(parse_kafka_address(address), shapes)
