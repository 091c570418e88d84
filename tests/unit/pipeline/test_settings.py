from pathlib import Path

import pytest

from pipeline import camera
from pipeline.errors import SettingsError
from pipeline.settings import Camera, Settings, fixed_cameras, load_settings

FILE = """
log = "kafka://broker:9092"
[ingest]
analysed_fps = 8
[cameras.gate]
url = "rtsp://gate.example/live"
[webhooks.desk]
url = "https://desk.example/alerts"
secret = "s3cret"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings file."""
    path = tmp_path / "lookout.toml"
    path.write_text(FILE)
    return path


def test_without_anything_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, no variable, no flag: everything embedded, one in a hundred."""
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()


def test_the_file_is_read(file: Path) -> None:
    """Keys, tables and named tables of the file arrive typed."""
    settings = load_settings(file, {})
    assert settings.log == "kafka://broker:9092"
    assert settings.ingest.analysed_fps == 8.0
    assert settings.cameras == {"gate": Camera("rtsp://gate.example/live")}


def test_a_camera_may_say_everything(tmp_path: Path) -> None:
    """All that can be said of a camera can be said in the file, and becomes the camera that ingest reads."""
    path = tmp_path / "lookout.toml"
    path.write_text(
        "[cameras.gate]\nurl = 'rtsp://gate.example/live'\nanalysed_fps = 2\nconfidence = 0.4\nleast_height_px = 80\n"
        "masks = [[[0, 0], [0.5, 0], [0.25, 1.0]]]\nenabled = false\n"
    )
    mask = ((0.0, 0.0), (0.5, 0.0), (0.25, 1.0))
    expected = camera.Camera("gate", "rtsp://gate.example/live", 2.0, 0.4, 80, (mask,), enabled=False)
    assert fixed_cameras(load_settings(path, {})) == {"gate": expected}


def test_a_file_in_this_folder_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """lookout.toml of the working directory holds where no file is named."""
    monkeypatch.chdir(file.parent)
    assert load_settings(None, {}).log == "kafka://broker:9092"


def test_the_environment_outranks_the_file_and_flags_the_environment(file: Path) -> None:
    """A variable replaces the file's value, a flag replaces both, a flag that was not given replaces nothing."""
    variables = {"LOOKOUT_LOG": "sqlite:///b.db", "LOOKOUT_INGEST_ANALYSED_FPS": "3", "HOME": "/root"}
    settings = load_settings(file, variables, {"log": "sqlite:///c.db", "ingest.analysed_fps": None})
    assert settings.log == "sqlite:///c.db"
    assert settings.ingest.analysed_fps == 3.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("logg = 'x'", "unknown key 'logg'; did you mean 'log'"),
        ("[ingest]\nanalyzed_fps = 3", r"\[ingest\]: unknown key 'analyzed_fps'; did you mean 'analysed_fps'"),
        ("[cameras.gate]\nuri = 'x'", r"\[cameras.gate\]: unknown key 'uri'; did you mean 'url'"),
        ("[cameras.gate]\nurl = 'x'\nmask = []", r"\[cameras.gate\]: unknown key 'mask'; did you mean 'masks'"),
        ("[cameras.gate]\nurl = 'x'\nconfidence = 7", "camera 'gate': confidence must lie within 0..1, but is 7"),
        ("[cameras.gate]\nurl = 'x'\nmasks = [[[0, 0], [1, 1]]]", "a mask has 3 corners or more"),
        ("[match]\nfalse_match_rate = 2", "false_match_rate must lie between 0 and 1, but is 2"),
        ("[ingest]\nanalysed_fps = 0", "analysed_fps must be above 0"),
        ("[ingest]\nanalysed_fps = 'fast'", "analysed_fps"),
        ("log = ", "is not TOML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, told: str) -> None:
    """A wrong key or value is an error that says which, and what would be right."""
    path = tmp_path / "lookout.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=told):
        load_settings(path, {})


def test_a_variable_nobody_reads_is_named() -> None:
    """A misspelt variable is an error, not silence."""
    with pytest.raises(SettingsError, match="LOOKOUT_STROE: unknown key 'stroe'; did you mean 'store'"):
        load_settings(None, {"LOOKOUT_STROE": "x"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that was asked for and is not there is an error."""
    with pytest.raises(SettingsError, match="no settings file at"):
        load_settings(tmp_path / "no.toml", {})
