"""One HTTP POST, and what its answer means. Redirects are not followed: a signed alert goes to its receiver only."""

import http.client
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from pipeline.errors import DeliveryError, SettingsError

_AGAIN = frozenset({408, 425, 429})  # and everything from 500 on: the receiver may take it later
_PORTS = {"http": 80, "https": 443}


class RefusedError(DeliveryError):
    """The receiver does not want this post, and will not later either."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where to post. Its text never shows more of the address than scheme, host and port."""

    scheme: str
    host: str
    port: int
    target: str = field(repr=False)  # path and query, which may hold a token
    authorisation: str | None = field(repr=False, default=None)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read a URL.

        Raises:
            SettingsError: it is no http or https URL; the message does not repeat it.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsError("a webhook's url is not a URL; expected https://HOST/PATH") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError("a webhook's url must begin with https:// or http:// and name a host")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not all("!" <= character <= "~" for character in target):
            raise SettingsError(
                "a webhook's url holds a blank or a letter beyond ASCII behind its host; write it as %20 and the like"
            )
        authorisation = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorisation = "Basic " + b64encode(pair.encode()).decode()
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], target, authorisation)

    def __str__(self) -> str:
        """Return the address without what may be secret."""
        return f"{self.scheme}://{self.host}:{self.port}/***"


def post(receiver: Receiver, body: bytes, headers: Mapping[str, str], timeout_s: float) -> None:
    """Post, and return when the receiver has taken it (any 2xx).

    Raises:
        RefusedError: it answered that it never will; a redirect counts as such.
        DeliveryError: it did not answer, or asked to come again.
    """
    kind = http.client.HTTPSConnection if receiver.scheme == "https" else http.client.HTTPConnection
    connection = kind(receiver.host, receiver.port, timeout=timeout_s)
    sent = dict(headers)
    if receiver.authorisation is not None:
        sent["Authorization"] = receiver.authorisation
    try:
        connection.request("POST", receiver.target, body, sent)
        answer = connection.getresponse()
        status, reason = answer.status, answer.reason
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DeliveryError(f"no answer from {receiver}: {type(error).__name__}") from None
    finally:
        connection.close()
    if 200 <= status < 300:
        return
    told = f"expected 2xx from {receiver}, but found {status} {reason}"
    if status in _AGAIN or status >= 500:
        raise DeliveryError(told)
    raise RefusedError(f"{told}; redirects are not followed" if 300 <= status < 400 else told)
