"""A log for alerts, in a file of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.log.base import EventLog
from pipeline.log.open import open_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Return an empty log."""
    with open_log(f"sqlite:///{tmp_path}/log.db") as opened:
        yield opened
