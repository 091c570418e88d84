"""The address of a Kafka cluster: ``kafka://[user:password@]host[:port][,host[:port]…][?security=…]``."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from pipeline.address import scheme_of
from pipeline.errors import SettingsError
from pipeline.redact import HIDDEN, redact_address

DEFAULT_PORT = 9092
SECURITIES = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("plain", "scram-sha-256", "scram-sha-512")
_OPTIONS = ("security", "mechanism", "ca")
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """Where a cluster is and who asks; as text it shows neither user nor password."""

    servers: tuple[str, ...]  # host:port
    security: str = "plaintext"
    mechanism: str = "scram-sha-512"
    ca: str | None = None  # file of the authorities that signed the brokers' certificates; the system's where None
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def tls(self) -> bool:
        """Whether what goes over the network is encrypted, and the brokers' certificates are looked at."""
        return self.security.endswith("ssl")

    def __str__(self) -> str:
        """Return the address as anybody may read it."""
        return f"kafka://{HIDDEN + '@' if self.user else ''}{','.join(self.servers)}"

    def hide(self, text: str) -> str:
        """Return a text without the password."""
        return text.replace(self.password, HIDDEN) if self.password else text

    def options(self) -> dict[str, Any]:
        """Return what every client of kafka-python has to be told."""
        told: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security.upper(),
            "ssl_cafile": self.ca,
        }
        if self.security.startswith("sasl"):
            told |= {
                "sasl_mechanism": self.mechanism.upper(),
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return told


def parse_kafka_address(address: str) -> KafkaAddress:
    """Read an address; user and password are percent-encoded where they hold one of ``@ : / ? #``.

    Raises:
        SettingsError: it names no server, an option that is not known, a user without a way to log in, or authorities
            that are not there or that nothing would be held against.
    """
    scheme_of(address, "log", ("kafka",))
    place, _, query = address.removeprefix("kafka://").partition("?")
    login, _, hosts = place.rpartition("@")
    user, _, password = login.partition(":")
    chosen = _options(query, address)
    security = chosen.get("security", "sasl_ssl" if user else "plaintext")
    mechanism = chosen.get("mechanism", "scram-sha-512")
    _check("security", security, SECURITIES)
    _check("mechanism", mechanism, MECHANISMS)
    if security.startswith("sasl") != bool(user and password):
        raise SettingsError(
            f"the log {redact_address(address)} with security={security} "
            f"needs {'user:password@ before its host' if not password else 'security=sasl_ssl for its user'}"
        )
    servers = tuple(_server(each, address) for each in hosts.rstrip("/").split(","))
    found = KafkaAddress(servers, security, mechanism, chosen.get("ca"), unquote(user), unquote(password))
    _check_authorities(found, address)
    return found


def _check_authorities(found: KafkaAddress, address: str) -> None:
    if found.ca is not None and not found.tls:
        raise SettingsError(f"the log {redact_address(address)} needs security=ssl for the authorities of ca")
    if found.ca is not None and not Path(found.ca).is_file():
        raise SettingsError(f"the log {redact_address(address)} names authorities, but there is no file {found.ca}")


def _options(query: str, address: str) -> dict[str, str]:
    chosen = dict(parse_qsl(query, keep_blank_values=True))
    if "@" in query:  # a password with a question mark, of which no message may tell a part
        raise _no_address(address)
    for name in chosen:
        if name not in _OPTIONS:
            raise SettingsError(f"the log {redact_address(address)} may say {', '.join(_OPTIONS)}, but not {name!r}")
    return chosen


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(f"a log's {name} is one of {', '.join(known)}, but is {value!r}")


def _server(text: str, address: str) -> str:
    found = _SERVER.fullmatch(text)
    port = int(found["port"] or DEFAULT_PORT) if found else 0
    if found is None or not 0 < port < 65_536:
        raise _no_address(address)
    return f"{found['host']}:{port}"


def _no_address(address: str) -> SettingsError:
    return SettingsError(
        f"a Kafka log is kafka://host:port[,host:port], but is {redact_address(address)}; "
        "in a password, write @ : / ? # as %40 %3A %2F %3F %23"
    )
