"""A real RTSP server for the tests of cameras, one for the whole run."""

from collections.abc import Iterator

import pytest

from tests.contract.services.rtsp import RtspServer


@pytest.fixture(scope="session")
def rtsp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtspServer]:
    """Return an RTSP server that runs; who stops it starts it again."""
    server = RtspServer(tmp_path_factory.mktemp("rtsp"))
    server.start()
    yield server
    server.stop()
