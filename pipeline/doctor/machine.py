"""Checks of the machine and the installation: packages, models and where they really run, disk, clock."""

import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from pipeline.address import file_of, log_scheme, store_scheme
from pipeline.clock import SystemClock
from pipeline.doctor.examine import Check, Finding, Verdict
from pipeline.settings import Settings
from pipeline.threshold.background import Background
from reid.card import SHIPPED_WEIGHTS

_DISTRIBUTION = "lookout"
_NAMES = ("pipeline", "detectors", "reid")
_LEAST_FREE_BYTES = 200 * 2**20
_FEW_FREE_BYTES = 2 * 2**30
_MOST_SKEW_S = 1.0
_GPU = Path("/dev/nvidiactl")  # there where a driver of NVIDIA's is loaded


def package_checks() -> Sequence[Check]:
    """Return the check that lookout's packages are lookout's, which names as general as theirs do not warrant."""
    return [Check("packages", _packages)]


def _packages() -> list[Finding]:
    owners = packages_distributions()
    others = {name: sorted(set(owners.get(name, ())) - {_DISTRIBUTION}) for name in _NAMES}
    taken = [f"{name} belongs to {', '.join(found)}" for name, found in others.items() if found]
    places = {_folder_of(name) for name in _NAMES}
    if taken or len(places) > 1:
        told = "; ".join(taken) or f"{', '.join(_NAMES)} come from {', '.join(sorted(map(str, places)))}"
        remedy = "give lookout an environment of its own"
        return [Finding("packages", Verdict.FAILED, f"another distribution shadows lookout: {told}; {remedy}")]
    return [
        Finding("packages", Verdict.OK, f"{', '.join(_NAMES)} are lookout's own, on Python {sys.version.split()[0]}")
    ]


def _folder_of(name: str) -> Path | None:
    spec = find_spec(name)
    return None if spec is None or spec.origin is None else Path(spec.origin).parents[1]


def model_checks(settings: Settings) -> Sequence[Check]:
    """Return the checks of weights, background, detector and embedder; the models run once, on next to nothing."""
    return [
        Check("background", lambda: [_background(settings)]),
        Check("detector", lambda: [_detector(settings)], 60.0),
        Check("embedder", lambda: [_embedder(settings)], 60.0),
    ]


def _background(settings: Settings) -> Finding:
    background = Background.beside(settings.weights or SHIPPED_WEIGHTS)
    return Finding(
        "background", Verdict.OK, f"{len(background):,} people of {background.words}, by {background.model_id}"
    )


def _detector(settings: Settings) -> Finding:
    from detectors.open import open_detector  # noqa: PLC0415 - a machine that only matches has no need of it

    chosen = settings.ingest
    detector = open_detector(chosen.detector, chosen.provider, confidence=chosen.confidence)
    detector.detect([np.zeros((64, 64, 3), np.uint8)])
    return _running("detector", detector.name, detector.provider)


def _embedder(settings: Settings) -> Finding:
    from reid.embedder import Embedder  # noqa: PLC0415 - a machine that only matches has no need of it
    from reid.providers import as_provider  # noqa: PLC0415

    embedder = Embedder(settings.weights or SHIPPED_WEIGHTS, as_provider(settings.ingest.provider))
    embedder.encode_image([np.zeros((64, 32, 3), np.uint8)])
    return _running("embedder", embedder.model_id, embedder.provider)


def _running(part: str, name: str, provider: str) -> Finding:
    if provider == "cpu" and _GPU.exists():
        told = f"{name} ran on the cpu although there is a GPU; see CUDA and cuDNN, or ask for provider cpu"
        return Finding(part, Verdict.WARNING, told)
    return Finding(part, Verdict.OK, f"{name} ran on {provider}")


def disk_checks(settings: Settings) -> Sequence[Check]:
    """Return the checks of the disks that SQLite files lie on."""
    schemes = {settings.log: log_scheme(settings.log), settings.store: store_scheme(settings.store)}
    files = {file_of(address) for address, scheme in schemes.items() if scheme == "sqlite"}
    return [Check("disk", lambda file=file: [_disk(file)]) for file in sorted(files)]  # type: ignore[misc]


def _disk(file: Path) -> Finding:
    folder = file.absolute().parent
    if not folder.is_dir():
        told = f"the folder {folder} of {file.name} is not there; make it, or name another file"
        return Finding("disk", Verdict.FAILED, told)
    free = shutil.disk_usage(folder).free
    told = f"{free / 2**30:.1f} GiB free for {file}"
    if free < _LEAST_FREE_BYTES:
        return Finding("disk", Verdict.FAILED, f"{told}; make room")
    if free < _FEW_FREE_BYTES:
        return Finding("disk", Verdict.WARNING, f"{told}; make room before it is full")
    return Finding("disk", Verdict.OK, told)


def clock_checks(settings: Settings) -> Sequence[Check]:
    """Return the check of this machine's clock against the Redis server's; where there is none, there is no check."""
    if store_scheme(settings.store) == "sqlite":
        return []
    return [Check("redis server", lambda: _server(settings.store))]


def _server(address: str) -> list[Finding]:
    from pipeline.store.redis.address import parse_redis_address  # noqa: PLC0415 - an adapter is loaded where it is used
    from pipeline.store.redis.server import RedisServerView  # noqa: PLC0415

    with RedisServerView(parse_redis_address(address)) as server:
        clock = SystemClock()
        before_ms, state, after_ms = clock.now_ms(), server.look(), clock.now_ms()
    skew_ms = state.now_ms - (before_ms + after_ms) / 2
    clock_told = clock_finding(skew_ms / 1000, (after_ms - before_ms) / 1000)
    return [clock_told, _persistence(state.appends_only), memory_finding(state.evicts)]


def clock_finding(skew_s: float, round_trip_s: float) -> Finding:
    """Return what is to be said of a clock that differs from the server's by so much, give or take the way there."""
    if abs(skew_s) - round_trip_s > _MOST_SKEW_S:
        told = (
            f"this machine's clock is {abs(skew_s):.1f} s {'behind' if skew_s > 0 else 'ahead of'} the Redis server's"
        )
        return Finding(
            "clock", Verdict.WARNING, f"{told}; let NTP set both, as capture times decide cooldowns and expiry"
        )
    return Finding("clock", Verdict.OK, f"within {abs(skew_s) + round_trip_s:.2f} s of the Redis server's")


def memory_finding(evicts: bool | None) -> Finding:  # noqa: FBT001 - it is the answer to a question
    """Return what is to be said of a server that throws things away once it is full, or does not."""
    if evicts:
        told = "throws entries and alerts away without a word once it is full: set maxmemory-policy noeviction"
        return Finding("redis memory", Verdict.WARNING, told)
    told = (
        "is not told to this user, who may not ask (INFO)" if evicts is None else "throws nothing away once it is full"
    )
    return Finding("redis memory", Verdict.OK, told)


def _persistence(appends_only: bool | None) -> Finding:  # noqa: FBT001 - it is the answer to a question
    if appends_only is False:
        told = "keeps no append-only file, so acknowledged edits may be lost: set appendonly yes, appendfsync always"
        return Finding("redis persistence", Verdict.WARNING, told)
    told = "keeps an append-only file" if appends_only else "is not told to this user, who may not ask (INFO)"
    return Finding("redis persistence", Verdict.OK, told)
