"""What operators send by mistake, as docs/errors.md lists it: what the command says, and with which code it ends."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import pipeline.cli as command_line
from pipeline.store.open import open_watchlist
from tests.contract.services.programs import free_port
from tests.e2e.conftest import Start
from tests.e2e.sightings import Cast

if TYPE_CHECKING:
    from tests.contract.services.kafka_broker import KafkaBroker
    from tests.contract.services.redis import RedisServer

MAN = "a man in a red jacket"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that commands run in, with what is bad in it; nobody listens at the port 9."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no film")
    (tmp_path / "odd\udcfc.mp4").write_text("this is no film")
    (tmp_path / "stills").mkdir()
    (tmp_path / "typo.toml").write_text("[ingst]\nanalysed_fps = 3\n")
    (tmp_path / "deep.toml").write_text("[cameras.gate]\nurl = 'gate.mp4'\nmask = []\n")
    (tmp_path / "range.toml").write_text("[match]\nfalse_match_rate = 2\n")
    film = cv2.VideoWriter(str(tmp_path / "whole.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 5.0, (320, 180))
    for shade in range(20):
        film.write(np.full((180, 320, 3), 10 * shade, np.uint8))
    film.release()
    whole = (tmp_path / "whole.avi").read_bytes()
    (tmp_path / "torn.avi").write_bytes(whole[: len(whole) // 2])
    return tmp_path


def end_of(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit code of ``lookout`` with these words."""
    monkeypatch.setattr(sys, "argv", ["lookout", *words])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # typer puts its own there
    with pytest.raises(SystemExit) as stop:
        command_line.main()
    return int(stop.value.code or 0)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("replay", "nowhere.mp4", "--watch", MAN), 3, "there is no file nowhere.mp4"),
        (("replay", "empty.mp4", "--watch", MAN), 3, "empty.mp4 is empty (0 bytes)"),
        (("replay", "odd\udcfc.mp4", "--watch", MAN), 3, "the name of the footage is not UTF-8: 'odd\\udcfc.mp4'"),
        (("replay", "text.mp4", "--watch", MAN), 3, "text.mp4 is no video that FFmpeg can decode"),
        (("replay", "stills", "--watch", MAN), 3, "the folder stills holds no image"),
        (("replay", "rtsp://u:s3cret@127.0.0.1:9/", "--watch", MAN), 3, "but rtsp://***@127.0.0.1:9/ is a camera"),
        (("replay", "rtsp:/u:s3cret@127.0.0.1:9/", "--watch", MAN), 3, "there is no file ***@127.0.0.1:9"),
        (("replay", "rtsp//u:s3cret@127.0.0.1:9/", "--watch", MAN), 3, "there is no file rtsp/***@127.0.0.1:9"),
        (("replay", f"u:s3cret@cam{'0' * 300}", "--watch", MAN), 3, "cannot read ***@cam"),
        (("replay", "torn.avi", "--watch", MAN, "--page", "stills"), 2, "cannot write the page stills"),
        (
            ("replay", "torn.avi", "--watch", MAN, "--page", "/proc/page/x.html"),
            2,
            "cannot write the page /proc/page/x.html",
        ),
        (("replay", "torn.avi", "--watch", MAN, "--page", "torn.avi"), 2, "torn.avi is there already and is no page"),
        (("alerts", "list", "--page", "/dev/full"), 2, "cannot write the page /dev/full: No space left on device"),
        (("alerts", "review", "a1b2", "false", "--reviewer", " "), 2, "a review stays on record; say whose it is"),
        (("replay", "torn.avi", "--watch", MAN, "--start", "9999-12-31"), 2, "a time from 1970 to 2999"),
        (("replay", "torn.avi", "--watch", MAN, "--start", "1970-01-01T00:00+02:00"), 2, "a time from 1970 to 2999"),
        (("replay", "torn.avi", "--watch", MAN), 8, "torn.avi is damaged: its container promises 20 frames"),
        (
            ("cameras", "probe", "rtsp://127.0.0.1:9/live", "--timeout-s", "3"),
            3,
            "refused: nothing listens at that port",
        ),
        (
            ("cameras", "add", "gate", f"http://127.0.0.1:9/?token={'s3cret' * 800}", "--timeout-s", "3"),
            3,
            "no frame comes from http://127.0.0.1:9/?***: refused",
        ),
        (
            ("cameras", "add", "gate", "http://127.0.0.1:9/", "--timeout-s", "3"),
            3,
            "no frame comes from http://127.0.0.1:9/",
        ),
        (("cameras", "add", "gate", "stills"), 3, "stills holds no image"),
        (("cameras", "probe", "rtsp://127.0.0.1:9/live", "--timeout-s", "inf"), 2, "'--timeout-s'"),
        (("cameras", "probe", "stills"), 3, "but stills is a folder"),
        (("cameras", "probe", "gaet"), 3, "there is no file gaet; where an id was meant, lookout cameras list shows"),
        (("cameras", "add", "gate", "ftp://127.0.0.1/live"), 3, "a camera's address begins with rtsp://"),
        (("watch", "add", " "), 4, "the description is empty"),
        (("watch", "add", "xyzzy plugh"), 4, "no word of 'xyzzy plugh' describes a person's looks"),
        (("watch", "add", "\U0001f600"), 4, "describes a person's looks"),
        (("watch", "add", "red " * 600), 4, "has 2399 characters, but at most 2000 are read"),
        (("--config", "typo.toml", "watch", "list"), 2, "unknown key 'ingst'; did you mean 'ingest'?"),
        (("--config", "deep.toml", "watch", "list"), 2, "unknown key 'mask'; did you mean 'masks'?"),
        (("--config", "range.toml", "watch", "list"), 2, "match.false_match_rate must lie between 0 and 1, but is 2"),
        (("--log", "kafka://127.0.0.1:9", "topics", "list"), 9, "nobody answers at kafka://127.0.0.1:9"),
        (("--store", "redis://:s3cret@127.0.0.1:9/0", "watch", "list"), 9, "see that the server runs"),
        (("--store", "mysql://127.0.0.1/0", "watch", "list"), 2, "begins with sqlite:// or redis://"),
        (("--store", "sqlite://u:s3cret@site/x.db", "watch", "list"), 2, "but is 'sqlite://***@site/x.db'"),
        (("--store", "sqlite:///text.mp4", "watch", "list"), 9, "it is another kind of file, or damaged"),
        (
            ("--store", "sqlite:////proc/site.db", "watch", "list"),
            9,
            "see that the folder /proc is there and may be written",
        ),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_is_named(
    words: tuple[str, ...],
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bad footage, cameras, sentences, settings and addresses end with their code and say what was wrong."""
    assert end_of(words, monkeypatch) == code
    printed = capsys.readouterr()
    assert told in " ".join((printed.err + printed.out).split())
    assert "s3cret" not in printed.err + printed.out
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(("torn.avi", "--start", "soon"), 2), (("torn.avi", "--speed", "0"), 2), (("nowhere.mp4",), 3)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("folder")
def test_a_replay_is_refused_before_a_model_is_loaded(
    words: tuple[str, ...], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong time, a wrong pace and footage that is missing are told of first, even where there are no weights."""
    monkeypatch.setenv("LOOKOUT_WEIGHTS", "no-weights")
    assert end_of(("replay", *words, "--watch", MAN), monkeypatch) == code
    assert "no-weights" not in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_variable_that_nobody_reads_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt variable of the environment ends with 2 and names the right one."""
    monkeypatch.setenv("LOOKOUT_INGEST_ANALYSD_FPS", "3")
    assert end_of(("watch", "list"), monkeypatch) == 2
    assert "did you mean 'analysed_fps'?" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_wrong_password_is_refused(
    redis_server: "RedisServer",
    kafka_broker: "KafkaBroker",
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A login that Redis or Kafka refuses ends with 9, says where the password stands, and does not show it."""
    wrong = f"redis://:wr0ng@127.0.0.1:{redis_server.port}/0"
    assert end_of(("--store", wrong, "watch", "list"), monkeypatch) == 9
    assert end_of(("--log", kafka_broker.login_address("wr0ng"), "topics", "list"), monkeypatch) == 9
    printed = capsys.readouterr()
    assert printed.err.count("user and password") == 2
    assert "wr0ng" not in printed.err + printed.out


def test_a_full_disk_keeps_what_was_written(start: Start, tmp_path: Path) -> None:
    """A store that finds no room for an entry ends with 9, and holds what it held before."""
    store = tmp_path / "site.db"
    with open_watchlist(f"sqlite:///{store}") as watchlist:
        watchlist.put(Cast.now().entry())
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (49152, 49152))\n"  # the size of any file
    (tmp_path / "sitecustomize.py").write_text(limit)
    words = ("watch", "add", MAN, "--reason", "x" * 90_000)
    adding = start("--store", f"sqlite:///{store}", *words, PYTHONPATH=f"{tmp_path}:{Path(__file__).parents[2]}")
    assert adding.wait() == 9
    assert "see that the disk has room" in adding.output or "make room on the disk" in adding.output
    with open_watchlist(f"sqlite:///{store}") as watchlist:
        assert [entry.entry_id for entry in watchlist.snapshot().entries] == ["red"]


def test_a_camera_that_is_dead_is_waited_for(start: Start, tmp_path: Path) -> None:
    """Ingest whose only camera does not answer runs on, and says at /readyz which camera it is and why."""
    port = free_port()
    (tmp_path / "lookout.toml").write_text(f'[cameras.gate]\nurl = "rtsp://127.0.0.1:{port}/live"\n')
    address = f"sqlite:///{tmp_path / 'site.db'}"
    ingest = start("--log", address, "--store", address, "ingest")
    ingest.wait_trouble("nothing listens at that port")
    assert "'gate'" in ingest.ask("/readyz")[1]
    assert ingest.terminate() == 0
