"""Which camera took a crop, read from the name its data set gave it."""

import re
from pathlib import PurePosixPath

# The forms the source data sets of CUHK-PEDES, ICFG-PEDES and RSTPReid use. CUHK01, CUHK03 and
# CUHK-SYSU do not write the camera into the name, so it stays unknown there.
_FORMS = (
    re.compile(r"^-?\d+_c(\d+)s\d+_"),  # Market-1501: 0002_c1s1_000451_03.jpg
    re.compile(r"^\d+_c(\d+)_"),  # RSTPReid: 0000_c14_0031.jpg
    re.compile(
        r"^\d{4}_\d{3}_(\d{2})_\d{4}(?:morning|noon|afternoon)_"
    ),  # MSMT17: 0627_010_05_0303afternoon_1591_0.jpg
)
_FOLDERS = ("cam_a", "cam_b")  # VIPeR


def camera_of(file_path: str) -> str | None:
    """Return the camera, ``c5`` or ``cam_a``, that took the image at a relative path; None where unknown."""
    path = PurePosixPath(file_path)
    for form in _FORMS:
        found = form.match(path.name)
        if found:
            return f"c{int(found[1])}"
    return next((folder for folder in _FOLDERS if folder in path.parts), None)
