"""The runtime gives each crop and each sentence its own vector, or an error that names it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from reid.card import VOCABULARY_FILE, content_hash, read_card, write_card
from reid.embedder import Embedder, read_tokenizer, read_vocabulary
from reid.errors import ConfigurationError, CropError, SentenceError, WeightsError

Draw = Callable[[int], list[npt.NDArray[np.uint8]]]
SENTENCES = ["a man in a red jacket", "a woman with a bag", "black pants and white shoes, no hat"]


def test_vectors_are_ready_for_a_dot_product(embedder: Embedder, draw_crops: Draw) -> None:
    """Sentences have length 1, crops at most 1, both the card's dimension and type float32."""
    images, texts = embedder.encode_image(draw_crops(5)), embedder.encode_text(SENTENCES)
    assert images.shape == (5, embedder.embedding_dim)
    assert texts.shape == (3, embedder.embedding_dim)
    assert images.dtype == texts.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert (np.linalg.norm(images, axis=1) <= 1 + 1e-5).all()


def test_nobody_in_the_picture_is_no_error(embedder: Embedder) -> None:
    """No crops give no vectors, and no sentences neither."""
    assert embedder.encode_image([]).shape == (0, embedder.embedding_dim)
    assert embedder.encode_text([]).shape == (0, embedder.embedding_dim)


def test_a_batch_changes_no_vector(embedder: Embedder, draw_crops: Draw) -> None:
    """A crop and a sentence have the same vector alone as among others."""
    crops = draw_crops(6)
    together = embedder.encode_image(crops)
    alone = np.concatenate([embedder.encode_image([crop]) for crop in crops])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    texts = np.concatenate([embedder.encode_text([sentence]) for sentence in SENTENCES])
    np.testing.assert_allclose(embedder.encode_text(SENTENCES), texts, atol=1e-5)


def test_an_array_of_crops_is_crops(embedder: Embedder) -> None:
    """Crops of one size may come as one array."""
    crops = np.random.default_rng(1).integers(0, 256, (3, 40, 20, 3), np.uint8)
    np.testing.assert_array_equal(embedder.encode_image(crops), embedder.encode_image(list(crops)))


def test_threads_get_what_one_thread_gets(embedder: Embedder, draw_crops: Draw) -> None:
    """One embedder serves several threads, each with its own answer."""
    batches = [draw_crops(count) for count in range(1, 9)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(embedder.encode_image, batches))
    for batch, vectors in zip(batches, found, strict=True):
        np.testing.assert_allclose(vectors, embedder.encode_image(batch), atol=1e-5)


def test_the_same_weights_give_the_same_vectors(tiny_weights: Path, embedder: Embedder, draw_crops: Draw) -> None:
    """A vector stored today can be compared with one made after a restart."""
    again = Embedder(tiny_weights, "cpu", threads=1)
    assert again.model_id == embedder.model_id
    np.testing.assert_array_equal(again.encode_image(draw_crops(3)), embedder.encode_image(draw_crops(3)))
    np.testing.assert_array_equal(again.encode_text(SENTENCES), embedder.encode_text(SENTENCES))


def test_what_means_the_same_has_the_same_vector(embedder: Embedder) -> None:
    """Case and spelling do not move a sentence."""
    one, other = embedder.encode_text(["a man in GREY trousers", "a guy, gray pants!"])
    np.testing.assert_array_equal(one, other)


def test_errors_name_the_culprit(embedder: Embedder) -> None:
    """A bad crop or sentence among good ones is told."""
    good = np.zeros((20, 10, 3), np.uint8)
    with pytest.raises(CropError, match="crop 1"):
        embedder.encode_image([good, good[:, :, 0]])
    with pytest.raises(SentenceError, match="zxqv"):
        embedder.encode_text(["a man", "zxqv"])


def test_a_sentence_can_be_explained(embedder: Embedder) -> None:
    """What the network will see can be told before it is asked."""
    explanation = embedder.explain_text("a man in a red jacket without a hat")
    assert explanation.known == ("man", "red", "jacket", "no_hat")
    assert explanation.denied == ("without a hat",)


def test_the_tokenizer_needs_no_graph(tiny_weights: Path, embedder: Embedder) -> None:
    """A sentence can be explained without loading a network."""
    assert read_tokenizer(tiny_weights).explain(SENTENCES[0]) == embedder.explain_text(SENTENCES[0])


def test_where_it_runs_can_be_asked(embedder: Embedder) -> None:
    """The provider is the one the image tower really runs on."""
    assert embedder.provider == "cpu"


def test_an_unknown_provider_is_refused(tiny_weights: Path) -> None:
    """Before anything is embedded."""
    with pytest.raises(ConfigurationError, match="gpu"):
        Embedder(tiny_weights, "gpu")  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '"man"', "[", '[["man"]]'])
def test_a_damaged_vocabulary_is_refused(weights_copy: Path, content: str) -> None:
    """Even with a matching card, what is no list of words is not guessed at."""
    card = read_card(weights_copy)
    (weights_copy / VOCABULARY_FILE).write_text(content)
    write_card(weights_copy, msgspec.structs.replace(card, model_id=f"tiny-{content_hash(weights_copy)}"))
    with pytest.raises(WeightsError, match=r"vocabulary\.json"):
        Embedder(weights_copy, "cpu", threads=1)


def test_weights_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """An empty folder has neither weights nor a vocabulary."""
    with pytest.raises(WeightsError, match="there are no weights"):
        Embedder(tmp_path)
    with pytest.raises(WeightsError, match=r"vocabulary\.json: No such file or directory$"):
        read_vocabulary(tmp_path)
    with pytest.raises(WeightsError, match="there are no weights in"):
        read_tokenizer(tmp_path)
