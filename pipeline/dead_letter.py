"""Records that nobody could use, put aside on a topic of their own with where they stood and what was wrong.

A letter stands on ``Topic.DEAD_LETTERS`` under the time when it was put aside. One that was sent again or dismissed is
followed by a note, which is a letter without a value; ``pipeline.resending`` reads and writes them.
"""

import re
from typing import Self

import msgspec

from pipeline.errors import RecordError
from pipeline.log.base import EventLog, LogRecord, Topic

# What is kept of a record, so that with everything in base64 or escaped the letter still fits the log: one that did not
# would be tried for ever, and hold back all that stands behind it.
_MOST_VALUE_BYTES = 512 * 1024
_MOST_CHARACTERS = 4096  # of the key, and of the reason
# How a reason began before letters named their webhook themselves.
_OF_WEBHOOK = re.compile(r"webhook '(.*)' (?:refused|not taken in \d+ attempts): ")


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A record put aside; JSON in the log, the record's bytes in base64. Of a large one, only the beginning is kept."""

    coordinates: str  # topic[partition]@offset
    reason: str
    key: str
    timestamp_ms: int  # the record's own
    value: bytes
    webhook: str | None = None  # that did not take the record; None where the matcher could not use it
    resent: bool = False  # a note: the last letter of these coordinates and this webhook was sent again
    dismissed: bool = False  # a note: nobody wants that letter sent again

    @classmethod
    def of(cls, record: LogRecord, reason: str, webhook: str | None = None) -> Self:
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
            webhook=webhook,
        )

    @property
    def is_whole(self) -> bool:
        """Whether all of the record is here."""
        return len(self.value) < _MOST_VALUE_BYTES

    @property
    def is_note(self) -> bool:
        """Whether this says what became of a letter, and is none itself."""
        return self.resent or self.dismissed

    def note(self, reason: str) -> Self:
        """Return the note that says that this letter was sent again."""
        return msgspec.structs.replace(self, reason=reason, value=b"", resent=True)

    def append_to(self, log: EventLog, now_ms: int) -> None:
        """Send the letter on its way; durable only once a later ``flush`` of the log has returned.

        It stands there under the time now and not under the record's own, so that it is kept for as long as letters are
        kept, however old the record was.

        Raises:
            LogError: the log does not take it.
        """
        log.append(Topic.DEAD_LETTERS, self.key, self.encode(), now_ms)

    def encode(self) -> bytes:
        """Return the letter as it stands on ``Topic.DEAD_LETTERS``."""
        return msgspec.json.encode(self)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Read a record of ``Topic.DEAD_LETTERS``.

    Raises:
        RecordError: it is none.
    """
    try:
        letter = msgspec.json.decode(value, type=DeadLetter)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"expected a dead letter in JSON on {Topic.DEAD_LETTERS}, but found {error}") from error
    named = _OF_WEBHOOK.match(letter.reason) if letter.webhook is None else None
    return msgspec.structs.replace(letter, webhook=named[1]) if named else letter
