"""How near exported graphs come to the network that they were made of, on crops and sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from reid.crops import stack_crops
from reid.datasets.sample import Sample
from reid.embedder import Embedder, read_tokenizer
from reid.evaluation.embed import embed_captions, embed_samples
from reid.evaluation.protocols import Embedded, EvaluationSettings, RetrievalResult, text_to_image
from reid.evaluation.tables import markdown_table
from reid.export.graphs import ImageTower, TextTower
from reid.network.axm_net import AXMNet

Vectors = npt.NDArray[np.float32]  # (n, embedding_dim)


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Cosines of what graphs and network make of the same crops and sentences, and how each of them ranks.

    Attributes:
        least_cosine: of all crops.
        mean_cosine: of all crops.
        least_text_cosine: of all sentences of which the network knows a word.
        network: the search with the network's vectors, in torch and single precision.
        graphs: the same with the graphs'.
    """

    least_cosine: float
    mean_cosine: float
    least_text_cosine: float
    network: RetrievalResult
    graphs: RetrievalResult

    def table(self, name: str) -> str:
        """Return it as a Markdown table, whose second row is about the graphs called ``name``."""
        cosines = (self.least_cosine, self.mean_cosine, self.least_text_cosine)
        rows = [
            ["torch, fp32", *("" for _ in cosines), _ranks(self.network)],
            [name, *(f"{cosine:.7f}" for cosine in cosines), _ranks(self.graphs)],
        ]
        return markdown_table(["towers", "least cosine", "mean cosine", "least of text", "Rank@1 / 5 / 10"], rows)


class NetworkEmbedder(Embedder):
    """Embeds with a network in torch, in single precision, what a weights folder's embedder is given."""

    def __init__(self, network: AXMNet, weights: Path) -> None:
        """Take the network that ``weights`` were exported from; it is left as it is."""
        super().__init__(weights, "cpu")
        self._read = read_tokenizer(weights)
        self._towers = ImageTower(network, torch.float32).eval(), TextTower(network).eval()

    def encode_image(self, crops: Sequence[npt.NDArray[np.uint8]]) -> Vectors:
        """Embed as ``Embedder`` does."""
        return self._run(self._towers[0], stack_crops(crops, self.card.image_hw))

    def encode_text(self, sentences: Sequence[str]) -> Vectors:
        """Embed as ``Embedder`` does."""
        return self._run(self._towers[1], self._read(sentences))

    def _run(self, tower: torch.nn.Module, given: npt.NDArray[np.uint8] | npt.NDArray[np.int64]) -> Vectors:
        with torch.inference_mode():
            return np.asarray(tower(torch.from_numpy(given)).numpy(), np.float32)


def measure_fidelity(network: AXMNet, weights: Path, samples: Sequence[Sample]) -> Fidelity:
    """Hold a weights folder against the network that it was exported from.

    Args:
        network: in single precision.
        weights: the folder.
        samples: crops with sentences.

    Raises:
        DatasetError: an image cannot be decoded.
        ReidError: no sample has a sentence.
    """
    towers = NetworkEmbedder(network, weights), Embedder(weights, "cpu")
    images = [embed_samples(each, samples) for each in towers]
    texts = [embed_captions(each, samples) for each in towers]
    searches = [
        text_to_image(
            Embedded.of_captions(text, samples), Embedded.of_images(image, samples), EvaluationSettings(resamples=0)
        )
        for text, image in zip(texts, images, strict=True)
    ]
    cosine, text_cosine = _cosine(*images), _cosine(*texts)
    return Fidelity(float(cosine.min()), float(cosine.mean()), float(text_cosine.min(initial=1.0)), *searches)


def _cosine(left: Vectors, right: Vectors) -> npt.NDArray[np.float64]:
    """Return the cosine of each row with the other's; rows of nothing, as of sentences not understood, are left out."""
    one, other = (rows.astype(np.float64) for rows in (left, right))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    said = lengths > 0
    return np.asarray((one * other).sum(axis=1)[said] / lengths[said])


def _ranks(found: RetrievalResult) -> str:
    return f"{found.rank1:.1f} / {found.rank5:.1f} / {found.rank10:.1f}"
