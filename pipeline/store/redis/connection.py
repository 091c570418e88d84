"""What the Redis stores share: the connections, what is asked again after a failure, and errors in lookout's words."""

import time
from collections.abc import Callable, Sequence
from threading import Event
from types import TracebackType
from typing import Any, Self, TypeVar

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipeline.errors import StoreError
from pipeline.store.redis.address import RedisAddress

PREFIX = "lookout:"  # of every key, so that an ACL can say ~lookout:*
ANSWER_S = 3.0  # how long the server may take to answer anything, and how long a question is asked again
_AGAIN_S = 0.1  # between two attempts

T = TypeVar("T")
Word = str | bytes | int


class RedisStore:
    """A server that is asked from several threads at once, each over a connection of its own. A context manager."""

    def __init__(self, address: RedisAddress) -> None:
        """Connect.

        Raises:
            StoreError: nobody listens, the login is refused, or there is no answer in time.
        """
        self._address = address
        self._closed = Event()
        self._client = redis.Redis(
            **address.options(),
            socket_timeout=ANSWER_S,
            socket_connect_timeout=ANSWER_S,
            retry=Retry(NoBackoff(), 0),  # only this class knows what may be asked again
            protocol=2,  # answers of one shape, whatever the server's version
        )
        try:
            self._ask("connect to", "PING", again=False)
        except StoreError:
            self.close()
            raise

    def _ask(self, deed: str, *command: Word, again: bool = True) -> Any:
        """Return the server's answer to a command.

        Args:
            deed: what is being done to the store, for the message.
            command: its words.
            again: whether it does no more when asked twice; then it is, while a server comes back.

        Raises:
            StoreError: there is no answer, or a refusal.
        """
        return self._insist(deed, lambda client: client.execute_command(*command), again=again)

    def _ask_many(self, deed: str, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Return the answers to commands that only read; they are sent at once.

        Raises:
            StoreError: there is no answer, or a refusal.
        """

        def question(client: Any) -> list[Any]:
            with client.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                return list(pipeline.execute())

        return self._insist(deed, question, again=True) if commands else []

    def _run(self, deed: str, script: str, keys: Sequence[str], words: Sequence[Word], *, again: bool) -> Any:
        """Return what a script answers; the server does nothing else meanwhile.

        Raises:
            StoreError: there is no answer, or a refusal.
        """
        return self._ask(deed, "EVAL", script, len(keys), *keys, *words, again=again)

    def _insist(self, deed: str, question: Callable[[Any], T], *, again: bool) -> T:
        until_s = time.monotonic() + ANSWER_S
        while True:
            if self._closed.is_set():
                raise StoreError(f"cannot {deed} {self._address}: it was closed before")
            try:
                return question(self._client)
            except (exceptions.RedisError, OSError) as error:
                if isinstance(error, exceptions.ReadOnlyError):  # after a failover the address may lead elsewhere,
                    self._let_go()  # but only who connects anew gets there
                if not (again and _passes(error)) or time.monotonic() >= until_s:
                    raise self._failure(deed, error) from None  # its own cause may hold the password
            finally:
                if self._closed.is_set():  # while the answer was under way
                    self._let_go()
            time.sleep(_AGAIN_S)

    def _failure(self, deed: str, error: Exception) -> StoreError:
        told = self._address.hide(f"{error}".rstrip(". ") or type(error).__name__)
        return StoreError(f"cannot {deed} {self._address}: {told}; {_remedy(error)}")

    def close(self) -> None:
        """Let go of the server; what another thread is being answered just now still comes."""
        self._closed.set()
        self._let_go()

    def _let_go(self) -> None:
        self._client.connection_pool.disconnect(inuse_connections=False)

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _passes(error: Exception) -> bool:
    """Whether a failure goes by when the server is back."""
    refused = isinstance(error, exceptions.AuthenticationError | exceptions.AuthorizationError)
    return isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError | OSError) and not refused


_REMEDIES: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.AuthenticationError, "see user and password in the store's address"),
    (exceptions.NoPermissionError, f"give the user ~{PREFIX}* and +@all -@dangerous in the server's ACL"),
    (exceptions.OutOfMemoryError, "nothing was written; give the server more memory"),
    (exceptions.ReadOnlyError, "nothing was written: it is a replica, so name the primary"),
    (exceptions.BusyLoadingError, "it is still reading its file: wait"),
    (exceptions.TimeoutError, f"it did not answer within {ANSWER_S:g} s: see its load and the network"),
    (exceptions.ConnectionError, "see that the server runs, and that the address is right"),
    (OSError, "see that the server runs, and that the address is right"),
)


_REMEDIES_BY_WORD = {
    "CERTIFICATE_VERIFY_FAILED": "name the authorities that signed its certificate: ?ca=FILE in the address",
    "MISCONF": "nothing was written; see the server's disk",
    "WRONGTYPE": f"what stands under {PREFIX} is not lookout's: choose another database",
}


def _remedy(error: Exception) -> str:
    text = str(error)
    for word, words in _REMEDIES_BY_WORD.items():
        if word in text:
            return words
    return next((words for kind, words in _REMEDIES if isinstance(error, kind)), "see the server's own log")
