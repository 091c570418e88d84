"""A detector opens as asked for, or says why not."""

from pathlib import Path

import numpy as np
import pytest

from detectors.compact import WEIGHTS, read_card
from detectors.errors import DetectorProviderError, DetectorSettingError, DetectorWeightsError
from detectors.open import open_detector


def test_the_shipped_detector_opens_by_its_name() -> None:
    """Without a path, the detector that ships runs with the threshold of its card, and its card names its sources."""
    card = read_card(WEIGHTS)
    detector = open_detector("compact", "cpu", threads=1)
    assert (detector.name, detector.confidence) == ("compact", card.confidence)
    assert card.trained_on
    assert WEIGHTS.stat().st_size <= 6 * 2**20


def test_a_chosen_threshold_counts(yolox_graph: Path) -> None:
    """Whoever gives a threshold gets that one."""
    assert open_detector(yolox_graph, "cpu", confidence=0.7).confidence == 0.7


@pytest.mark.parametrize("name", ["yolo", "weights.tflite", ""])
def test_an_unknown_name_is_answered_with_the_known(name: str) -> None:
    """What is neither a name nor a known ending is refused with what may be given."""
    with pytest.raises(DetectorSettingError, match=r"'compact' or a file that ends in \.onnx, \.pt or \.engine"):
        open_detector(name)


@pytest.mark.parametrize("provider", ["gpu", "CUDA", ""])
def test_an_unknown_provider_is_answered_with_the_known(yolox_graph: Path, provider: str) -> None:
    """The error lists what can be asked for."""
    with pytest.raises(DetectorSettingError, match=r"auto, cpu, cuda, tensorrt, but is"):
        open_detector(yolox_graph, provider)


@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_an_accelerator_is_never_replaced_in_silence(yolox_graph: Path, provider: str) -> None:
    """Whoever asks for a GPU gets one or an error; only ``auto`` falls back, and tells."""
    if open_detector(yolox_graph, "auto").provider != "cpu":
        pytest.skip("this machine has a GPU that works; the test is about one without")
    with pytest.raises(DetectorProviderError, match=rf"'{provider}', (but it runs on 'cpu'|which does not work here)"):
        open_detector(yolox_graph, provider)


@pytest.mark.parametrize("content", [None, b"", b"no graph", b"\x08\x08"], ids=["missing", "empty", "text", "cut"])
def test_what_is_no_graph_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A missing or damaged file is an error that names it."""
    path = tmp_path / "person.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DetectorWeightsError, match=r"person\.onnx"):
        open_detector(path)


def test_a_graph_of_another_kind_is_refused(tmp_path: Path) -> None:
    """A classifier is no detector, and the error tells the shapes that are."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    taken = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 8, 8])
    given = helper.make_tensor_value_info("classes", TensorProto.FLOAT, None)
    node = helper.make_node("GlobalAveragePool", ["images"], ["classes"])
    model = helper.make_model(
        helper.make_graph([node], "classifier", [taken], [given]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.save(model, str(tmp_path / "classifier.onnx"))
    with pytest.raises(DetectorWeightsError, match=r"\(1, 3, 1, 1\), which is neither YOLOX"):
        open_detector(tmp_path / "classifier.onnx")


def test_a_graph_that_takes_no_images_is_refused(tmp_path: Path) -> None:
    """A graph of vectors is no detector either."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    taken, given = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in ("words", "sums"))
    graph = helper.make_graph([helper.make_node("Identity", ["words"], ["sums"])], "text", [taken], [given])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(tmp_path / "text.onnx"))
    with pytest.raises(DetectorWeightsError, match=r"text\.onnx takes \[1, 8\], and no images"):
        open_detector(tmp_path / "text.onnx", "cpu")


def test_a_compact_graph_without_its_card_is_refused(tmp_path: Path) -> None:
    """The threshold is on the card; without it nobody knows what a score means."""
    (tmp_path / "other.onnx").write_bytes(WEIGHTS.read_bytes())
    with pytest.raises(DetectorWeightsError, match=r"has no card: other\.json"):
        open_detector(tmp_path / "other.onnx")
    (tmp_path / "other.json").write_text('{"name": 1}')
    with pytest.raises(DetectorWeightsError, match=r"other\.json is damaged"):
        open_detector(tmp_path / "other.onnx")


@pytest.mark.parametrize("ending", [".pt", ".engine"])
def test_models_of_the_extra_say_how_to_get_it(tmp_path: Path, ending: str) -> None:
    """Without the extra the missing package is named; with it, a missing file is."""
    try:
        import ultralytics  # noqa: F401
    except ImportError:
        with pytest.raises(ModuleNotFoundError, match="ultralytics"):
            open_detector(tmp_path / f"model{ending}")
        return
    with pytest.raises(DetectorWeightsError, match="there is no detector"):
        open_detector(tmp_path / f"model{ending}")


def test_both_ways_of_reading_agree(yolox_graph: Path) -> None:
    """A path may be given as text."""
    frame = np.full((64, 64, 3), 255, np.uint8)
    one, other = open_detector(str(yolox_graph), "cpu"), open_detector(yolox_graph, "cpu")
    assert one.detect([frame])[0].xyxy.tolist() == other.detect([frame])[0].xyxy.tolist()
