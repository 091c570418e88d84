from dataclasses import fields
from pathlib import Path

import pytest

from pipeline import camera
from pipeline.errors import SettingsError
from pipeline.settings import Camera, Settings, Source, fixed_cameras, load_settings, source_settings
from pipeline.sources.base import SourceSettings

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


def test_a_file_of_windows_is_read(tmp_path: Path) -> None:
    """A mark at the file's beginning and line ends of two letters, as Windows' editors write them, do no harm."""
    path = tmp_path / "lookout.toml"
    path.write_bytes(b'\xef\xbb\xbflog = "sqlite:///a.db"\r\n[match]\r\nbatch = 5\r\n')
    settings = load_settings(path, {})
    assert (settings.log, settings.match.batch) == ("sqlite:///a.db", 5)


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


SOURCE = """
[source]
open_timeout_s = 20
stalled_after_s = 8
read_timeout_s = 15
first_wait_s = 2
longest_wait_s = 60
failed_wait_s = 900
hardware_decoding = false
"""


def test_white_space_around_a_cameras_address_is_none_of_it(tmp_path: Path) -> None:
    """What comes along when an address is copied does not reach the camera."""
    path = tmp_path / "lookout.toml"
    path.write_text('[cameras.gate]\nurl = " rtsp://10.0.0.7/live\\n"\n')
    assert fixed_cameras(load_settings(path, {}))["gate"].url == "rtsp://10.0.0.7/live"


def test_how_cameras_are_waited_for_may_be_said(tmp_path: Path) -> None:
    """Every deadline and wait of a camera can be said in the file or by a variable, and reaches its source."""
    path = tmp_path / "lookout.toml"
    path.write_text(SOURCE)
    settings = load_settings(path, {"LOOKOUT_SOURCE_FAILED_WAIT_S": "1800"})
    expected = SourceSettings(3.0, None, 5.0, 20.0, 8.0, 15.0, 2.0, 60.0, 1800.0, hardware_decoding=False)
    assert source_settings(settings, 3.0) == expected


def test_without_a_word_cameras_are_waited_for_as_sources_do() -> None:
    """The defaults of [source] are those of the sources themselves, and none that a camera has is left out."""
    assert source_settings(Settings(), 5.0) == SourceSettings(5.0)
    of_footage = {"analysed_fps", "started_at_ms", "folder_fps"}
    assert set(Source.__struct_fields__) == {field.name for field in fields(SourceSettings)} - of_footage


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
        ("[match]\nbatch = 0", "match.batch must be 1 or more, but is 0"),
        ("[alerts]\nkeep_days = 0.5", "alerts.keep_days must be 0, for ever, or from 1 day to a century, but is 0.5"),
        ("[alerts]\nkeep_days = inf", "alerts.keep_days must be 0, for ever, or from 1 day to a century, but is inf"),
        ("[alerts]\nkeep_days = nan", "alerts.keep_days must be 0, for ever, or from 1 day to a century, but is nan"),
        (
            "[watchlist]\nkeep_expired_days = 0.5",
            "watchlist.keep_expired_days must be 0, for ever, or from 1 day to a century, but is 0.5",
        ),
        ("[watchlist]\nkeep_days = 3", r"\[watchlist\]: unknown key 'keep_days'; did you mean 'keep_expired_days'"),
        ("[ingest]\nanalysed_fps = 0", "analysed_fps must be above 0"),
        ("[ingest]\nanalysed_fps = 'fast'", "analysed_fps"),
        (
            "[ingest]\nanalysed_fps = nan",
            "lookout.toml: ingest.analysed_fps must be above 0 and at most 1000, but is nan",
        ),
        ("[ingest]\nconfidence = 7", "ingest.confidence must lie within 0..1, but is 7.0"),
        ("[ingest]\nleast_height_px = -4", "ingest.least_height_px must be 1 or more, but is -4"),
        ("[ingest]\nprovider = 'gpu'", "ingest.provider must be one of auto, cpu, cuda, tensorrt, but is gpu"),
        ("[ingest]\nbatch = 0", "ingest.batch must be from 1 to 1024, but is 0"),
        ("[ingest]\nmax_wait_ms = -1", "ingest.max_wait_ms must be from 0 to 60000, but is -1"),
        ("[ingest]\nfull_look_s = 0", "ingest.full_look_s must be above 0 and at most a day, but is 0"),
        ("[ingest]\nthreads = 100000", "ingest.threads must be from 0, for half the cores, to 1024, but is 100000"),
        ("[match]\ngroup = ' '", "match.group must be a name of printable characters, but is"),
        ("[match]\ncooldown_s = -5", "match.cooldown_s must be from 0 to a century, but is -5"),
        ("[match]\nentry_ttl_h = inf", "match.entry_ttl_h must be 0, for ever, or at most a century, but is inf"),
        ("[health]\nport = 99999", "health.port must be from 0, for nowhere, to 65535, but is 99999"),
        ("[health]\nhost = ''", "health.host must name a host or an address of this machine, but is"),
        ("[match]\nbatch = 1.5", "lookout.toml: match.batch must be a whole number, but is a number"),
        ("[match]\nfalse_match_rate = true", "match.false_match_rate must be a number, but is true or false"),
        ("match = 3", "match must be a table, but is a whole number"),
        ("weights = 5", "lookout.toml: weights must be text, but is a whole number"),
        ("[cameras]\ngate = 'rtsp://u:s3cret@h'", "lookout.toml: cameras.gate must be a table, but is text"),
        ("[cameras.gate]\nurl = 5", "cameras.gate.url must be text, but is a whole number"),
        ("[cameras.gate]\nurl = 'x'\nmasks = [[1]]", r"cameras.gate.masks\[0\]\[0\] must be a list, but is a whole"),
        ("[cameras.gate]\nenabled = true", r"lookout.toml: \[cameras.gate\] says no url, which is required"),
        ("[webhooks.desk]\nurl = 'x'", r"\[webhooks.desk\] says no secret, which is required"),
        ("[source]\nread_timeout = 3", r"\[source\]: unknown key 'read_timeout'; did you mean 'read_timeout_s'"),
        ("[source]\nopen_timeout_s = 0", r"\[source\]: open_timeout_s must be from 0.1 s to a day, but is 0"),
        ("[source]\nread_timeout_s = 10000000", "read_timeout_s must be from 0.1 s to a day, but is 10000000"),
        ("[source]\nfailed_wait_s = nan", "failed_wait_s must be above 0 s and at most a day, but is nan"),
        ("[source]\nstalled_after_s = 11", "stalled_after_s must be at most read_timeout_s, 10.0, but is 11.0"),
        ("[source]\nfirst_wait_s = 31", "longest_wait_s must be at least first_wait_s, 31.0, but is 30.0"),
        ("[source]\nhardware_decoding = 'vaapi'", "hardware_decoding"),
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


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("LOOKOUT_MATCH_BATCH", "many", "environment variable LOOKOUT_MATCH_BATCH: match.batch must be a whole number"),
        ("LOOKOUT_HEALTH_PORT", "-1", "environment variable LOOKOUT_HEALTH_PORT: health.port must be from 0"),
        ("LOOKOUT_CAMERAS_GATE_URL", "x", r"LOOKOUT_CAMERAS_GATE_URL: cameras stand in the file alone, as \[cameras"),
    ],
)
def test_a_variable_with_a_wrong_value_is_named(file: Path, variable: str, value: str, told: str) -> None:
    """A value that a variable sets is told with the variable, not with the file that says something else."""
    with pytest.raises(SettingsError, match=told):
        load_settings(file, {variable: value})


def test_what_compose_asks_for_is_no_setting() -> None:
    """The password that deploy/compose.yaml wants in the environment keeps no command from running beside it."""
    assert load_settings(None, {"LOOKOUT_REDIS_PASSWORD": "s3cret"}) == Settings()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that was asked for and is not there is an error."""
    with pytest.raises(SettingsError, match="no settings file at"):
        load_settings(tmp_path / "no.toml", {})


def test_a_value_where_a_table_belongs_is_named(tmp_path: Path) -> None:
    """A key that should be a table is named, also where a variable would have written into the table."""
    path = tmp_path / "lookout.toml"
    path.write_text("ingest = 3\n")
    for environment in ({}, {"LOOKOUT_INGEST_PROVIDER": "cpu"}):
        with pytest.raises(SettingsError, match="ingest"):
            load_settings(path, environment)
