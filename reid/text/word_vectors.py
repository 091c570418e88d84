"""Word vectors from the company words keep, before any picture is seen.

Positive pointwise mutual information and a truncated SVD: on a small corpus it is word2vec's equal (Levy and
Goldberg, NeurIPS 2014) and has no settings to tune. A word that the captions of the training pictures
never use starts out near the words it is used like.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from reid.text.vocabulary import Vocabulary

_WINDOW = 4


def learn_word_vectors(sentences: Iterable[list[int]], vocabulary: Vocabulary, dim: int) -> npt.NDArray[np.float32]:
    """Return (len(vocabulary), dim) float32 with unit rows on average; row 0, padding, is zero.

    Args:
        sentences: token ids of each sentence, without padding.
        vocabulary: what the ids mean.
        dim: length of a word vector.
    """
    size = len(vocabulary)
    counts = np.zeros((size, size))
    for ids in sentences:
        for position, word in enumerate(ids):
            for distance, other in enumerate(ids[position + 1 : position + 1 + _WINDOW], 1):
                counts[word, other] += 1 / distance
                counts[other, word] += 1 / distance
    total = counts.sum(axis=1) ** 0.75  # smoothed, so that rare words do not dominate
    expected = np.outer(counts.sum(axis=1), total / max(total.sum(), 1e-9))
    with np.errstate(divide="ignore", invalid="ignore"):
        ppmi = np.nan_to_num(np.log(counts / expected), nan=0.0, neginf=0.0, posinf=0.0).clip(min=0)
    left, singular, _ = np.linalg.svd(ppmi)
    vectors = np.zeros((size, dim), np.float32)
    rank = min(dim, size)
    vectors[:, :rank] = left[:, :rank] * np.sqrt(singular[:rank])
    vectors[0] = 0
    return vectors / max(float(np.linalg.norm(vectors[1:], axis=1).mean()), 1e-6)
