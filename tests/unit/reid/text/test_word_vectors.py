"""Words that are used alike begin alike."""

from random import Random

import numpy as np
import numpy.typing as npt
import pytest

from reid.text.vocabulary import Vocabulary
from reid.text.word_vectors import learn_word_vectors

COLOURS = ("red", "scarlet", "blue", "navy")
GARMENTS = {"red": "coat", "scarlet": "coat", "blue": "jeans", "navy": "jeans"}


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Return the words of the small corpus; nobody ever says kilt."""
    return Vocabulary([*COLOURS, "coat", "jeans", "man", "woman", "bag", "kilt"])


@pytest.fixture(scope="module")
def corpus(vocabulary: Vocabulary) -> list[list[int]]:
    """Return sentences in which red and scarlet are said of coats, blue and navy of jeans."""
    rng = Random(1)
    sentences = []
    for _ in range(400):
        colour = rng.choice(COLOURS)
        words = [rng.choice(("man", "woman")), colour, GARMENTS[colour], *rng.sample(["bag"], rng.randint(0, 1))]
        sentences.append([vocabulary.token_id(word) for word in words])
    return sentences


def cosine(vectors: npt.NDArray[np.float32], one: int, other: int) -> float:
    """Return the cosine of two rows."""
    return float(vectors[one] @ vectors[other] / np.linalg.norm(vectors[one]) / np.linalg.norm(vectors[other]))


def test_words_used_alike_are_near(vocabulary: Vocabulary, corpus: list[list[int]]) -> None:
    """Red is nearer to scarlet than to blue, and navy nearer to blue than to red."""
    vectors = learn_word_vectors(corpus, vocabulary, 6)
    red, scarlet, blue, navy = (vocabulary.token_id(word) for word in COLOURS)
    assert cosine(vectors, red, scarlet) > cosine(vectors, red, blue) + 0.3
    assert cosine(vectors, navy, blue) > cosine(vectors, navy, red) + 0.3


@pytest.mark.parametrize("dim", [4, 64])
def test_vectors_fit_the_embedding(vocabulary: Vocabulary, corpus: list[list[int]], dim: int) -> None:
    """Any length is filled, padding is zero, words that occur are of unit length on average."""
    vectors = learn_word_vectors(corpus, vocabulary, dim)
    assert vectors.shape == (len(vocabulary), dim)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert not vectors[0].any()
    assert np.linalg.norm(vectors[1:], axis=1).mean() == pytest.approx(1, abs=1e-5)


def test_learning_is_repeatable(vocabulary: Vocabulary, corpus: list[list[int]]) -> None:
    """The same sentences give the same vectors, in whichever order they come."""
    once = learn_word_vectors(corpus, vocabulary, 8)
    np.testing.assert_array_equal(once, learn_word_vectors(corpus, vocabulary, 8))
    backwards = learn_word_vectors(corpus[::-1], vocabulary, 8)
    np.testing.assert_allclose(backwards @ backwards.T, once @ once.T, atol=1e-4)


def test_no_corpus_is_no_error(vocabulary: Vocabulary) -> None:
    """Without sentences every vector is finite."""
    assert np.isfinite(learn_word_vectors([], vocabulary, 4)).all()
