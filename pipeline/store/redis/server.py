"""What a Redis server says of itself."""

from dataclasses import dataclass

from pipeline.errors import StoreError
from pipeline.store.redis.connection import RedisStore


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server, as it is now."""

    now_ms: int  # by its own clock, UTC
    appends_only: bool | None  # whether it keeps an append-only file; None where it does not tell


class RedisServerView(RedisStore):
    """Asks a server about itself; a context manager."""

    def look(self) -> ServerState:
        """Return how the server is.

        Raises:
            StoreError: it does not answer.
        """
        seconds, micros = self._ask("read the clock of", "TIME")
        return ServerState(int(seconds) * 1000 + int(micros) // 1000, self._appends_only())

    def _appends_only(self) -> bool | None:
        try:
            told = self._ask("see the persistence of", "INFO", "persistence", again=False)
        except StoreError:  # the user may lack the right, without which everything else works
            return None
        enabled = told.get("aof_enabled") if isinstance(told, dict) else None
        return None if enabled is None else bool(int(enabled))
