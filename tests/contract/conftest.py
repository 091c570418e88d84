"""Real servers for the adapters' tests, one of each kind for the whole run."""

from collections.abc import Iterator

import pytest

from tests.contract.services.kafka_broker import KafkaBroker
from tests.contract.services.redis import RedisServer


def pytest_configure(config: pytest.Config) -> None:
    """Let kafka-python read its message formats in the way that Python 3.11 and 3.12 call deprecated."""
    config.addinivalue_line("filterwarnings", "ignore:(read|open)_text is deprecated:DeprecationWarning")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Return a Redis server that runs; who stops it starts it again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """Return the address, with its password, of a Redis server that holds nothing."""
    redis_server.empty()
    return redis_server.url


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """Return a Kafka broker that runs; who stops it starts it again."""
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()
