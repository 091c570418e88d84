"""What a service writes to its log."""

import logging

from pipeline.services.serving import Seldom


def said(name: str, words: str, at_s: float) -> logging.LogRecord:
    """Return what a library says at a time."""
    record = logging.LogRecord(name, logging.WARNING, __file__, 1, words, (at_s,), None)
    record.created = at_s
    return record


def test_other_libraries_repeat_themselves_once_a_minute() -> None:
    """The same words of another library are written once a minute, whatever is filled in; other words at once."""
    seldom, words = Seldom(), "no broker at %s"
    assert [seldom.filter(said("kafka.net", words, at_s)) for at_s in (0.0, 0.1, 59.0, 60.0, 60.1)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert seldom.filter(said("kafka.net", "a broker at %s", 60.2))
    assert seldom.filter(said("kafka.cluster", words, 60.2))


def test_lookout_says_everything_that_is_new() -> None:
    """Of lookout's own warnings only the very same is held back, and nothing that is no warning."""
    seldom = Seldom()
    assert all(seldom.filter(said("pipeline.retrying", "trying again in %s", at_s)) for at_s in (0.0, 0.1, 0.2))
    heard = [seldom.filter(said("pipeline.retrying", "no topic%.0s", at_s)) for at_s in (1.0, 6.0, 59.0, 62.0)]
    assert heard == [True, False, False, True]
    news = said("pipeline.retrying", "it is back%.0s", 1.0)
    news.levelno = logging.INFO
    assert seldom.filter(news)
    assert seldom.filter(news)


def test_what_was_said_is_not_remembered_without_end() -> None:
    """A library whose words are always others fills no memory."""
    seldom = Seldom()
    for number in range(5000):
        assert seldom.filter(said("kafka.net", f"{number} of %s", float(number)))
    assert len(seldom._said) <= 1000


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    """After the clock was set back by a day, what was said before is written again."""
    seldom = Seldom()
    assert seldom.filter(said("kafka.net", "no broker", 90_000.0))
    assert seldom.filter(said("kafka.net", "no broker", 3_600.0))
    assert not seldom.filter(said("kafka.net", "no broker", 3_601.0))
