"""Hides what a camera's address keeps secret, for every text that somebody may read."""

import re

HIDDEN = "***"

# A password may hold an unescaped "@" or "/", so everything up to the last "@" goes; a query may hold a token.
_USER = re.compile(r"(?<=://)\S*@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*")
_PARAMETER = re.compile(r"(://[^\s?#=]*=)[^\s?#]*")  # some cameras take user and password within the path
_BARE_USER = re.compile(r"[^/\s]*:.*@", re.DOTALL)


def redact(text: str) -> str:
    """Return a text whose addresses have lost user, password, a path's parameters, query and fragment.

    An address ends at white space: where the whole text is one address, ``redact_address`` sees more.
    """
    return _PARAMETER.sub(rf"\1{HIDDEN}", _QUERY.sub(rf"\1?{HIDDEN}", _USER.sub(f"{HIDDEN}@", text)))


def redact_address(address: str) -> str:
    """Return one address without user, password, parameters, query and fragment, even where they hold white space."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return _BARE_USER.sub(f"{HIDDEN}@", address)
    _, at, place = rest.rpartition("@")
    host, question, _ = re.sub(r"[?#]", "?", place).partition("?")
    host, equals, _ = host.partition("=")
    path = f"{host}={HIDDEN}" if equals else host
    return f"{scheme}://{HIDDEN + '@' if at else ''}{path}{'?' + HIDDEN if question else ''}"
