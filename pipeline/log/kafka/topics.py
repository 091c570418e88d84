"""Making topics on Kafka, and seeing what they hold."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import TopicPartition
from kafka.admin import ConfigFilterType, ConfigResource, KafkaAdminClient, OffsetSpec
from kafka.errors import NoError, TopicAlreadyExistsError, for_code

from pipeline.errors import LogError
from pipeline.log.kafka.address import KafkaAddress
from pipeline.log.kafka.client import ANSWER_S, open_client, translated
from pipeline.log.shapes import TopicMade, TopicShape, TopicState

_HOUR_MS = 3_600_000
_EVER_MS = str(2**63 - 1)


def create_on(address: KafkaAddress, shapes: Mapping[str, TopicShape]) -> list[TopicMade]:
    """Make topics on a cluster, each with as many replicas as the brokers' own default says.

    Raises:
        LogError: the cluster does not answer, or refuses.
    """
    admin = open_client(KafkaAdminClient, address)
    try:
        with translated(address, "create topics on"):
            asked = {str(topic): _asked(shape) for topic, shape in shapes.items()}
            answer = admin.create_topics(asked, timeout_ms=round(ANSWER_S * 1000), raise_errors=False)
            made = {each["name"]: _check(each, address) for each in answer["topics"]}
            admin.wait_for_topics(list(made))
            held = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(list(made))}
    finally:
        admin.close()
    return [TopicMade(topic, held[topic], created) for topic, created in made.items()]


def describe_on(address: KafkaAddress, topics: Sequence[str]) -> list[TopicState]:
    """Return what topics of a cluster hold.

    Raises:
        LogError: the cluster does not answer, or refuses.
    """
    admin = open_client(KafkaAdminClient, address)
    try:
        with translated(address, "see the topics of"):
            names = [str(topic) for topic in topics]
            there = set(admin.list_topics())
            held = [each for each in names if each in there]
            parts = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(held)} if held else {}
            configs = _configs(admin, held)
            return [
                _state(admin, each, parts[each], configs.get(each, {})) if each in parts else TopicState(each, 0, 0)
                for each in names
            ]
    finally:
        admin.close()


def _configs(admin: Any, topics: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the settings of topics, as text."""
    wanted = {"cleanup.policy": None, "retention.ms": None}
    asked = [ConfigResource("TOPIC", topic, wanted) for topic in topics]
    if not asked:
        return {}
    answer = admin.describe_configs(asked, config_filter=ConfigFilterType.ALL)
    told: dict[str, dict[str, Any]] = next(iter(answer.values()), {})
    return {name: {key: str(each["value"]) for key, each in configs.items()} for name, configs in told.items()}


def _state(admin: Any, topic: str, partitions: int, configs: Mapping[str, str]) -> TopicState:
    """Look at a topic; the broker knows where records stand and of what time the first and the last are."""
    parts = [TopicPartition(topic, number) for number in range(partitions)]
    timeout_ms = round(ANSWER_S * 1000)
    asked: tuple[int, ...] = (OffsetSpec.EARLIEST, OffsetSpec.LATEST, OffsetSpec.MAX_TIMESTAMP, 0)
    firsts, ends, newest, oldest = (
        admin.list_partition_offsets(dict.fromkeys(parts, spec), timeout_ms=timeout_ms).values() for spec in asked
    )
    retention_ms = int(configs.get("retention.ms", "-1"))
    return TopicState(
        topic,
        partitions,
        sum(each.offset for each in ends) - sum(each.offset for each in firsts),
        min((each.timestamp for each in oldest if each.timestamp >= 0), default=None),
        max((each.timestamp for each in newest if each.timestamp >= 0), default=None),
        None if retention_ms < 0 else retention_ms / _HOUR_MS,
        "compact" in configs.get("cleanup.policy", ""),
    )


def _asked(shape: TopicShape) -> dict[str, Any]:
    configs = {"cleanup.policy": "compact" if shape.compacted else "delete"}
    # A broker of version 3.6 or later refuses what is of a time more than an hour ahead of its own; a camera or a file
    # whose clock is ahead would then keep everybody's sightings back.
    configs["message.timestamp.after.max.ms"] = _EVER_MS
    if not shape.compacted:
        retention_ms = -1 if shape.retention_h is None else round(shape.retention_h * _HOUR_MS)
        configs["retention.ms"] = str(retention_ms)
    return {"num_partitions": shape.partitions, "replication_factor": -1, "configs": configs}


def _check(answer: Mapping[str, Any], address: KafkaAddress) -> bool:
    """Return whether a topic was made now; whoever else made it is as good."""
    error = for_code(answer["error_code"])
    if error not in {NoError, TopicAlreadyExistsError}:
        why = f"{error.__name__}: {answer.get('error_message') or ''}"
        raise LogError(
            f"{address} has not made the topic {answer['name']}: {why}; see the user's rights and the number of brokers"
        )
    return bool(error is NoError)
