"""Records that nobody could use, put aside on a topic of their own with where they stood and what was wrong."""

from typing import Self

import msgspec

from pipeline.errors import RecordError
from pipeline.log.base import LogRecord, Topic


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record put aside; JSON in the log, the record's bytes in base64."""

    coordinates: str  # topic[partition]@offset
    reason: str
    key: str
    timestamp_ms: int
    value: bytes

    @classmethod
    def of(cls, record: LogRecord, reason: str) -> Self:
        """Return the letter for a record."""
        return cls(
            coordinates=record.coordinates,
            reason=reason,
            key=record.key,
            timestamp_ms=record.timestamp_ms,
            value=record.value,
        )

    def encode(self) -> bytes:
        """Return the letter as it stands on ``Topic.DEAD_LETTERS``."""
        return msgspec.json.encode(self)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Read a record of ``Topic.DEAD_LETTERS``.

    Raises:
        RecordError: it is none.
    """
    try:
        return msgspec.json.decode(value, type=DeadLetter)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"expected a dead letter in JSON on {Topic.DEAD_LETTERS}, but found {error}") from error
