"""Real servers for the adapters' tests; tests/conftest.py starts one of each kind for the whole run."""

import pytest

from tests.contract.services.redis import RedisServer


def pytest_configure(config: pytest.Config) -> None:
    """Let kafka-python read its message formats in the way that Python 3.11 and 3.12 call deprecated."""
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Return the address, with its password, of a Redis server that holds nothing."""
    redis_server.empty()
    return redis_server.url
