"""Opening clients of kafka-python, and telling their errors in lookout's words."""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from kafka import errors
from kafka.net.compat import KafkaNetClient

from pipeline.errors import LogError, SettingsError
from pipeline.log.kafka.address import KafkaAddress

ANSWER_S = 10.0  # how long a cluster may take to answer anything
_CONNECT_S = 3.0


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How patient the log is, and how much it lets be under way."""

    # Below the 30 s that flush waits by default, so that by then every record is known to be taken or not.
    delivery_timeout_s: float = 25.0
    connect_timeout_s: float = ANSWER_S
    session_timeout_s: float = 10.0  # after so long without a heartbeat a member is dead and succeeded
    stall_after_s: float = 30.0  # without a record although there are some, or without an answer
    most_under_way_bytes: int = 32 * 1024 * 1024  # then appending waits

    def __post_init__(self) -> None:
        """Check the ranges."""
        if min(getattr(self, name) for name in self.__slots__) <= 0:
            raise SettingsError(f"the log's times and sizes must be above 0, but are {self}")


def open_client(kind: Callable[..., Any], address: KafkaAddress, patience_s: float = ANSWER_S, **options: Any) -> Any:
    """Return a client, connected and logged in.

    Args:
        kind: a class of kafka-python.
        address: of the cluster.
        patience_s: how long connecting may take.
        options: of that class.

    Raises:
        LogError: nobody listens, the login is refused, or there is no answer in time; nothing is left behind.
    """
    if find_spec("crc32c") is None:
        raise LogError(
            "a Kafka log needs the package crc32c, which is not installed: pip install 'kafka-python[crc32c]'"
        )
    _keep_quiet()
    _check_reachable(address)
    inner: list[Any] = []

    def remembered(**told: Any) -> Any:
        inner.append(KafkaNetClient(**told))
        return inner[-1]

    with translated(address, "connect to"):
        try:
            return kind(
                **address.options(),
                **options,
                bootstrap_timeout_ms=round(patience_s * 1000),
                reconnect_backoff_max_ms=1000,  # a broker that is back is found within a second
                kafka_client=remembered,
            )
        except BaseException as error:
            # A client that fails to come up would leave its thread and sockets behind.
            for client in inner:
                with suppress(Exception):
                    client.close()
            if isinstance(error, errors.KafkaTimeoutError):
                raise LogError(
                    f"{address} listens, but has let nobody in within {patience_s:g} s; "
                    "see security, mechanism, user and password in its address"
                ) from None
            raise


def _keep_quiet() -> None:
    """Keep kafka-python from writing passwords into its log, as it does below INFO."""
    logger = logging.getLogger("kafka")
    logger.setLevel(max(logger.level, logging.INFO))


def _check_reachable(address: KafkaAddress) -> None:
    """See that somebody listens, and over TLS is believed; kafka-python tries for its whole patience, and tells no why.

    Raises:
        LogError: nobody does, or nobody is.
    """
    troubles, listens = [], False
    for server in address.servers:
        host, _, port = server.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S) as connection:
                listens = True
                _check_trusted(connection, host.strip("[]"), address)
        except OSError as error:  # of which TLS's errors are some
            troubles.append(f"{server}: {error.strerror or error}")
        else:
            return
    why = "; ".join(troubles)
    if listens and address.tls:
        raise LogError(
            f"{address} listens, but no TLS with it is trusted ({why}); name the authorities that signed its "
            "certificate with ca=FILE in its address, and the host as the certificate does; see its security"
        )
    raise LogError(f"nobody answers at {address} ({why}); see that the broker runs and the address is right")


def _check_trusted(connection: socket.socket, host: str, address: KafkaAddress) -> None:
    if address.tls:
        context = ssl.create_default_context(cafile=address.ca)
        context.wrap_socket(connection, server_hostname=host).close()


@contextmanager
def translated(address: KafkaAddress, deed: str) -> Iterator[None]:
    """Raise errors of kafka-python as ``LogError``, with what to do and without the password."""
    try:
        yield
    except (errors.KafkaError, OSError, ValueError) as error:
        raise failure(address, deed, error) from None


def failure(address: KafkaAddress, deed: str, error: BaseException) -> LogError:
    """Return an error of kafka-python in lookout's words."""
    return LogError(f"cannot {deed} {address}: {told(address, error)}; {_remedy(error)}")


def told(address: KafkaAddress, error: BaseException) -> str:
    """Return an error in words that anybody may read."""
    name, text = type(error).__name__, str(error)
    return address.hide(text if text.startswith(name) else f"{name}: {text}".removesuffix(": "))


def _remedy(error: BaseException) -> str:
    if isinstance(error, errors.AuthorizationError):
        return "give the user this right in the broker's ACLs"
    if isinstance(error, errors.UnknownTopicOrPartitionError):
        return "`lookout topics create` makes lookout's topics"
    if isinstance(error, errors.UnknownBrokerIdError):
        return "a partition has no leader: see that every broker runs"
    if isinstance(error, errors.RetriableError | OSError):
        return "see that the broker runs, and that address and security are right"
    return "see the broker's own log"
