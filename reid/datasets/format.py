"""What a data set format is: how it is recognised, read, and what it promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reid.datasets.problems import Problems
from reid.datasets.sample import Sample

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Counts:
    """How large a split is known to be; what is None is not compared."""

    images: int | None
    persons: int
    captions: int


@dataclass(frozen=True, slots=True)
class Promise:
    """What every data set of a format holds.

    Attributes:
        has_captions: every image comes with at least one sentence.
        first_train_id: person ids of the train split run without a gap from here; None where they may not.
        known: the published size of each split.
    """

    has_captions: bool = False
    first_train_id: int | None = None
    known: Mapping[str, Counts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Format:
    """A way data sets lie on disk.

    Attributes:
        name: the name a user gives.
        marks: the files that tell the format, for messages.
        recognises: whether a folder is of this format.
        read: returns every sample of a folder and adds what it cannot understand to the problems.
        promise: what the samples are checked against.
    """

    name: str
    marks: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Problems], list[Sample]]
    promise: Promise
