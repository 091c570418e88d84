"""The paper's word vectors: the last hidden states of a frozen BERT, in the place of learned ones.

Only this module knows ``transformers``, and only once a recipe names a BERT. No file is fetched here.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reid.errors import WeightsError
from reid.text.pieces import read_pieces

PIECES_FILE = "vocab.txt"
CONFIG_FILE = "config.json"


class FrozenBert(nn.Module):
    """Piece ids to contextual vectors, always in evaluation mode and without gradients.

    It never learns, so it is no part of a state dict: a checkpoint stays small and lies beside one copy of the
    BERT (``reid.training.checkpoint``).

    Attributes:
        pieces: what its ids mean.
        digest: the first 12 hex digits of the SHA-256 over its weights and its pieces.
    """

    def __init__(self, model: Any, pieces: tuple[str, ...], digest: str) -> None:
        super().__init__()
        self.model: Any = model.eval().requires_grad_(requires_grad=False)
        self.pieces = pieces
        self.digest = digest
        self.register_state_dict_post_hook(_leave_out)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_put_back)  # type: ignore[no-untyped-call]

    @property
    def word_dim(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    @property
    def longest_sentence(self) -> int:
        """Pieces that it can read at once."""
        return int(self.model.config.max_position_embeddings)

    def train(self, mode: bool = True) -> "FrozenBert":  # noqa: FBT001, FBT002 - torch's own signature
        """Stay as it is: dropout would make the vectors of a sentence differ from those in use."""
        super().train(mode)
        self.model.eval()
        return self

    @torch.no_grad()
    def forward(self, token_ids: Tensor) -> Tensor:
        """``token_ids``: (B, L) int64, 0 is padding, to (B, L, word_dim)."""
        attended = (token_ids != 0).to(torch.int64)  # (B, L)
        states: Tensor = self.model(input_ids=token_ids, attention_mask=attended).last_hidden_state
        return states


def _leave_out(_: nn.Module, state: dict[str, Any], prefix: str, __: Any) -> None:
    for name in [name for name in state if name.startswith(prefix)]:
        del state[name]


def _put_back(bert: FrozenBert, state: dict[str, Any], prefix: str, *_: Any) -> None:
    state.update({f"{prefix}model.{name}": weight for name, weight in bert.model.state_dict().items()})


def open_bert(folder: Path) -> FrozenBert:
    """Load a BERT from a folder with ``config.json``, ``vocab.txt`` and its weights, as ``transformers`` keeps one.

    Raises:
        WeightsError: a file is missing or damaged, or it is another kind of model.
        ModuleNotFoundError: ``transformers`` is not installed; it comes with the extra ``bert``.
    """
    from safetensors import SafetensorError  # noqa: PLC0415 - it comes with transformers
    from transformers import AutoConfig, BertModel  # noqa: PLC0415 - seconds, and an extra

    pieces = read_pieces(folder / PIECES_FILE)
    try:
        kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
        if kind != "bert":
            raise WeightsError(f"{folder} holds a model of the kind {kind!r}, but an uncased BERT is needed")
        model: Any = BertModel.from_pretrained(folder, local_files_only=True, add_pooling_layer=False)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"cannot read a BERT from {folder}: {str(error).splitlines()[0]}") from error
    if model.config.vocab_size < len(pieces):
        raise WeightsError(
            f"{folder}: {PIECES_FILE} has {len(pieces)} pieces, but the weights know {model.config.vocab_size}; "
            "the two do not belong together"
        )
    return FrozenBert(model.float(), pieces.pieces, _digest(model, folder / PIECES_FILE))


def find_bert(name: str, *, download: bool) -> Path:
    """Return the local folder of a BERT: ``name`` itself, or where the hub's cache keeps that model.

    Args:
        name: a folder, or a model's name on the hub.
        download: fetch what the cache lacks; without it, nothing leaves this machine.

    Raises:
        WeightsError: it is neither a folder nor in the cache, or fetching failed.
        ModuleNotFoundError: ``transformers`` is not installed; it comes with the extra ``bert``.
    """
    if Path(name).is_dir():
        return Path(name)
    import transformers  # noqa: F401, PLC0415 - its absence names the extra; the hub's client comes with it
    from huggingface_hub import errors, snapshot_download  # noqa: PLC0415

    wanted = [CONFIG_FILE, PIECES_FILE, "model.safetensors"]
    try:
        return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=not download))
    except (errors.LocalEntryNotFoundError, errors.HFValidationError) as error:
        raise WeightsError(
            f"[bert] model = {name!r} is no folder, and not in the hub's cache on this machine either; give the "
            "folder of an uncased BERT (config.json, vocab.txt, model.safetensors), or the name of one on the hub "
            "with download = true"
        ) from error
    except (errors.HfHubHTTPError, OSError) as error:
        raise WeightsError(f"cannot fetch the BERT {name!r}: {str(error).splitlines()[0]}") from error


def copy_bert(source: Path, folder: Path) -> None:
    """Make ``folder`` a BERT of its own, so that a run needs neither the source nor a cache later on.

    Raises:
        WeightsError: the source is no BERT.
    """
    bert = open_bert(source)
    bert.model.save_pretrained(folder)
    shutil.copyfile(source / PIECES_FILE, folder / PIECES_FILE)


def _digest(model: nn.Module, pieces: Path) -> str:
    digest = hashlib.sha256(pieces.read_bytes())
    for name, weight in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:12]
