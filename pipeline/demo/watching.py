"""Watching the demonstration's films: every stage, the embedded log and stores, and the matcher that services run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from detectors.base import Detector
from pipeline.clock import SystemClock
from pipeline.ingest import ingest
from pipeline.records import Alert, Frame, Sighting
from pipeline.registration import Wanted, register
from pipeline.replay import FILE_NAME, Replay, address_in
from pipeline.source import SourceSettings, open_source
from pipeline.store.open import open_watchlist
from pipeline.threshold.background import Background
from reid.embedder import Embedder

Progress = Callable[[int], None]

_FOR_EVER_H = 0.0


def sightings(
    films: Mapping[str, Path],
    timing: SourceSettings,
    detector: Detector,
    embedder: Embedder,
    progress: Progress = lambda _: None,
) -> Iterator[Sighting]:
    """Yield the sightings of one camera after another.

    Args:
        films: by camera.
        timing: how many frames a second are analysed, and when the films begin.
        detector: finds the people.
        embedder: embeds them.
        progress: called with 1 after each frame.
    """
    for camera_id, film in films.items():
        with open_source(str(film), camera_id, timing) as source:
            yield from ingest(_told(source.frames(), progress), detector, embedder)


def put_on_watchlist(
    folder: Path, sentences: Sequence[str], false_match_rate: float, embedder: Embedder, background: Background
) -> None:
    """Begin a site in ``folder`` and put sentences on its watchlist, as ``watch-1`` and so on.

    The database that an earlier demonstration left there is removed.

    Args:
        folder: where its database goes.
        sentences: whom to look out for.
        false_match_rate: share of people who are not wanted that may match.
        embedder: of the weights that the street's people are embedded with.
        background: of the same weights.
    """
    for leftover in folder.glob(f"{FILE_NAME}*"):
        leftover.unlink()
    with open_watchlist(address_in(folder)) as store:
        for number, sentence in enumerate(sentences, 1):
            wanted = Wanted(sentence, false_match_rate, ttl_h=_FOR_EVER_H)
            store.put(register(wanted, embedder, background, SystemClock().now_ms(), f"watch-{number}"))


def watch(folder: Path, seen: Iterator[Sighting], background: Background) -> list[Alert]:
    """Hold sightings against the watchlist of the site in ``folder``; return its alerts, which its store keeps."""
    with open_watchlist(address_in(folder)) as store:
        entries = store.snapshot().entries
    run = Replay(folder, entries, background, SystemClock())
    try:
        run.run(seen)
        return run.alerts()
    finally:
        run.close()


def _told(frames: Iterator[Frame], progress: Progress) -> Iterator[Frame]:
    for frame in frames:
        yield frame
        progress(1)
