"""People drawn as coloured stripes: a data set that a tiny network learns in seconds."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.datasets.sample import ImageRef, Sample

COLOURS = {
    "Black": (20, 20, 20),
    "White": (235, 235, 235),
    "Red": (30, 30, 200),
    "Green": (40, 150, 40),
    "Blue": (190, 70, 30),
    "Yellow": (40, 210, 230),
    "Purple": (150, 40, 120),
    "Orange": (30, 130, 240),
}  # BGR

# Sentences that differ in two words only leave a batch norm next to nothing to measure.
PHRASINGS = (
    "a person in a {top} shirt and {bottom} pants",
    "{bottom} trousers, {top} jacket",
    "someone wearing {bottom} jeans below a {top} coat that is buttoned up",
    "the man has got a {top} top on and walks along in {bottom} shorts",
    "{top} sweater over {bottom} leggings",
    "a woman with a {top} blouse; her skirt is {bottom}",
    "wears {bottom} bottoms and a {top} hoodie",
)


def draw_person(top: str, bottom: str, seed: int) -> np.ndarray:
    """Return a (64, 32, 3) uint8 BGR crop of somebody in a top and a bottom of those colours."""
    rng = np.random.default_rng(seed)
    image = np.full((64, 32, 3), 120, np.float64)
    image[12:34, 8:24] = COLOURS[top]
    image[34:60, 10:22] = COLOURS[bottom]
    return (image + rng.normal(0, 6, image.shape)).clip(0, 255).astype(np.uint8)


def make_samples(folder: Path, split: str = "train") -> list[Sample]:
    """Write 64 people, one for each pair of colours, and return them described."""
    samples = []
    for number, (top, bottom) in enumerate((t, b) for t in COLOURS for b in COLOURS):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), draw_person(top, bottom, number))
        samples.append(
            Sample(
                key=path.name,
                image=ImageRef(path),
                person_id=str(number),
                split=split,
                source="stripes",
                captions=(PHRASINGS[number % len(PHRASINGS)].format(top=top.lower(), bottom=bottom.lower()),),
                attributes=frozenset({f"upperBody{top}", f"lowerBody{bottom}"}),
            )
        )
    return samples


@pytest.fixture(scope="session")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Return 64 described people, each in colours of their own."""
    return make_samples(tmp_path_factory.mktemp("stripes"))


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    """Return a recipe over a folder of 64 people in RSTPReid's layout, for the tiny network."""
    images = tmp_path / "data" / "imgs"
    images.mkdir(parents=True)
    entries = []
    for sample in make_samples(images):
        entries.append({"id": int(sample.person_id), "img_path": sample.key, "captions": list(sample.captions)})
    for entry in entries:
        entry["split"] = "train"
    validation = [
        {**entry, "id": 64 + n, "split": "val", "img_path": f"v{entry['img_path']}"} for n, entry in enumerate(entries)
    ]
    for entry in entries:
        (images / f"v{entry['img_path']}").write_bytes((images / entry["img_path"]).read_bytes())
    (tmp_path / "data" / "data_captions.json").write_text(json.dumps(entries + validation))
    path = tmp_path / "recipe.toml"
    path.write_text(
        """name = "stripes"
[data]
path = "data"
format = "rstpreid"
stored_hw = [64, 32]
least_word_count = 1
[network]
image_hw = [64, 32]
stage_channels = [32, 48, 64]
stem_channels = 16
text_stem_channels = 32
word_dim = 16
embedding_dim = 32
stripes = 4
[batches]
batch_size = 16
caption_share = 1.0
[run]
epochs = 2
threads = 1
"""
    )
    return path
