"""The settings of a site: ``lookout.toml``, then the environment, then what the command line says.

``LOOKOUT_LOG`` is the key ``log``, ``LOOKOUT_INGEST_ANALYSED_FPS`` is ``analysed_fps`` of the table ``[ingest]``;
tables of cameras and webhooks stand in the file alone.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from pipeline import camera
from pipeline.errors import SettingsError
from pipeline.settings_checks import check_ranges, wrong_kind
from pipeline.sources.base import SourceSettings

FILE_NAME = "lookout.toml"
ENVIRONMENT_PREFIX = "LOOKOUT_"


class Ingest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From frames to sightings."""

    analysed_fps: float = 5.0  # frames a second that are looked at, of each camera
    detector: str = "compact"  # compact, or the path of an .onnx, .pt or .engine file
    confidence: float | None = None  # the detector's own default where left out
    least_height_px: int = 40  # smaller people are not embedded
    provider: str = "auto"  # auto, cpu, cuda or tensorrt; for the detector and the embedder
    batch: int = 8  # frames detected at once, at most
    max_wait_ms: float = 10.0  # a frame waits no longer for a batch to fill
    motion_gating: bool = True  # frames of live cameras in which nothing has changed are not looked at
    full_look_s: float = 2.0  # with motion gating, a frame is looked at at least so often
    tiles: bool = False  # frames larger than 960x540 px are looked at in tiles, too: small people, many times the cost
    threads: int = 0  # CPU threads of each network; 0 for half the cores, as decoding and tracking need some, too


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long cameras are waited for; ``pipeline.sources.base.SourceSettings`` takes and checks the same."""

    open_timeout_s: float = 10.0  # for a connection and its first frame
    stalled_after_s: float = 4.0  # without a frame for so long a camera has stalled
    read_timeout_s: float = 10.0  # without a frame for so long it is connected again
    first_wait_s: float = 1.0  # before it is asked again; doubled with each further failure
    longest_wait_s: float = 30.0
    failed_wait_s: float = 300.0  # where its answer says that somebody has to correct something
    hardware_decoding: bool = True  # where this machine and this build of OpenCV have it


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From sightings to alerts."""

    group: str = "lookout-matcher"  # matchers of one group share the cameras
    false_match_rate: float = 0.01  # of a new entry: share of people who are not wanted that match it
    cooldown_s: float = 60.0  # of a new entry, on one camera
    entry_ttl_h: float = 24.0  # of a new entry: it expires after so many hours; 0 for never
    batch: int = 500  # sightings matched at once, at most


class Alerts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of alerts in the store."""

    keep_days: float = 30.0  # after they were raised, as the topic lookout.alerts does; 0 for ever


class Watchlist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of entries in the store."""

    keep_expired_days: float = 7.0  # after they expired, until when they can be renewed; 0 for ever


class Health(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a service answers /healthz, /readyz and /metrics."""

    host: str = "127.0.0.1"
    port: int = 0  # 0: nowhere


class Camera(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera, its id aside; ``pipeline.camera.Camera`` says more."""

    url: str  # rtsp://, http://, a file or a device number; may hold a password
    analysed_fps: float | None = None  # that of [ingest] where left out, as for the next two
    confidence: float | None = None
    least_height_px: int | None = None
    masks: tuple[camera.Polygon, ...] = ()  # lists of [x, y] corners, as shares of the frame
    enabled: bool = True


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who wants alerts posted to them."""

    url: str
    secret: str  # signs each post, HMAC-SHA256


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a site decides."""

    log: str = "sqlite:///lookout.db"  # or kafka://host:9092
    store: str = "sqlite:///lookout.db"  # or redis://host:6379/0
    weights: Path | None = None  # a folder that `lookout export` made; the shipped one where left out
    ingest: Ingest = msgspec.field(default_factory=Ingest)
    source: Source = msgspec.field(default_factory=Source)
    match: Match = msgspec.field(default_factory=Match)
    alerts: Alerts = msgspec.field(default_factory=Alerts)
    watchlist: Watchlist = msgspec.field(default_factory=Watchlist)
    health: Health = msgspec.field(default_factory=Health)
    cameras: dict[str, Camera] = msgspec.field(default_factory=dict)
    webhooks: dict[str, Webhook] = msgspec.field(default_factory=dict)


def load_settings(
    path: Path | None, environment: Mapping[str, str], flags: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings that hold.

    Args:
        path: the file; None for ``lookout.toml`` in this folder where there is one.
        environment: of the process; names that do not begin with ``LOOKOUT_`` are of no interest.
        flags: from the command line, as ``{"log": ..., "ingest.provider": ...}``; None values say nothing.

    Raises:
        SettingsError: a key is unknown (the nearest right one is named) or a value is wrong.
    """
    path = _found(path)
    table = {} if path is None else _read(path)
    said_by = {"": str(path)} if table else {}
    for name, value in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX) and name not in _NOT_SETTINGS:
            key = _dotted(name)
            _set(table, key, value)
            said_by[key] = f"environment variable {name}"
    for key, value in (flags or {}).items():
        if value is not None:
            _set(table, key, value)
            said_by[key] = "command line"
    return _checked(_typed(table, said_by), said_by)


def fixed_cameras(settings: Settings) -> dict[str, camera.Camera]:
    """Return the cameras of the settings, by id.

    Raises:
        SettingsError: a value of one makes no sense.
    """
    return {
        key: camera.Camera(
            camera_id=key,
            url=each.url.strip(),
            analysed_fps=each.analysed_fps,
            confidence=each.confidence,
            least_height_px=each.least_height_px,
            masks=each.masks,
            enabled=each.enabled,
        )
        for key, each in settings.cameras.items()
    }


def source_settings(settings: Settings, analysed_fps: float) -> SourceSettings:
    """Return how a camera of the site is read that is looked at so often a second.

    Raises:
        SettingsError: a deadline or wait makes no sense.
    """
    try:
        return SourceSettings(analysed_fps, **msgspec.structs.asdict(settings.source))
    except SettingsError as error:
        raise SettingsError(f"[source]: {error}") from None


def network_threads(threads: int) -> int:
    """Return the CPU threads of each network; for 0 half the cores, as decoding and tracking need some, too."""
    return threads or max(1, (os.cpu_count() or 1) // 2)


# Where test material lies, where this file lies, and what deploy/compose.yaml asks for.
_NOT_SETTINGS = {"LOOKOUT_DATA", "LOOKOUT_CONFIG", "LOOKOUT_REDIS_PASSWORD"}
_TABLES: dict[str, type[msgspec.Struct]] = {
    "ingest": Ingest,
    "source": Source,
    "match": Match,
    "alerts": Alerts,
    "watchlist": Watchlist,
    "health": Health,
}
_NAMED: dict[str, type[msgspec.Struct]] = {"cameras": Camera, "webhooks": Webhook}


def _found(path: Path | None) -> Path | None:
    """Return the file that was named, or the one in this folder where there is one."""
    if path is None and Path(FILE_NAME).exists():
        return Path(FILE_NAME)
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"there is no settings file at {path}") from None
    except OSError as error:
        raise SettingsError(f"cannot read the settings {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    _check_keys(table, str(path))
    return table


def _check_keys(table: Mapping[str, Any], where: str) -> None:
    for key, value in table.items():
        _check(key, Settings, where)
        if key in _TABLES and isinstance(value, dict):
            for inner in value:
                _check(inner, _TABLES[key], f"{where} [{key}]")
        for name, each in value.items() if key in _NAMED and isinstance(value, dict) else ():
            for inner in each if isinstance(each, dict) else ():
                _check(inner, _NAMED[key], f"{where} [{key}.{name}]")


def _check(key: str, kind: type[msgspec.Struct], where: str) -> None:
    known = kind.__struct_fields__
    if key in known:
        return
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
    raise SettingsError(f"{where}: unknown key '{key}'; {hint}")


def _dotted(name: str) -> str:
    """Return the key that an environment variable stands for: ``LOOKOUT_INGEST_PROVIDER`` is ingest.provider."""
    key = name.removeprefix(ENVIRONMENT_PREFIX).lower()
    table, _, inner = key.partition("_")
    if table in _NAMED:
        raise SettingsError(f"environment variable {name}: {table} stand in the file alone, as [{table}.NAME]")
    if table in _TABLES and inner:
        _check(inner, _TABLES[table], f"environment variable {name}")
        return f"{table}.{inner}"
    _check(key, Settings, f"environment variable {name}")
    return key


def _set(table: dict[str, Any], key: str, value: object) -> None:
    outer, _, inner = key.partition(".")
    if inner:
        section = table.setdefault(outer, {})
        if not isinstance(section, dict):
            raise SettingsError(f"settings: {outer} must be a table, [{outer}], but is {type(section).__name__}")
        section[inner] = value
    else:
        table[outer] = value


def _typed(table: Mapping[str, Any], said_by: Mapping[str, str]) -> Settings:
    """Return the settings of a table: camera by camera first, for msgspec does not name the one it complains of.

    Raises:
        SettingsError: a value is of another kind than its key.
    """
    for name, kind in _NAMED.items():
        named = table.get(name)
        for key, value in named.items() if isinstance(named, dict) else ():
            _converted(value, kind, f"{name}.{key}", said_by)
    settings: Settings = _converted(table, Settings, "", said_by)
    return settings


def _converted(value: object, kind: type[Any], where: str, said_by: Mapping[str, str]) -> Any:
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise wrong_kind(str(error), where, said_by) from None


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        return Path(value)
    raise NotImplementedError(f"no reader for {kind}")


def _checked(settings: Settings, said_by: Mapping[str, str]) -> Settings:
    check_ranges(settings, said_by)
    source_settings(settings, settings.ingest.analysed_fps)
    fixed_cameras(settings)
    return settings
