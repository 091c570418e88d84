"""The delivery of alerts as a service, where its log fails."""

import sqlite3
from pathlib import Path

import pytest

from pipeline.errors import LogError
from pipeline.log.base import Topic
from pipeline.log.open import open_log
from pipeline.log.sqlite_tables import table_of
from pipeline.services.deliver import open_deliver
from pipeline.settings import Settings, Webhook


def test_what_one_webhook_cannot_put_aside_costs_another_nothing(tmp_path: Path) -> None:
    """A log that refuses one sender's dead letter has not lost that of another, who is not told of the refusal."""
    webhooks = {name: Webhook("http://127.0.0.1:9/", "secret") for name in ("desk", "door")}
    settings = Settings(log=f"sqlite:///{tmp_path}/log.db", webhooks=webhooks)
    with open_deliver(settings) as service:
        desk, door = (sender._log for sender in service._senders.values())
        desk.append(Topic.DEAD_LETTERS, "desk", b"a letter", 0)
        door.append(Topic.DEAD_LETTERS, "door", b"a letter", 0)
        disk = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
        disk.execute(f"CREATE VIEW {table_of(Topic.DEAD_LETTERS)} AS SELECT 1")
        with pytest.raises(LogError):
            desk.flush()
        disk.execute(f"DROP VIEW {table_of(Topic.DEAD_LETTERS)}")
        disk.close()
        door.flush()
        desk.append(Topic.DEAD_LETTERS, "desk", b"a letter", 0)
        desk.flush()
    with open_log(settings.log) as log:
        assert sorted(record.key for record in log.read(Topic.DEAD_LETTERS, 0)) == ["desk", "door"]
