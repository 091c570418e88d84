"""Dead letters as they are read, and what becomes of those that are sent again."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.alerting.post import RefusedError
from pipeline.clock import ManualClock
from pipeline.dead_letter import DeadLetter, decode_dead_letter
from pipeline.errors import DeliveryError, LogError, UnknownLetterError
from pipeline.log.base import EventLog, LogRecord, Topic
from pipeline.log.open import open_log
from pipeline.matching.reading import SightingReader
from pipeline.records import CaptureClock, Phase, Sighting
from pipeline.resending import Letter, Outcome, Resending, ResendingPorts, dismiss, read_letters
from pipeline.wire import encode_sighting

NOW_MS = 1_700_000_000_000
SIGHTING = Sighting(
    sighting_id="t-0",
    tracklet_id="t",
    sequence=0,
    phase=Phase.OPEN,
    camera_id="gate",
    captured_at_ms=NOW_MS - 5000,
    first_seen_at_ms=NOW_MS - 5000,
    last_seen_at_ms=NOW_MS - 5000,
    clock=CaptureClock.WALL,
    box_xyxy=(1.0, 2.0, 33.0, 66.0),
    frame_size_wh=(640, 480),
    confidence=0.9,
    quality=0.8,
    crops_pooled=1,
    model_id="model-1",
    vector=np.full(16, 0.25, np.float16),
    crop_jpeg=b"jpeg",
)


@dataclass
class Desk:
    """A webhook: refuses what it is told to, and remembers what it took."""

    error: DeliveryError | None = None
    asked: int = 0
    got: list[bytes] = field(default_factory=list)

    def __call__(self, event: bytes) -> None:
        """Take an alert."""
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.got.append(event)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Return an empty log."""
    with open_log(f"sqlite:///{tmp_path}/log.db") as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock."""
    return ManualClock(NOW_MS)


def put_aside(log: EventLog, record: LogRecord, reason: str, webhook: str | None = None, at_ms: int = NOW_MS) -> None:
    """Write a letter."""
    DeadLetter.of(record, reason, webhook).append_to(log, at_ms)
    log.flush()


def alert(number: int = 0, size: int = 0) -> LogRecord:
    """Return an alert as it stands in the log."""
    body = json.dumps({"id": f"event-{number}", "crop": "x" * size}).encode()
    return LogRecord(Topic.ALERTS, 0, number, f"alert-{number}", NOW_MS - 9000, body)


def sighting(value: bytes, number: int = 0) -> LogRecord:
    """Return a record of the sightings."""
    return LogRecord(Topic.SIGHTINGS, 0, number, "a key", NOW_MS - 9000, value)


Send = Callable[..., list[Outcome]]


@pytest.fixture
def send(log: EventLog, clock: ManualClock) -> Send:
    """Return a function that sends letters again, those that wait where none are given."""

    def call(letters: list[Letter] | None = None, on: Any = log, **webhooks: Desk) -> list[Outcome]:
        chosen = read_letters(log).waiting() if letters is None else letters
        ports = ResendingPorts(on, webhooks, SightingReader("model-1", 16), clock)
        return list(Resending(ports)(chosen))

    return call


def records(log: EventLog, topic: Topic) -> list[LogRecord]:
    """Return what a topic holds."""
    return list(log.read(topic, 0))


def test_of_a_record_and_a_webhook_the_last_letter_counts(log: EventLog) -> None:
    """A letter that was written twice is one; another webhook's is another; what is none is counted."""
    put_aside(log, alert(1), "webhook 'desk' refused: first", "desk")
    log.append(Topic.DEAD_LETTERS, "odd", b"\xff no letter", NOW_MS)
    put_aside(log, alert(1), "webhook 'phone' refused: no", "phone")
    put_aside(log, alert(1), "webhook 'desk' refused: second", "desk", at_ms=NOW_MS + 1000)
    letters = read_letters(log)
    assert [(letter.webhook, letter.put_aside_at_ms) for letter in letters.found] == [
        ("phone", NOW_MS),
        ("desk", NOW_MS + 1000),
    ]
    assert letters.found[1].reason.endswith("second")
    assert (letters.strange, letters.found[1].timestamp_ms) == (1, NOW_MS - 9000)
    assert [letter.webhook for letter in letters.of("desk").found] == ["desk"]
    assert read_letters(log, NOW_MS + 1).of("phone").found == ()


def test_letters_of_before_name_their_webhook_in_words(log: EventLog) -> None:
    """A letter without a field for its webhook, as earlier versions wrote them, is that webhook's all the same."""
    for reason in (
        "webhook 'the desk' refused: no",
        "webhook 'desk' not taken in 8 attempts: no",
        "expected a sighting",
    ):
        plain = {"coordinates": "lookout.alerts[0]@1", "reason": reason, "key": "k", "timestamp_ms": 5, "value": "eA=="}
        log.append(Topic.DEAD_LETTERS, "k", json.dumps(plain).encode(), 5)
    log.flush()
    assert [letter.webhook for letter in read_letters(log).found] == ["the desk", "desk", None]


def test_an_alert_is_posted_again_as_it_was(log: EventLog, send: Send, clock: ManualClock) -> None:
    """The webhook that did not take an alert gets the same bytes, once; then the letter waits no more."""
    desk, phone = Desk(), Desk()
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    clock.advance(60)
    (outcome,) = send(desk=desk, phone=phone)
    assert outcome.sent
    assert (desk.got, phone.asked) == ([alert(1).value], 0)
    assert send(desk=desk) == []
    assert [letter.resent_at_ms for letter in read_letters(log).found] == [NOW_MS + 60_000]


def test_who_names_a_letter_may_have_it_sent_once_more(log: EventLog, send: Send) -> None:
    """By its coordinates a letter that was sent again is sent again; unknown coordinates are an error."""
    desk = Desk()
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    send(desk=desk)
    send(read_letters(log).at(["lookout.alerts[0]@1"]), desk=desk)
    assert desk.got == [alert(1).value] * 2
    with pytest.raises(UnknownLetterError, match=r"lookout\.alerts\[0\]@7"):
        read_letters(log).at(["lookout.alerts[0]@1", "lookout.alerts[0]@7"])


def test_a_letter_that_is_refused_again_stays_and_becomes_no_second_one(log: EventLog, send: Send) -> None:
    """What a webhook refuses still waits, nothing is added to the log, and the next one is tried."""
    for number in range(2):
        put_aside(log, alert(number), "webhook 'desk' refused: no", "desk")
    desk = Desk(RefusedError("found 404"))
    outcomes = send(desk=desk)
    assert [(each.sent, each.words) for each in outcomes] == [(False, "refused: found 404")] * 2
    assert (desk.asked, len(records(log, Topic.DEAD_LETTERS))) == (2, 2)
    assert len(read_letters(log).waiting()) == 2


def test_a_webhook_that_does_not_answer_is_asked_once(log: EventLog, send: Send) -> None:
    """After a webhook gave no answer its other letters stay untried; those of another webhook are sent."""
    for number, name in enumerate(("desk", "desk", "phone", "desk")):
        put_aside(log, alert(number), f"webhook '{name}' refused: no", name)
    desk, phone = Desk(DeliveryError("no answer")), Desk()
    outcomes = send(desk=desk, phone=phone)
    assert [each.words for each in outcomes if not each.sent] == ["no answer", *["not tried: no answer"] * 2]
    assert (desk.asked, phone.got) == (1, [alert(2).value])


def test_what_cannot_be_sent_stays_and_says_why(log: EventLog, send: Send) -> None:
    """Alerts of a webhook that is no more, records of which a part was kept, and foreign topics are left alone."""
    put_aside(log, alert(1), "webhook 'gone' refused: no", "gone")
    put_aside(log, alert(2, size=600_000), "webhook 'desk' refused: no", "desk")
    put_aside(log, sighting(b"x" * 600_000), "expected a sighting")
    put_aside(log, LogRecord("somebody.else", 0, 1, "k", 1, b"x"), "expected a sighting")
    before = read_letters(log).waiting()
    desk = Desk()
    assert [(each.sent, each.words) for each in send(desk=desk)] == [
        (False, "the settings have no webhook 'gone'"),
        (False, "only the beginning of the alert was kept"),
        (False, "only the beginning of the record was kept"),
        (False, "nobody here reads records of somebody.else again"),
    ]
    assert (desk.asked, read_letters(log).waiting()) == (0, before)


def test_a_sighting_that_can_be_read_now_is_put_back(log: EventLog, send: Send) -> None:
    """It stands on its topic as its camera would have published it; what still cannot be read stays put aside."""
    put_aside(log, sighting(b"\xff no sighting", 1), "expected a sighting")
    put_aside(log, sighting(encode_sighting(SIGHTING), 2), "expected a sighting of version 1, but found version 2")
    outcomes = send()
    assert [each.sent for each in outcomes] == [False, True]
    assert "expected a sighting in msgpack" in outcomes[0].words
    (back,) = records(log, Topic.SIGHTINGS)
    assert (back.key, back.timestamp_ms, back.value) == ("gate", SIGHTING.captured_at_ms, encode_sighting(SIGHTING))
    assert [letter.coordinates for letter in read_letters(log).waiting()] == ["lookout.sightings[0]@1"]


def test_many_sightings_are_put_back(log: EventLog, send: Send) -> None:
    """However many there are, each is put back once."""
    for number in range(250):
        DeadLetter.of(sighting(encode_sighting(SIGHTING), number), "expected").append_to(log, NOW_MS)
    log.flush()
    assert sum(each.sent for each in send()) == 250
    assert len(records(log, Topic.SIGHTINGS)) == 250
    assert read_letters(log).waiting() == []


def test_a_log_that_fails_leaves_the_letter_waiting(log: EventLog, send: Send) -> None:
    """Where it is not certain that a sighting is back, no note says that it is."""

    class Failing:
        """A log that takes nothing."""

        def __getattr__(self, name: str) -> Any:
            return getattr(log, name)

        def append(self, *_: Any) -> None:
            """Take nothing."""

        def flush(self) -> None:
            """Fail."""
            raise LogError("the log is away")

    put_aside(log, sighting(encode_sighting(SIGHTING)), "expected")
    with pytest.raises(LogError, match="away"):
        send(on=Failing())
    assert len(read_letters(log).waiting()) == 1


def test_a_letter_that_was_put_aside_anew_waits_anew(log: EventLog, send: Send) -> None:
    """A record that comes to grief after it was sent again is a letter that waits."""
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    send(desk=Desk())
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    assert len(read_letters(log).waiting()) == 1


def test_a_letter_that_the_log_has_dropped_is_told(log: EventLog, send: Send) -> None:
    """What is no longer there when it is to be sent is said to be gone."""
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    (letter,) = read_letters(log).found
    (outcome,) = send([Letter("lookout.dead-letters[0]@99", *[getattr(letter, n) for n in letter.__slots__[1:]])])
    assert (outcome.sent, outcome.words) == (False, "the log holds it no more")


def test_notes_hold_nothing_of_the_record(log: EventLog, send: Send) -> None:
    """The note that a letter was sent again has its coordinates and no crop, and is a letter to older readers."""
    put_aside(log, alert(1), "webhook 'desk' refused: no", "desk")
    send(desk=Desk())
    note = decode_dead_letter(records(log, Topic.DEAD_LETTERS)[-1].value)
    assert (note.coordinates, note.value, note.resent) == ("lookout.alerts[0]@1", b"", True)


def test_the_last_thing_that_was_done_with_a_letter_counts(log: EventLog, send: Send, clock: ManualClock) -> None:
    """A dismissed letter waits no more; by its coordinates it is sent all the same, and put aside anew it waits anew."""
    desk = Desk()
    for number in range(2):
        put_aside(log, alert(number), "webhook 'desk' refused: no", "desk")
    put_aside(log, alert(1), "webhook 'phone' refused: no", "phone")
    letters = read_letters(log)
    assert list(dismiss(letters.of("desk").waiting(), log, clock)) == list(letters.of("desk").found)
    assert [letter.webhook for letter in read_letters(log).waiting()] == ["phone"]
    assert [letter.dismissed_at_ms for letter in read_letters(log).of("desk").found] == [NOW_MS] * 2
    clock.advance(60)
    send(read_letters(log).of("desk").at(["lookout.alerts[0]@1"]), desk=desk)
    assert desk.got == [alert(1).value]
    states = [(each.dismissed_at_ms, each.resent_at_ms) for each in read_letters(log).of("desk").found]
    assert states == [(NOW_MS, None), (None, NOW_MS + 60_000)]
    put_aside(log, alert(0), "webhook 'desk' refused: no", "desk", at_ms=NOW_MS + 90_000)
    assert [letter.coordinates for letter in read_letters(log).of("desk").waiting()] == ["lookout.alerts[0]@0"]


def test_many_letters_are_dismissed(log: EventLog, clock: ManualClock) -> None:
    """However many there are, each is noted once."""
    for number in range(250):
        DeadLetter.of(alert(number), "webhook 'desk' refused: no", "desk").append_to(log, NOW_MS)
    log.flush()
    assert len(list(dismiss(read_letters(log).waiting(), log, clock))) == 250
    assert len(records(log, Topic.DEAD_LETTERS)) == 500
    assert read_letters(log).waiting() == []
