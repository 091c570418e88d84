"""Cameras that misbehave, simple ones, and a cable that can be pulled: servers on the loopback address, in threads."""

import itertools
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from types import TracebackType
from typing import Self


class TcpCamera:
    """Accepts whoever connects, and then does what it was made for."""

    def __init__(self, serve: Callable[[socket.socket, Event], None]) -> None:
        """Listen on a free port; ``serve`` is called with each connection, and the event that ends it."""
        over = self._over = Event()

        class Answer(BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    serve(self.request, over)

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()


def never_answers(connection: socket.socket, over: Event) -> None:
    """Take what comes and say nothing."""
    connection.settimeout(0.2)
    while not over.is_set():
        with suppress(TimeoutError):
            if not connection.recv(65536):
                return


def sends_garbage(connection: socket.socket, over: Event) -> None:
    """Send what no protocol knows, and a lot of it."""
    while not over.is_set():
        connection.sendall(os.urandom(4096))
        time.sleep(0.01)


def shows_pictures(pictures: Sequence[bytes], fps: float) -> Callable[[socket.socket, Event], None]:
    """Return what sends JPEG pictures over HTTP, one after another, as simple cameras do."""

    def serve(connection: socket.socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n")
        for picture in itertools.cycle(pictures):
            head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            connection.sendall(head.encode() + picture + b"\r\n")
            if over.wait(1.0 / fps):
                return

    return serve


def serves_files(folder: Path) -> Callable[[socket.socket, Event], None]:
    """Return what gives the files of a folder over HTTP."""

    def serve(connection: socket.socket, _: Event) -> None:
        name = connection.recv(65536).split()[1].decode().rpartition("/")[2].partition("?")[0]
        kind = "application/vnd.apple.mpegurl" if name.endswith(".m3u8") else "video/mp2t"
        body = (folder / name).read_bytes()
        head = f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    return serve


class Cable:
    """Passes on what goes between a camera and its viewers, unless it is pulled or frozen."""

    def __init__(self, port: int) -> None:
        """Pass on to a port of the loopback address."""
        self._to = port
        self._listener: socket.socket | None = None
        self._sockets: list[socket.socket] = []
        self._flows = Event()
        self._flows.set()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.plug()

    def plug(self) -> None:
        """Accept viewers."""
        listener = self._listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        Thread(target=self._accept, args=(listener,), daemon=True).start()

    def pull(self) -> None:
        """End every connection and accept none."""
        listener, self._listener = self._listener, None
        ended, self._sockets = self._sockets, []
        for each in ([listener] if listener else []) + ended:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def freeze(self) -> None:
        """Keep the connections, and pass nothing on."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on again."""
        self._flows.set()

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Pull."""
        self.thaw()
        self.pull()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                viewer, _ = listener.accept()
                camera = socket.create_connection(("127.0.0.1", self._to), 5.0)
                camera.settimeout(None)
                self._sockets += [viewer, camera]
                for ends in ((viewer, camera), (camera, viewer)):
                    Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while passed := here.recv(65536):
                self._flows.wait()
                there.sendall(passed)
        for each in (here, there):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
