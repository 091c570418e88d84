import fcntl
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.errors import SourceError
from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from pipeline.scene.video import write_video
from pipeline.source import SourceSettings, open_source
from pipeline.sources.faults import Fault
from pipeline.sources.live import LiveSource
from pipeline.sources.orders import Broke, Crashed, Event, Opened, Order, Ready, Shown
from pipeline.sources.process import DecoderLostError, DecoderProcess
from pipeline.sources.slots import SlotReader

PATIENCE_S = 60.0
FRAMES = 8


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a film of eight frames, which a decoder takes for a camera that ends the connection."""
    scene = Scene(3, (SceneCamera("gate", "pavement", "day", (320, 180)),), SceneSettings(2, FRAMES / 4.0, 4.0))
    return str(write_video(scene, "gate", tmp_path_factory.mktemp("film") / "gate.mp4"))


@contextmanager
def decoding(target: str, memory: int) -> Iterator[DecoderProcess]:
    """Run a decoder for as long as the block lasts."""
    decoder = DecoderProcess(Order(target, None, 10.0, 10.0, 10.0, hardware=True), memory)
    try:
        yield decoder
    finally:
        decoder.stop()


def events(decoder: DecoderProcess) -> Iterator[Event]:
    """Yield what it tells until the connection has ended."""
    wake, waker = os.pipe()
    try:
        event: Event | None = None
        while not isinstance(event, Broke | Crashed):
            event = decoder.next(PATIENCE_S, wake)
            assert event is not None
            yield event
    finally:
        os.close(wake)
        os.close(waker)


def test_a_package_of_somebody_else_is_not_run(film: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where lookout is run in a folder with a package of the same name, its decoders are its own all the same."""
    (tmp_path / "pipeline.py").write_text("raise SystemExit('this is somebody else')")
    monkeypatch.chdir(tmp_path)
    with closing(SlotReader()) as memory, decoding(film, memory.descriptor) as decoder:
        decoder.open()
        assert Broke(Fault.BROKEN_OFF) in list(events(decoder))


def test_a_decoder_opens_as_often_as_it_is_told(film: str) -> None:
    """One process connects again and again, counts on, and leaves whole frames in the memory each time."""
    with closing(SlotReader()) as memory, decoding(film, memory.descriptor) as decoder:
        for turn in range(2):
            decoder.open()
            told = list(events(decoder))
            assert (Ready() in told) == (turn == 0)
            assert Opened("fmp4", 4.0, "software") in told
            assert told[-1] == Broke(Fault.BROKEN_OFF)
            shown = [event for event in told if isinstance(event, Shown)]
            assert [event.index for event in shown] == list(range(turn * FRAMES, (turn + 1) * FRAMES))
            assert memory.read(shown[-1]).std() > 10.0


def test_a_decoder_that_fails_says_what_kind_of_error_it_was(film: str) -> None:
    """An error of the decoder's own, here memory that may not grow, is told by its kind before the process ends."""
    with closing(SlotReader()) as memory:
        if not hasattr(fcntl, "F_ADD_SEALS"):
            pytest.skip("this system has no memory that could be sealed")
        fcntl.fcntl(memory.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
        with decoding(film, memory.descriptor) as decoder:
            decoder.open()
            assert list(events(decoder))[-1] == Crashed("PermissionError")
            with pytest.raises(DecoderLostError, match="ended with status 1"):
                list(events(decoder))


def open_files() -> int:
    """Return how many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_source_outlives_every_decoder(film: str) -> None:
    """A decoder that fails is replaced again and again, with the reason in words, and leaves no file open."""
    before = open_files()
    settings = SourceSettings(first_wait_s=0.01, longest_wait_s=0.02)
    with LiveSource(film, "gate", settings, SystemClock()) as source:
        fcntl.fcntl(source._memory.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
        end_s = time.monotonic() + PATIENCE_S
        while source.status.restarts < 2:
            assert time.monotonic() < end_s
            time.sleep(0.01)
        assert set(source.status.faults) == {Fault.DECODER_CRASHED}
        assert "PermissionError" in source.reason
    assert list(source.frames()) == []
    assert open_files() == before


def test_a_camera_that_finds_too_few_files_leaves_none_open() -> None:
    """However far the beginning of a camera gets under a limit of open files, what it has opened is closed again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before, first, refused = set(Path("/proc/self/fd").iterdir()), _next_descriptor(), 0
    try:
        for room in range(5):
            resource.setrlimit(resource.RLIMIT_NOFILE, (first + room, hard))
            try:
                LiveSource(7, "gate", SourceSettings(), SystemClock()).close()
            except OSError:
                refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert refused >= 3
    assert set(Path("/proc/self/fd").iterdir()) == before


def test_a_camera_that_finds_no_further_thread_leaves_no_file_open() -> None:
    """Where the system starts no further thread that is an error of the source, and what was opened is closed again."""
    before, usual = set(Path("/proc/self/fd").iterdir()), threading.stack_size(2**46)  # more than there is
    try:
        with pytest.raises(SourceError, match="camera 'gate' cannot be watched: can't start new thread"):
            open_source("rtsp://127.0.0.1:9/x", "gate")
    finally:
        threading.stack_size(usual)
    assert set(Path("/proc/self/fd").iterdir()) == before


def _next_descriptor() -> int:
    descriptor = os.dup(0)
    os.close(descriptor)
    return descriptor
