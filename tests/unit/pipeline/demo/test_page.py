"""The page of the line-up is whole, stands alone and shows what was found."""

import re
from base64 import b64decode
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from pipeline.demo.lineup import Found, Lineup
from pipeline.demo.page import render_page

VOID = {"meta", "img"}


class Tree(HTMLParser):
    """Follows tags as they open and close; notes the list items with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.items: list[dict[str, str | None]] = []
        self.pictures: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        if tag not in VOID:
            self.open.append(tag)
        if tag == "li":
            self.items.append(dict(attrs))
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Note an end that does not fit."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def lineup() -> Lineup:
    """Return twelve people in plain colours and two descriptions: one of the first, one of the last in its order."""
    crops = tuple(np.full((64, 32, 3), 20 * number, np.uint8) for number in range(12))
    order, similarity = tuple(range(12)), tuple(0.9 - 0.1 * place for place in range(12))
    return Lineup(
        crops, (Found("a man in black", 0, order, similarity), Found("a woman in white", 11, order, similarity))
    )


@pytest.fixture(scope="module")
def page(lineup: Lineup) -> str:
    """Return their page."""
    return render_page(lineup, "tiny-000")


@pytest.fixture(scope="module")
def tree(page: str) -> Tree:
    """Return the page as a reader parses it."""
    parser = Tree()
    parser.feed(page)
    parser.close()
    return parser


def test_every_tag_is_closed(page: str, tree: Tree) -> None:
    """The page declares itself HTML in UTF-8, and its tags close in the order they opened."""
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta charset="utf-8">' in page
    assert (tree.open, tree.wrong) == ([], [])


def test_nothing_is_fetched(page: str) -> None:
    """No address of another machine or file stands in the page, neither in a tag nor in its style; nor any script."""
    assert not re.search(r"https?:|src=\"(?!data:)|href=|url\(|@import|<script|<link", page)


def test_pictures_are_the_crops(lineup: Lineup, tree: Tree) -> None:
    """Each picture is a JPEG of the person who stands at its place, and says in words who that is."""
    for place, picture in enumerate(tree.pictures):
        source = picture["src"] or ""
        code = np.frombuffer(b64decode(source.partition(",")[2]), np.uint8)
        shown = cv2.imdecode(code, cv2.IMREAD_COLOR)
        assert shown is not None
        assert abs(float(shown.mean()) - float(lineup.crops[place % 8].mean())) < 3
        assert picture["alt"] in {"the described person", "somebody else"}


def test_the_described_person_is_marked(tree: Tree) -> None:
    """Eight people are shown for each description; the described one is marked, where among them."""
    assert len(tree.items) == 16
    assert [number for number, item in enumerate(tree.items) if item.get("class") == "described"] == [0]


def test_the_page_tells_how_good_it_is(page: str) -> None:
    """The shares of first places and of places up to the fifth, and the weights, are in the text."""
    assert "First place: 50% of descriptions" in page
    assert "among the first five: 50%" in page.replace("\n", " ")
    assert "tiny-000" in page
    assert "+0.900" in page
