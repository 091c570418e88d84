"""A detector that is an ONNX graph: letterbox, run, decode, keep one box for each person."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from detectors import compact, yolo, yolox
from detectors.base import Detections, Float32, Frame, check_confidence, check_frames
from detectors.boxes import clip, suppress
from detectors.errors import DetectorWeightsError
from detectors.heads import Candidates, Head, grid_count
from detectors.letterbox import Letterbox, fit
from detectors.providers import open_session, runs_on

_ANY_SIDE = 640  # px, of a public graph that takes any size
_LARGEST_BATCH = 16
_LEAST_SIDE_PX = 1.0  # of a box within the frame


@dataclass(frozen=True, slots=True)
class _View:
    """A frame on one of its canvases."""

    number: int  # of the frame
    box: Letterbox
    heights_px: tuple[float, float]  # of the people whom it is asked about, on the canvas


class GraphDetector:
    """Runs one graph; see :class:`detectors.base.Detector` for what it promises.

    Args:
        graph: an ONNX file: the compact detector, YOLOX or an exported YOLO.
        provider: auto, cpu, cuda or tensorrt.
        confidence: threshold; None for that of the graph's card or family.
        threads: CPU threads within one operator; 0 for one a core.

    Raises:
        DetectorSettingError: ``provider`` or ``confidence`` is out of range.
        DetectorProviderError: the provider asked for is not there.
        DetectorWeightsError: the file is no graph, or of a family that is not known.
    """

    def __init__(self, graph: Path, provider: str = "auto", confidence: float | None = None, threads: int = 0) -> None:
        self._session = open_session(graph, provider, threads)
        self._input = self._session.get_inputs()[0]
        self._fixed_wh = _fixed_size(self._input, graph)
        self._head = _recognise(self._session, graph, self._fixed_wh)
        self._confidence = check_confidence(self._head.confidence if confidence is None else confidence)
        self._name = graph.stem

    @property
    def name(self) -> str:
        """Return the name of the graph's file, without its ending."""
        return self._name

    @property
    def provider(self) -> str:
        """Return where the graph really runs: cpu, cuda or tensorrt."""
        return runs_on(self._session)

    @property
    def confidence(self) -> float:
        """Return the confidence, 0..1, from which a person is told of."""
        return self._confidence

    def at(self, confidence: float) -> Self:
        """Return the same detector, its session shared, with another threshold."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._confidence = check_confidence(confidence)
        return other

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return the people of each frame, in the order of the frames."""
        check_frames(frames)
        views = [view for number, frame in enumerate(frames) for view in self._views(number, frame)]
        found: list[list[Candidates]] = [[] for _ in frames]
        for batch in self._batches(views):
            canvases = np.stack([view.box.apply(frames[view.number]) for view in batch])
            for view, output in zip(batch, self._run(canvases), strict=True):
                found[view.number].append(self._candidates(output, view))
        return [self._people(candidates) for candidates in found]

    def _views(self, number: int, frame: Frame) -> list[_View]:
        frame_wh = frame.shape[1], frame.shape[0]
        if self._fixed_wh is None:
            return [_View(number, box, heights_px) for box, heights_px in compact.looks_at(frame_wh)]
        return [_View(number, fit(frame_wh, self._fixed_wh, centred=self._head.centred), (0.0, inf))]

    def _batches(self, views: Sequence[_View]) -> list[list[_View]]:
        """Return the views in batches of one canvas size; one by one where the graph says so."""
        most = 1 if isinstance(self._input.shape[0], int) else _LARGEST_BATCH
        groups: dict[tuple[int, int], list[_View]] = {}
        for view in views:
            groups.setdefault(view.box.canvas_wh, []).append(view)
        return [group[i : i + most] for group in groups.values() for i in range(0, len(group), most)]

    def _run(self, canvases: Frame) -> Float32:
        values = self._head.input_of(canvases).astype(_dtype(self._input), copy=False)
        return np.asarray(self._session.run(None, {self._input.name: values})[0], np.float32)

    def _candidates(self, output: Float32, view: _View) -> Candidates:
        """Return the boxes of one view in its frame, those of nobody whom it is asked about left out."""
        xyxy, confidence = self._head.decode(output, view.box.canvas_wh)
        sure = (confidence >= self._confidence) & np.isfinite(xyxy).all(axis=1)
        xyxy, confidence = xyxy[sure], confidence[sure]
        least_px, most_px = view.heights_px
        height_px = xyxy[:, 3] - xyxy[:, 1]
        asked = (height_px >= least_px) & (height_px < most_px)
        xyxy = clip(view.box.to_frame(xyxy[asked]), view.box.frame_wh)
        whole = (xyxy[:, 2:] - xyxy[:, :2] >= _LEAST_SIDE_PX).all(axis=1)
        return xyxy[whole], confidence[asked][whole].clip(0.0, 1.0)

    def _people(self, candidates: Sequence[Candidates]) -> Detections:
        xyxy, confidence = (np.concatenate(parts) for parts in zip(*candidates, strict=True))
        kept = suppress(xyxy, confidence, self._head.most_overlap)
        return Detections(xyxy[kept], confidence[kept])


def _fixed_size(taken: ort.NodeArg, graph: Path) -> tuple[int, int] | None:
    """Return width and height of a public graph's input, None for the compact graph, which takes any."""
    if taken.type == "tensor(uint8)":
        return None
    if len(taken.shape) != 4:
        raise DetectorWeightsError(f"{graph} takes {taken.shape}, and no images (n, 3, H, W); export a detection model")
    height, width = (side if isinstance(side, int) else _ANY_SIDE for side in taken.shape[2:4])
    return width, height


def _dtype(taken: ort.NodeArg) -> npt.DTypeLike:
    return {"tensor(uint8)": np.uint8, "tensor(float16)": np.float16}.get(taken.type, np.float32)


def _recognise(session: ort.InferenceSession, graph: Path, fixed_wh: tuple[int, int] | None) -> Head:
    """Return the head that the graph's answer to a blank canvas belongs to."""
    width, height = fixed_wh or (64, 64)
    taken = session.get_inputs()[0]
    shape = (1, height, width, 3) if fixed_wh is None else (1, 3, height, width)
    try:
        answer: Any = session.run(None, {taken.name: np.zeros(shape, _dtype(taken))})[0]
    except Exception as error:
        raise DetectorWeightsError(f"{graph} does not run on a blank frame of shape {shape}: {error}") from error
    head = _head_of(np.shape(answer), graph, fixed_wh)
    if head is None:
        raise DetectorWeightsError(
            f"{graph} answers with shape {np.shape(answer)}, which is neither YOLOX (1, cells, 5 + classes), "
            "nor YOLO (1, 4 + classes, cells) or (1, people, 6), nor the compact detector; export a detection model"
        )
    return head


def _head_of(shape: tuple[int, ...], graph: Path, fixed_wh: tuple[int, int] | None) -> Head | None:
    if len(shape) != 3 or shape[0] != 1:
        return None
    if fixed_wh is None:
        return compact.head(graph) if shape[2] == 5 else None
    if shape[1] == grid_count(fixed_wh, yolox.STRIDES) and shape[2] > 5:
        return yolox.HEAD
    if shape[2] == grid_count(fixed_wh, yolox.STRIDES) and shape[1] > 4:
        return yolo.HEAD
    return yolo.FINAL_HEAD if shape[2] == 6 else None
