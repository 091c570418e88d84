"""Addresses of Kafka clusters: what they say, what is refused, and what they never show."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.log.kafka.address import parse_kafka_address
from pipeline.log.open import open_log
from pipeline.log.shapes import SHAPES, TopicShape
from pipeline.log.topics import create_topics


def test_an_address_names_its_servers() -> None:
    """Several brokers stand one after another; a port left out is Kafka's own."""
    address = parse_kafka_address("kafka://one:9093,two,[::1]:9094")
    assert address.servers == ("one:9093", "two:9092", "[::1]:9094")
    assert address.options()["security_protocol"] == "PLAINTEXT"
    assert str(address) == "kafka://one:9093,two:9092,[::1]:9094"


def test_a_user_logs_in_over_tls() -> None:
    """A user and password mean SASL over TLS, if nothing else is said."""
    options = parse_kafka_address("kafka://ann:p%40ss%2Fword@broker").options()
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("ann", "p@ss/word")


def test_options_choose_the_login(tmp_path: Path) -> None:
    """Security, mechanism and authorities can be chosen."""
    ca = tmp_path / "ca.pem"
    ca.touch()
    options = parse_kafka_address("kafka://ann:pw@b:1?security=sasl_plaintext&mechanism=plain").options()
    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert options["sasl_mechanism"] == "PLAIN"
    assert parse_kafka_address(f"kafka://ann:pw@b:1?ca={ca}").options()["ssl_cafile"] == str(ca)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("redis://h:1", "begins with kafka://"),
        ("kafka://", "kafka://host:port"),
        ("kafka://h:0", "kafka://host:port"),
        ("kafka://h:99999", "kafka://host:port"),
        ("kafka://h:port", "kafka://host:port"),
        ("kafka://h,,g", "kafka://host:port"),
        ("kafka://h/topic", "kafka://host:port"),
        ("kafka://h?security=none", "plaintext, ssl, sasl_plaintext, sasl_ssl, but is 'none'"),
        ("kafka://h?mechanism=gssapi", "but is 'gssapi'"),
        ("kafka://h?acks=0", "security, mechanism, ca, but not 'acks'"),
        ("kafka://h?security=", "plaintext, ssl, sasl_plaintext, sasl_ssl, but is ''"),
        ("kafka://h?ca=/etc/hosts", "needs security=ssl for the authorities of ca"),
        ("kafka://h?security=ssl&ca=/nowhere.pem", "no file /nowhere.pem"),
        ("kafka://h?security=sasl_ssl", "needs user:password@"),
        ("kafka://ann@h", "needs user:password@"),
        ("kafka://ann:hidden-secret@h?security=ssl", "needs security=sasl_ssl"),
        ("kafka://ann:hidden-secret@h:port", "%40"),
        ("kafka://ann:p?hidden-secret=@h", "%3F"),
        ("kafka://ann:p?security=hidden-secret@h", "%3F"),
        ("kafka://ann:hidden-secret@h?passwort=hidden-secret", "but not 'passwort'"),
    ],
)
def test_a_wrong_address_is_told(address: str, words: str) -> None:
    """Whatever is wrong, the error says what is expected, and no password."""
    with pytest.raises(SettingsError) as found:
        parse_kafka_address(address)
    assert words in str(found.value)
    assert "hidden-secret" not in str(found.value)


@given(st.text(min_size=1, max_size=20), st.text(min_size=8, max_size=20))
def test_any_password_is_read_and_never_shown(user: str, password: str) -> None:
    """Every user and password can be written, and neither stands in the address as text."""
    address = parse_kafka_address(f"kafka://{quote(user, safe='')}:{quote(password, safe='')}@b:1")
    assert (address.user, address.password) == (user, password)
    assert password not in str(address)
    assert password not in repr(address)
    assert address.hide(f"trouble with {password}") == "trouble with ***"


@pytest.mark.parametrize("address", ["file.db", "mysql://h/db", "redis://:hidden-secret@h:1"])
def test_a_log_of_no_known_kind_is_told(address: str) -> None:
    """Opening a log that is neither names those that are."""
    for call in (open_log, create_topics):
        with pytest.raises(SettingsError, match="sqlite:// or kafka://") as found:
            call(address)
        assert "hidden-secret" not in str(found.value)


def test_a_file_needs_no_topics() -> None:
    """A log in a file has nothing to create."""
    assert create_topics("sqlite:///lookout.db") == []


def test_every_topic_has_a_shape() -> None:
    """Nothing is kept for ever but the newest of each watchlist entry."""
    assert all(shape.compacted or shape.retention_h for shape in SHAPES.values())


@pytest.mark.parametrize(("partitions", "retention_h"), [(0, 1.0), (1, 0.0), (-1, None)])
def test_an_impossible_shape_is_refused(partitions: int, retention_h: float | None) -> None:
    """A topic has partitions, and a retention that is above nothing."""
    with pytest.raises(SettingsError, match="1 partition or more"):
        TopicShape(partitions, retention_h)
