"""``lookout cameras``: the cameras of the site, and who watches them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.site import as_time, cameras_of, print_table, settings_of

if TYPE_CHECKING:
    from pipeline.camera import Camera, Polygon
    from pipeline.settings import Settings
    from pipeline.sources.probe import Probe
    from pipeline.store.cameras import CameraStore, Lease

cameras = typer.Typer(no_args_is_help=True, help="Add, change and list the cameras; running ingests follow at once.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CameraId = Annotated[str, typer.Argument(metavar="ID", help="The camera's id, as `lookout cameras list` shows it.")]
Fps = Annotated[float | None, typer.Option(help="Frames looked at in a second.")]
Confidence = Annotated[float | None, typer.Option(help="Least confidence of a person, 0 to 1.")]
LeastHeight = Annotated[int | None, typer.Option(help="Smaller people are not embedded, px.")]
Masks = Annotated[
    list[str] | None,
    typer.Option("--mask", help='Nobody within "x,y x,y x,y" (shares of the frame) is looked at; may be repeated.'),
]
Timeout = Annotated[
    float, typer.Option("--timeout-s", help="How long to wait for a camera's frames, s.", min=1.0, max=3600.0)
]
WithProbe = Annotated[bool, typer.Option("--probe/--no-probe", help="Whether frames have to come from the address.")]
_RESETS = {
    "analysed-fps": "analysed_fps",
    "confidence": "confidence",
    "least-height-px": "least_height_px",
    "mask": "masks",
}


@cameras.command("add")
def add(
    context: typer.Context,
    camera_id: Annotated[str, typer.Argument(metavar="ID", help="A name for it; sightings and alerts bear it.")],
    url: Annotated[str, typer.Argument(help="rtsp://, http://, a file, a folder or a device number; - reads it.")],
    analysed_fps: Fps = None,
    confidence: Confidence = None,
    least_height_px: LeastHeight = None,
    mask: Masks = None,
    timeout_s: Timeout = 10.0,
    *,
    with_probe: WithProbe = True,
) -> None:
    """Add a camera, once frames come from its address."""
    from pipeline.camera import Camera
    from pipeline.errors import SettingsError

    settings = settings_of(context)
    camera = Camera(camera_id, _whole(url), analysed_fps, confidence, least_height_px, _polygons(mask))
    with cameras_of(settings) as store:
        if _stored(store, camera_id) is not None:
            raise SettingsError(f"there is a camera {camera_id!r} already; change it with: lookout cameras edit")
        found = _require_frames(camera.url, timeout_s, settings) if with_probe else "not looked at"
        store.put(camera)
    instead = " in the place of that of lookout.toml" if camera_id in settings.cameras else ""
    typer.echo(f"{camera_id}: added{instead}; {found}")


@cameras.command("edit")
def edit(
    context: typer.Context,
    camera_id: CameraId,
    url: Annotated[str | None, typer.Option(help="Another address; - reads it.")] = None,
    analysed_fps: Fps = None,
    confidence: Confidence = None,
    least_height_px: LeastHeight = None,
    mask: Masks = None,
    reset: Annotated[
        list[str] | None, typer.Option(help=f"Back to what the settings say: {', '.join(_RESETS)}; may be repeated.")
    ] = None,
    timeout_s: Timeout = 10.0,
    *,
    enabled: Annotated[bool | None, typer.Option(help="Whether it is watched at all.")] = None,
    with_probe: WithProbe = True,
) -> None:
    """Change a camera of the store; another address has to give frames."""
    settings = settings_of(context)
    changes: dict[str, Any] = _reset(reset or [])
    given: dict[str, Any] = {"analysed_fps": analysed_fps, "confidence": confidence, "least_height_px": least_height_px}
    given |= {"masks": _polygons(mask) or None, "enabled": enabled, "url": None if url is None else _whole(url)}
    changes |= {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise typer.BadParameter("nothing to change; name an option")
    with cameras_of(settings) as store:
        camera = replace(_editable(store, camera_id, settings), **changes)
        found = f"; {_require_frames(camera.url, timeout_s, settings)}" if url is not None and with_probe else ""
        store.put(camera)
    typer.echo(f"{camera_id}: changed {', '.join(sorted(changes))}{found}")


@cameras.command("list")
def list_cameras(context: typer.Context, *, as_json: AsJson = False) -> None:
    """List the cameras, who watches each of them, and how that goes."""
    from pipeline.settings import fixed_cameras

    settings = settings_of(context)
    with cameras_of(settings) as store:
        roll, leases = store.cameras(), store.leases()
    stored = {camera.camera_id: camera for camera in roll.cameras}
    known = {
        camera_id: _row(camera, leases.get(camera_id), stored=camera_id in stored)
        for camera_id, camera in (fixed_cameras(settings) | stored).items()
    }
    known |= {key: _damaged_row(key, words, leases.get(key)) for key, words in roll.damaged.items()}
    rows = [row for _, row in sorted(known.items())]
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    from rich.table import Table

    table = Table(box=None)
    for name in ("id", "address", "stands in", "state", "since (UTC)", "watched by", "reason"):
        table.add_column(name, overflow="fold")
    for row in rows:
        since = as_time(row["since_ms"])
        words = (row[name] or "-" for name in ("camera_id", "address", "stands_in", "state"))
        table.add_row(*words, since, row["watched_by"] or "-", row["reason"])
    print_table(table)


@cameras.command("remove")
def remove(context: typer.Context, camera_id: CameraId) -> None:
    """Forget a camera of the store, with the password in its address; its alerts and sightings stay."""
    settings = settings_of(context)
    with cameras_of(settings) as store:
        store.remove(camera_id)
    again = "; that of lookout.toml is watched instead" if camera_id in settings.cameras else ""
    typer.echo(f"{camera_id}: removed{again}; what it saw stays: lookout alerts list --camera {camera_id}")


@cameras.command("probe")
def probe(
    context: typer.Context,
    camera: Annotated[str, typer.Argument(metavar="ID|URL", help="A camera's id, or an address.")],
    timeout_s: Timeout = 10.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Look at what a camera or an address gives."""
    from pipeline.errors import SourceError, StoreError
    from pipeline.settings import fixed_cameras
    from pipeline.sources.probe import probe as look

    settings = settings_of(context)
    with cameras_of(settings) as store:
        roll = store.cameras()
    if camera in roll.damaged:
        raise StoreError(roll.damaged[camera])
    known = fixed_cameras(settings) | {each.camera_id: each for each in roll.cameras}
    try:
        url = known[camera].url if camera in known else camera
        found = look(url, timeout_s, hardware=settings.source.hardware_decoding)
    except SourceError as error:
        hint = "" if camera in known else "; where an id was meant, lookout cameras list shows them"
        raise SourceError(f"{error}{hint}") from None
    if as_json:
        typer.echo(json.dumps({**asdict(found), "works": found.works}))
    else:
        typer.echo(f"{found.address}: {_told(found)}")
    if not found.works:
        raise typer.Exit(3)


def _require_frames(url: str, timeout_s: float, settings: "Settings") -> str:
    """Return what comes from an address, in words.

    Raises:
        SourceError: no frame does.
    """
    from pipeline.errors import SourceError
    from pipeline.source import is_folder, open_source
    from pipeline.sources.probe import probe as look

    if is_folder(url):
        open_source(url, "probe").close()
        return "a folder of images"
    found = look(url, timeout_s, hardware=settings.source.hardware_decoding)
    if not found.works:
        raise SourceError(
            f"with --no-probe it would be taken all the same, but no frame comes from {found.address}: {_told(found)}"
        )
    return _told(found)


def _told(found: "Probe") -> str:
    if not found.works:
        return f"{found.fault}: {found.reason}"
    width, height = found.size_wh
    over = f" over {found.transport}" if found.transport else ""
    came = f"{found.measured_fps:.1f} frames/s came" if found.measured_fps else ""  # a short film is over at once
    stream = f"{found.stream_fps:.1f}" if found.stream_fps else ""
    rate = f"{came} of {stream}" if came and stream else came or f"{stream or 'unknown'} frames/s"
    first = f"the first after {found.first_frame_s:.1f} s"
    return f"{found.codec} {width}x{height}{over}, {rate}, {first}; decoded in {found.decoding}"


def _whole(url: str) -> str:
    """Return an address that means the same in every folder; that of standard input for a dash."""
    import os
    from pathlib import Path

    url = (typer.get_text_stream("stdin").readline() if url == "-" else url).strip()
    if url.isdecimal() or not os.path.exists(url):  # noqa: PTH110 - a Path's raises where a token is long
        return url
    return str(Path(url).absolute())


def _polygons(masks: list[str] | None) -> "tuple[Polygon, ...]":
    return tuple(tuple(_corner(corner, mask) for corner in mask.split()) for mask in masks or ())


def _corner(corner: str, mask: str) -> tuple[float, float]:
    try:
        x, y = map(float, corner.split(","))
    except ValueError:
        raise typer.BadParameter(f'expected "x,y x,y x,y", but got {mask!r}', param_hint="--mask") from None
    return x, y


def _reset(names: list[str]) -> dict[str, Any]:
    """Return the fields that go back to what ``[ingest]`` says."""
    for name in names:
        if name not in _RESETS:
            raise typer.BadParameter(f"expected one of {', '.join(_RESETS)}, but got {name!r}", param_hint="--reset")
    return {_RESETS[name]: () if name == "mask" else None for name in names}


def _stored(store: "CameraStore", camera_id: str) -> "Camera | None":
    from pipeline.errors import UnknownCameraError

    try:
        return store.get(camera_id)
    except UnknownCameraError:
        return None


def _editable(store: "CameraStore", camera_id: str, settings: "Settings") -> "Camera":
    """Return a camera that may be edited.

    Raises:
        UnknownCameraError: there is none.
        SettingsError: it stands in lookout.toml.
    """
    from pipeline.errors import SettingsError

    found = _stored(store, camera_id) if camera_id in settings.cameras else store.get(camera_id)
    if found is None:
        raise SettingsError(
            f"camera {camera_id!r} stands in lookout.toml alone: change it there, or put one into the store in its "
            "place with: lookout cameras add"
        )
    return found


def _row(camera: "Camera", lease: "Lease | None", *, stored: bool) -> Mapping[str, Any]:
    """Return what is told of a camera, without secrets."""
    state = (lease.report.state or "taken") if lease else "unwatched"
    return {
        "camera_id": camera.camera_id,
        "address": camera.address,
        "stands_in": "store" if stored else "lookout.toml",
        "analysed_fps": camera.analysed_fps,
        "confidence": camera.confidence,
        "least_height_px": camera.least_height_px,
        "masks": camera.masks,
        "enabled": camera.enabled,
        "version": camera.version,
        "watched_by": lease.member if lease else None,
        "state": state if camera.enabled or lease else "disabled",
        "reason": lease.report.reason if lease else "",
        "since_ms": lease.report.since_ms if lease else None,
    }


def _damaged_row(camera_id: str, words: str, lease: "Lease | None") -> Mapping[str, Any]:
    """Return what is told of a camera that cannot be read; it may be watched all the same, as it was."""
    unknown = ("address", "analysed_fps", "confidence", "least_height_px", "masks", "enabled", "version", "since_ms")
    told = {"stands_in": "store", "watched_by": lease.member if lease else None, "state": "damaged", "reason": words}
    return {"camera_id": camera_id, **dict.fromkeys(unknown), **told}
