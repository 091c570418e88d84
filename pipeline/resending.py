"""What became of dead letters, and sending them again or dismissing them when somebody asks for it.

An alert is posted again to the webhook that did not take it, as the webhook is now, with the same CloudEvents id. A
sighting that can be read now goes back to its topic, where the matcher finds it: its alerts get the ids that they would
have had. So a letter that is sent twice does no harm, and after a crash some are.

Nothing is sent again by itself. A letter that fails once more stays as it is and gets no second letter, so nothing goes
round in circles. Only a sighting that is put back and that a matcher of other weights cannot use becomes a letter anew,
under its new coordinates.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from pipeline.alerting.post import RefusedError
from pipeline.clock import Clock
from pipeline.dead_letter import DeadLetter, decode_dead_letter
from pipeline.errors import DeliveryError, RecordError, UnknownLetterError
from pipeline.log.base import EventLog, LogRecord, Topic
from pipeline.records import Sighting

_AT_ONCE = 100  # records that are appended before it is made sure that they are there


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and what became of it, without the record that it holds."""

    place: str  # of the letter: topic[partition]@offset
    put_aside_at_ms: int
    coordinates: str  # of the record
    webhook: str | None  # that did not take it; None where the matcher could not use it
    reason: str
    key: str
    timestamp_ms: int  # the record's own
    resent_at_ms: int | None = None  # None where the last thing that was done with it is another, as for the next one
    dismissed_at_ms: int | None = None

    @property
    def waits(self) -> bool:
        """Whether nothing was done with it yet."""
        return self.resent_at_ms is None and self.dismissed_at_ms is None


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of a log: of a record and a webhook the last one alone, in the order in which they were put aside."""

    found: tuple[Letter, ...]
    strange: int  # records of the topic that are no letters

    def of(self, webhook: str | None) -> Self:
        """Return those of a webhook alone; of None, all."""
        return replace(self, found=tuple(each for each in self.found if webhook in (None, each.webhook)))

    def waiting(self) -> list[Letter]:
        """Return those that were neither sent again nor dismissed yet."""
        return [letter for letter in self.found if letter.waits]

    def at(self, coordinates: Sequence[str]) -> list[Letter]:
        """Return the letters of the records at these coordinates, whether they wait or not.

        Raises:
            UnknownLetterError: a record has none.
        """
        for each in coordinates:
            if not any(letter.coordinates == each for letter in self.found):
                raise UnknownLetterError(
                    f"no dead letter is of a record at {each!r}; see those there are: lookout dead-letters list --all"
                )
        return [letter for letter in self.found if letter.coordinates in coordinates]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter that was to be sent again."""

    letter: Letter
    sent: bool
    words: str


def read_letters(log: EventLog, since_ms: int = 0) -> Letters:
    """Return the letters that were put aside since a time.

    Raises:
        LogError: the log does not answer.
    """
    found: dict[tuple[str, str | None], Letter] = {}
    strange = 0
    for record in log.read(Topic.DEAD_LETTERS, since_ms):
        try:
            told = decode_dead_letter(record.value)
        except RecordError:
            strange += 1
            continue
        about = (told.coordinates, told.webhook)
        if not told.is_note:
            found.pop(about, None)  # the place of the last one counts
            found[about] = _letter(record, told)
        elif about in found:
            found[about] = _noted(found[about], told, record.timestamp_ms)
    return Letters(tuple(found.values()), strange)


def dismiss(letters: Sequence[Letter], log: EventLog, clock: Clock) -> Iterator[Letter]:
    """Note that nobody wants these letters sent again; yield each once its note is in the log for certain.

    Raises:
        LogError: the log does not answer; those that were not yielded may be noted, too.
    """
    for first in range(0, len(letters), _AT_ONCE):
        together = letters[first : first + _AT_ONCE]
        for each in together:
            note = DeadLetter(
                coordinates=each.coordinates,
                reason="dismissed",
                key=each.key,
                timestamp_ms=each.timestamp_ms,
                value=b"",
                webhook=each.webhook,
                dismissed=True,
            )
            note.append_to(log, clock.now_ms())
        log.flush()
        yield from together


def _letter(record: LogRecord, told: DeadLetter) -> Letter:
    about = (told.coordinates, told.webhook, told.reason, told.key, told.timestamp_ms)
    return Letter(record.coordinates, record.timestamp_ms, *about)


def _noted(letter: Letter, note: DeadLetter, at_ms: int) -> Letter:
    """Return a letter as it is after a note: the last one counts."""
    return replace(letter, resent_at_ms=at_ms if note.resent else None, dismissed_at_ms=None if note.resent else at_ms)


@dataclass(frozen=True, slots=True)
class ResendingPorts:
    """What letters are sent again with."""

    log: EventLog
    webhooks: Mapping[str, Callable[[bytes], None]]  # by name; each posts an alert as ``SignedPost`` does
    read_sighting: Callable[[LogRecord], Sighting]  # raises RecordError for what the matcher could not use today either
    clock: Clock


class Resending:
    """Sends letters again, each once; belongs to one thread."""

    def __init__(self, ports: ResendingPorts) -> None:
        self._ports = ports
        self._silent: dict[str, str] = {}  # webhooks that did not answer, and what they said; they are not asked again

    def __call__(self, letters: Sequence[Letter]) -> Iterator[Outcome]:
        """Yield what became of each letter, once that is certain and noted in the log.

        Raises:
            LogError: the log does not answer; what was not yielded may have been sent.
        """
        wanted = {letter.place: letter for letter in letters}
        back: list[_Usable] = []
        for letter, told in self._opened(wanted):
            if told.webhook is not None:
                yield self._post(letter, told, told.webhook)
                continue
            usable = self._read(letter, told)
            if isinstance(usable, Outcome):
                yield usable
                continue
            back.append(usable)
            if len(back) >= _AT_ONCE:
                yield from self._put_back(back)
                back.clear()
        yield from self._put_back(back)
        yield from (_stays(letter, "the log holds it no more") for letter in wanted.values())

    def _opened(self, wanted: dict[str, Letter]) -> Iterator[tuple[Letter, DeadLetter]]:
        """Yield the letters that are wanted with their records, and take them out of ``wanted``."""
        if not wanted:
            return
        for record in self._ports.log.read(Topic.DEAD_LETTERS, min(each.put_aside_at_ms for each in wanted.values())):
            if (letter := wanted.pop(record.coordinates, None)) is not None:
                yield letter, decode_dead_letter(record.value)
                if not wanted:
                    return

    def _post(self, letter: Letter, told: DeadLetter, webhook: str) -> Outcome:
        post = self._ports.webhooks.get(webhook)
        if post is None:
            return _stays(letter, f"the settings have no webhook '{webhook}'")
        if not told.is_whole:
            return _stays(letter, "only the beginning of the alert was kept")
        if webhook in self._silent:
            return _stays(letter, f"not tried: {self._silent[webhook]}")
        try:
            post(told.value)
        except RefusedError as error:
            return _stays(letter, f"refused: {error}")
        except DeliveryError as error:
            self._silent[webhook] = str(error)
            return _stays(letter, str(error))
        words = f"posted again to webhook '{webhook}'"
        self._note([told.note(words)])
        return Outcome(letter, sent=True, words=words)

    def _read(self, letter: Letter, told: DeadLetter) -> "_Usable | Outcome":
        """Return a record as the matcher would read it, or why it cannot be put back."""
        topic = told.coordinates.partition("[")[0]
        if topic != Topic.SIGHTINGS:
            return _stays(letter, f"nobody here reads records of {topic} again")
        if not told.is_whole:
            return _stays(letter, "only the beginning of the record was kept")
        try:
            sighting = self._ports.read_sighting(LogRecord(topic, 0, 0, told.key, told.timestamp_ms, told.value))
        except RecordError as error:
            return _stays(letter, str(error))
        return _Usable(letter, told, sighting)

    def _put_back(self, usable: Sequence["_Usable"]) -> Iterator[Outcome]:
        """Append sightings to their topic, as ingest does; the notes follow when they are there for certain."""
        if not usable:
            return
        log, words = self._ports.log, f"put back on {Topic.SIGHTINGS}"
        for each in usable:
            log.append(Topic.SIGHTINGS, each.sighting.camera_id, each.told.value, each.sighting.captured_at_ms)
        log.flush()
        self._note(each.told.note(words) for each in usable)
        yield from (Outcome(each.letter, sent=True, words=words) for each in usable)

    def _note(self, notes: Iterable[DeadLetter]) -> None:
        for note in notes:
            note.append_to(self._ports.log, self._ports.clock.now_ms())
        self._ports.log.flush()


@dataclass(frozen=True, slots=True)
class _Usable:
    """A letter with a sighting that can be read now."""

    letter: Letter
    told: DeadLetter
    sighting: Sighting


def _stays(letter: Letter, words: str) -> Outcome:
    return Outcome(letter, sent=False, words=words)
