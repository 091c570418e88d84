"""A network that loses answers: it hands everything on, until it is told to drop one."""

import select
import socket
from threading import Event, Thread
from typing import Self

_LOOK_S = 0.05


class LosingProxy:
    """Stands before a server on the loopback address. A context manager."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_LOOK_S)
        self.port: int = self._listening.getsockname()[1]
        self._doomed = b""
        self.lost = 0
        self._ending = Event()
        self._threads = [Thread(target=self._accept)]

    def lose_answer_to(self, word: bytes) -> None:
        """Let the next question with this word in it reach the server, and cut the connection instead of the answer."""
        self._doomed = word

    def lead_to(self, server_port: int) -> None:
        """Let who connects from now on get to another server; connections that are open stay where they are."""
        self._server_port = server_port

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._listening.accept()
            except TimeoutError:
                continue
            self._threads.append(Thread(target=self._hand_on, args=(client,)))
            self._threads[-1].start()

    def _hand_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            while not self._ending.is_set():
                for source in select.select([client, server], [], [], _LOOK_S)[0]:
                    if not (words := source.recv(1 << 20)):
                        return
                    (server if source is client else client).sendall(words)
                    if source is client and self._doomed and self._doomed in words:
                        self._doomed = b""
                        server.recv(1 << 20)
                        self.lost += 1
                        return

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        self._listening.close()
