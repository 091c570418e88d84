"""A real Redis server of the tests' own, on the loopback address, with a password and an append-only file."""

import secrets
from pathlib import Path

import redis

from tests.contract.services.programs import Server, free_port, make_certificate, require_program

_START_S = 20.0


class RedisServer(Server):
    """Redis; it acknowledges nothing before it is on disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "redis")
        self.password = secrets.token_hex(8)
        self.port = free_port()
        self._binary = require_program("redis-server", "redis-server")

    @property
    def url(self) -> str:
        """Its address, with a secret in it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers; what was acknowledged before is there again."""
        options = {
            "bind": "127.0.0.1",
            **self._listening(),
            "requirepass": self.password,
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.launch([str(self._binary), *words], self._answers, _START_S)

    def _listening(self) -> dict[str, str]:
        return {"port": str(self.port)}

    def client(self) -> redis.Redis:
        """Return a client that may do everything."""
        return redis.Redis.from_url(self.url, socket_timeout=1.0)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.RedisError:  # not yet, or still reading its file
                return False

    def empty(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()


class TlsRedisServer(RedisServer):
    """Redis that speaks TLS alone, under a certificate of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._key, self.ca = make_certificate(folder)

    @property
    def url(self) -> str:
        """Its address, with a secret in it, and without the authority that signed its certificate."""
        return f"rediss://:{self.password}@127.0.0.1:{self.port}/0"

    def _listening(self) -> dict[str, str]:
        files = {"tls-cert-file": str(self.ca), "tls-key-file": str(self._key), "tls-ca-cert-file": str(self.ca)}
        return {"port": "0", "tls-port": str(self.port), "tls-auth-clients": "no", **files}

    def client(self) -> redis.Redis:
        """Return a client that may do everything."""
        return redis.Redis.from_url(self.url, socket_timeout=1.0, ssl_ca_certs=str(self.ca))
