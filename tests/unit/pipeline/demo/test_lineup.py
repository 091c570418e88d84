from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from pipeline.demo.lineup import Found, Lineup, draw_lineup
from pipeline.demo.page import render_page
from pipeline.errors import SceneError
from reid.embedder import Embedder


@pytest.fixture(scope="module")
def lineup(tiny_weights: Path) -> Lineup:
    """Return six drawn people and where three descriptions rank them."""
    return draw_lineup(Embedder(tiny_weights, "cpu"), people=6, descriptions=3, seed=7)


def test_everybody_is_ranked(lineup: Lineup) -> None:
    """Each description ranks everybody once, most alike first."""
    assert [found.person for found in lineup.found] == [0, 1, 2]
    for found in lineup.found:
        assert sorted(found.order) == list(range(6))
        assert list(found.similarity) == sorted(found.similarity, reverse=True)
        assert found.order[found.rank - 1] == found.person


def test_the_order_is_that_of_the_embedder(lineup: Lineup, tiny_weights: Path) -> None:
    """A similarity of the line-up is the dot product that the embedder gives for crop and sentence."""
    embedder = Embedder(tiny_weights, "cpu")
    found = lineup.found[1]
    expected = embedder.encode_image(lineup.crops) @ embedder.encode_text([found.description])[0]
    np.testing.assert_allclose(found.similarity, expected[list(found.order)], atol=1e-5)


def test_the_same_seed_gives_the_same_lineup(lineup: Lineup, tiny_weights: Path) -> None:
    """Drawing again with the seed gives the same people, sentences and order."""
    again = draw_lineup(Embedder(tiny_weights, "cpu"), people=6, descriptions=3, seed=7)
    assert [f.description for f in again.found] == [f.description for f in lineup.found]
    assert all(np.array_equal(one, other) for one, other in zip(again.crops, lineup.crops, strict=True))


def test_shares_count_ranks() -> None:
    """Two descriptions of which one found its person first and one fifth: half at rank 1, all at rank 5."""
    first = Found("a", 0, (0, 1, 2, 3, 4), (5, 4, 3, 2, 1))
    fifth = Found("b", 4, (0, 1, 2, 3, 4), (5, 4, 3, 2, 1))
    lineup = Lineup((), (first, fifth))
    assert (lineup.rank_share(1), lineup.rank_share(4), lineup.rank_share(5)) == (0.5, 0.5, 1.0)


class Page(HTMLParser):
    """Counts what a page shows, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.headings: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and what it points to."""
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        """Note the text of a heading."""
        if self.tags and self.tags[-1] == "h2" and data.strip():
            self.headings.append(data)


def read(page: str) -> Page:
    """Parse a page."""
    parser = Page()
    parser.feed(page)
    return parser


def test_the_page_needs_nothing_else(lineup: Lineup) -> None:
    """Every picture of the page is within the page, and each description has its section."""
    page = read(render_page(lineup, "tiny-000"))
    assert page.sources
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert page.tags.count("section") == 3
    assert [found.description in "".join(page.headings) for found in lineup.found] == [True] * 3


def test_descriptions_are_escaped(lineup: Lineup) -> None:
    """Markup in a description is shown, not obeyed."""
    found = Found(
        "<script>alert(1)</script>", *(getattr(lineup.found[0], n) for n in ("person", "order", "similarity"))
    )
    page = render_page(Lineup(lineup.crops, (found,)), "a<b>c")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page


@pytest.mark.parametrize(("people", "descriptions", "seed"), [(2, 3, 1), (2, 0, 1), (0, 0, 1), (2, 1, -1)])
def test_an_impossible_lineup_is_refused(people: int, descriptions: int, seed: int, tiny_weights: Path) -> None:
    """More descriptions than people, none at all or a negative seed are an error that says what was found."""
    with pytest.raises(SceneError, match=f"{descriptions} descriptions and seed {seed}"):
        draw_lineup(Embedder(tiny_weights, "cpu"), people, descriptions, seed)


def test_drawing_is_told_of(tiny_weights: Path) -> None:
    """Each walker that is drawn moves the progress on by one."""
    steps: list[int] = []
    draw_lineup(Embedder(tiny_weights, "cpu"), 3, 1, 2, steps.append)
    assert steps == [1, 1, 1]
