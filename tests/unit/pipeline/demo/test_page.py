"""The page of the demonstration is whole, stands alone and says what was right."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from pipeline.demo.page import render_page, score_words
from pipeline.demo.street import Described
from pipeline.demo.truth import CameraTruth, Outcome, judge

VOID = {"meta", "img", "br"}
NAMES = {"watch-1": "walker-01", "watch-2": None}
DESCRIBED = {
    "watch-1": Described("a man in <b>black</b>", "walker-01"),
    "watch-2": Described("a woman in pink & grey", None),
}


class Tree(HTMLParser):
    """Follows tags as they open and close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser calls it
        """Note a tag."""
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note an end that does not fit."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def outcome(gate: CameraTruth, make_alert: Any) -> Outcome:
    """Return one alert that is right and one that is wrong."""
    return judge([make_alert(), make_alert(alert_id="a2", entry_id="watch-2")], NAMES, {"gate": gate})


@pytest.fixture
def page(outcome: Outcome) -> str:
    """Return their page."""
    return render_page(DESCRIBED, outcome, {"gate": b"\xff\xd8\xff"}, "tiny-000")


def test_every_tag_is_closed(page: str) -> None:
    """The page declares itself HTML in UTF-8, and its tags close in the order they opened."""
    tree = Tree()
    tree.feed(page)
    tree.close()
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta charset="utf-8">' in page
    assert (tree.open, tree.wrong) == ([], [])
    assert (tree.seen.count("section"), tree.seen.count("li"), tree.seen.count("figure")) == (2, 2, 1)


def test_nothing_is_fetched(page: str) -> None:
    """No address of another machine or file stands in the page, neither in a tag nor in its style; nor any script."""
    assert not re.search(r"https?:|src=\"(?!data:)|href=|url\(|@import|<script|<link", page)


def test_sentences_are_escaped(page: str) -> None:
    """Markup in a description is shown, not obeyed."""
    assert "<b>black</b>" not in page
    assert "a man in &lt;b&gt;black&lt;/b&gt;" in page


def test_the_page_says_what_was_right(page: str) -> None:
    """Each alert carries its similarity, threshold, place, time and whom it is on; the whole, precision and recall."""
    for told in ("right: walker-01", "wrong: walker-01", "0.500, from 0.400 on", "gate", "1970-01-01T00:00:01.000Z"):
        assert told in page
    assert "precision 50% (1 of 2 alerts" in page
    assert "Nobody on this street wears that" in page
    assert "walker-01 passed gate (found)" in page


def test_without_alerts_nothing_is_claimed(gate: CameraTruth) -> None:
    """With no alert there is no precision to tell, and the page says so for each sentence."""
    outcome = judge([], NAMES, {"gate": gate})
    assert score_words(outcome).startswith("precision none to count (0 of 0 alerts")
    assert render_page(DESCRIBED, outcome, {}, "tiny-000").count("No alert.") == 2
