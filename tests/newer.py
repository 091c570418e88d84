"""Entries as a newer version of lookout would write them."""

import pytest

from pipeline.records import WatchlistEntry
from pipeline.store.base import WatchlistStore


def put_newer(monkeypatch: pytest.MonkeyPatch, store: WatchlistStore, entry: WatchlistEntry) -> int:
    """Write an entry as a version would whose records nobody here reads; return the revision."""
    with monkeypatch.context() as newer:
        for adapter in ("sqlite", "redis.watchlist"):
            newer.setattr(f"pipeline.store.{adapter}.encode", lambda _: b"\x02in a format to come")
        return store.put(entry)
