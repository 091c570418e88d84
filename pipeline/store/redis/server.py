"""What a Redis server says of itself."""

from dataclasses import dataclass
from typing import Any

from pipeline.errors import StoreError
from pipeline.store.redis.connection import RedisStore


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server, as it is now."""

    now_ms: int  # by its own clock, UTC
    appends_only: bool | None  # whether it keeps an append-only file; None where it does not tell
    evicts: bool | None  # whether it throws away what lookout keeps once it is full; None where it does not tell


class RedisServerView(RedisStore):
    """Asks a server about itself; a context manager."""

    def look(self) -> ServerState:
        """Return how the server is.

        Raises:
            StoreError: it does not answer.
        """
        seconds, micros = self._ask("read the clock of", "TIME")
        appends, limit, policy = self._told("aof_enabled"), self._told("maxmemory"), self._told("maxmemory_policy")
        return ServerState(
            int(seconds) * 1000 + int(micros) // 1000,
            None if appends is None else bool(int(appends)),
            # Nothing of lookout's has a time to live, so the policies that look for one throw nothing away.
            None if limit is None or policy is None else int(limit) > 0 and str(policy).startswith("allkeys"),
        )

    def _told(self, name: str) -> Any:
        """Return what INFO says under a name; None where the user may not ask, without which everything else works."""
        try:
            told = self._ask("ask about", "INFO", again=False)
        except StoreError:
            return None
        return told.get(name) if isinstance(told, dict) else None
