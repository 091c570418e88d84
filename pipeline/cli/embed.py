"""``lookout explain`` and ``lookout rank``: the sentence and the crops, tried by hand."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from reid.text.tokenizer import Explanation


def explain(
    sentence: Annotated[str, typer.Argument(help="A description of a person.")],
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which words of a description count, and how they were understood."""
    import msgspec

    from reid.embedder import SHIPPED_WEIGHTS, read_tokenizer

    told = read_tokenizer(weights or SHIPPED_WEIGHTS).explain(sentence)
    typer.echo(msgspec.json.encode(told).decode() if as_json else _render(told))


def _render(told: "Explanation") -> str:
    from pipeline.entry_text import two_people

    lines = [f"understood: {' '.join(told.known)}"]
    if told.corrected:
        lines.append("corrected:  " + ", ".join(f"{was} → {now}" for was, now in told.corrected))
    for name, words in (("not there", told.denied), ("ignored", told.ignored), ("too long", told.truncated)):
        if words:
            lines.append(f"{name + ':':<11} {', '.join(words)}")
    remark = two_people(told.known)
    if remark:
        lines.append(f"mind:       {remark}")
    return "\n".join(lines)


def rank(
    sentence: Annotated[str, typer.Argument(help="A description of a person.")],
    folder: Annotated[Path, typer.Argument(help="A folder of person crops (jpg, png).")],
    top: Annotated[int, typer.Option(help="How many to list.", min=1)] = 10,
    weights: Annotated[Path | None, typer.Option(help="A weights folder; by default the shipped one.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Rank a folder of person crops by how well they match a description."""
    from reid.embedder import SHIPPED_WEIGHTS, Embedder
    from reid.rank import rank_folder

    for similarity, path in rank_folder(Embedder(weights or SHIPPED_WEIGHTS), sentence, folder)[:top]:
        found = {"similarity": round(similarity, 4), "path": str(path)}
        typer.echo(json.dumps(found) if as_json else f"{similarity:+.3f}  {path}")
