"""Detectors to hold to the contract: the shipped one, and graphs made here that see white squares."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from detectors.base import ThresholdDetector
from detectors.open import open_detector

Image = npt.NDArray[np.uint8]

SIDE = 64  # px of the made graphs' input
CELLS = 64 + 16 + 4  # of grids at stride 8, 16 and 32


def _graph(path: Path, rows: tuple[Any, Any], gain: float, *, cells_last: bool) -> Path:
    """Write a graph: brightness of each 8 px cell as a score, between constants; grids 16 and 32 stay silent."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, value: Any) -> Any:
        return numpy_helper.from_array(np.asarray(value), name)

    before, after = rows
    nodes = [
        helper.make_node("ReduceMean", ["images", "channel"], ["grey"], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Mul", ["cells", "gain"], ["bright"]),
        helper.make_node("Reshape", ["bright", "row"], ["score8"]),
        helper.make_node("Concat", ["score8", "silence"], ["score"], axis=2 if cells_last else 1),
        helper.make_node("Concat", ["before", "score", "after"], ["output"], axis=1 if cells_last else 2),
    ]
    constants = [
        constant("channel", np.array([1], np.int64)),
        constant("gain", np.float32(gain)),
        constant("row", np.array([1, 1, 64] if cells_last else [1, 64, 1], np.int64)),
        constant("silence", np.zeros((1, 1, 20) if cells_last else (1, 20, 1), np.float32)),
        constant("before", before),
        constant("after", after),
    ]
    taken = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    given = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "bright cells", [taken], [given], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))
    return path


@pytest.fixture(scope="session")
def yolox_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a graph with YOLOX's raw head: a box of 16x32 px around each bright cell."""
    before = np.tile(np.array([0.5, 0.5, np.log(2.0), np.log(4.0)], np.float32), (1, CELLS, 1))
    classes = np.zeros((1, CELLS, 80), np.float32)
    classes[..., 0] = 1.0
    return _graph(
        tmp_path_factory.mktemp("graphs") / "tiny_yolox.onnx", (before, classes), 1.0 / 255.0, cells_last=False
    )


@pytest.fixture(scope="session")
def yolo_graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a graph with the head of an exported YOLOv8: the same boxes, in px."""
    before = np.zeros((1, 4, CELLS), np.float32)
    y, x = np.divmod(np.arange(64), 8)
    before[0, 0, :64], before[0, 1, :64] = 8 * x + 4, 8 * y + 4
    before[0, 2], before[0, 3] = 16.0, 32.0
    others = np.full((1, 9, CELLS), 0.9, np.float32)
    return _graph(tmp_path_factory.mktemp("graphs") / "tiny_yolo.onnx", (before, others), 1.0, cells_last=True)


@pytest.fixture(scope="session", params=["compact", "yolox", "yolo"])
def detector(request: pytest.FixtureRequest) -> ThresholdDetector:
    """Return each detector that works without a network or an extra, on the CPU."""
    name = "compact" if request.param == "compact" else request.getfixturevalue(f"{request.param}_graph")
    return open_detector(name, "cpu", threads=1)


@pytest.fixture(scope="session")
def bright_frame() -> Callable[..., Image]:
    """Return a function that draws a black frame of a size with white squares of 8 px at given places."""

    def draw(size_wh: tuple[int, int], *corners_xy: tuple[int, int]) -> Image:
        frame = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
        for x, y in corners_xy:
            frame[y : y + 8, x : x + 8] = 255
        return frame

    return draw


@pytest.fixture(scope="session")
def street_frames() -> list[tuple[Image, npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Return drawn street frames, the boxes of walkers who are mostly seen, and of those who are mostly hidden."""
    from pipeline.scene.scene import Scene, SceneCamera, SceneSettings

    frames = []
    for seed, place, light in ((501, "street", "day"), (502, "plaza", "overcast"), (503, "hall", "indoor")):
        camera = SceneCamera("c", place, light)  # type: ignore[arg-type]
        for frame in Scene(seed, [camera], SceneSettings(walkers=8, duration_s=40.0, fps=0.1)).frames("c"):
            seen = [p.box_xyxy for p in frame.truth if p.visible_share >= 0.5]
            hidden = [p.box_xyxy for p in frame.truth if p.visible_share < 0.5]
            boxes = (np.array(listed, np.float32).reshape(-1, 4) for listed in (seen, hidden))
            frames.append((frame.image, *boxes))
    return frames
