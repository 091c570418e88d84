"""Checks of what a site is connected to: log, stores, webhooks, cameras."""

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.address import file_of, log_scheme
from pipeline.alerting.post import Receiver
from pipeline.camera import Camera
from pipeline.doctor.examine import Check, Finding, Verdict
from pipeline.errors import DeliveryError
from pipeline.log.shapes import SHAPES, TopicState
from pipeline.log.topics import describe_topics
from pipeline.redact import redact_address
from pipeline.settings import Settings
from pipeline.source import is_folder
from pipeline.sources.probe import probe
from pipeline.store.base import AlertFilter
from pipeline.store.open import open_alerts, open_watchlist

_CONNECT_S = 3.0
_PROBE_S = 8.0  # for a camera's first frame
_PROBE_PATIENCE_S = 40.0  # with the process that decodes


def missing_file(address: str) -> Path | None:
    """Return the file of an address of SQLite where there is none yet: looking must not make it."""
    if not address.startswith("sqlite://") or file_of(address).exists():
        return None
    return file_of(address)


def log_checks(settings: Settings) -> Sequence[Check]:
    """Return the checks of the event log."""
    return [Check("log", lambda: _log(settings.log), 30.0)]


def _log(address: str) -> list[Finding]:
    if file := missing_file(address):
        return [Finding("log", Verdict.WARNING, f"{file} is not there yet; the first service to start makes it")]
    states = describe_topics(address)
    where = redact_address(address)
    if log_scheme(address) == "sqlite":
        records = sum(state.records for state in states)
        return [Finding("log", Verdict.OK, f"{where} holds {records:,} records")]
    return [Finding("log", Verdict.OK, f"{where} answers"), *(topic_finding(state) for state in states)]


def topic_finding(state: TopicState) -> Finding:
    """Return what is to be said of one of lookout's topics on a cluster."""
    part, wanted = f"topic {state.topic}", SHAPES[state.topic]
    if not state.partitions:
        return Finding(part, Verdict.FAILED, "is not there; make it with: lookout topics create")
    odd = []
    if state.partitions != wanted.partitions:
        odd.append(f"{state.partitions} partitions instead of {wanted.partitions}")
    if state.compacted != wanted.compacted:
        odd.append("compacted" if state.compacted else "not compacted")
    elif not wanted.compacted and state.retention_h != wanted.retention_h:
        kept = "for ever" if state.retention_h is None else f"for {state.retention_h:g} h"
        odd.append(f"records kept {kept} instead of {wanted.retention_h:g} h")
    if odd:
        told = f"{' and '.join(odd)}; if that is not on purpose, see docs/operations.md"
        return Finding(part, Verdict.WARNING, told)
    return Finding(part, Verdict.OK, f"{state.partitions} partitions, {state.records:,} records")


def store_checks(settings: Settings, model_id: str | None) -> Sequence[Check]:
    """Return the checks of watchlist and alerts; ``model_id`` is that of the weights, where they could be read."""
    if file := missing_file(settings.store):
        told = f"{file} is not there yet; lookout watch add makes it"
        return [Check("watchlist", lambda: [Finding("watchlist", Verdict.WARNING, told)])]
    return [
        Check("watchlist", lambda: _watchlist(settings.store, model_id)),
        Check("alerts", lambda: _alerts(settings.store)),
    ]


def _watchlist(address: str, model_id: str | None) -> list[Finding]:
    with open_watchlist(address) as store:
        snapshot = store.snapshot()
    found = [Finding("watchlist", Verdict.FAILED, words) for words in snapshot.damaged.values()]
    entries = snapshot.entries
    foreign = [entry.entry_id for entry in entries if model_id is not None and entry.model_id != model_id]
    if foreign:
        told = f"{len(foreign)} of {len(entries)} entries are of other weights and match nobody; add them again"
        found.append(Finding("watchlist", Verdict.WARNING, f"{told}: {', '.join(foreign[:5])}"))
    if found:
        return found
    if not entries:
        return [Finding("watchlist", Verdict.WARNING, "is empty; add a description with: lookout watch add")]
    return [Finding("watchlist", Verdict.OK, f"{redact_address(address)} holds {len(entries)} entries")]


def _alerts(address: str) -> list[Finding]:
    with open_alerts(address) as store:
        newest = store.find(AlertFilter(limit=1))
    return [Finding("alerts", Verdict.OK, f"{redact_address(address)} answers; {'some' if newest else 'none yet'}")]


def webhook_checks(settings: Settings) -> Sequence[Check]:
    """Return the checks of the webhooks: is there anybody at the address? Nothing is posted."""
    return [
        Check(f"webhook {name}", lambda name=name, url=each.url: _webhook(name, url))  # type: ignore[misc]
        for name, each in settings.webhooks.items()
    ]


def _webhook(name: str, url: str) -> list[Finding]:
    receiver = Receiver.parse(url)
    try:
        socket.create_connection((receiver.host, receiver.port), _CONNECT_S).close()
    except OSError as error:
        raise DeliveryError(
            f"nobody listens at {receiver}: {error.strerror or error}; see that the receiver runs"
        ) from None
    return [Finding(f"webhook {name}", Verdict.OK, f"somebody listens at {receiver}")]


def camera_checks(cameras: Mapping[str, Camera], *, hardware: bool = True) -> Sequence[Check]:
    """Return a check for each camera: does a frame come within seconds, decoded in hardware where that is wanted?"""
    return [
        Check(f"camera {camera.camera_id}", lambda camera=camera: [_camera(camera, hardware)], _PROBE_PATIENCE_S)  # type: ignore[misc]
        for camera in cameras.values()
    ]


def _camera(camera: Camera, hardware: bool) -> Finding:  # noqa: FBT001 - its only caller is above
    part = f"camera {camera.camera_id}"
    if not camera.enabled:
        return Finding(part, Verdict.OK, "is disabled, so it was not looked at")
    if is_folder(camera.url):
        return Finding(part, Verdict.OK, f"{camera.address} is a folder of images")
    found = probe(camera.url, _PROBE_S, hardware=hardware)
    if not found.works:
        return Finding(part, Verdict.FAILED, f"{found.address}: {found.fault}: {found.reason}")
    width, height = found.size_wh
    fps = found.measured_fps or found.stream_fps  # a short film is over before anything is measured
    told = f"{found.codec} {width}x{height}, {fps:.1f} frames/s, decoded in {found.decoding}"
    return Finding(part, Verdict.OK, f"{found.address}: {told}")
