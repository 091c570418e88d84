"""The runtime: crops and sentences to vectors, on ONNX Runtime alone."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reid.card import IMAGE_GRAPH, PIECES_FILE, SHIPPED_WEIGHTS, TEXT_GRAPH, VOCABULARY_FILE, Card, read_card
from reid.crops import stack_crops
from reid.errors import WeightsError, reason
from reid.providers import Provider, open_session, provider_of
from reid.text.bert_tokenizer import BertTokenizer
from reid.text.pieces import read_pieces
from reid.text.tokenizer import Explanation, SentenceTokenizer, Tokenizer
from reid.text.vocabulary import Vocabulary

__all__ = ["SHIPPED_WEIGHTS", "Embedder", "read_tokenizer"]


class Embedder:
    """Two independent towers of one set of weights; similarity is the dot product of their vectors.

    An image vector has length at most 1 (it is the mean of two unit vectors), a sentence's has length 1, so a
    similarity lies in -1..1. Safe to call from several threads.
    """

    def __init__(self, weights: Path = SHIPPED_WEIGHTS, provider: Provider = "auto", threads: int = 0) -> None:
        """Load a weights folder.

        Args:
            weights: a folder that ``lookout export`` made; by default the shipped one.
            provider: where to run; see ``reid.providers.open_session``.
            threads: CPU threads; 0 for one a core.

        Raises:
            WeightsError: the folder is missing, damaged or not what its card says.
            ProviderError: the provider asked for is not there.
        """
        self.card: Card = read_card(weights)
        self._image = open_session(weights / IMAGE_GRAPH, provider, threads)
        self._text = open_session(weights / TEXT_GRAPH, "cpu", threads)  # once per edit of a watchlist
        self._tokenizer = read_tokenizer(weights)

    @property
    def model_id(self) -> str:
        """Vectors are comparable only where this is equal."""
        return self.card.model_id

    @property
    def embedding_dim(self) -> int:
        """Length of every vector."""
        return self.card.embedding_dim

    @property
    def provider(self) -> str:
        """Where the image tower really runs: cpu, cuda or tensorrt."""
        return provider_of(self._image)

    def encode_image(self, crops: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """Embed person crops.

        Args:
            crops: n arrays (h, w, 3) uint8, BGR, of any size from 8x4 px.

        Returns:
            (n, embedding_dim) float32.

        Raises:
            CropError: a crop cannot be embedded; the message names which and why.
        """
        if not len(crops):
            return np.empty((0, self.embedding_dim), np.float32)
        batch = stack_crops(crops, self.card.image_hw)
        vectors: npt.NDArray[np.float32] = self._image.run(None, {"crops": batch})[0]
        return vectors

    def encode_text(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed descriptions of people.

        Returns:
            (n, embedding_dim) float32, unit length.

        Raises:
            SentenceError: a sentence is empty, too long or has no word the network knows.
        """
        if not len(sentences):
            return np.empty((0, self.embedding_dim), np.float32)
        vectors: npt.NDArray[np.float32] = self._text.run(None, {"token_ids": self._tokenizer(sentences)})[0]
        return vectors

    def explain_text(self, sentence: str) -> Explanation:
        """Say which words of a sentence count, and how they were understood.

        Raises:
            SentenceError: as for ``encode_text``.
        """
        return self._tokenizer.explain(sentence)


def read_tokenizer(weights: Path = SHIPPED_WEIGHTS) -> SentenceTokenizer:
    """Return the tokenizer of a weights folder, without loading its graphs.

    Raises:
        WeightsError: the folder is missing, damaged or not what its card says.
    """
    token_limit = read_card(weights).token_limit  # first: it tells whether this is a weights folder at all
    vocabulary = read_vocabulary(weights)
    if (weights / PIECES_FILE).exists():
        return BertTokenizer(read_pieces(weights / PIECES_FILE), vocabulary, token_limit)
    return Tokenizer(vocabulary, token_limit)


def read_vocabulary(weights: Path) -> Vocabulary:
    """Read the vocabulary of a weights folder.

    Raises:
        WeightsError: it is missing or not a JSON list of words.
    """
    path = weights / VOCABULARY_FILE
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot read the vocabulary {path}: {reason(error)}") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise WeightsError(f"{path} must be a JSON list of words")
    return Vocabulary(words)
