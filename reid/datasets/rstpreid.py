"""RSTPReid (Zhu et al., ACM MM 2021): 20,505 images of 4,101 people, five each, two captions an image.

``imgs/*.jpg`` lies beside ``data_captions.json``, whose records say ``img_path`` where others say
``file_path``. Ids count from 0; the file name tells which of 15 cameras it was.
"""

from pathlib import Path

from reid.datasets.annotations import Layout, find_file, read_annotated
from reid.datasets.format import Counts, Format, Promise
from reid.datasets.problems import Problems
from reid.datasets.sample import Sample

_LAYOUT = Layout(source="RSTPReid", files=("data_captions.json",), path_key="img_path")


def read_rstpreid(root: Path, problems: Problems) -> list[Sample]:
    """Return the samples of every split.

    Raises:
        DatasetError: there is no annotation file, or it is damaged.
    """
    return read_annotated(root, _LAYOUT, problems)


RSTPREID = Format(
    name="rstpreid",
    marks="data_captions.json",
    recognises=lambda root: find_file(root, _LAYOUT.files) is not None,
    read=read_rstpreid,
    promise=Promise(
        has_captions=True,
        first_train_id=0,
        known={
            "train": Counts(18_505, 3_701, 37_010),
            "val": Counts(1_000, 200, 2_000),
            "test": Counts(1_000, 200, 2_000),
        },
    ),
)
