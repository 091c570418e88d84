"""From the log's records to sightings that may be compared; what may not be goes to the dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.dead_letter import DeadLetter
from pipeline.errors import RecordError
from pipeline.log.base import LogRecord
from pipeline.records import Sighting
from pipeline.wire import decode_sighting

MOST_CROP_BYTES = 512 * 1024  # an alert carries the crop in base64, and a log takes records of 1 MiB
_LONGEST = 1.01  # of a mean of unit vectors, with what float16 rounds
MOST_OTHER_BYTES = 16 * 1024  # all else that a sighting says; an alert carries its ids, escaped and more than once


class _ForeignError(RecordError):
    """A sighting is of another model."""


@dataclass(frozen=True, slots=True)
class SightingReader:
    """Reads sightings of one model."""

    model_id: str
    embedding_dim: int

    def __call__(self, record: LogRecord) -> Sighting:
        """Return the sighting of a record.

        Raises:
            RecordError: it cannot be read, or must not be compared with this model's vectors.
        """
        sighting = decode_sighting(record.value)
        if sighting.model_id != self.model_id:
            raise _ForeignError(
                f"expected a sighting of model {self.model_id}, but found one of {sighting.model_id}; "
                "run ingest and matcher on the same weights"
            )
        if sighting.vector.shape != (self.embedding_dim,):
            raise RecordError(
                f"expected a vector of {self.embedding_dim} numbers, but found one of {len(sighting.vector)}"
            )
        length = float(np.linalg.norm(sighting.vector.astype(np.float32)))
        if length > _LONGEST:  # it would match whatever somebody looks for
            raise RecordError(
                f"expected a vector of length 1 at most, but found {length:,.2f}; it is no mean of people's vectors"
            )
        if len(sighting.crop_jpeg) > MOST_CROP_BYTES:
            raise RecordError(
                f"expected a crop of at most {MOST_CROP_BYTES:,} bytes, but found {len(sighting.crop_jpeg):,}"
            )
        others = len(record.value) - len(sighting.crop_jpeg)
        if others > MOST_OTHER_BYTES:
            raise RecordError(f"expected at most {MOST_OTHER_BYTES:,} bytes beside the crop, but found {others:,}")
        return sighting


@dataclass(frozen=True, slots=True)
class Batch:
    """What a poll brought.

    Attributes:
        polled: each record, and its sighting or None where it is put aside.
        letters: for the records that are put aside.
        foreign: how many of them are of another model.
    """

    polled: tuple[tuple[LogRecord, Sighting | None], ...]
    letters: tuple[DeadLetter, ...]
    foreign: int


def read_batch(records: Sequence[LogRecord], read: SightingReader) -> Batch:
    """Read what a poll brought; never fails."""
    polled: list[tuple[LogRecord, Sighting | None]] = []
    letters, foreign = [], 0
    for record in records:
        try:
            polled.append((record, read(record)))
        except RecordError as error:
            polled.append((record, None))
            letters.append(DeadLetter.of(record, str(error)))
            foreign += isinstance(error, _ForeignError)
    return Batch(tuple(polled), tuple(letters), foreign)
