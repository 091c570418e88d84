"""The Redis stores when the server goes away, forgets, refuses or is asked by many."""

import re
import secrets
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
import redis
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.doctor.examine import Verdict
from pipeline.doctor.machine import memory_finding
from pipeline.errors import StoreError
from pipeline.records import Alert, AlertState, CaptureClock, Origin, WatchlistEntry
from pipeline.store.base import AlertFilter, AlertStore, Changes, Review, WatchlistStore
from pipeline.store.open import open_alerts, open_watchlist
from pipeline.store.redis.address import RedisAddress, parse_redis_address
from pipeline.store.redis.alerts import RedisAlerts
from pipeline.store.redis.server import RedisServerView
from pipeline.store.redis.watchlist import RedisWatchlist
from pipeline.watchlist import WatchlistView
from tests.contract.services.losing_proxy import LosingProxy
from tests.contract.services.programs import free_port
from tests.contract.services.redis import RedisServer, TlsRedisServer
from tests.waiting import until

PATIENCE_S = 60.0  # for what takes a moment, on a machine that is busy
COMPOSE = Path(__file__).parents[2] / "deploy" / "compose.yaml"
AT_MS = 1_700_000_000_000


@pytest.fixture
def store(redis_url: str) -> Iterator[WatchlistStore]:
    """Return a watchlist without entries."""
    with open_watchlist(redis_url) as opened:
        yield opened


@pytest.fixture
def admin(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """Return a client that may do everything; the server's memory and users are as before afterwards."""
    with redis_server.client() as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.acl_deluser("lookout")


def entry(entry_id: str, description: str = "a man in red") -> WatchlistEntry:
    """Return an entry that is told apart by its description."""
    vector = np.ones(16, np.float32)
    return WatchlistEntry(entry_id, description, vector, "tiny-1", 0.3, 0.01, "100 people of a test", 0, AT_MS)


def alert(alert_id: str, at_ms: int = AT_MS, **others: object) -> Alert:
    """Return an alert."""
    plain = Alert(
        alert_id=alert_id,
        entry_id="e-1",
        entry_version=1,
        description="a man in red",
        camera_id="gate",
        tracklet_id=f"t-{alert_id}",
        model_id="tiny-1",
        similarity=0.4,
        threshold=0.3,
        captured_at_ms=at_ms,
        first_seen_at_ms=at_ms,
        last_seen_at_ms=at_ms,
        clock=CaptureClock.WALL,
        box_xyxy=(0.0, 0.0, 10.0, 20.0),
        frame_size_wh=(64, 48),
        origin=Origin.LIVE,
        raised_at_ms=at_ms,
        coordinates="lookout.sightings[0]@1",
        background="100 people of elsewhere",
        crop_jpeg=b"jpeg",
    )
    return replace(plain, **others)  # type: ignore[arg-type]


def insist(question: Callable[[], Changes | None]) -> Changes | None:
    """Ask again, as the contract says, until the store answers."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return question()
        except StoreError:
            assert time.monotonic() < until, "no answer"


def shown(view: WatchlistView) -> dict[str, str]:
    """Return what a watchlist in memory says."""
    return {each.entry_id: each.description for each in view().entries}


def told(store: WatchlistStore) -> dict[str, str]:
    """Return what a store says."""
    return {each.entry_id: each.description for each in store.snapshot().entries}


def test_a_restart_in_the_midst_of_edits_loses_none(redis_server: RedisServer, redis_url: str) -> None:
    """While the server is killed three times, each acknowledged edit is kept, once, and reaches a watchlist in memory."""
    acknowledged: list[str] = []
    ending = Event()

    def write() -> None:
        with open_watchlist(redis_url) as mine:
            number = 0
            while not ending.is_set():
                number += 1
                try:
                    mine.put(entry(f"e-{number}"))
                except StoreError:
                    continue
                acknowledged.append(f"e-{number}")

    with open_watchlist(redis_url) as store, WatchlistView(store, 16) as view:
        writer = Thread(target=write)
        writer.start()
        for _ in range(3):
            goal = len(acknowledged) + 20
            until(lambda goal=goal: len(acknowledged) >= goal)  # type: ignore[misc]
            redis_server.kill()
            redis_server.start()
        ending.set()
        writer.join()
        assert {store.get(name).version for name in acknowledged} == {1}
        until(lambda: shown(view) == told(store))
        assert set(acknowledged) <= set(shown(view))


def test_who_waits_through_a_restart_hears_the_next_edit(redis_server: RedisServer, store: WatchlistStore) -> None:
    """Waiting for changes outlives a restart; it ends with the first edit after it."""
    revision = store.put(entry("a"))
    heard: list[Changes | None] = []
    waiting = Thread(target=lambda: heard.append(insist(lambda: store.changes(revision, PATIENCE_S))))
    waiting.start()
    redis_server.stop()
    redis_server.start()
    with open_watchlist(redis_server.url) as other:
        newest = other.put(entry("b"))
    waiting.join(PATIENCE_S)
    assert [changes and (changes.revision, [each.entry_id for each in changes.put]) for changes in heard] == [
        (newest, ["b"])
    ]


def test_a_server_that_hangs_is_told_and_comes_back(redis_server: RedisServer, store: WatchlistStore) -> None:
    """A server that answers nothing is an error in seconds; when it goes on, no edit is missing."""
    store.put(entry("a"))
    with WatchlistView(store, 16) as view, open_watchlist(redis_server.url) as other:
        redis_server.pause()
        try:
            with pytest.raises(StoreError, match="did not answer within 3 s"):
                other.put(entry("b"))
            until(lambda: view.trouble is not None)
            assert shown(view) == {"a": "a man in red"}
        finally:
            redis_server.resume()
        other.put(entry("c"))
        until(lambda: shown(view) == told(other) and view.trouble is None)
        assert {"a", "c"} <= set(shown(view))


def test_a_flushed_server_is_noticed(redis_server: RedisServer, store: WatchlistStore) -> None:
    """Edits after a flush are not taken for those before it, though they have the same numbers."""
    store.put(entry("old"))
    with WatchlistView(store, 16) as view, open_watchlist(redis_server.url) as other:
        revision = store.snapshot().revision
        redis_server.empty()
        assert other.put(entry("new")) == revision
        assert store.changes(revision, 0) is None
        until(lambda: shown(view) == {"new": "a man in red"})
        redis_server.empty()
        until(lambda: shown(view) == {})


def test_a_server_restored_from_older_data_is_noticed(redis_server: RedisServer, store: WatchlistStore) -> None:
    """After a restore, edits of other contents under the same revisions are heard of."""
    store.put(entry("kept"))
    kept = redis_server.folder / "appendonlydir"
    backup = redis_server.folder / "backup"
    shutil.copytree(kept, backup)
    try:
        lost = store.put(entry("lost"))
        with WatchlistView(store, 16) as view:
            assert set(shown(view)) == {"kept", "lost"}
            redis_server.stop()
            shutil.rmtree(kept)
            shutil.copytree(backup, kept)
            redis_server.start()
            with open_watchlist(redis_server.url) as other:
                assert other.put(entry("other")) == lost
            assert insist(lambda: store.changes(lost, 0)) is None
            until(lambda: set(shown(view)) == {"kept", "other"})
    finally:
        shutil.rmtree(backup)


def test_who_stayed_away_too_long_needs_a_snapshot(redis_url: str) -> None:
    """The server remembers so many changes; who missed more of them is told so."""
    with RedisWatchlist(parse_redis_address(redis_url), most_changes=5) as store:
        revisions = [store.put(entry(f"e-{number}")) for number in range(8)]
        assert store.changes(0, 0) is None
        assert store.changes(revisions[1], 0) is None
        changes = store.changes(revisions[4], 0)
        assert changes is not None
        assert [each.entry_id for each in changes.put] == ["e-5", "e-6", "e-7"]


def test_closing_ends_waiting(store: WatchlistStore) -> None:
    """Who waits in one thread while another closes the store is told that it is closed."""
    revision = store.put(entry("a"))
    said: list[str] = []

    def wait() -> None:
        try:
            store.changes(revision, PATIENCE_S)
        except StoreError as error:
            said.append(str(error))

    waiting = Thread(target=wait)
    waiting.start()
    store.close()
    waiting.join(PATIENCE_S)
    assert "closed" in said[0]


@pytest.mark.parametrize("open_store", [open_watchlist, open_alerts])
def test_a_wrong_password_is_told_and_not_shown(
    redis_server: RedisServer, open_store: Callable[[str], WatchlistStore | AlertStore]
) -> None:
    """A refused login says what to look at; the password stands neither in the error nor in its causes."""
    wrong = secrets.token_hex(8)
    with pytest.raises(StoreError, match="user and password") as found:
        open_store(redis_server.url.replace(redis_server.password, wrong))
    assert f"redis://***@127.0.0.1:{redis_server.port}/0" in str(found.value)
    assert wrong not in "".join(traceback.format_exception(found.value))


def test_nobody_at_the_address_is_told() -> None:
    """An address where nobody listens is an error that says so, without the password."""
    password = secrets.token_hex(8)
    with pytest.raises(StoreError, match="see that the server runs") as found:
        open_watchlist(f"redis://:{password}@127.0.0.1:{free_port()}/0")
    assert password not in "".join(traceback.format_exception(found.value))


def test_tls_needs_an_authority_that_is_trusted(tmp_path: Path) -> None:
    """A server with TLS is believed under the authority that the address names, and under no other."""
    server = TlsRedisServer(tmp_path)
    server.start()
    try:
        with open_watchlist(f"{server.url}?ca={server.ca}") as store:
            store.put(entry("a"))
            assert told(store) == {"a": "a man in red"}
        with pytest.raises(StoreError, match=r"authorities.*ca="):
            open_watchlist(server.url)
        with pytest.raises(StoreError, match="cannot connect"):
            open_watchlist(server.url.replace("rediss://", "redis://"))
    finally:
        server.stop()


def test_an_edit_whose_answer_is_lost_is_done_once(redis_server: RedisServer, store: WatchlistStore) -> None:
    """When the connection breaks after an edit, it is asked for again, and has one revision and one version."""
    with LosingProxy(redis_server.port) as proxy:
        with open_watchlist(redis_server.url.replace(str(redis_server.port), str(proxy.port))) as mine:
            proxy.lose_answer_to(b"XADD")
            revision = mine.put(entry("a"))
        assert proxy.lost == 1
    assert (store.get("a").version, store.snapshot().revision) == (1, revision)


def test_a_review_whose_answer_is_lost_is_not_repeated(redis_server: RedisServer, redis_url: str) -> None:
    """When the connection breaks after a review, that is an error, and the review stands there once."""
    with LosingProxy(redis_server.port) as proxy, open_alerts(redis_url) as store:
        store.upsert(alert("a"))
        with open_alerts(redis_url.replace(str(redis_server.port), str(proxy.port))) as mine:
            proxy.lose_answer_to(b"RPUSH")
            with pytest.raises(StoreError, match="see that the server runs"):
                mine.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
        assert proxy.lost == 1
        assert len(store.reviews("a")) == 1


@dataclass
class Failover:
    """An address that leads to a server, and later to its heir; the server keeps its connections."""

    proxy: LosingProxy
    admin: redis.Redis
    heir: RedisServer

    @property
    def address(self) -> RedisAddress:
        """The address."""
        return parse_redis_address(f"redis://:{self.heir.password}@127.0.0.1:{self.proxy.port}/0")

    def demote(self) -> None:
        """Make the server a replica that hears of nothing."""
        self.admin.execute_command("REPLICAOF", "127.0.0.1", "1")

    def lead_to_heir(self) -> None:
        """Let who connects from now on get to the heir."""
        self.proxy.lead_to(self.heir.port)


@pytest.fixture
def failover(redis_server: RedisServer, redis_url: str, tmp_path: Path) -> Iterator[Failover]:
    """Return a server with an heir, both of which hold nothing."""
    heir = RedisServer(tmp_path)
    heir.password = redis_url.partition("@")[0].rpartition(":")[2]
    heir.start()
    with LosingProxy(redis_server.port) as proxy, redis_server.client() as admin:
        yield Failover(proxy, admin, heir)
        admin.execute_command("REPLICAOF", "NO", "ONE")
    heir.stop()


def test_after_a_failover_the_address_leads_to_the_new_primary(failover: Failover) -> None:
    """A server that has become a replica refuses one write and keeps its connections; the next write finds its heir."""
    with RedisAlerts(failover.address) as alerts:
        alerts.upsert(alert("before"))
        failover.demote()
        failover.lead_to_heir()
        with pytest.raises(StoreError, match="it is a replica, so name the primary"):
            alerts.upsert(alert("after"))
        alerts.upsert(alert("after"))
    with failover.heir.client() as found:
        assert found.exists("lookout:alert:after")


def test_a_watchlist_follows_the_new_primary(failover: Failover) -> None:
    """Who only reads does not stay with a server that has become a replica and hears of no edit any more."""
    with RedisWatchlist(failover.address) as followed, WatchlistView(followed, 16) as view:
        followed.put(entry("before"))
        until(lambda: shown(view).keys() == {"before"}, "the first edit")
        failover.demote()
        until(lambda: "so name the primary" in (view.trouble or ""), "the replica to be told of")
        failover.lead_to_heir()
        with open_watchlist(failover.heir.url) as heir:
            heir.put(entry("after"))
        until(lambda: shown(view).keys() == {"after"}, "the heir's edit")


@pytest.mark.usefixtures("redis_url")
def test_the_rights_of_the_compose_file_are_enough(redis_server: RedisServer, admin: redis.Redis) -> None:
    """The user that deploy/compose.yaml makes may do everything that both stores do, and nothing dangerous."""
    rules = re.findall(
        r'"([^"]+)"', next(line for line in COMPOSE.read_text().splitlines() if "--user lookout" in line)
    )
    assert rules.pop(0) == ">$$LOOKOUT_REDIS_PASSWORD"
    admin.execute_command("ACL", "SETUSER", "lookout", "reset", "on", ">s3cret/pass", *rules)
    url = f"redis://lookout:s3cret%2Fpass@127.0.0.1:{redis_server.port}/0"
    with open_watchlist(url) as store, WatchlistView(store, 16) as view:
        store.put(entry("a"))
        store.put(entry("b"))
        store.remove("a")
        until(lambda: shown(view) == {"b": "a man in red"})
    with open_alerts(url) as alerts:
        alerts.upsert(alert("a"))
        alerts.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
        assert [each.alert_id for each in alerts.find(AlertFilter(state=AlertState.FALSE))] == ["a"]
        assert len(alerts.reviews("a")) == 1
        admin.delete("lookout:alerts:by-raising")
        assert alerts.expire(AT_MS, 1, 10) == 0
        assert alerts.expire(AT_MS + 2, 1, 10) == 1
    assert admin.execute_command("ACL", "DRYRUN", "lookout", "BGREWRITEAOF") == b"OK"  # docs/privacy.md asks for it
    with redis.Redis.from_url(url) as client:
        assert all(key.startswith(b"lookout:") for key in admin.keys("*"))
        for forbidden in (["FLUSHALL"], ["CONFIG", "GET", "*"], ["GET", "elsewhere"]):
            with pytest.raises(redis.exceptions.NoPermissionError):
                client.execute_command(*forbidden)


def test_missing_rights_are_told(redis_server: RedisServer, redis_url: str, admin: redis.Redis) -> None:
    """A user who may only read hears which rights to ask for, and writes nothing."""
    admin.execute_command("ACL", "SETUSER", "lookout", "reset", "on", ">reader", "~lookout:*", "+@read", "+ping")
    url = f"redis://lookout:reader@127.0.0.1:{redis_server.port}/0"
    with open_watchlist(url) as store, pytest.raises(StoreError, match=r"~lookout:\* and \+@all -@dangerous"):
        store.put(entry("a"))
    with open_watchlist(redis_url) as store:
        assert told(store) == {}


def test_a_full_server_refuses_whole_edits(store: WatchlistStore, admin: redis.Redis) -> None:
    """A server without memory is an error that says so; nothing of the edit is there."""
    revision = store.put(entry("a"))
    admin.config_set("maxmemory", 1)
    with pytest.raises(StoreError, match="nothing was written; give the server more memory"):
        store.put(entry("b"))
    assert (told(store), store.snapshot().revision) == ({"a": "a man in red"}, revision)


def test_an_entry_that_the_server_threw_away_is_told(store: WatchlistStore, admin: redis.Redis) -> None:
    """An entry that is gone though nobody removed it stands apart by its id, until it is put again or removed."""
    for entry_id in "abc":
        store.put(entry(entry_id))
    admin.delete("lookout:watchlist:entry:a", "lookout:watchlist:entry:b")  # as a full server does unless told not to
    lost = store.snapshot().damaged
    assert (told(store).keys(), lost.keys()) == ({"c"}, {"a", "b"})
    assert re.search(r"entry:a is gone, .*maxmemory-policy noeviction.*put it again or remove it", lost["a"])
    store.put(entry("a"))
    store.remove("b")
    assert (told(store).keys(), dict(store.snapshot().damaged)) == ({"a", "c"}, {})
    with pytest.raises(StoreError, match="no entry 'b'"):
        store.remove("b")


def test_an_entry_that_is_renewed_in_between_stays(
    redis_url: str, store: WatchlistStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that was renewed, or removed and added anew, after it was read as expired is not removed."""
    for entry_id in "abc":
        store.put(replace(entry(entry_id), expires_at_ms=AT_MS))
    with RedisWatchlist(parse_redis_address(redis_url)) as late:
        ask_many = late._ask_many

        def ask_and_be_overtaken(deed: str, commands: list[tuple[str, ...]]) -> list[Any]:
            answers: list[Any] = ask_many(deed, commands)
            store.edit("a", lambda stored: replace(stored, expires_at_ms=AT_MS + 1))
            store.remove("b")
            store.put(entry("b"))  # its version is 1 again
            return answers

        monkeypatch.setattr(late, "_ask_many", ask_and_be_overtaken)
        assert late.remove_expired(["a", "b", "c"], AT_MS) == 1
    assert told(store).keys() == {"a", "b"}


def test_a_server_that_throws_away_is_warned_of(redis_url: str, admin: redis.Redis) -> None:
    """Doctor warns of a server that makes room with what lookout keeps, and of no other."""
    with RedisServerView(parse_redis_address(redis_url)) as server:
        assert memory_finding(server.look().evicts).verdict is Verdict.OK
        admin.config_set("maxmemory-policy", "allkeys-lru")
        admin.config_set("maxmemory", 2**40)
        assert memory_finding(server.look().evicts).verdict is Verdict.WARNING


def test_keys_of_somebody_else_are_told(store: WatchlistStore, admin: redis.Redis) -> None:
    """Where the keys hold something else, the error says to choose another database."""
    admin.set("lookout:watchlist:changes", "a text")
    for ask in (lambda: store.put(entry("a")), store.snapshot, lambda: store.changes(0, 0)):
        with pytest.raises(StoreError, match="choose another database"):
            ask()


def test_pages_are_found_as_the_embedded_store_finds_them(redis_url: str, tmp_path: Path) -> None:
    """However many alerts have the same time, each page goes on where the last ended, in the same order as on SQLite."""
    alerts = [
        alert(
            f"a-{number:02}",
            AT_MS + number % 3,
            entry_id=f"e-{number % 2}",
            camera_id=("gate", "hall:1")[number % 5 > 2],
        )
        for number in range(40)
    ]
    wanted = [
        AlertFilter(),
        AlertFilter(limit=0),
        AlertFilter(limit=11),
        AlertFilter(entry_id="e-1", camera_id="hall:1"),
        AlertFilter(entry_id="e-1", limit=9),
        AlertFilter(camera_id="gate", since_ms=AT_MS + 1),
        AlertFilter(state=AlertState.FALSE, until_ms=AT_MS + 2),
        AlertFilter(state=AlertState.NEW, camera_id="hall:1"),
        AlertFilter(state=AlertState.FALSE, entry_id="e-0", camera_id="gate"),
        AlertFilter(camera_id="hall:1"),
        AlertFilter(entry_id="nobody"),
    ]
    with (
        RedisAlerts(parse_redis_address(redis_url), page_size=4) as many_pages,
        open_alerts(f"sqlite:///{tmp_path / 'store.db'}") as embedded,
    ):
        for store in (many_pages, embedded):
            for each in alerts:
                store.upsert(each)
            for number in range(0, 40, 7):
                store.review(Review(f"a-{number:02}", AlertState.FALSE, "kim", "", AT_MS))
        for each in wanted:
            assert many_pages.find(each) == embedded.find(each)


@pytest.mark.parametrize("removed", [range(5), range(2, 9), range(0, 40, 2)])
def test_a_reader_between_two_pages_loses_nothing_that_is_kept(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, removed: range
) -> None:
    """Alerts that are removed between two pages, seen ones or not, take no other alert with them."""
    ids = [f"a-{number:02}" for number in range(40)]
    gone = [ids[number] for number in removed]
    with RedisAlerts(parse_redis_address(redis_url), page_size=4) as store, open_alerts(redis_url) as other:
        for number, alert_id in enumerate(ids):
            store.upsert(alert(alert_id, AT_MS - number // 10))
        ask = store._ask
        pages = 0

        def ask_and_be_overtaken(deed: str, *words: str | int, again: bool = True) -> list[bytes]:
            nonlocal pages
            answer: list[bytes] = ask(deed, *words, again=again)
            pages += words[0] == "ZRANGEBYSCORE"
            if pages == 2:
                other.remove(gone)
            return answer

        monkeypatch.setattr(store, "_ask", ask_and_be_overtaken)
        found = store.ids(AlertFilter())
    kept = [each for each in ids if each not in gone]
    assert pages > 2
    assert [each for each in found if each in kept] == kept


def test_keys_that_somebody_deleted_are_forgotten(redis_url: str, admin: redis.Redis) -> None:
    """Alerts whose keys an operator has deleted by hand do not keep others from going."""
    with open_alerts(redis_url) as store:
        for name in ("a", "b", "c"):
            store.upsert(alert(name))
        admin.delete("lookout:alert:a", "lookout:alert:b")
        removed = [store.expire(AT_MS + 10, 5, 1) for _ in range(4)]
    assert removed == [0, 0, 1, 0]
    assert not admin.exists("lookout:alerts:by-raising", "lookout:alerts:by-time", "lookout:alert:c")


def test_an_alert_is_in_the_index_of_its_state_alone(redis_url: str, admin: redis.Redis) -> None:
    """A review takes the alert out of the index of the state that it had, so that those indexes stay short."""
    with open_alerts(redis_url) as store:
        store.upsert(alert("a"))
        store.upsert(alert("b"))
        store.review(Review("a", AlertState.FALSE, "kim", "", AT_MS))
    indexes = [f"lookout:alerts:by-time:state={state}" for state in (AlertState.NEW, AlertState.FALSE)]
    assert [admin.zrange(index, 0, -1) for index in indexes] == [[b"b"], [b"a"]]


def test_reviews_and_evidence_at_once_lose_nothing(redis_url: str) -> None:
    """While two matchers improve an alert, no review is undone by their evidence, and no evidence by a review."""
    steps = 100
    states = (AlertState.UNCLEAR, AlertState.CONFIRMED)
    with open_alerts(redis_url) as store:
        store.upsert(alert("a"))

        def improve(start: int) -> None:
            with open_alerts(redis_url) as mine:
                for number in range(start, 2 * steps, 2):
                    mine.upsert(alert("a", similarity=0.4 + number / 1000))
                    assert mine.get("a").similarity >= 0.4 + number / 1000

        with ThreadPoolExecutor(2) as pool:
            matchers = [pool.submit(improve, start) for start in (0, 1)]
            for number in range(steps):
                store.review(Review("a", states[number % 2], "kim", str(number), AT_MS))
                assert store.get("a").state is states[number % 2]
            for matcher in matchers:
                matcher.result()
        assert store.get("a").similarity == 0.4 + (2 * steps - 1) / 1000
        assert [each.note for each in store.reviews("a")] == [str(number) for number in range(steps)]


def test_the_commands_work_on_a_server(redis_url: str, store: WatchlistStore) -> None:
    """``lookout --store redis://…`` shows and edits the watchlist of a server."""
    store.put(entry("a"))
    for command in (["mute", "a"], ["edit", "a", "--label", "red"], ["list", "--json"]):
        result = CliRunner().invoke(app, ["--store", redis_url, "watch", *command])
        assert result.exit_code == 0, result.output
    assert '"label": "red"' in result.output
    assert (store.get("a").version, store.get("a").muted_until_ms is None) == (3, False)
