"""Where partitions end, and where a time begins in them.

Each is asked for alone. Of several, kafka-python leaves out those that have no leader just now, as while a broker is
away: their ends are a ``KeyError``, and their records of a time look as if there were none.
"""

from collections.abc import Iterable
from typing import Any

from kafka import TopicPartition


def end_offsets(consumer: Any, partitions: Iterable[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
    """Return the offset that the next record of each partition gets.

    Raises:
        KafkaError: one of them has no leader, or does not answer in time.
    """
    return {part: consumer.end_offsets([part], timeout_ms)[part] for part in partitions}


def offsets_at(
    consumer: Any, partitions: Iterable[TopicPartition], timestamp_ms: int, timeout_ms: int
) -> dict[TopicPartition, int]:
    """Return the offset of the first record of a time or later in each partition; those without one are left out.

    Raises:
        KafkaError: one of them has no leader, or does not answer in time.
    """
    asked = ((part, consumer.offsets_for_times({part: max(0, timestamp_ms)}, timeout_ms)[part]) for part in partitions)
    return {part: found.offset for part, found in asked if found is not None}
