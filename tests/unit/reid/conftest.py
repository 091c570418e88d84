"""A BERT of two thin layers and its own pieces, for every test of the paper's word vectors."""

from pathlib import Path

import pytest

MARKS = "[PAD] [UNK] [CLS] [SEP] [MASK]"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = (
    "the with and has is wearing carrying no without man woman person red blue black white green yellow purple orange "
    "shirt pants trousers jacket coat jeans hat backpack skirt top back pack un wear able color grey gray blouse hoodie "
    "sweater shorts leggings someone below that buttoned got walks along over her wears bottoms \u00e9 \u4e2d \u6587"
)
ENDINGS = "ing ed er pack able wear et ##".split()


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random BERT in the form in which ``transformers`` keeps one."""
    transformers = pytest.importorskip("transformers", reason="the extra bert is not installed")
    import torch

    pieces = [*MARKS.split(), *",.;:!?-'()$&", *LETTERS, *WORDS.split()]
    pieces += [f"##{ending}" for ending in (*LETTERS, *ENDINGS)]
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(4)
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in pieces), encoding="utf-8")
    return folder
