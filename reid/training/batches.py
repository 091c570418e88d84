"""Identity-balanced batches: every person once an epoch, with a few of their crops."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reid.text.attributes import attribute_weight, exclusive_groups, is_colour
from reid.text.tokenizer import SentenceTokenizer, says_something
from reid.training.losses import Targets
from reid.training.material import Material
from reid.training.recolour import dye
from reid.training.sentences import Choice, choose_sentence, templated


@dataclass(frozen=True, slots=True)
class Batch:
    """B pairs: images (B, 3, h, w) float32 RGB 0..1 before augmentation, token ids (B, L).

    A share of a batch has the images and sentences of b of the pairs, and the targets of all B.
    """

    images: Tensor
    token_ids: Tensor
    flip: Tensor
    targets: Targets


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How pairs are drawn."""

    batch_size: int = 64
    crops_per_person: int = 3
    caption_share: float = 0.6
    word_dropout: float = 0.05
    dye_share: float = 0.0  # of the crops with a templated sentence


@dataclass(frozen=True, slots=True)
class _Pair:
    image: npt.NDArray[np.uint8]  # (h, w, 3) RGB
    attributes: frozenset[str]
    choice: Choice
    dyed: bool


class Batches:
    """Draws an epoch's batches; the same seed and epoch give the same ones."""

    def __init__(self, material: Material, tokenizer: SentenceTokenizer, settings: BatchSettings, seed: int) -> None:
        self._material = material
        self._tokenizer = tokenizer
        self._settings = settings
        self._seed = seed
        self._column = {name: column for column, name in enumerate(material.attribute_names)}
        names = material.attribute_names
        self._weights = np.array([attribute_weight(name) for name in names], np.float32)
        self._groups = exclusive_groups(names)
        self._usual = np.array([(is_colour(n) and "Body" in n) or n.startswith("personalM") for n in names], bool)
        self._by_person: dict[int, list[int]] = defaultdict(list)
        for row, person in enumerate(material.persons):
            self._by_person[int(person)].append(row)
        self._speaks = partial(says_something, tokenizer)  # what says nothing to the network teaches nothing
        self._captions = tuple(tuple(filter(self._speaks, captions)) for captions in material.captions)

    def epoch(self, number: int, share: slice = slice(None)) -> Iterator[Batch]:
        """Yield the batches of one epoch, or a share of each; a rest too small for a batch is left out."""
        rng = Random(f"{self._seed}/{number}")
        rows = self._draw_rows(rng)
        size = self._settings.batch_size
        for start in range(0, len(rows) - size + 1, size):
            yield self._batch(rows[start : start + size], rng, share)

    def __len__(self) -> int:
        limit = self._settings.crops_per_person
        return sum(min(len(rows), limit) for rows in self._by_person.values()) // self._settings.batch_size

    def _draw_rows(self, rng: Random) -> list[int]:
        """Shuffle persons, keep a person's crops side by side so that a batch holds true repeats."""
        persons = list(self._by_person.values())
        rng.shuffle(persons)
        limit = self._settings.crops_per_person
        return [row for rows in persons for row in rng.sample(rows, min(limit, len(rows)))]

    def _batch(self, rows: list[int], rng: Random, share: slice) -> Batch:
        pairs = [self._pair(row, rng) for row in rows]
        ids = _trim(self._tokenizer([pair.choice.text for pair in pairs]))
        drop = np.random.default_rng(rng.getrandbits(32)).random(ids.shape) < self._settings.word_dropout
        drop[:, 0] = False  # never the only word
        drop &= ~np.isin(ids, self._tokenizer.marks)
        ids = _drop_words(ids, drop)[share]
        images = torch.from_numpy(np.stack([pair.image for pair in pairs[share]])).permute(0, 3, 1, 2).float().div_(255)
        flip = torch.tensor([not _names_a_side(pair.choice.text) for pair in pairs[share]])
        return Batch(images, torch.from_numpy(ids), flip, self._targets(rows, pairs))

    def _pair(self, row: int, rng: Random) -> _Pair:
        present = self._material.attributes[row]
        names = {name for name, column in self._column.items() if present[column]}
        image = self._material.images[row]
        choice = choose_sentence(self._captions[row], names, self._settings.caption_share, rng, self._speaks)
        if choice.said is None or rng.random() >= self._settings.dye_share:
            return _Pair(image, frozenset(names), choice, dyed=False)
        dyed = dye(image, names, rng)
        if dyed is None:
            return _Pair(image, frozenset(names), choice, dyed=False)
        names = names - {dyed.was} | {dyed.now}
        return _Pair(dyed.image, frozenset(names), templated(names, rng), dyed=True)

    def _table(self, names: Iterable[Iterable[str]]) -> npt.NDArray[np.float32]:
        """Return a (B, A) table of 0/1 from lists of attribute names."""
        rows = [[self._column[name] for name in each if name in self._column] for each in names]
        table = np.zeros((len(rows), len(self._column)), np.float32)
        for index, columns in enumerate(rows):
            table[index, columns] = 1
        return table

    def _targets(self, rows: list[int], pairs: list[_Pair]) -> Targets:
        attributes = self._table(pair.attributes for pair in pairs)  # (B, A)
        said = self._table(pair.choice.said or () for pair in pairs)
        written = np.array([pair.choice.said is None for pair in pairs])
        dyed = np.array([pair.dyed for pair in pairs])
        persons = np.where(dyed, -1 - np.arange(len(rows)), self._material.persons[rows])
        settled = self._settled(attributes, said, written)
        said[written] = attributes[written] * settled[written]
        return Targets(
            torch.from_numpy(persons),
            torch.from_numpy(self._agreement(attributes, said, written, persons)),
            torch.from_numpy(attributes),
            torch.from_numpy(said),
            torch.from_numpy(settled),
        )

    def _settled(
        self,
        attributes: npt.NDArray[np.float32],
        said: npt.NDArray[np.float32],
        written: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float32]:
        """A said colour rules out the region's other colours, except those the person wears as well."""
        ruled = (said @ self._groups.astype(np.float32)) > 0
        settled = (ruled & ~((attributes > 0) & (said == 0))) | (said > 0)
        settled[written] = self._usual  # what nearly every written sentence names
        return np.asarray(settled, np.float32)

    def _agreement(
        self,
        attributes: npt.NDArray[np.float32],
        said: npt.NDArray[np.float32],
        written: npt.NDArray[np.bool_],
        persons: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.float32]:
        """How true sentence i is of image j, 0..1."""
        weighted = attributes * self._weights
        shared = weighted @ attributes.T  # (B, B)
        own = weighted.sum(axis=1)
        overlap = shared / np.maximum(own[:, None] + own[None, :] - shared, 1e-6)
        total = (said * self._weights).sum(axis=1, keepdims=True)
        truth = np.where(total > 0, (said * self._weights) @ attributes.T / np.maximum(total, 1e-6), 1.0)
        agreement = np.where(written[:, None], overlap, truth) ** 3
        agreement[persons[:, None] == persons[None, :]] = 1.0
        return np.asarray(agreement, np.float32)


def _trim(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Cut padding that no sentence of the batch needs; the trunk halves the length twice."""
    longest = int((ids != 0).sum(axis=1).max())
    return ids[:, : -(-longest // 4) * 4]


def _drop_words(ids: npt.NDArray[np.int64], drop: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    out = np.zeros_like(ids)
    for row, (words, dropped) in enumerate(zip(ids, drop, strict=True)):
        kept = words[~dropped & (words != 0)]
        out[row, : len(kept)] = kept
    return out


def _names_a_side(text: str) -> bool:
    words = text.lower().replace(",", " ").replace(".", " ").split()
    return "left" in words or "right" in words
