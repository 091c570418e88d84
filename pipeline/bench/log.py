"""How near the event log comes to its client alone: sightings appended and polled, against a bare loop in one run.

Both sides move the same encoded sightings, with the same durability: acknowledged by the broker, or on disk; and both
commit what they have polled, batch by batch. They take turns, so that a busy machine slows both.
"""

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.address import log_scheme
from pipeline.bench.bare_logs import BareKafka, BareSqlite, Lane, Record, drop_topics
from pipeline.bench.made_up import made_up_sighting
from pipeline.errors import LogError, SettingsError
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.log.shapes import TopicShape
from pipeline.log.topics import create_topics
from pipeline.wire import encode_sighting

TARGET = 0.8
BATCH = 500
_CAMERAS = 16
_DIMENSIONS = 512
_CROP_BYTES = 4_000  # of a JPEG of 96x192 px
_ROUNDS = 15
_PATIENCE_S = 60.0


def bench_log(address: str, records: int = 2_000) -> dict[str, Any]:
    """Measure sightings/s through a log and through its client alone.

    Args:
        address: of a Kafka cluster, where topics of this run are made and removed again; or ``sqlite:///`` and a
            folder, where files of this run are made and removed again.
        records: sightings in each of fifteen rounds.

    Returns:
        The records and their mean size, the target, and for publishing and consuming the records/s of log and bare
        loop, and the log's fraction of the bare loop.

    Raises:
        SettingsError: the address is of no kind that is known here, or its folder is not there.
        LogError: the log does not answer, or records are missing.
    """
    sightings = _sightings(records)
    with ExitStack() as stack:
        own, bare = _lanes(address, stack)
        for lane in (own, bare):
            lane.publish(sightings[:BATCH])
            _consume(lane, len(sightings[:BATCH]))
        times: list[list[float]] = [[], [], [], []]
        for _ in range(_ROUNDS):
            steps = [_publishing(own, sightings), _publishing(bare, sightings), _consuming(own), _consuming(bare)]
            for into, step in zip(times, steps, strict=True):
                into.append(_seconds(step, records))
    publish_s, bare_publish_s, consume_s, bare_consume_s = (statistics.median(each) for each in times)
    return {
        "records": records,
        "mean_bytes": round(statistics.fmean(len(value) for _, value, _ in sightings)),
        "target": TARGET,
        "publish": _compared(records, publish_s, bare_publish_s),
        "consume": _compared(records, consume_s, bare_consume_s),
    }


def _compared(records: int, own_s: float, bare_s: float) -> dict[str, float]:
    return {
        "records_per_s": round(records / own_s, 1),
        "bare_records_per_s": round(records / bare_s, 1),
        "fraction": round(bare_s / own_s, 3),
    }


def _seconds(step: Callable[[int], None], records: int) -> float:
    started = time.perf_counter()
    step(records)
    return time.perf_counter() - started


def _publishing(lane: Lane, records: Sequence[Record]) -> Callable[[int], None]:
    return lambda _: lane.publish(records)


def _consuming(lane: Lane) -> Callable[[int], None]:
    return lambda count: _consume(lane, count)


def _consume(lane: Lane, count: int) -> None:
    left, until_s = count, time.monotonic() + _PATIENCE_S
    while left > 0:
        left -= lane.poll(BATCH)
        if time.monotonic() > until_s:
            raise LogError(f"{left} of {count} records of the bench have not come within {_PATIENCE_S:g} s")


class _Log:
    """The log as the pipeline uses it."""

    def __init__(self, address: str, topic: str) -> None:
        self._log = open_log(address)
        self._topic = topic
        self._subscription = self._log.subscribe([topic], topic)

    def publish(self, records: Sequence[Record]) -> None:
        """Append records and flush."""
        for key, value, timestamp_ms in records:
            self._log.append(self._topic, key, value, timestamp_ms)
        self._log.flush()

    def poll(self, most: int) -> int:
        """Poll once and commit."""
        records = self._subscription.poll(most, 1.0)
        self._subscription.commit()
        return len(records)

    def close(self) -> None:
        """Let go."""
        self._subscription.close()
        self._log.close()


def _lanes(address: str, stack: ExitStack) -> tuple[Lane, Lane]:
    own: Lane
    bare: Lane
    if log_scheme(address) == "sqlite":
        parent = Path(address.removeprefix("sqlite:///") or ".")
        if not parent.is_dir():
            raise SettingsError(f"the bench writes into a folder, but there is none at {parent}; name another")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
        own, bare = _Log(f"sqlite:///{folder / 'own.db'}", Topic.SIGHTINGS), BareSqlite(folder / "bare.db")
    else:
        topics = [f"lookout.bench-{secrets.token_hex(4)}" for _ in range(2)]
        create_topics(address, dict.fromkeys(topics, TopicShape(3, 1.0)))
        stack.callback(drop_topics, address, topics)
        own, bare = _Log(address, topics[0]), BareKafka(address, topics[1])
    stack.callback(own.close)
    stack.callback(bare.close)
    return own, bare


def _sightings(count: int) -> list[Record]:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((count, _DIMENSIONS), np.float32).astype(np.float16)
    crop = rng.bytes(_CROP_BYTES)
    return [_record(number, vectors[number], crop) for number in range(count)]


def _record(number: int, vector: npt.NDArray[np.float16], crop: bytes) -> Record:
    sighting = made_up_sighting(number, f"camera-{number % _CAMERAS}", vector, apart_ms=10, crop_jpeg=crop)
    return sighting.camera_id, encode_sighting(sighting), sighting.captured_at_ms
