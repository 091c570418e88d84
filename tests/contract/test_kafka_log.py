"""What only the log on Kafka has to hold to: outages, logins, topics, and reading that stalls."""

import gc
import logging
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from pipeline.clock import SystemClock
from pipeline.errors import LogError
from pipeline.log.base import EventLog, LogRecord, StartAt, Subscription, Topic
from pipeline.log.kafka.address import parse_kafka_address
from pipeline.log.kafka.client import KafkaSettings
from pipeline.log.kafka.log import KafkaLog
from pipeline.log.open import open_log
from pipeline.log.shapes import SHAPES, TopicMade, TopicShape
from pipeline.log.topics import create_topics, describe_topics
from tests.contract.services.kafka_broker import KafkaBroker

# kafka-python lets sockets go unclosed that found nobody listening.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

AT_MS = 1_700_000_000_000
OUTAGE_S = 15.0


@pytest.fixture(autouse=True)
def _collected(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See those sockets off while their warning is expected."""
    caplog.set_level(logging.CRITICAL, "kafka")  # what pytest remembers of it would keep them open
    yield
    gc.collect()


@pytest.fixture
def topic(kafka_broker: KafkaBroker) -> str:
    """Return a topic of three partitions that no other test uses."""
    name = f"lookout.test-{secrets.token_hex(4)}"
    create_topics(kafka_broker.address, {name: TopicShape(3)})
    return name


@pytest.fixture
def log(kafka_broker: KafkaBroker) -> Iterator[EventLog]:
    """Return a log."""
    with open_log(kafka_broker.address) as opened:
        yield opened


def fill(log: EventLog, topic: str, numbers: range) -> None:
    """Append numbered records of many cameras, and do not wait."""
    for number in numbers:
        log.append(topic, f"camera-{number % 17}", str(number).encode(), AT_MS + number)


def numbers_of(records: list[LogRecord]) -> list[int]:
    """Return the numbers of records in order."""
    return sorted(int(record.value) for record in records)


def take(subscription: Subscription, count: int, timeout_s: float = 30.0) -> list[LogRecord]:
    """Poll until so many records came, or time is up."""
    records: list[LogRecord] = []
    until = time.monotonic() + timeout_s
    while len(records) < count and time.monotonic() < until:
        records += subscription.poll(count - len(records), 0.2)
    return records


def test_a_broker_may_be_away_for_a_while(kafka_broker: KafkaBroker, topic: str) -> None:
    """Records appended before, during and after an outage are all there after a flush, in order and none twice."""
    with open_log(kafka_broker.address) as log, log.subscribe([topic], f"readers-{topic}") as readers:
        fill(log, topic, range(300))
        assert len(take(readers, 100)) == 100
        readers.commit()
        kafka_broker.stop()
        back = Timer(OUTAGE_S, kafka_broker.start)
        back.start()
        fill(log, topic, range(300, 600))
        log.flush()
        back.join()
        fill(log, topic, range(600, 900))
        log.flush()
        rest = take(readers, 800)
        stored = list(log.read(topic, 0))
    assert numbers_of(stored) == list(range(900))
    assert len(rest) == 800
    for camera in {record.key for record in stored}:
        mine = [int(record.value) for record in stored if record.key == camera]
        assert mine == sorted(mine)


def test_a_record_that_is_not_taken_is_told(kafka_broker: KafkaBroker, topic: str) -> None:
    """When a broker stays away for longer than the patience, flush says how many were not taken; later ones are."""
    settings = KafkaSettings(delivery_timeout_s=2.0)
    with KafkaLog(parse_kafka_address(kafka_broker.address), settings) as log:
        fill(log, topic, range(10))
        log.flush()
        kafka_broker.stop()
        try:
            fill(log, topic, range(10, 20))
            with pytest.raises(LogError, match="has not taken 10 of 10 records"):
                log.flush()
            with pytest.raises(LogError, match="nobody answers"):
                log.append(topic, "gate", b"20", AT_MS)
        finally:
            kafka_broker.start()
        fill(log, topic, range(10, 30))
        log.flush()
        assert numbers_of(list(log.read(topic, 0))) == list(range(30))


def test_a_clock_that_is_ahead_keeps_nothing_back(log: EventLog, topic: str) -> None:
    """A record of a time to come is taken, as one of a film whose clock is wrong, and no record is kept until then."""
    log.append(topic, "gate", b"1", AT_MS)
    log.append(topic, "gate", b"2", SystemClock().now_ms() + 10 * 365 * 86_400_000)
    log.flush()
    records = list(log.read(topic, 0))
    assert numbers_of(records) == [1, 2]
    assert max(record.timestamp_ms for record in records) <= SystemClock().now_ms() + 3_600_000


def fill_until_refused(log: EventLog, topic: str, first: int) -> int:
    """Append numbered records, one now and then, until the log says that it has not taken some; return the next."""
    for number in range(first, first + 1000):
        try:
            fill(log, topic, range(number, number + 1))
        except LogError:
            return number + 1
        time.sleep(0.05)
    pytest.fail("every record was taken by a broker that hangs")


def test_a_broker_that_hangs_for_longer_than_the_patience(kafka_broker: KafkaBroker, topic: str) -> None:
    """Records that ran out of time, some of them sent before, are taken when they are appended again."""
    settings = KafkaSettings(delivery_timeout_s=3.0)
    with KafkaLog(parse_kafka_address(kafka_broker.address), settings) as log:
        fill(log, topic, range(10))
        log.flush()
        kafka_broker.pause()
        try:
            count = fill_until_refused(log, topic, 10)
        finally:
            kafka_broker.resume()
        fill(log, topic, range(10, count))
        log.flush()
        assert set(numbers_of(list(log.read(topic, 0)))) == set(range(count))


def test_reading_that_stalls_is_told(kafka_broker: KafkaBroker, topic: str) -> None:
    """A broker that keeps its connections and answers nothing makes polling fail, not wait for ever."""
    settings = KafkaSettings(stall_after_s=2.0)
    with (
        KafkaLog(parse_kafka_address(kafka_broker.address), settings, SystemClock()) as log,
        log.subscribe([topic], f"readers-{topic}") as readers,
    ):
        fill(log, topic, range(5))
        assert len(take(readers, 5)) == 5
        kafka_broker.pause()
        try:
            with pytest.raises(LogError, match="has stalled for"):
                take(readers, 1)
        finally:
            kafka_broker.resume()


def test_reading_passes_over_what_the_log_drops_meanwhile(kafka_broker: KafkaBroker) -> None:
    """Where records go while others are read, because they are too old, those after them are still read."""
    name = f"lookout.test-{secrets.token_hex(4)}"
    create_topics(kafka_broker.address, {name: TopicShape(1)})
    with open_log(kafka_broker.address) as log:
        for number in range(60):
            log.append(name, "gate", f"{number}".ljust(200_000).encode(), AT_MS)
        log.flush()
        reading = log.read(name, 0)
        assert int(next(reading).value) == 0
        admin = KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap)
        admin.delete_records({TopicPartition(name, 0): 40})
        admin.close()
        rest = numbers_of(list(reading))
    assert len(rest) < 59
    assert rest[-20:] == list(range(40, 60))


def test_a_quiet_log_has_not_stalled(kafka_broker: KafkaBroker, topic: str) -> None:
    """Polling a log in which nothing happens stays empty for longer than the watchdog's patience."""
    settings = KafkaSettings(stall_after_s=1.0)
    with (
        KafkaLog(parse_kafka_address(kafka_broker.address), settings) as log,
        log.subscribe([topic], f"readers-{topic}", StartAt.LATEST) as readers,
    ):
        until = time.monotonic() + 2
        while time.monotonic() < until:
            assert readers.poll(5, 0.2) == []


def test_a_partition_that_was_added_is_read_from_its_beginning(kafka_broker: KafkaBroker, log: EventLog) -> None:
    """A group that began at the latest misses nothing of a partition that the topic got while the group was away."""
    name = f"lookout.test-{secrets.token_hex(4)}"
    create_topics(kafka_broker.address, {name: TopicShape(1)})
    log.subscribe([name], f"readers-{name}", StartAt.LATEST).close()
    with KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap) as admin:
        admin.create_partitions({name: 4})
    with open_log(kafka_broker.address) as later:
        fill(later, name, range(40))
        later.flush()
        with later.subscribe([name], f"readers-{name}", StartAt.LATEST) as readers:
            assert numbers_of(take(readers, 40)) == list(range(40))


def test_members_share_the_partitions(log: EventLog, topic: str) -> None:
    """Two members of a group each get records of their own partitions, and every record comes once."""
    group = f"readers-{topic}"
    heard: list[list[LogRecord]] = [[], []]
    with log.subscribe([topic], group) as one, log.subscribe([topic], group) as other:
        until = time.monotonic() + 30
        appended = 0
        while time.monotonic() < until and not (all(heard) and len(heard[0]) + len(heard[1]) == appended):
            fill(log, topic, range(appended, appended + 20))
            appended += 20
            log.flush()
            for place, member in enumerate((one, other)):
                heard[place] += member.poll(500, 0.3)
                member.commit()
        lag = one.lag() + other.lag()
    assert all(heard)
    assert lag == 0
    assert numbers_of(heard[0] + heard[1]) == list(range(appended))


def test_what_moves_to_another_member_comes_again(log: EventLog, topic: str) -> None:
    """A member that joins gets what the others had not committed; their commit of it is no error, and does not count."""
    group = f"readers-{topic}"
    fill(log, topic, range(60))
    log.flush()
    with log.subscribe([topic], group) as first:
        assert numbers_of(take(first, 60)) == list(range(60))
        with log.subscribe([topic], group) as second:
            moved: list[LogRecord] = []
            until = time.monotonic() + 30
            while not moved and time.monotonic() < until:
                moved = second.poll(500, 0.3)
                assert not first.poll(500, 0.3)
            moved += second.poll(500, 1.0)
            first.commit()
    parts = {record.partition for record in moved}
    assert moved
    with log.subscribe([topic], group) as heir:
        again = take(heir, len(moved))
        assert numbers_of(again) == numbers_of(moved)
        assert {record.partition for record in again} == parts


def test_a_member_tells_that_others_may_have_had_its_partitions(log: EventLog, topic: str) -> None:
    """The generation stays while a member reads and commits alone, and is another once somebody else has joined."""
    fill(log, topic, range(20))
    log.flush()
    with log.subscribe([topic], f"readers-{topic}") as stays:
        take(stays, 1)
        before = stays.generation
        stays.commit()
        fill(log, topic, range(20, 40))
        log.flush()
        assert stays.poll(500, 5.0)
        assert stays.generation == before
        with log.subscribe([topic], f"readers-{topic}") as joins:
            until = time.monotonic() + 30
            while stays.generation == before and time.monotonic() < until:
                joins.poll(500, 0.3)
                stays.poll(500, 0.3)
        assert stays.generation > before


def test_a_login_is_needed_and_never_shown(kafka_broker: KafkaBroker, topic: str) -> None:
    """The right password opens the log; a wrong one is refused, and neither stands in any text."""
    with open_log(kafka_broker.login_address(kafka_broker.password)) as log:
        fill(log, topic, range(3))
        log.flush()
        assert kafka_broker.password not in repr(log) + str(vars(log))
        with pytest.raises(LogError) as missing:
            log.subscribe(["lookout.nowhere"], "readers")
        assert kafka_broker.password not in str(missing.value)
    wrong = parse_kafka_address(kafka_broker.login_address("wrong-secret"))
    with pytest.raises(LogError, match="see security, mechanism, user and password") as refused:
        KafkaLog(wrong, KafkaSettings(connect_timeout_s=2.0))
    assert "wrong-secret" not in repr(wrong)
    assert "wrong-secret" not in str(refused.value)
    assert str(refused.value).count("***@127.0.0.1") == 1


def test_tls_needs_an_authority_that_is_trusted(kafka_broker: KafkaBroker, topic: str) -> None:
    """A broker with TLS is believed under the authority that the address names; otherwise it is told why not, at once."""
    address = f"kafka://127.0.0.1:{kafka_broker.tls_port}?security=ssl"
    with open_log(f"{address}&ca={kafka_broker.ca}") as log:
        fill(log, topic, range(3))
        log.flush()
        assert numbers_of(list(log.read(topic, 0))) == [0, 1, 2]
    with pytest.raises(LogError, match="no TLS with it is trusted .*verify failed.*ca=FILE"):
        open_log(address)
    with pytest.raises(LogError, match="no TLS with it is trusted .*(mismatch|not valid for)"):
        open_log(f"{address}&ca={kafka_broker.ca}".replace("127.0.0.1", "localhost"))
    with pytest.raises(LogError, match="no TLS with it is trusted"):
        open_log(f"{kafka_broker.address}?security=ssl&ca={kafka_broker.ca}")


def test_nobody_listening_is_told_at_once() -> None:
    """Opening a log where nobody listens names the address, without its password, and does not wait."""
    started = time.monotonic()
    with pytest.raises(LogError, match=r"nobody answers at kafka://\*\*\*@127.0.0.1:1 .*refused") as refused:
        open_log("kafka://lookout:hidden-secret@127.0.0.1:1")
    assert "hidden-secret" not in str(refused.value)
    assert time.monotonic() - started < 5


def test_an_unknown_topic_is_told(log: EventLog) -> None:
    """Reading or joining a topic that is not there says which command makes lookout's topics."""
    with pytest.raises(LogError, match="no topic lookout.nowhere; `lookout topics create`"):
        log.subscribe(["lookout.nowhere"], "readers")
    with pytest.raises(LogError, match="no topic lookout.nowhere"):
        next(log.read("lookout.nowhere", 0))


def test_a_partition_without_a_leader_is_told(kafka_broker: KafkaBroker, log: EventLog, tmp_path: Path) -> None:
    """While one of two brokers is away, where its partitions end is an error in words, not one that ends a process."""
    name, second = f"lookout.test-{secrets.token_hex(4)}", KafkaBroker(tmp_path, kafka_broker)
    second.start()
    try:
        create_topics(kafka_broker.address, {name: TopicShape(4)})  # of which each broker gets two
        fill(log, name, range(60))
        log.flush()
        with log.subscribe([name], f"readers-{name}") as readers:
            assert len(take(readers, 60)) == 60
            assert readers.lag() == 0
            second.stop()
            with pytest.raises(LogError, match="cannot see the end of"):
                readers.lag()
            with pytest.raises(LogError, match="no leader: see that every broker runs"):
                describe_topics(kafka_broker.address, [name])
    finally:
        second.stop()


def test_topics_are_made_once(kafka_broker: KafkaBroker) -> None:
    """All of lookout's topics are made with their partitions, and left alone when they are there."""
    name = f"lookout.test-{secrets.token_hex(4)}"
    assert create_topics(kafka_broker.address, {name: TopicShape(2)}) == [TopicMade(name, 2, created=True)]
    assert {each.topic for each in create_topics(kafka_broker.address)} == set(Topic)
    again = create_topics(kafka_broker.address, dict.fromkeys(SHAPES, TopicShape(40)))
    assert again == [TopicMade(topic, SHAPES[topic].partitions, created=False) for topic in SHAPES]


def test_topics_keep_what_they_are_to_keep(kafka_broker: KafkaBroker) -> None:
    """Sightings go after their retention; of the watchlist the newest edit of each entry stays."""
    from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

    create_topics(kafka_broker.address)
    with KafkaAdminClient(bootstrap_servers=kafka_broker.bootstrap) as admin:
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in (Topic.SIGHTINGS, Topic.WATCHLIST)]
        told = str(admin.describe_configs(asked, config_filter="all"))
    assert "'cleanup.policy': {'value': 'compact'" in told or "compact" in told
    assert str(7 * 24 * 3_600_000) in told
