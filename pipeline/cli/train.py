"""``lookout train`` and ``lookout export``: from a recipe to a weights folder."""

import os
from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe, for example reid/recipes/shipped.toml.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and the log.")] = Path("runs/train"),
    hold_out: Annotated[
        str | None, typer.Option(help="Keep this source for validation, whatever the recipe says.")
    ] = None,
    *,
    resume: Annotated[bool, typer.Option(help="Go on from the folder's last checkpoint.")] = False,
) -> None:
    """Train an AXM-Net by a recipe; under torchrun, on several GPUs together."""
    from reid.training.distributed import read_ranks
    from reid.training.run import run_recipe
    from reid.training.settings import load_recipe, with_hold_out

    best = run_recipe(with_hold_out(load_recipe(recipe), hold_out), out, resume=resume)
    if read_ranks(os.environ).first:
        typer.echo(f"{best} holds the best network; make a weights folder with: lookout export {best} FOLDER")


def export(
    checkpoint: Annotated[Path, typer.Argument(help="best.pt or last.pt of a training run.")],
    folder: Annotated[Path, typer.Argument(help="The weights folder to write.")],
    *,
    half: Annotated[bool, typer.Option(help="Image tower in float16, for GPUs.")] = False,
    measure: Annotated[
        Path | None,
        typer.Option(help="A recipe: measure on what it validates on, say so on the card, and compare with torch."),
    ] = None,
    hold_out: Annotated[
        str | None, typer.Option(help="Of --measure: the source that the network was trained without.")
    ] = None,
) -> None:
    """Write a checkpoint as a weights folder that the runtime loads."""
    from reid.card import write_card
    from reid.embedder import Embedder
    from reid.evaluation.evaluate import evaluate
    from reid.evaluation.quality import quality
    from reid.export.fidelity import measure_fidelity
    from reid.export.weights import export_weights
    from reid.text.vocabulary import Vocabulary
    from reid.training.checkpoint import load_network
    from reid.training.settings import load_recipe, with_hold_out
    from reid.training.splits import validation_samples

    if hold_out is not None and measure is None:
        raise typer.BadParameter("it goes with --measure; name the recipe, or leave it out", param_hint="--hold-out")
    network, origin = load_network(checkpoint)
    samples = None if measure is None else validation_samples(with_hold_out(load_recipe(measure), hold_out))
    vocabulary = Vocabulary(origin.words)
    card = export_weights(network, vocabulary, folder, origin.name, origin.trained_on, half=half)
    if samples is not None:
        write_card(folder, quality(card, evaluate(Embedder(folder), samples), samples))
    typer.echo(f"{folder} holds {card.model_id}, {card.precision}")
    if samples is not None:
        typer.echo(measure_fidelity(network, folder, samples).table(f"exported, {card.precision}"))
