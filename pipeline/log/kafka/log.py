"""The event log on Kafka: appending, and reading without a group."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import RLock
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from pipeline.clock import Clock, SystemClock
from pipeline.errors import LogError
from pipeline.log.base import LogRecord, StartAt
from pipeline.log.kafka.address import KafkaAddress
from pipeline.log.kafka.client import ANSWER_S, KafkaSettings, failure, open_client, told, translated
from pipeline.log.kafka.offsets import end_offsets, offsets_at
from pipeline.log.kafka.subscription import KafkaSubscription, log_record, partitions_of
from pipeline.log.size import check_size

_LINGER_MS = 5
_BATCH_BYTES = 256 * 1024
_READ_AHEAD_S = 1.0
_MOST_AHEAD_MS = 3_600_000  # of this machine's clock
_LOOK_S = 0.2  # between two looks whether a record that is waited for will never be taken


class KafkaLog:
    """An ``EventLog`` on a cluster.

    When a record is not taken, the next ``append`` or ``flush`` says so, and everything else that was under way is
    given up: whoever appends everything since the last ``flush`` again loses nothing. A second copy may then stand in
    the log.
    """

    def __init__(
        self, address: KafkaAddress, settings: KafkaSettings | None = None, clock: Clock | None = None
    ) -> None:
        """Connect.

        Raises:
            LogError: the cluster does not answer, or refuses the login.
        """
        self._address = address
        self._settings = settings or KafkaSettings()
        self._clock = clock or SystemClock()
        self._lock = RLock()
        self._under_way: deque[tuple[Any, int]] = deque()  # kafka-python's futures, and bytes, oldest first
        self._bytes = 0
        self._closed = False
        self._producer: Any = self._open_producer()

    def _open_producer(self) -> Any:
        timeout_ms = round(self._settings.delivery_timeout_s * 1000)
        return open_client(
            KafkaProducer,
            self._address,
            self._settings.connect_timeout_s,
            acks="all",
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
            batch_size=_BATCH_BYTES,
            max_block_ms=round(ANSWER_S * 1000),
            request_timeout_ms=min(timeout_ms - 2 * _LINGER_MS, round(ANSWER_S * 1000)),
            delivery_timeout_ms=timeout_ms,
            metrics_enabled=False,  # nobody reads them
            allow_auto_create_topics=False,  # a topic made by accident has one partition and a week of retention
        )

    def append(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> None:
        """Send a record on its way; see ``EventLog.append``."""
        check_size(topic, value)
        with self._lock:
            self._check_open()
            self._settle_done()
            if self._bytes + len(value) > self._settings.most_under_way_bytes:
                self._make_room(len(value))
            if self._producer is None:
                self._producer = self._open_producer()
            # Kafka keeps all that follows a record for as long as its time is not past: a clock that is ahead by years
            # would keep everybody's sightings for as long.
            timestamp_ms = min(timestamp_ms, self._clock.now_ms() + _MOST_AHEAD_MS)
            self._under_way.append((self._send(topic, key, value, timestamp_ms), len(value)))
            self._bytes += len(value)

    def _send(self, topic: str, key: str, value: bytes, timestamp_ms: int) -> Any:
        try:
            return self._producer.send(str(topic), value, key=key.encode(), timestamp_ms=timestamp_ms)
        except (KafkaError, ValueError) as error:
            if not isinstance(error, KafkaTimeoutError):
                raise failure(self._address, f"append to {topic} of", error) from None
            raise LogError(
                f"cannot append to {topic} of {self._address}: no such topic, or no answer within {ANSWER_S:g} s; "
                "see that the broker runs; `lookout topics create` makes lookout's topics"
            ) from None

    def _settle_done(self) -> None:
        """Forget what has been taken, and tell what has not."""
        while self._under_way and self._under_way[0][0].is_done:
            if self._under_way[0][0].failed():
                self._wait(self._settings.delivery_timeout_s + ANSWER_S)
            self._bytes -= self._under_way.popleft()[1]

    def _make_room(self, size: int) -> None:
        until_s = self._clock.monotonic_s() + self._settings.delivery_timeout_s + ANSWER_S
        while self._under_way and self._bytes + size > self._settings.most_under_way_bytes:
            self._await(self._under_way[0][0], until_s)
            if self._failures():
                self._wait(0.0)
            self._settle_done()

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything is taken; see ``EventLog.flush``."""
        with self._lock:
            self._wait(timeout_s)

    def _wait(self, timeout_s: float) -> None:
        """Wait until all is settled; where something was not taken, begin anew with another producer, and tell."""
        until_s = self._clock.monotonic_s() + timeout_s
        failures = self._failures()
        for future, _ in self._under_way:
            while not (future.is_done or failures):
                self._await(future, until_s)
                failures = self._failures()
        if failures:
            self._give_up()
        count, failures = len(self._under_way), self._failures()
        self._under_way.clear()
        self._bytes = 0
        if failures:
            raise LogError(
                f"{self._address} has not taken {len(failures)} of {count} records: "
                f"{told(self._address, failures[0])}; see that the broker runs and has room, and append them again"
            )

    def _failures(self) -> list[BaseException]:
        return [future.exception for future, _ in self._under_way if future.is_done and future.failed()]

    def _await(self, future: Any, until_s: float) -> None:
        """Wait a moment for a record, but no longer than until a time."""
        left_s = until_s - self._clock.monotonic_s()
        with suppress(Exception):  # whatever it is stands in the future
            future.get(max(0.0, min(_LOOK_S, left_s)))
        if not future.is_done and left_s <= _LOOK_S:
            waiting = sum(not each.is_done for each, _ in self._under_way)
            raise LogError(
                f"{self._address} has not acknowledged {waiting} records in time; they are still under way: "
                "flush again, or see that the broker runs"
            )

    def _give_up(self) -> None:
        """Let all that is under way be settled at once: taken, or failed.

        A producer of kafka-python 3.0 that had to give up a batch it had already sent has no id any more and asks for
        none, so it sends nothing further and lets nothing expire, for ever. Closing it would wait for the same.
        """
        sender = self._producer._sender  # noqa: SLF001 - its close() cannot be told to wait for nothing
        sender.force_close()
        sender.join(2 * ANSWER_S)  # it may be waiting for an answer
        self._drop_producer()

    def _drop_producer(self) -> None:
        """Close a producer that has nothing under way; one that failed may never send again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(KafkaError):  # nothing is lost: nothing is under way
                producer.close(ANSWER_S)

    def subscribe(self, topics: Sequence[str], group: str, start_at: StartAt = StartAt.EARLIEST) -> KafkaSubscription:
        """Join a group; see ``EventLog.subscribe``."""
        self._check_open()
        return KafkaSubscription(self._address, self._settings, self._clock, (topics, group, start_at))

    def read(self, topic: str, since_ms: int) -> Iterator[LogRecord]:
        """Yield a topic's records from a time on; see ``EventLog.read``."""
        self._check_open()
        deed = f"read {topic} of"
        options: dict[str, Any] = {
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",  # what the log drops meanwhile is passed over, what follows it is not
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }
        consumer = open_client(KafkaConsumer, self._address, **options)
        try:
            with translated(self._address, deed):
                left = _begin(consumer, partitions_of(consumer, [topic], self._address), since_ms)
            quiet_until_s = self._clock.monotonic_s() + self._settings.stall_after_s
            while left:
                with translated(self._address, deed):
                    batches = consumer.poll(round(_READ_AHEAD_S * 1000))
                    behind = {part: end for part, end in left.items() if (consumer.position(part) or 0) < end}
                for part, records in batches.items():
                    yield from (log_record(each) for each in records if each.offset < left.get(part, 0))
                left = behind
                if batches:
                    quiet_until_s = self._clock.monotonic_s() + self._settings.stall_after_s
                elif left and self._clock.monotonic_s() > quiet_until_s:
                    raise LogError(f"cannot {deed} {self._address}: no record for {self._settings.stall_after_s:g} s")
        finally:
            consumer.close(autocommit=False)

    def close(self) -> None:
        """Flush and let go."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._wait(self._settings.delivery_timeout_s + ANSWER_S)
            finally:
                self._drop_producer()

    def _check_open(self) -> None:
        if self._closed:
            raise LogError(f"the log {self._address} is closed; open it again")

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _begin(consumer: Any, partitions: list[TopicPartition], since_ms: int) -> dict[TopicPartition, int]:
    """Go to a time in every partition; return where those end that hold something from there on."""
    timeout_ms = round(ANSWER_S * 1000)
    consumer.assign(partitions)
    ends = end_offsets(consumer, partitions, timeout_ms)
    starts = offsets_at(consumer, partitions, since_ms, timeout_ms)
    left = {part: ends[part] for part, start in starts.items() if start < ends[part]}
    for part in partitions:
        consumer.seek(part, starts[part] if part in left else ends[part])
    return left
