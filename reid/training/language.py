"""The vocabulary and the word vectors a recipe starts from."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from reid.datasets.sample import Sample
from reid.errors import DatasetError, reason
from reid.text.grammar import describe
from reid.text.tokenizer import Tokenizer
from reid.text.vocabulary import Vocabulary, learn_vocabulary
from reid.text.word_vectors import learn_word_vectors


def read_language(path: Path) -> list[str]:
    """Return the sentences of a JSON list of ``{"captions": [...]}``.

    Raises:
        DatasetError: the file is missing or of another form.
    """
    try:
        captions = [entry["captions"] for entry in json.loads(path.read_text(encoding="utf-8"))]
    except OSError as error:
        raise DatasetError(f"cannot read {path}: {reason(error)}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(f"{path} is not a JSON list of objects with 'captions': {error!r}") from error
    if not all(isinstance(each, list) and all(isinstance(text, str) for text in each) for each in captions):
        raise DatasetError(f"{path}: each 'captions' must be a list of sentences")
    return [sentence for each in captions for sentence in each]


def collect_sentences(samples: Sequence[Sample], language: Path | None, seed: int) -> list[str]:
    """Return every sentence at hand: the crops' captions, the grammar's, and those without pictures."""
    rng = Random(seed)
    sentences = [caption for sample in samples for caption in sample.captions]
    sentences += [describe(sample.attributes, rng).text for sample in samples if sample.attributes]
    return sentences + (read_language(language) if language else [])


def learn_language(
    sentences: Sequence[str], least_count: int, word_dim: int
) -> tuple[Vocabulary, npt.NDArray[np.float32]]:
    """Return the words that occur often enough and their vectors, (len(vocabulary), word_dim) float32."""
    vocabulary = learn_vocabulary(sentences, least_count)
    tokenizer = Tokenizer(vocabulary, token_limit=128)
    ids = [tokenizer.known_ids(sentence) for sentence in sentences]
    return vocabulary, learn_word_vectors(ids, vocabulary, word_dim)
