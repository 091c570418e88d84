"""The address of a Redis server: ``redis://[[user]:password@]host[:port][/database]``, ``rediss://`` for TLS."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pipeline.address import scheme_of
from pipeline.errors import SettingsError
from pipeline.redact import HIDDEN, redact_address

SCHEMES = ("redis", "rediss")
DEFAULT_PORT = 6379
_OPTIONS = ("ca",)


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where a server is and who asks; as text it shows neither user nor password."""

    host: str
    port: int = DEFAULT_PORT
    database: int = 0
    tls: bool = False
    ca: str | None = None  # file of the authorities that signed the server's certificate; the system's where None
    user: str = field(default="", repr=False)  # of the server's ACL; its default user where empty
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Return the address as anybody may read it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        login = f"{HIDDEN}@" if self.password else ""
        return f"redis{'s' if self.tls else ''}://{login}{host}:{self.port}/{self.database}"

    def hide(self, text: str) -> str:
        """Return a text without the password."""
        return text.replace(self.password, HIDDEN) if self.password else text

    def options(self) -> dict[str, Any]:
        """Return what a client of redis-py has to be told."""
        told: dict[str, Any] = {"host": self.host, "port": self.port, "db": self.database}
        if self.password:
            told |= {"username": self.user or None, "password": self.password}
        if self.tls:
            told |= {"ssl": True, "ssl_ca_certs": self.ca}
        return told


def parse_redis_address(address: str) -> RedisAddress:
    """Read an address; user and password are percent-encoded where they hold one of ``@ : / ? # %``.

    Raises:
        SettingsError: it names no server, an option that is not known, a file that is not there, or a user without a
            password.
    """
    tls = scheme_of(address, "store", SCHEMES) == "rediss"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", DEFAULT_PORT if parts.port is None else parts.port
        database = int(parts.path.strip("/") or 0)
    except ValueError:  # its text may hold a part of the password
        raise _no_address(address) from None
    if not host or not port or database < 0 or parts.fragment or "@" in parts.query:  # or a password has ? or #
        raise _no_address(address)
    if parts.username and not parts.password:
        raise SettingsError(f"the store {redact_address(address)} names a user, but no password")
    chosen = _options(parts, address, tls=tls)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return RedisAddress(host, port, database, tls, chosen.get("ca"), user, password)


def _options(parts: SplitResult, address: str, *, tls: bool) -> dict[str, str]:
    chosen = dict(parse_qsl(parts.query))
    for name in chosen:
        if name not in _OPTIONS:
            raise SettingsError(f"the store {redact_address(address)} may say {', '.join(_OPTIONS)}, but not {name!r}")
    if chosen and not tls:
        raise SettingsError(f"the store {redact_address(address)} needs rediss:// for the authorities of ca")
    if chosen and not Path(chosen["ca"]).is_file():
        raise SettingsError(
            f"the store {redact_address(address)} names authorities, but there is no file {chosen['ca']}"
        )
    return chosen


def _no_address(address: str) -> SettingsError:
    return SettingsError(
        f"a Redis store is redis://[[user]:password@]host[:port][/database], but is {redact_address(address)}; "
        "in a password, write @ : / ? # % as %40 %3A %2F %3F %23 %25"
    )
