"""How large a record may be, on every log alike: what fits one fits the other."""

from pipeline.errors import LogError

MOST_VALUE_BYTES = 1_000_000  # below what a Kafka broker takes without a setting of its own, key and frame included


def check_size(topic: str, value: bytes) -> None:
    """Refuse a record that is too large for a log.

    Raises:
        LogError: it is.
    """
    if len(value) > MOST_VALUE_BYTES:
        raise LogError(f"a record for {topic} has {len(value):,} bytes; at most {MOST_VALUE_BYTES:,} are taken")
