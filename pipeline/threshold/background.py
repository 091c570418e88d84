"""The background: a few thousand embedded people whom nobody looks for, to score every sentence against."""

import io
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.errors import BackgroundError
from pipeline.threshold.tail import LEAST_EXPECTED, tail_start
from reid.card import read_card

FILE_NAME = "background.npz"  # beside the graphs in a weights folder
LEAST_PEOPLE = 100
_KEYS = ("vectors", "model_id", "words")
_DAMAGES = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which similarity a sighting matches a sentence, and why."""

    similarity: float
    false_match_rate: float  # share of people who are not wanted that it lets through
    words: str  # which background it rests on, and how large that is


@dataclass(frozen=True)
class Background:
    """Embedded people of one model.

    Attributes:
        vectors: (n, D) float16, one row a person.
        model_id: of the weights that embedded them.
        words: who they are, to be read as "3,000 people of ...".
    """

    vectors: npt.NDArray[np.float16]
    model_id: str
    words: str

    def __post_init__(self) -> None:
        """Check the vectors."""
        if self.vectors.ndim != 2 or self.vectors.dtype != np.float16:
            raise BackgroundError(
                f"a background's vectors must be (n, D) float16, but are {self.vectors.shape} {self.vectors.dtype}"
            )
        if len(self.vectors) < LEAST_PEOPLE:
            raise BackgroundError(f"a background needs {LEAST_PEOPLE} people or more, but has {len(self.vectors)}")
        if not np.isfinite(self.vectors).all():
            raise BackgroundError(f"the background of {self.words} holds vectors that are not finite; build it again")

    def __len__(self) -> int:
        """Return how many people there are."""
        return len(self.vectors)

    @cached_property
    def mean(self) -> FloatArray:
        """The mean person: (D,)."""
        mean: FloatArray = self.vectors.mean(axis=0, dtype=np.float64)
        return mean

    @cached_property
    def covariance(self) -> FloatArray:
        """How people differ from the mean one: (D, D)."""
        centred = self.vectors - self.mean
        covariance: FloatArray = centred.T @ centred / len(self)
        return covariance

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a background that ``write`` wrote.

        Raises:
            BackgroundError: there is none, or it is damaged.
        """
        try:
            content = io.BytesIO(path.read_bytes())  # np.load would leave a damaged file open
            with np.load(content, allow_pickle=False) as arrays:
                vectors, model_id, words = (arrays[key] for key in _KEYS)
        except FileNotFoundError:
            raise BackgroundError(
                f"there is no background at {path}; build one for these weights with: lookout background build"
            ) from None
        except _DAMAGES as error:
            raise BackgroundError(f"cannot read the background {path} ({error}); copy or build it again") from error
        return cls(vectors, str(model_id), str(words))

    @classmethod
    def beside(cls, weights: Path) -> Self:
        """Read the background that lies beside a folder's weights, and was embedded by them.

        Raises:
            BackgroundError: there is none, or it is damaged or of other weights.
            WeightsError: there are no weights.
        """
        background, model_id = cls.read(weights / FILE_NAME), read_card(weights).model_id
        if background.model_id != model_id:
            raise BackgroundError(
                f"{weights / FILE_NAME} was embedded by {background.model_id}, but the weights beside it are "
                f"{model_id}; build one for these weights with: lookout background build"
            )
        return background

    def write(self, path: Path) -> None:
        """Write the background; the file appears whole or not at all.

        Raises:
            BackgroundError: it cannot be written.
        """
        content = io.BytesIO()
        np.savez_compressed(content, vectors=self.vectors, model_id=np.array(self.model_id), words=np.array(self.words))
        partial = path.with_suffix(".partial")
        try:
            partial.write_bytes(content.getvalue())
            partial.replace(path)
        except OSError as error:
            raise BackgroundError(f"cannot write the background {path}: {error.strerror}") from error


def threshold(background: Background, vector: npt.NDArray[np.float32], false_match_rate: float) -> Threshold:
    """Return the threshold of a sentence: the tail of its own scores on the background.

    Args:
        background: of the model that embedded the sentence; the caller holds their model ids against each other.
        vector: (D,) of the sentence.
        false_match_rate: share of people who are not wanted that may match, above 0 and below 1.

    Raises:
        BackgroundError: the rate is out of range, or so small that this background cannot tell it.
    """
    check_rate(false_match_rate, len(background))
    scores = background.vectors.astype(np.float64) @ vector.astype(np.float64)  # (n,)
    # Rounded up, so that the background itself keeps to the rate.
    similarity = float(np.ceil(tail_start(scores[None], false_match_rate)[0] * 1e6) / 1e6)
    return Threshold(similarity, false_match_rate, _tell(background, false_match_rate, similarity))


def check_rate(false_match_rate: float, people: int) -> None:
    """Check that a background of so many people can tell a rate.

    Raises:
        BackgroundError: it cannot; the message names the least rate that it can.
    """
    if not 0 < false_match_rate < 1:
        raise BackgroundError(f"the false match rate must lie between 0 and 1, but is {false_match_rate}")
    if false_match_rate * people < LEAST_EXPECTED:
        raise BackgroundError(
            f"a false match rate of {false_match_rate:g} needs a background of "
            f"{int(np.ceil(LEAST_EXPECTED / false_match_rate)):,} people or more, but this one has {people:,}; "
            f"ask for {LEAST_EXPECTED / people:.2g} or more, or build a larger one with: lookout background build"
        )


def _tell(background: Background, rate: float, similarity: float) -> str:
    share = f"about 1 in {1 / rate:,.0f}" if rate <= 0.1 else f"{rate:.0%}"
    told = "reach" if rate * len(background) >= 1 else "would reach, by the tail of their scores,"
    return (
        f"{share} of {len(background):,} people of {background.words} {told} {similarity:.3f}; "
        f"a camera's own people replace them as they come"
    )
