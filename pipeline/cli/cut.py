"""``lookout cut``: described people out of photos, for ``lookout train``."""

from pathlib import Path
from typing import Annotated

import typer


def cut(
    photos: Annotated[Path, typer.Argument(help="Folder of the photos.")],
    people: Annotated[Path, typer.Argument(help="JSON lines: photo, box_xyxy, attributes, captions.")],
    folder: Annotated[Path, typer.Argument(help="Is made; receives the shard.")],
) -> None:
    """Cut described people out of photos into a shard to train on."""
    from reid.datasets.cut import cut_people

    typer.echo(f"{folder} holds {cut_people(photos, people, folder)} people")
