"""Addresses of Redis servers: what they say, what is refused, and what they never show."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.store.redis.address import parse_redis_address


def test_an_address_names_its_server() -> None:
    """Port and database that are left out are Redis's own; nobody logs in, and nothing is encrypted."""
    address = parse_redis_address("redis://cellar")
    assert address.options() == {"host": "cellar", "port": 6379, "db": 0}
    assert str(address) == "redis://cellar:6379/0"
    assert str(parse_redis_address("redis://[::1]:7000/3")) == "redis://[::1]:7000/3"


def test_a_user_logs_in() -> None:
    """A user of the server's ACL is named with a password; a password alone is the default user's."""
    ann = parse_redis_address("redis://ann:p%40ss%2Fword@cellar").options()
    assert (ann["username"], ann["password"]) == ("ann", "p@ss/word")
    nobody = parse_redis_address("redis://:pw@cellar").options()
    assert (nobody["username"], nobody["password"]) == (None, "pw")


def test_tls_checks_the_server(tmp_path: Path) -> None:
    """rediss:// encrypts, and may name the authorities to trust."""
    ca = tmp_path / "ca.pem"
    ca.touch()
    options = parse_redis_address(f"rediss://:pw@cellar:1/0?ca={ca}").options()
    assert options["ssl"] is True
    assert options["ssl_ca_certs"] == str(ca)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("kafka://h:1", "begins with redis:// or rediss://"),
        ("redis://", "redis://[[user]:password@]host"),
        ("redis://h:0", "redis://[[user]:password@]host"),
        ("redis://h:99999", "redis://[[user]:password@]host"),
        ("redis://h:port", "redis://[[user]:password@]host"),
        ("redis://h/database", "redis://[[user]:password@]host"),
        ("redis://h/-1", "redis://[[user]:password@]host"),
        ("redis://h/0#hidden-secret", "redis://[[user]:password@]host"),
        ("redis://:hidden-secret@[::1/0", "redis://[[user]:password@]host"),
        ("redis://:hidden-secret/x@h", "%2F"),
        ("redis://ann:1?hidden-secret=x@h", "%3F"),
        ("redis://ann@h", "names a user, but no password"),
        ("redis://:hidden-secret@h?ca=/etc/ca.pem", "needs rediss://"),
        ("rediss://:hidden-secret@h?ca=nowhere.pem", "there is no file nowhere.pem"),
        ("rediss://:hidden-secret@h?passwort=hidden-secret", "may say ca, but not 'passwort'"),
    ],
)
def test_a_wrong_address_is_told(address: str, words: str) -> None:
    """Whatever is wrong, the error says what is expected, and no password."""
    with pytest.raises(SettingsError) as found:
        parse_redis_address(address)
    assert words in str(found.value)
    assert "hidden-secret" not in str(found.value)


@given(st.text(min_size=1, max_size=20), st.text(min_size=8, max_size=20))
def test_any_password_is_read_and_never_shown(user: str, password: str) -> None:
    """Every user and password can be written, and neither stands in the address as text."""
    address = parse_redis_address(f"redis://{quote(user, safe='')}:{quote(password, safe='')}@h:1")
    assert (address.user, address.password) == (user, password)
    assert password not in str(address)
    assert password not in repr(address)
    assert address.hide(f"trouble with {password}") == "trouble with ***"


@pytest.mark.parametrize("address", ["file.db", "mysql://h/db", "kafka://ann:hidden-secret@h:1"])
def test_a_store_of_no_known_kind_is_told(address: str) -> None:
    """Opening a store that is neither names those that are."""
    for call in (open_watchlist, open_alerts):
        with pytest.raises(SettingsError, match="sqlite:// or redis:// or rediss://") as found:
            call(address)
        assert "hidden-secret" not in str(found.value)
