"""The addresses of logs and stores."""

from pathlib import Path
from urllib.parse import urlsplit

from pipeline.errors import SettingsError
from pipeline.redact import redact_address


def scheme_of(address: str, what: str, known: tuple[str, ...]) -> str:
    """Return the scheme of an address.

    Raises:
        SettingsError: it is none of ``known``; the message names those, and no password.
    """
    scheme, mark, _ = address.partition("://")
    if not mark or scheme not in known:
        names = " or ".join(f"{each}://" for each in known)
        raise SettingsError(f"{what} is an address that begins with {names}, but is {redact_address(address)!r}")
    return scheme


def log_scheme(address: str) -> str:
    """Return the scheme of an event log's address.

    Raises:
        SettingsError: there is no log of that kind.
    """
    return scheme_of(address, "log", ("sqlite", "kafka"))


def store_scheme(address: str) -> str:
    """Return the scheme of a store's address.

    Raises:
        SettingsError: there is no store of that kind.
    """
    return scheme_of(address, "store", ("sqlite", "redis", "rediss"))


def file_of(address: str) -> Path:
    """Return the file of ``sqlite:///relative`` or ``sqlite:////absolute``.

    Raises:
        SettingsError: it names a host, or no file.
    """
    parts = urlsplit(address)
    if parts.netloc or len(parts.path) < 2:
        raise SettingsError(
            "a file's address is sqlite:///relative/path or sqlite:////absolute/path, but is "
            f"{redact_address(address)!r}"
        )
    return Path(parts.path[1:])
