"""``lookout detector …`` and ``lookout evaluate-detector``: make, label, train, export and measure detectors."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.site import progress_bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from detectors.base import Frame
    from detectors.evaluation import Measured
    from pipeline.scene.scene import SceneFrame

detector_app = typer.Typer(no_args_is_help=True, help="Make, label and learn from images of people; for developers.")

_FRAMES_A_SCENE = 8
_LEAST_VISIBLE = 0.3  # share of a walker; who is hidden more is neither learned nor counted


@detector_app.command("draw")
def draw(
    folder: Annotated[Path, typer.Argument(help="Is made; receives the frames and their boxes.")],
    frames: Annotated[int, typer.Option(min=1, help="How many frames.")] = 800,
    seed: Annotated[int, typer.Option(help="Decides the scenes.")] = 10_000,
) -> None:
    """Draw frames of generated scenes with the boxes of their walkers."""
    from rich.console import Console
    from rich.progress import track

    from detectors.teach import LabelWriter

    writer = LabelWriter(folder)
    console = Console(stderr=True)
    for number, frame in enumerate(track(_drawn(frames, seed), "drawing", frames, console=console, transient=True)):
        seen = [[float(side) for side in p.box_xyxy] for p in frame.truth if p.visible_share >= _LEAST_VISIBLE]
        hidden = [[float(side) for side in p.box_xyxy] for p in frame.truth if p.visible_share < _LEAST_VISIBLE]
        writer.add(f"scene-{seed}-{number:04d}.jpg", frame.image, seen, hidden)
    writer.close()
    typer.echo(f"{folder} holds {frames} frames with {sum(map(len, writer.boxes.values()))} people")


@detector_app.command("label")
def label(
    source: Annotated[Path, typer.Argument(help="A folder of images, or a film.")],
    folder: Annotated[Path, typer.Argument(help="Is made; receives the images and their boxes.")],
    detector: Annotated[str, typer.Option(help="The teacher: compact, or the path of an .onnx, .pt or .engine file.")],
    every: Annotated[int, typer.Option(min=1, help="Take every n-th image or frame.")] = 1,
) -> None:
    """Write images with the boxes that a detector sees in them, for another detector to learn from."""
    from rich.console import Console
    from rich.progress import track

    from detectors.open import open_detector
    from detectors.teach import label as write_labels

    images = _film(source, every) if source.is_file() else _images(source, every)
    counted = track(images, "labelling", None, console=Console(stderr=True), transient=True)
    people = write_labels(open_detector(detector), counted, folder)
    typer.echo(f"{folder} holds the images with {people} people")


@detector_app.command("group")
def group(
    photos: Annotated[Path, typer.Argument(help="A folder of labelled images of single people.")],
    folder: Annotated[Path, typer.Argument(help="Is made; receives the groups and their boxes.")],
    images: Annotated[int, typer.Option(min=1, help="How many groups.")] = 170,
    seed: Annotated[int, typer.Option(help="Decides who stands where.")] = 7,
) -> None:
    """Put people of labelled images side by side, two to four to a picture, with their boxes."""
    from detectors.groups import draw_groups
    from detectors.labels import read_folder

    people = draw_groups(read_folder(photos), folder, images, seed)
    typer.echo(f"{folder} holds {images} groups with {people} people")


@detector_app.command("train")
def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe, for example detectors/recipes/compact.toml.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")] = Path("runs/detector"),
) -> None:
    """Train the compact detector by a recipe; goes on from the folder's last checkpoint where there is one."""
    from detectors.training.recipe import load_recipe
    from detectors.training.run import run_recipe

    best = run_recipe(load_recipe(recipe), out, typer.echo)
    typer.echo(f"{best} holds the best network; write it with: lookout detector export {best} FILE.onnx")


@detector_app.command("export")
def export(
    checkpoint: Annotated[Path, typer.Argument(help="best.pt of a training run.")],
    graph: Annotated[Path, typer.Argument(help="The .onnx file to write; its card is written beside it.")],
    confidence: Annotated[float | None, typer.Option(help="Threshold; by default the one training chose.")] = None,
) -> None:
    """Write a checkpoint as a graph that the runtime loads."""
    from detectors.training.export import export_graph

    card = export_graph(checkpoint, graph, confidence)
    typer.echo(f"{graph} holds {card.name}: {card.parameters} parameters, threshold {card.confidence:.2f}")


def evaluate_detector(
    folder: Annotated[Path, typer.Argument(help="A folder of images.")],
    boxes: Annotated[Path, typer.Option(help="JSON: file name → list of [left, top, right, bottom] px.")],
    detector: Annotated[str, typer.Option(help="compact, or the path of an .onnx, .pt or .engine file.")] = "compact",
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda or tensorrt.")] = "auto",
    confidence: Annotated[float | None, typer.Option(help="Threshold; by default the detector's own.")] = None,
    least_height: Annotated[float, typer.Option(help="px; less tall people do not count, found or not.", min=0)] = 0.0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Hold a detector against the boxes of a folder of images: recall, precision and AP, at an overlap of one half."""
    from dataclasses import asdict

    from detectors.evaluation import measure
    from detectors.labels import read_folder, without_small
    from detectors.open import open_detector

    images = [without_small(image, least_height) for image in read_folder(folder, boxes)]
    opened = open_detector(detector, provider, confidence=confidence)
    with progress_bar() as bar:
        task = bar.add_task("detecting", total=len(images))
        found = measure(opened, images, lambda: bar.advance(task))
    result = {"detector": opened.name, "provider": opened.provider, **asdict(found)}
    typer.echo(json.dumps(result) if as_json else _render(opened.name, opened.provider, found))


def _render(name: str, provider: str, found: "Measured") -> str:
    return (
        f"{name} on {provider}, {found.images} images with {found.people} people\n"
        f"recall {_figure(found.recall)}  precision {_figure(found.precision)}  at confidence {found.confidence:.2f}\n"
        f"ap50 {_figure(found.ap50)}"
    )


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"


def _drawn(frames: int, seed: int) -> "Iterator[SceneFrame]":
    """Yield frames of many scenes, a few of each, with few and with many walkers, one scene in nine empty."""
    from pipeline.scene.scene import Scene, SceneSettings

    left = frames
    number = 0
    while left > 0:
        walkers = (0, 2, 4, 6, 9, 12, 16, 20, 26)[number % 9]
        settings = SceneSettings(walkers=walkers, duration_s=40.0, fps=_FRAMES_A_SCENE / 40.0)
        scene = Scene(seed + number, 1, settings)
        for frame in list(scene.frames(scene.cameras[0].camera_id))[:left]:
            left -= 1
            yield frame
        number += 1


def _images(folder: Path, every: int) -> "Iterator[tuple[str, Frame]]":
    from detectors.labels import IMAGE_ENDINGS, read_image

    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_ENDINGS)
    for path in images[::every]:
        yield f"{path.stem}.jpg", read_image(path)


def _film(path: Path, every: int) -> "Iterator[tuple[str, Frame]]":
    import cv2
    import numpy as np

    film = cv2.VideoCapture(str(path))
    try:
        number = 0
        while film.grab():
            if number % every == 0:
                decoded, image = film.retrieve()
                if decoded:
                    yield f"{path.stem}-{number:05d}.jpg", np.asarray(image, np.uint8)
            number += 1
    finally:
        film.release()
