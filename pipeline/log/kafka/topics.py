"""Making topics on Kafka."""

from collections.abc import Mapping
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import NoError, TopicAlreadyExistsError, for_code

from pipeline.errors import LogError
from pipeline.log.kafka.address import KafkaAddress
from pipeline.log.kafka.client import ANSWER_S, open_client, translated
from pipeline.log.topics import TopicMade, TopicShape

_HOUR_MS = 3_600_000


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


def _asked(shape: TopicShape) -> dict[str, Any]:
    configs = {"cleanup.policy": "compact" if shape.compacted else "delete"}
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
