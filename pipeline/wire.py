"""The wire format: sightings as msgpack for machines, alerts as CloudEvents in JSON for everybody.

A sighting is a msgpack map with the version under ``v``: other languages read it without a schema, unknown keys are
passed over, and a new version is told apart before anything else is read. A vector is raw little-endian float16:
1 kB for 512 numbers, and 1 µs to write. Bytes of every version ever written are read for ever; tests hold that.
"""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

import msgspec
import numpy as np
import numpy.typing as npt

from pipeline.errors import RecordError
from pipeline.records import Alert, AlertState, Box, CaptureClock, Origin, Phase, Sighting

SIGHTING_VERSION = 1
ALERT_RAISED = "lookout.alert.raised"  # the CloudEvents types
ALERT_IMPROVED = "lookout.alert.improved"

_Unit = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Pixels = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
_LAST_MS = 253_402_300_799_999  # the end of the year 9999
_AtMs = Annotated[int, msgspec.Meta(ge=0, le=_LAST_MS)]
_Read = TypeVar("_Read")


class _Version(msgspec.Struct, frozen=True):
    v: int


class _SightingV1(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    sighting_id: str
    tracklet_id: str
    sequence: _Count
    phase: Phase
    camera_id: str
    captured_at_ms: _AtMs
    first_seen_at_ms: _AtMs
    last_seen_at_ms: _AtMs
    clock: CaptureClock
    box_xyxy: Box
    frame_size_wh: tuple[_Pixels, _Pixels]
    confidence: _Unit
    quality: _Unit
    crops_pooled: _Count
    model_id: str
    vector: bytes  # float16, little-endian
    crop_jpeg: bytes


class _AlertFacts(msgspec.Struct, frozen=True, kw_only=True):
    alert_id: str
    entry_id: str
    entry_version: _Count
    description: str
    camera_id: str
    tracklet_id: str
    model_id: str
    similarity: float
    threshold: float
    captured_at: str
    first_seen_at: str
    last_seen_at: str
    raised_at: str
    clock: CaptureClock
    box_xyxy: Box
    frame_size_wh: tuple[_Pixels, _Pixels]
    origin: Origin
    state: AlertState
    coordinates: str
    background: str
    crop_jpeg: bytes  # base64 in JSON


class _AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    specversion: str = "1.0"
    id: str
    type: str
    source: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: _AlertFacts


_TIMES = ("captured_at", "first_seen_at", "last_seen_at", "raised_at")
_SIGHTING_FIELDS = tuple(name for name in _SightingV1.__struct_fields__ if name not in {"v", "vector"})


def encode_sighting(sighting: Sighting) -> bytes:
    """Return a sighting as it stands on ``Topic.SIGHTINGS``."""
    told = {name: getattr(sighting, name) for name in _SIGHTING_FIELDS}
    vector = sighting.vector.astype("<f2", copy=False).tobytes()
    return msgspec.msgpack.encode(_SightingV1(**told, vector=vector))


def decode_sighting(value: bytes) -> Sighting:
    """Read a record of ``Topic.SIGHTINGS``.

    Raises:
        RecordError: it is no sighting, or of a version that is not read here.
    """
    version = _decode(value, _Version).v
    if version != SIGHTING_VERSION:
        raise RecordError(f"expected a sighting of version {SIGHTING_VERSION}, but found version {version}")
    told = _decode(value, _SightingV1)
    if not all(map(math.isfinite, told.box_xyxy)):
        raise RecordError(f"expected a box of finite numbers, but found {told.box_xyxy}")
    return Sighting(vector=_vector(told.vector), **{name: getattr(told, name) for name in _SIGHTING_FIELDS})


def _decode(value: bytes, kind: type[_Read]) -> _Read:
    try:
        return msgspec.msgpack.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(f"expected a sighting in msgpack, but found {len(value):,} bytes: {error}") from None


def _vector(raw: bytes) -> npt.NDArray[np.float16]:
    if not raw or len(raw) % 2:
        raise RecordError(f"expected a vector of float16, but found {len(raw):,} bytes")
    vector = np.frombuffer(raw, "<f2").astype(np.float16, copy=False)
    if not np.isfinite(vector).all():
        raise RecordError(f"expected finite numbers in a vector, but found {int((~np.isfinite(vector)).sum())} others")
    return vector


def encode_alert(alert: Alert, *, improved: bool = False) -> bytes:
    """Return an alert as it stands on ``Topic.ALERTS``: a CloudEvent in JSON (pipeline/schemas/alert.schema.json).

    The event's id names the alert and how similar it is: what is delivered again has the same id, wherever its sighting
    stands in the log, and an improved alert another one with the same ``alert_id``.
    """
    facts: dict[str, Any] = {name: as_rfc3339(getattr(alert, f"{name}_ms")) for name in _TIMES}
    facts |= {name: getattr(alert, name) for name in _AlertFacts.__struct_fields__ if name not in _TIMES}
    event = _AlertEvent(
        id=f"{alert.alert_id}.{alert.similarity:.4f}",
        type=ALERT_IMPROVED if improved else ALERT_RAISED,
        source=f"/cameras/{quote(alert.camera_id, safe='')}",
        subject=alert.alert_id,
        time=facts["captured_at"],
        data=_AlertFacts(**facts),
    )
    return msgspec.json.encode(event)


def decode_alert(value: bytes) -> Alert:
    """Read a record of ``Topic.ALERTS``.

    Raises:
        RecordError: it is no alert.
    """
    try:
        event = msgspec.json.decode(value, type=_AlertEvent)
        facts = event.data
        told: dict[str, Any] = {f"{name}_ms": _as_ms(getattr(facts, name)) for name in _TIMES}
    except (ValueError, OverflowError, RecursionError) as error:  # of which msgspec's errors are some
        raise RecordError(f"expected an alert as a CloudEvent in JSON, but found: {error}") from None
    if event.type not in {ALERT_RAISED, ALERT_IMPROVED}:
        raise RecordError(f"expected a CloudEvent of type {ALERT_RAISED} or {ALERT_IMPROVED}, but found {event.type}")
    told |= {name: getattr(facts, name) for name in facts.__struct_fields__ if name not in _TIMES}
    return Alert(**told)


def as_rfc3339(at_ms: int) -> str:
    """Return UTC ms as RFC 3339 writes it, to the millisecond."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_ms(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time needs a zone, but found {text!r}")
    at_ms = round(at.timestamp() * 1000)
    if not 0 <= at_ms <= _LAST_MS:
        raise ValueError(f"a time lies between 1970 and 9999, but found {text!r}")
    return at_ms
