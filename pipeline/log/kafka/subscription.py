"""A member of a consumer group on Kafka."""

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError
from kafka.structs import MemberState

from pipeline.clock import Clock
from pipeline.errors import LogError
from pipeline.log.base import LogRecord, StartAt
from pipeline.log.kafka.address import KafkaAddress
from pipeline.log.kafka.client import ANSWER_S, KafkaSettings, open_client, translated
from pipeline.log.kafka.offsets import end_offsets, offsets_at

_HEARTBEAT_S = 1.0  # also how soon a member learns that the partitions are shared out anew
_LOOK_S = 5.0  # between two looks at where a quiet log ends
_LOOK_ANSWER_S = 3.0
_LEAVE_S = 2.0  # the session ends by itself later
_GONE = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)

_log = logging.getLogger(__name__)


class KafkaSubscription:
    """A ``Subscription`` of a ``KafkaLog``.

    Partitions are shared out by range and all at once. The cooperative way would spare members that stay a pause of
    a poll or two, which readers without a memory do not feel, at the price of two rounds instead of one.
    """

    def __init__(
        self, address: KafkaAddress, settings: KafkaSettings, clock: Clock, asked: tuple[Sequence[str], str, StartAt]
    ) -> None:
        """Join; ``asked`` is what ``EventLog.subscribe`` was given.

        Raises:
            LogError: the log does not answer, or has no such topic.
        """
        topics, self._group, start_at = asked
        self._topics = tuple(dict.fromkeys(str(topic) for topic in topics))
        self._address = address
        self._settings = settings
        self._clock = clock
        self._closed = False
        self._consumer: Any = open_client(
            KafkaConsumer,
            address,
            settings.connect_timeout_s,
            group_id=self._group,
            enable_auto_commit=False,
            # What the group has not seen because it begins, or because the log has dropped what it stood at. A group
            # that begins at the latest has that committed before anything comes.
            auto_offset_reset="earliest",
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=round(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=round(min(_HEARTBEAT_S, settings.session_timeout_s / 3) * 1000),
            request_timeout_ms=round(max(ANSWER_S, settings.session_timeout_s) * 1000),
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        try:
            with translated(address, f"join the group {self._group} of"):
                self._partitions = partitions_of(self._consumer, self._topics, address)
                if start_at is StartAt.LATEST:
                    self._begin_at_end()
                self._consumer.subscribe(self._topics)
        except BaseException:
            self._consumer.close(autocommit=False, timeout_ms=0)
            raise
        self._lively_s = clock.monotonic_s()  # when a record came, or there was none to come
        self._look_due_s = self._lively_s + self._look_every_s

    def _begin_at_end(self) -> None:
        """Give a group that is new to a topic its position at once, so that what comes from now on is its own.

        Where it has a position in one partition, those without are new themselves, and all that they hold is its own.
        """
        timeout_ms = round(ANSWER_S * 1000)
        places = {part: self._consumer.committed(part, timeout_ms=timeout_ms) for part in self._partitions}
        begun = {part.topic for part, place in places.items() if place is not None}
        new = [part for part in self._partitions if part.topic not in begun]
        if new:
            ends = end_offsets(self._consumer, new, timeout_ms)
            try:
                self._consumer.commit({part: OffsetAndMetadata(ends[part], "", -1) for part in new}, timeout_ms)
            except _GONE:  # the group has members, who have done this
                _log.debug("the group %s has begun already", self._group)

    @property
    def generation(self) -> int:
        """How often the partitions were shared out; see ``Subscription.generation``."""
        return int(self._consumer.group_metadata().generation_id)

    def poll(self, max_records: int, timeout_s: float) -> list[LogRecord]:
        """Return the next records; see ``Subscription.poll``."""
        self._check_open()
        with translated(self._address, "poll"):
            batches = self._consumer.poll(timeout_ms=max(0, round(timeout_s * 1000)), max_records=max_records)
        records = [log_record(each) for batch in batches.values() for each in batch]
        now_s = self._clock.monotonic_s()
        if records:
            self._lively_s = now_s
        elif now_s >= self._look_due_s:
            self._look_due_s = now_s + self._look_every_s
            self._look(now_s)
        return records

    @property
    def _look_every_s(self) -> float:
        return min(_LOOK_S, self._settings.stall_after_s / 4)

    def _look(self, now_s: float) -> None:
        """See that nothing comes because there is nothing, and not because reading has stalled."""
        try:
            behind = self._behind(_LOOK_ANSWER_S)
        except LogError as error:
            trouble = str(error)
        else:
            if behind == 0:
                self._lively_s = now_s
            trouble = f"{behind} records are there and none comes; subscribe again"
        quiet_s = now_s - self._lively_s
        if quiet_s >= self._settings.stall_after_s:
            raise LogError(f"reading {', '.join(self._topics)} has stalled for {quiet_s:.0f} s: {trouble}")

    def _behind(self, answer_s: float) -> int:
        """Return how many records this member has yet to get; asks the log even where it has no partition."""
        timeout_ms = round(answer_s * 1000)
        with translated(self._address, "see the end of"):
            mine = self._consumer.assignment()  # partitions that were added since may be among them
            ends = end_offsets(self._consumer, mine.union(self._partitions), timeout_ms)
            places = {part: self._consumer.position(part, timeout_ms) or 0 for part in mine}
        return sum(max(0, ends[part] - place) for part, place in places.items())

    def commit(self) -> None:
        """Remember the position for the group; see ``Subscription.commit``."""
        self._check_open()
        with translated(self._address, f"commit for the group {self._group} to"):
            try:
                self._consumer.commit(timeout_ms=round(ANSWER_S * 1000))
            except _GONE as error:
                # Partitions that stay are committed next time, the others' records come again elsewhere.
                _log.info("the group %s is being shared out anew, so nothing was committed: %s", self._group, error)

    def seek_to_time(self, timestamp_ms: int) -> None:
        """Go to the first record of a time; see ``Subscription.seek_to_time``."""
        self._check_open()
        timeout_ms = round(ANSWER_S * 1000)
        with translated(self._address, "seek in"):
            self._await_partitions()
            mine = self._consumer.assignment()
            if not mine:
                return
            places = end_offsets(self._consumer, mine, timeout_ms)
            places |= offsets_at(self._consumer, mine, timestamp_ms, timeout_ms)
            for part, place in places.items():
                self._consumer.seek(part, place)

    def _await_partitions(self) -> None:
        """Wait until this member knows its partitions; what comes meanwhile comes again after the seek."""
        until_s = self._clock.monotonic_s() + 3 * ANSWER_S
        while self._consumer.group_metadata().state != MemberState.STABLE:
            if self._clock.monotonic_s() > until_s:
                raise LogError(f"the group {self._group} of {self._address} has given this member no partitions yet")
            self._consumer.poll(timeout_ms=100, max_records=1)

    def lag(self) -> int:
        """Return how many records are still to come; see ``Subscription.lag``."""
        self._check_open()
        return self._behind(_LOOK_ANSWER_S)

    def close(self) -> None:
        """Leave the group."""
        if not self._closed:
            self._closed = True
            with translated(self._address, f"leave the group {self._group} of"):
                self._consumer.close(autocommit=False, timeout_ms=round(_LEAVE_S * 1000))

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"this member has left the group {self._group!r}; subscribe again")

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def partitions_of(consumer: Any, topics: Sequence[str], address: KafkaAddress) -> list[TopicPartition]:
    """Return all partitions of some topics.

    Raises:
        LogError: there is no such topic.
    """
    found = []
    for topic in topics:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise LogError(f"{address} has no topic {topic}; `lookout topics create` makes lookout's topics")
        found += [TopicPartition(topic, number) for number in sorted(numbers)]
    return found


def log_record(record: Any) -> LogRecord:
    """Return a record of kafka-python as one of lookout's; what another writer left out is empty."""
    key = (record.key or b"").decode("utf-8", "replace")
    return LogRecord(record.topic, record.partition, record.offset, key, record.timestamp, record.value or b"")
