"""What runs the networks tells nobody of it: docs/privacy.md promises that there is no telemetry."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("detectors", "pipeline", "reid")
SOURCES = [path.relative_to(ROOT) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
LOADING = [
    ".".join(path.with_suffix("").parts) for path in SOURCES if "import onnxruntime" in (ROOT / path).read_text("utf-8")
]


@pytest.mark.parametrize("module", LOADING)
def test_onnx_runtime_collects_nothing(module: str, tmp_path: Path) -> None:
    """A process that imports what runs a graph leaves no session and no device id of ONNX Runtime's telemetry."""
    asked = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(tmp_path))
    command = [sys.executable, "-c", f"import {module}"]
    subprocess.run(command, env={**asked, **places, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, check=True, timeout=120)
    assert list(tmp_path.iterdir()) == []


def test_ultralytics_neither_reports_nor_installs() -> None:
    """Where the extra is installed, it is told before its import to reach nobody and to install nothing."""
    told = "import detectors, os; print(os.environ['YOLO_OFFLINE'], os.environ['YOLO_AUTOINSTALL'])"
    command = [sys.executable, "-c", told]
    ended = subprocess.run(command, cwd=ROOT, check=True, timeout=120, capture_output=True, text=True)
    assert ended.stdout.split() == ["true", "false"]
