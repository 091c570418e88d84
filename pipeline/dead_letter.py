"""Records that nobody could use, put aside on a topic of their own with where they stood and what was wrong."""

from typing import Self

import msgspec

from pipeline.errors import RecordError
from pipeline.log.base import LogRecord, Topic

# What is kept of a record, so that with everything in base64 or escaped the letter still fits the log: one that did not
# would be tried for ever, and hold back all that stands behind it.
_MOST_VALUE_BYTES = 512 * 1024
_MOST_CHARACTERS = 4096  # of the key, and of the reason


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record put aside; JSON in the log, the record's bytes in base64. Of a large one, only the beginning is kept."""

    coordinates: str  # topic[partition]@offset
    reason: str
    key: str
    timestamp_ms: int
    value: bytes

    @classmethod
    def of(cls, record: LogRecord, reason: str) -> Self:
        """Return the letter for a record."""
        if len(record.value) > _MOST_VALUE_BYTES:
            rest = f"; of its {len(record.value):,} bytes, the first {_MOST_VALUE_BYTES:,} are kept here"
        else:
            rest = ""
        return cls(
            coordinates=record.coordinates,
            reason=reason[:_MOST_CHARACTERS] + rest,
            key=record.key[:_MOST_CHARACTERS],
            timestamp_ms=record.timestamp_ms,
            value=record.value[:_MOST_VALUE_BYTES],
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
