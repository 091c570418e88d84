"""Box arithmetic against the plainest possible loops."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from detectors.boxes import areas, clip, overlaps, suppress

Float32 = npt.NDArray[np.float32]


def random_boxes(seed: int, count: int) -> Float32:
    """Return boxes that often overlap, a few of them empty."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 60, (count, 2))
    size = rng.uniform(0, 40, (count, 2)) * (rng.random((count, 1)) > 0.05)
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def overlap(a: Float32, b: Float32) -> float:
    """Return the intersection over union of two boxes, in words of one syllable."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    shared = float(max(wide, 0) * max(tall, 0))
    union = float((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])) - shared
    return shared / union if union > 0 else 0.0


@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(0, 12))
def test_overlaps_of_all_pairs(seed: int, first: int, second: int) -> None:
    """The table holds what a loop over all pairs finds."""
    one, other = random_boxes(seed, first), random_boxes(seed + 1, second)
    table = overlaps(one, other)
    assert table.shape == (first, second)
    for i in range(first):
        for j in range(second):
            np.testing.assert_allclose(table[i, j], overlap(one[i], other[j]), atol=1e-5)


@given(st.integers(0, 10_000), st.integers(0, 40))
def test_suppression_keeps_the_best_of_those_that_overlap(seed: int, count: int) -> None:
    """Going from best to worst, a box stays when it overlaps none that stayed."""
    boxes = random_boxes(seed, count)
    boxes[:, 2:] += 1.0  # an empty box overlaps nothing, not even itself
    confidence = np.random.default_rng(seed).permutation(count).astype(np.float32) + 1.0
    kept: list[int] = []
    for number in np.argsort(-confidence):
        if all(overlap(boxes[number], boxes[k]) <= 0.5 for k in kept):
            kept.append(int(number))
    assert suppress(boxes, confidence, 0.5).tolist() == kept


def test_boxes_are_cut_at_the_frame() -> None:
    """What lies outside the frame is cut off; a box quite outside has no area left."""
    boxes = np.array([[-5, -5, 5, 5], [90, 10, 130, 20], [200, 0, 220, 10]], np.float32)
    cut = clip(boxes, (100, 50))
    assert cut.tolist() == [[0, 0, 5, 5], [90, 10, 100, 20], [100, 0, 100, 10]]
    assert areas(cut).tolist() == [25, 100, 0]
