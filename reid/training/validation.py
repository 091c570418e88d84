"""How good the averaged network is now, on people and a camera network it has never seen."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from reid.errors import DatasetError
from reid.network.axm_net import AXMNet
from reid.text.tokenizer import SentenceTokenizer, says_something
from reid.training.material import Material

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """``images``: (B, 3, H, W) float32 RGB 0..1 to the range the network is trained in."""
    mean = torch.tensor(MEAN, device=images.device).reshape(1, 3, 1, 1)
    std = torch.tensor(STD, device=images.device).reshape(1, 3, 1, 1)
    return (images - mean) / std


@torch.no_grad()
def embed_material(network: AXMNet, material: Material, device: torch.device) -> npt.NDArray[np.float32]:
    """Return (N, D) float32 for every crop, resized as the runtime does."""
    rows = [network.encode_image(normalise(images.to(device))).cpu().numpy() for images in _batches(network, material)]
    return np.concatenate(rows)


def _batches(network: AXMNet, material: Material) -> Iterator[torch.Tensor]:
    for start in range(0, len(material.images), 128):
        images = torch.from_numpy(material.images[start : start + 128]).permute(0, 3, 1, 2).float() / 255
        yield torch.nn.functional.interpolate(
            images, network.config.image_hw, mode="bilinear", antialias=True
        ).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def embed_sentences(
    network: AXMNet, tokenizer: SentenceTokenizer, sentences: list[str], device: torch.device
) -> npt.NDArray[np.float32]:
    """Return (N, D) float32."""
    ids = torch.from_numpy(tokenizer(sentences)).to(device)
    return np.concatenate([network.encode_text(part).cpu().numpy() for part in torch.split(ids, 256)])


class Validator:
    """Ranks the validation crops by each of their sentences; one without a word that is known finds nobody."""

    def __init__(self, material: Material, tokenizer: SentenceTokenizer) -> None:
        """Keep the sentences that can be asked.

        Raises:
            DatasetError: there is none.
        """
        written = [(row, text) for row, texts in enumerate(material.captions) for text in texts]
        described = [(row, text) for row, text in written if says_something(tokenizer, text)]
        if not described:
            raise DatasetError("no sentence to validate on has a word that the training captions have; see its split")
        self._known_share = len(described) / len(written)
        self._material = material
        self._tokenizer = tokenizer
        self._sentences = [text for _, text in described]
        self._persons = material.persons[[row for row, _ in described]]

    def __call__(self, network: AXMNet) -> dict[str, float]:
        """Return ``val_rank1`` and the like, in percent; nothing where there are no sentences."""
        device = next(network.parameters()).device
        network.eval()
        images = embed_material(network, self._material, device)
        texts = embed_sentences(network, self._tokenizer, self._sentences, device)
        order = np.argsort(-(texts @ images.T), axis=1, kind="stable")
        hits = self._material.persons[order] == self._persons[:, None]
        first = hits.argmax(axis=1)
        return {f"val_rank{k}": float((first < k).mean() * self._known_share * 100) for k in (1, 5, 10)}
