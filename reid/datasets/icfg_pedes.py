"""ICFG-PEDES (Ding et al., arXiv 2107.12666): 54,522 images of 4,102 people, one caption each.

``imgs/train`` and ``imgs/test`` keep the folders of MSMT17 and say nothing about the split: that is written
in ``ICFG-PEDES.json`` (``ICFG_PEDES.json`` in some copies). Ids count from 0. There is no val split;
``hold_out_people`` makes one.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path, PurePosixPath

from reid.datasets.annotations import Layout, find_file, read_annotated
from reid.datasets.format import Counts, Format, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import Sample

_LAYOUT = Layout(source="ICFG-PEDES", files=("ICFG-PEDES.json", "ICFG_PEDES.json"), path_key="file_path")


def read_icfg_pedes(root: Path, problems: Problems) -> list[Sample]:
    """Return the samples of every split.

    Raises:
        DatasetError: there is no annotation file, or it is damaged.
    """
    return _tell_restarted_ids_apart(read_annotated(root, _LAYOUT, problems))


def _tell_restarted_ids_apart(samples: list[Sample]) -> list[Sample]:
    """Give test people ids of their own where their numbers start again at train's.

    The image path names the person as MSMT17 does. If no id that occurs in both splits stands for one and
    the same MSMT17 person, the numbering has restarted; otherwise people are shared, and validation says so.
    """
    people: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for sample in samples:
        people[sample.person_id][sample.split].add(_msmt17_person(sample.key))
    shared = [splits for splits in people.values() if {"train", "test"} <= splits.keys()]
    if not shared or any(splits["train"] & splits["test"] for splits in shared):
        return samples
    return [replace(s, person_id=s.person_id.replace("/", "/test-")) if s.split == "test" else s for s in samples]


def _msmt17_person(key: str) -> str:
    """Return folder and number, ``test/0627`` for ``test/0627/0627_010_05_0303afternoon_1591_0.jpg``."""
    path = PurePosixPath(key)
    return f"{path.parts[0]}/{path.name.split('_')[0]}"


ICFG_PEDES = Format(
    name="icfg-pedes",
    marks="ICFG-PEDES.json",
    recognises=lambda root: find_file(root, _LAYOUT.files) is not None,
    read=read_icfg_pedes,
    promise=Promise(
        has_captions=True,
        first_train_id=0,
        # Records, not files, are what the publication counts, and one image of train is in two of them.
        known={"train": Counts(None, 3_102, 34_674), "test": Counts(None, 1_000, 19_848)},
    ),
)
