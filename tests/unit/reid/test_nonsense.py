"""Whatever is sent to the shipped weights gets a vector or an error that helps, as docs/errors.md says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid.embedder import Embedder
from reid.errors import CropError, ReidError, SentenceError

ERRORS_PAGE = Path(__file__).parents[3] / "docs" / "errors.md"

# By the names that docs/errors.md has for them.
SENTENCES: dict[str, list[str]] = {
    "an empty sentence, or blanks": ["", " ", "\n\t ", "\u00a0"],
    "more than 2,000 characters": ["x" * 10_000, "red jacket " * 1_000],
    "only emoji, digits or marks": ["🧥👖🎒", "12345", "!?…", "\0", "👩🏽‍🦱", "---"],
    "only another script": ["женщина в красной куртке", "穿红色夹克的女人", "امرأة ترتدي سترة حمراء", "赤い服の人"],
    "only words that describe no looks": ["the a of", "unfriendly"],
}
CROPS: dict[str, list[Any]] = {
    "a crop of 0x0 px": [np.zeros((0, 0, 3), np.uint8), np.zeros((0, 40, 3), np.uint8)],
    "a crop below 8 px of height or 4 px of width": [np.zeros((40, 1, 3), np.uint8), np.zeros((7, 40, 3), np.uint8)],
    "a crop of one or four channels": [np.zeros((40, 20), np.uint8), np.zeros((40, 20, 4), np.uint8)],
    "a crop of floats, NaN or not": [np.full((40, 20, 3), np.nan, np.float32), np.full((40, 20, 3), 0.5)],
    "something else than an array": [None, "crop.jpg", [[[0, 0, 0]]]],
}
TAKEN: dict[str, list[str]] = {
    "emoji or another script beside known words": [
        "🧥 red jacket",
        "женщина red jacket",
        "red🧥jacket",
        "\uff52\uff45\uff44 jacket",
    ],
}
SHOWN: dict[str, list[np.ndarray]] = {
    "a grey or black crop in three channels": [np.full((90, 40, 3), value, np.uint8) for value in (0, 128, 255)],
    "a crop of any other size or shape": [
        np.full(size, 90, np.uint8) for size in ((8, 4, 3), (8, 9000, 3), (9000, 4, 3))
    ],
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    """Return the shipped weights on the CPU."""
    return Embedder(provider="cpu", threads=1)


def documented() -> dict[str, str]:
    """Return the table of docs/errors.md about strange input: what is sent, and what it gets."""
    section = (
        ERRORS_PAGE.read_text(encoding="utf-8").partition("## Strange sentences and crops")[2].partition("\n## ")[0]
    )
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return dict(rows[1:])


def test_the_page_tells_of_all_of_it() -> None:
    """docs/errors.md names the error for what is refused, and says of the rest that it is embedded."""
    told = documented()
    assert set(told) == {*SENTENCES, *CROPS, *TAKEN, *SHOWN}
    assert all(told[name].startswith("`SentenceError`") for name in SENTENCES)
    assert all(told[name].startswith("`CropError`") for name in CROPS)
    assert all(told[name].startswith("embedded") for name in (*TAKEN, *SHOWN))


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_that_says_nothing_is_refused(name: str, embedder: Embedder) -> None:
    """The error says what to write instead; to explain such a sentence is refused in the same words."""
    for sentence in SENTENCES[name]:
        with pytest.raises(SentenceError, match="say what the person wears|describe one person in a few") as told:
            embedder.encode_text([sentence])
        assert len(str(told.value)) < 300
        with pytest.raises(SentenceError, match=re.escape(str(told.value))):
            embedder.explain_text(sentence)


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_known_counts(name: str, embedder: Embedder) -> None:
    """Beside characters that mean nothing to the network, known words have the vector they have alone."""
    expected = embedder.encode_text(["red jacket"])[0]
    for sentence in TAKEN[name]:
        np.testing.assert_array_equal(embedder.encode_text([sentence])[0], expected)


@pytest.mark.parametrize("name", CROPS)
def test_what_is_no_crop_is_refused(name: str, embedder: Embedder) -> None:
    """The error names the crop among others and says what a crop must be."""
    good = np.zeros((64, 32, 3), np.uint8)
    for crop in CROPS[name]:
        with pytest.raises(CropError, match=r"^crop 1 .*(must|smallest)"):
            embedder.encode_image([good, crop])


@pytest.mark.parametrize("name", SHOWN)
def test_a_strange_crop_has_a_vector(name: str, embedder: Embedder) -> None:
    """A crop that shows nobody gets finite numbers, of length 1 at most."""
    vectors = embedder.encode_image(SHOWN[name])
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors, axis=1) <= 1 + 1e-5).all()


def test_a_wall_resembles_nobody(embedder: Embedder) -> None:
    """A grey area fits none of these descriptions as well as a person who is described by it would (about 0.4)."""
    colours = ("red", "blue", "green", "yellow", "orange", "purple", "pink")
    texts = embedder.encode_text([f"a person in a {colour} top" for colour in colours])
    greys = [np.full((128, 64, 3), value, np.uint8) for value in (60, 128, 200)]
    assert float((embedder.encode_image(greys) @ texts.T).max()) < 0.35


def test_forgetting_the_list_is_an_error(embedder: Embedder) -> None:
    """A crop or a sentence handed over without a list around it is refused, not taken apart."""
    with pytest.raises(CropError, match=r"must be an array \(h, w, 3\)"):
        embedder.encode_image(np.zeros((64, 32, 3), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(ReidError):
        embedder.encode_text("a man in a red jacket")  # every letter is a sentence
