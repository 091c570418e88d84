"""What stores keep: versioned msgpack, vectors as raw little-endian float32."""

import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar, get_origin

import msgspec
import numpy as np

from pipeline.camera import Camera
from pipeline.errors import SettingsError, StoreError, UnknownCameraError
from pipeline.records import Alert, WatchlistEntry
from pipeline.store.base import Review
from pipeline.store.cameras import CameraRoll, Lease

_VERSION = 1
_Kept = TypeVar("_Kept", WatchlistEntry, Alert, Review, Camera, Lease)


def encode(kept: WatchlistEntry | Alert | Review | Camera | Lease) -> bytes:
    """Return what a store writes."""
    return bytes([_VERSION]) + msgspec.msgpack.encode(kept, enc_hook=_write_vector)


def decode(value: bytes, kind: type[_Kept], where: str, mend: str = "remove it or restore it") -> _Kept:
    """Read what ``encode`` returned.

    Args:
        value: as the store keeps it.
        kind: what it is expected to be.
        where: the key it stood under, for the message.
        mend: what to do where it cannot be read, for the message too.

    Raises:
        StoreError: it is damaged, or of a version that is not read here.
    """
    if value[:1] != bytes([_VERSION]):
        found = f"version {value[0]}" if value else "nothing"
        raise StoreError(f"{where}: expected a record of version {_VERSION}, but found {found}; {mend}")
    try:
        return msgspec.msgpack.decode(value[1:], type=kind, dec_hook=_read_vector)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, SettingsError) as error:
        raise StoreError(f"{where} is damaged ({error}); {mend}") from error


def decode_camera(camera_id: str, value: bytes) -> Camera:
    """Read a camera that stood under an id.

    Raises:
        StoreError: it is damaged, of a version that is not read here, or another camera.
    """
    where = f"camera {camera_id}"
    mend = f"restore it, or remove it with: lookout cameras remove {shlex.quote(camera_id)}"
    camera = decode(value, Camera, where, mend)
    if camera.camera_id != camera_id:  # it would take that one's place
        raise StoreError(f"{where} is damaged (its record is that of camera {camera.camera_id!r}); {mend}")
    return camera


def decode_cameras(values: Iterable[tuple[str, bytes]]) -> CameraRoll:
    """Read cameras, which come by id; those that cannot be read stand apart."""
    return CameraRoll(*_apart(values, decode_camera))


def decode_entry(entry_id: str, value: bytes) -> WatchlistEntry:
    """Read an entry that stood under an id.

    Raises:
        StoreError: it is damaged, of a version that is not read here, or another entry.
    """
    where = f"entry {entry_id}"
    mend = f"restore it, run the version that wrote it, or remove it with: lookout watch remove {shlex.quote(entry_id)}"
    entry = decode(value, WatchlistEntry, where, mend)
    if entry.entry_id != entry_id:  # it would take that one's place
        raise StoreError(f"{where} is damaged (its record is that of entry {entry.entry_id!r}); {mend}")
    return entry


def decode_entries(values: Iterable[tuple[str, bytes]]) -> tuple[tuple[WatchlistEntry, ...], dict[str, str]]:
    """Read entries by id; return those that can be read, and of each other what is wrong and what to do."""
    return _apart(values, decode_entry)


def decode_leases(values: Iterable[tuple[str, bytes]]) -> dict[str, Lease]:
    """Read leases by camera id, without those that are damaged or of another version: they are taken anew."""
    leases = {}
    for camera_id, value in values:
        with suppress(StoreError):
            leases[camera_id] = decode(value, Lease, f"lease of camera {camera_id}")
    return leases


def _apart(
    values: Iterable[tuple[str, bytes]], read: Callable[[str, bytes], _Kept]
) -> tuple[tuple[_Kept, ...], dict[str, str]]:
    """Return what can be read of values by id, and of each other value what is wrong and what to do."""
    found, damaged = [], {}
    for key, value in values:
        try:
            found.append(read(key, value))
        except StoreError as error:
            damaged[key] = str(error)
    return tuple(found), damaged


def unknown_camera(camera_id: str) -> UnknownCameraError:
    """Return the error that says that the store has no such camera."""
    return UnknownCameraError(
        f"the store has no camera {camera_id!r}; `lookout cameras list` shows those there are, and where they stand"
    )


def _write_vector(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        return value.astype("<f4", copy=False).tobytes()
    if isinstance(value, np.floating):
        raise TypeError(f"expected a number of Python's, but found {type(value).__name__}")
    raise NotImplementedError(f"no writer for {type(value).__name__}")


def _read_vector(kind: Any, value: Any) -> Any:
    if get_origin(kind) is np.ndarray and isinstance(value, bytes):
        return np.frombuffer(value, "<f4").astype(np.float32)
    raise NotImplementedError(f"no reader for {kind}")
