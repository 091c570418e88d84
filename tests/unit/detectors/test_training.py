"""Training puts sensible canvases together, knows what is right about them, and leaves a detector that runs."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.errors import DetectorSettingError, DetectorWeightsError
from detectors.labels import read_boxes, write_boxes
from detectors.teach import label

pytest.importorskip("torch")

RECIPE = """
name = "tiny"
[[train]]
path = "squares"
terms = "made by this test"
[[validate]]
path = "squares"
[network]
channels = [8, 8, 8, 8]
blocks = [1, 1, 1]
width = 8
[composition]
sides_hw = [[64, 96]]
[run]
steps = 3
batch = 2
validate_every = 3
threads = 1
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    """Return a recipe beside a folder of six pictures with one bright, upright rectangle each."""
    folder = tmp_path / "squares"
    folder.mkdir()
    rng = np.random.default_rng(1)
    boxes = {}
    for number in range(6):
        image = rng.integers(0, 60, (96, 128, 3)).astype(np.uint8)
        x, y = int(rng.integers(0, 100)), int(rng.integers(0, 40))
        image[y : y + 50, x : x + 20] = 220
        cv2.imwrite(str(folder / f"{number}.png"), image)
        boxes[f"{number}.png"] = [(x, y, x + 20, y + 50)]
    write_boxes(folder / "boxes.json", boxes)
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_a_recipe_becomes_a_detector(recipe_file: Path, tmp_path: Path) -> None:
    """Training, going on, exporting and opening work end to end, and the card tells where the weights come from."""
    from detectors.open import open_detector
    from detectors.training.export import export_graph
    from detectors.training.recipe import load_recipe
    from detectors.training.run import run_recipe

    said: list[str] = []
    recipe = load_recipe(recipe_file)
    best = run_recipe(recipe, tmp_path / "run", said.append)
    run_recipe(recipe, tmp_path / "run", said.append)  # it is already where the recipe wants it
    assert len(said) == 1
    card = export_graph(best, tmp_path / "tiny.onnx")
    assert card.trained_on == ["squares: made by this test"]
    detector = open_detector(tmp_path / "tiny.onnx", "cpu", threads=1)
    assert detector.confidence == card.confidence
    assert export_graph(best, tmp_path / "keen.onnx", 0.25).confidence == 0.25
    assert len(detector.detect([np.zeros((70, 200, 3), np.uint8)])) == 1
    assert str(Path(__file__).parents[3]).encode() not in (tmp_path / "tiny.onnx").read_bytes()


def test_canvases_hold_their_boxes(recipe_file: Path) -> None:
    """On a canvas every box lies inside, and what is in it is what was boxed: bright against dark."""
    from detectors.training.compose import compose
    from detectors.training.images import load_pool
    from detectors.training.recipe import Composition, load_recipe

    pool = load_pool(load_recipe(recipe_file).train)
    plain = Composition(grey=0.0, blur=0.0, noise=0.0)
    rng = np.random.default_rng(2)
    total = 0
    for _ in range(40):
        canvas = compose(pool, plain, (96, 128), rng)
        total += len(canvas.xyxy)
        for left, top, right, bottom in canvas.xyxy:
            assert 0 <= left < right <= 128
            assert 0 <= top < bottom <= 96
    assert total > 40


def test_targets_peak_in_the_middle_of_people() -> None:
    """The cell nearest to a person's middle scores 1 and holds the person's box; unknown places do not count."""
    from detectors.training.targets import targets_of

    person = np.array([[16, 8, 48, 88]], np.float32)
    unknown = np.array([[80, 0, 96, 64]], np.float32)
    target = targets_of([person], [unknown], (96, 96))
    assert target.score.shape == (1, 12, 12)
    row, column = divmod(int(target.score[0].argmax()), 12)
    assert (row, column) in {(5, 3), (6, 4), (5, 4), (6, 3)}
    assert float(target.score.max()) == 1.0
    assert target.box_xyxy[0, :, row, column].tolist() == person[0].tolist()
    assert target.counts[0, 0, 10] == 0.0
    assert target.counts[0, row, column] == 1.0


def test_a_perfect_answer_costs_nothing() -> None:
    """The loss of the right boxes is 0, and scores nearer to the truth cost less."""
    import torch

    from detectors.training.targets import detection_loss, targets_of

    person = np.array([[16, 8, 48, 88]], np.float32)
    target = targets_of([person], [np.zeros((0, 4), np.float32)], (96, 96))
    x = (torch.arange(12) + 0.5) * 8
    centre = torch.stack([x.expand(12, 12), x[:, None].expand(12, 12)])[None]
    sides = torch.cat([centre - target.box_xyxy[:, :2], target.box_xyxy[:, 2:] - centre], dim=1)
    right, box_loss = detection_loss(torch.logit(target.score, eps=1e-4), sides, target)
    wrong, _ = detection_loss(torch.zeros_like(target.score), sides, target)
    assert float(box_loss) == pytest.approx(0.0, abs=1e-5)
    assert float(right) < 1e-4 < float(wrong)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("steps", "step"), "unknown field `step`"),
        (("name =", "[name"), "is not TOML"),
        (('path = "squares"', "path = 3"), "path"),
        (("[[validate]]", "[[train]]"), "validate"),
        (("validate_every = 3", "validate_every = 0"), "validate_every must be 1 or more, but is 0"),
        (("batch = 2", "batch = 0"), "batch must be 1 or more"),
        (("[[64, 96]]", "[[64, 90]]"), r"multiples of 32, but is \[\[64, 90\]\]"),
        (("[[64, 96]]", "[]"), "at least one pair"),
        (("sides_hw", "heights = [0.0, 1.0]\nsides_hw"), r"rise from above 0, but is \[0.0, 1.0\]"),
        (('terms = "made by this test"', "share = 0.0"), "share must be above 0"),
        (('terms = "made by this test"', "skip = 10"), "that some are left"),
    ],
)
def test_wrong_recipes_are_named(recipe_file: Path, change: tuple[str, str], words: str) -> None:
    """A recipe with a wrong key or value says which."""
    from detectors.training.recipe import load_recipe

    recipe_file.write_text(RECIPE.replace(*change))
    with pytest.raises(DetectorSettingError, match=words):
        load_recipe(recipe_file)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    """Export refuses a missing and a damaged checkpoint by its path."""
    from detectors.training.export import export_graph

    for content in (None, b"no checkpoint"):
        if content is not None:
            (tmp_path / "best.pt").write_bytes(content)
        with pytest.raises(DetectorWeightsError, match=r"best\.pt"):
            export_graph(tmp_path / "best.pt", tmp_path / "graph.onnx")


def test_a_teacher_writes_what_it_is_sure_of(yolox_graph: Path, tmp_path: Path) -> None:
    """A sure box becomes a label, a doubtful one is set aside, a faint one is nothing."""
    from detectors.open import open_detector

    frame = np.zeros((64, 64, 3), np.uint8)
    frame[16:24, 8:16], frame[40:48, 32:40], frame[8:16, 48:56] = 255, 64, 12
    assert label(open_detector(yolox_graph, "cpu"), [("a.jpg", frame)], tmp_path / "out") == 1
    assert len(read_boxes(tmp_path / "out" / "boxes.json")["a.jpg"]) == 1
    assert len(read_boxes(tmp_path / "out" / "ignore.json")["a.jpg"]) == 1


def test_a_folder_without_people_lets_no_figure_shine(recipe_file: Path, tmp_path: Path) -> None:
    """An empty folder to validate on adds no full marks to the mean and the card; alone, it is an error."""
    from detectors.errors import DetectorDatasetError
    from detectors.training.checkpoint import build
    from detectors.training.recipe import Source, load_recipe
    from detectors.training.validation import validate

    empty = tmp_path / "empty"
    empty.mkdir()
    cv2.imwrite(str(empty / "0.png"), np.zeros((64, 64, 3), np.uint8))
    write_boxes(empty / "boxes.json", {"0.png": []})
    recipe = load_recipe(recipe_file)
    network = build(recipe.network)
    alone, both = (validate(network, [*recipe.validate, *more]) for more in ([], [Source(empty)]))
    assert both.mean_ap50 == alone.mean_ap50
    assert not {"empty ap50", "empty recall"} & both.quality.keys()
    with pytest.raises(DetectorDatasetError, match="nobody is to be found in empty"):
        validate(network, [Source(empty)])


def test_a_run_goes_on_by_its_own_recipe_alone(recipe_file: Path, tmp_path: Path) -> None:
    """Another network, something else than a run's state, or a best network that is gone is told by its file."""
    import torch

    from detectors.training.recipe import load_recipe
    from detectors.training.run import run_recipe

    recipe, folder = load_recipe(recipe_file), tmp_path / "run"
    best = run_recipe(recipe, folder, str)
    recipe_file.write_text(RECIPE.replace("width = 8", "width = 16"))
    with pytest.raises(DetectorWeightsError, match=r"last\.pt does not belong to this recipe"):
        run_recipe(load_recipe(recipe_file), folder, str)
    best.unlink()
    with pytest.raises(DetectorWeightsError, match=r"best\.pt is gone"):
        run_recipe(recipe, folder, str)
    for other in ({"network": {}}, [1, 2]):
        torch.save(other, folder / "last.pt")
        with pytest.raises(DetectorWeightsError, match=r"last\.pt does not belong"):
            run_recipe(recipe, folder, str)


def test_a_damaged_image_stops_training_in_one_sentence(recipe_file: Path, tmp_path: Path) -> None:
    """Images are read in another process; its error names the file and brings no stack of that process along."""
    from detectors.errors import DetectorDatasetError
    from detectors.training.recipe import load_recipe
    from detectors.training.run import run_recipe

    (tmp_path / "squares" / "3.png").write_bytes(b"no image")
    with pytest.raises(DetectorDatasetError) as caught:
        run_recipe(load_recipe(recipe_file), tmp_path / "run", str)
    path = tmp_path / "squares" / "3.png"
    assert str(caught.value) == f"{path} cannot be read as an image; remove it or copy it again"
