"""Building a background from crops, and measuring what thresholds do with one."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import BackgroundError
from pipeline.threshold.background import Background, threshold
from pipeline.threshold.build import build_background, choose_people, find_crops
from pipeline.threshold.measure import Embedded, embed, measure, table
from reid.datasets.sample import ImageRef, Sample
from reid.embedder import Embedder
from reid.errors import DatasetError


def drawn(folder: Path, source: str, *captions: str) -> Sample:
    """Return a described sample of a grey crop."""
    path = folder / f"{source}.png"
    cv2.imwrite(str(path), np.full((64, 32, 3), 90, np.uint8))
    return replace(sample(source, 1), image=ImageRef(path), captions=captions)


def sample(source: str, person: int, crop: int = 0) -> Sample:
    """Return a sample of nothing."""
    key = f"{source}-{person}-{crop}"
    return Sample(key, ImageRef(Path(key)), f"{source}-{person}", "train", source)


def test_people_are_taken_once_and_evenly() -> None:
    """A person is in a background once, and a large source does not crowd out a small one."""
    samples = [sample("large", person, crop) for person in range(500) for crop in range(3)]
    samples += [sample("small", person) for person in range(40)] + [sample("middle", person) for person in range(200)]
    chosen = choose_people(samples, 300)
    assert len({each.person_id for each in chosen}) == 300
    assert Counter(each.source for each in chosen) == {"large": 130, "middle": 130, "small": 40}


def test_the_same_people_are_taken_each_time() -> None:
    """Neither the order of samples nor chance decides who is in a background."""
    samples = [sample("a", person, crop) for person in range(50) for crop in range(2)]
    assert choose_people(samples, 30) == choose_people(samples[::-1], 30)


def test_a_folder_of_crops_becomes_a_background(tiny_weights: Path, tmp_path: Path) -> None:
    """Crops in a folder are embedded, written, read again, and a sentence gets its threshold from them."""
    rng = np.random.default_rng(0)
    for number in range(101):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rng.integers(0, 256, (24, 12, 3), np.uint8))
    embedder = Embedder(tiny_weights, "cpu", threads=1)
    built = build_background(embedder, choose_people(find_crops(tmp_path), 100), "noise")
    built.write(tmp_path / "background.npz")
    back = Background.read(tmp_path / "background.npz")
    assert (len(back), back.model_id) == (100, embedder.model_id)
    found = threshold(back, embedder.encode_text(["a woman in a red jacket"])[0], 0.05)
    assert "100 people of noise" in found.words


def test_too_few_crops_are_refused(tiny_weights: Path, tmp_path: Path) -> None:
    """A folder without crops, or with a handful, makes no background."""
    with pytest.raises(BackgroundError, match="expected a folder of crops"):
        find_crops(tmp_path)
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((24, 12, 3), np.uint8))
    with pytest.raises(BackgroundError, match="100 people or more, but there are 1"):
        build_background(Embedder(tiny_weights, "cpu", threads=1), find_crops(tmp_path), "noise")


def test_a_measurement_tells_the_corrections_apart() -> None:
    """At a site whose scores lie closer together, what lookout does is nearer the asked rate than what was shipped."""
    rng = np.random.default_rng(0)
    samples = [sample(source, person) for source in ("here", "there") for person in range(400)]
    crops = rng.standard_normal((800, 24)) / 6
    crops[:400] = crops[:400] * 0.5 + 0.1
    sentences = (rng.standard_normal((800, 24)) / 5).astype(np.float32)
    embedded = Embedded(samples, crops.astype(np.float16), sentences, np.arange(800))
    outcomes = list(measure(embedded, "m", [0.05], [128]))
    here = {each.correction: each.realised for each in outcomes if each.site == "here"}
    off = {name: abs(np.log(max(realised, 1e-6) / 0.05)) for name, realised in here.items()}
    assert off["what lookout does"] < min(off["as shipped"], off["centred"])
    assert table(outcomes).splitlines()[0] == "| people seen | thresholds | here | there | factor | recall |"
    assert len(table(outcomes).splitlines()) == 2 + 5


def test_sentences_are_read_as_training_reads_them(tiny_weights: Path, tmp_path: Path) -> None:
    """Each key's sentences add up, a line ends at a line feed alone, and words that nobody knows ask for nobody."""
    embedder = Embedder(tiny_weights, "cpu", threads=1)
    samples = [drawn(tmp_path, "gate", "a man in red"), drawn(tmp_path, "yard")]
    more = tmp_path / "more.jsonl"
    told = ["a man\u2028in blue", "qqq zzz"]
    more.write_text(
        "".join(json.dumps({"key": "yard-1-0", "captions": [text]}, ensure_ascii=False) + "\n" for text in told),
        encoding="utf-8",
    )
    embedded = embed(embedder, samples, more)
    assert embedded.owners.tolist() == [0, 1]
    np.testing.assert_array_equal(embedded.sentences, embedder.encode_text(["a man in red", "a man in blue"]))
    more.write_text(json.dumps({"key": "yard-1-0", "captions": "a man"}))
    with pytest.raises(DatasetError, match="line 1"):
        embed(embedder, samples, more)


def test_one_source_has_no_background(tiny_weights: Path, tmp_path: Path) -> None:
    """Where all crops are of one source nobody is left to be the background, and where no word is known, nobody asks."""
    embedder = Embedder(tiny_weights, "cpu", threads=1)
    with pytest.raises(DatasetError, match="of one source"):
        embed(embedder, [drawn(tmp_path, "gate", "a man")], None)
    with pytest.raises(DatasetError, match="no crop has a sentence"):
        embed(embedder, [drawn(tmp_path, "gate", "qqq"), drawn(tmp_path, "yard")], None)
