"""What is shipped: small, honest about itself, and better than chance at what it is for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.scene.crops import random_crop
from pipeline.scene.outfit import describe_outfit, random_outfit
from reid.card import IMAGE_GRAPH, Card, content_hash, read_card
from reid.embedder import SHIPPED_WEIGHTS, Embedder
from reid.errors import ProviderError
from reid.evaluation.degraded import to_grey, to_night
from reid.providers import as_provider, open_session, provider_of

MODEL_CARD = Path(__file__).parents[3] / "docs" / "model-card.md"
VIVID = ("Red", "Blue", "Green", "Yellow", "Purple", "Pink", "Orange")


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """Return the shipped weights on the CPU."""
    return Embedder(provider="cpu")


@pytest.fixture(scope="module")
def card() -> Card:
    """Return the shipped card, held against its files."""
    return read_card(SHIPPED_WEIGHTS)


def test_they_are_small() -> None:
    """All files of the shipped weights come to 12 MiB at most."""
    assert sum(path.stat().st_size for path in SHIPPED_WEIGHTS.iterdir()) <= 12 * 2**20


def test_the_graphs_do_not_tell_where_they_were_made() -> None:
    """Neither graph holds a stack trace or the path of a source file: they would name the machine, and fill the file."""
    for graph in SHIPPED_WEIGHTS.glob("*.onnx"):
        content = graph.read_bytes()
        assert b".py" not in content
        assert b"stack_trace" not in content


def test_the_model_id_is_that_of_the_files(card: Card) -> None:
    """The shipped id is the recipe's name and the hash of the files that are shipped."""
    assert card.model_id == f"{card.name}-{content_hash(SHIPPED_WEIGHTS)}"


def test_the_card_says_where_they_come_from(card: Card) -> None:
    """The card names each data set with its terms, and how good the weights were on an unseen camera network."""
    origin = " ".join(card.trained_on)
    assert "PETA" in origin
    assert "research only" in origin
    assert "CUHK-PEDES" in origin
    assert card.quality["3DPeS, text to image: rank1"] > 10
    assert card.embedding_dim == 512


def test_the_model_card_is_of_these_weights(card: Card) -> None:
    """docs/model-card.md names the model id that is shipped, so no other weights slip in unmeasured."""
    assert f"`{card.model_id}`" in MODEL_CARD.read_text(encoding="utf-8")


def test_the_model_card_repeats_the_measured_figures(card: Card) -> None:
    """The figures of the shipped card stand in docs/model-card.md."""
    told = MODEL_CARD.read_text(encoding="utf-8")
    for rank in (1, 5, 10):
        assert f"| {card.quality[f'3DPeS, text to image: rank{rank}']:.1f} [" in told


def test_the_runtime_needs_no_torch() -> None:
    """Embedding a crop and a sentence with the shipped weights loads neither torch nor the training code."""
    code = (
        "import sys, numpy as np; from reid.embedder import Embedder; e = Embedder(provider='cpu');"
        "e.encode_image([np.zeros((64, 32, 3), np.uint8)]); e.encode_text(['a man']);"
        "print([name for name in ('torch', 'reid.network', 'reid.training', 'onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_drawn_walkers_are_found_by_their_description(embedder: Embedder) -> None:
    """Of forty walkers the described one comes first for at least a quarter of descriptions; chance is a fortieth."""
    rng = np.random.default_rng(5)
    drawn = [random_crop(rng, (256, 128)) for _ in range(40)]
    sentences = embedder.encode_text([describe_outfit(outfit) for _, outfit in drawn[:20]])
    similarity = sentences @ embedder.encode_image([crop for crop, _ in drawn]).T  # (20, 40)
    ranks = (similarity > similarity.diagonal()[:, None]).sum(axis=1) + 1
    assert (ranks == 1).mean() >= 0.25
    assert (ranks <= 10).mean() >= 0.6


def test_without_colour_a_colour_is_not_found(embedder: Embedder) -> None:
    """People in vivid tops fit their colour's sentence worse, on average, when shown in grey or in the dark."""
    rng = np.random.default_rng(8)
    crops, sentences = [], []
    while len(crops) < 40:
        crop, outfit = random_crop(rng, (128, 64))
        if outfit.upper.paint.colour in VIVID:
            crops.append(crop)
            sentences.append(f"a person in a {outfit.upper.paint.colour.lower()} top")
    texts = embedder.encode_text(sentences)
    fits = {
        name: float((embedder.encode_image([change(crop) for crop in crops]) * texts).sum(axis=1).mean())
        for name, change in (("colour", np.asarray), ("grey", to_grey), ("night", to_night))
    }
    assert fits["grey"] < fits["colour"] - 0.05
    assert fits["night"] < fits["colour"] - 0.05


def test_what_drawn_people_wear_is_understood(embedder: Embedder) -> None:
    """Of the sentences about drawn walkers, the shipped vocabulary knows every word but those for kinds of stripes."""
    rng = np.random.default_rng(3)
    told = [embedder.explain_text(describe_outfit(random_outfit(rng))) for _ in range(200)]
    assert {word for each in told for word in each.ignored} <= {"broadly", "thinly"}
    assert not [each for each in told if each.corrected or each.denied or each.truncated]


def test_a_gpu_that_is_not_there_is_an_error(embedder: Embedder) -> None:
    """Asking for CUDA or TensorRT where there is none is refused, and what runs is never another in silence."""
    assert embedder.provider == "cpu"
    if provider_of(open_session(SHIPPED_WEIGHTS / IMAGE_GRAPH, "auto")) != "cpu":
        pytest.skip("this machine has a GPU that works; the test is about one without")
    for provider in ("cuda", "tensorrt"):
        with pytest.raises(ProviderError, match=f"'{provider}' was asked for"):
            Embedder(provider=as_provider(provider))


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("a person in a red top", "a person in a blue top"),
        ("a man with a backpack", "a man with no backpack"),
        ("a woman with long hair", "a bald man"),
    ],
)
def test_sentences_that_contradict_each_other_are_apart(embedder: Embedder, true: str, false: str) -> None:
    """Contradicting sentences are less alike than two ways of saying the same."""
    one, other, same = embedder.encode_text([true, false, true.replace("person", "someone").upper()])
    assert one @ other < one @ same
