"""Working ahead of whoever takes the items."""

from collections.abc import Iterator
from threading import Event

import pytest

from pipeline.ahead import ahead


def test_items_come_in_order_and_once() -> None:
    """A thousand items come through as they are."""
    assert list(ahead(range(1000), 3, "numbers")) == list(range(1000))


def test_an_error_comes_after_the_items_before_it() -> None:
    """What the maker raises is raised to the taker, when the taker has had everything before."""

    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("no third one")

    taken = []
    with pytest.raises(ValueError, match="no third one"):
        taken.extend(ahead(broken(), 5, "broken"))
    items = ahead(broken(), 5, "broken")
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="no third one"):
        next(items)


def test_no_more_is_made_than_may_wait() -> None:
    """While one item is dealt with, so many wait as are allowed, and one is in the making."""
    made = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    for number in ahead(numbers(), 2, "numbers"):
        assert len(made) <= number + 1 + 2 + 1


def test_a_taker_who_leaves_early_ends_the_maker() -> None:
    """Closing the iterator closes what makes its items."""
    closed = Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    items = ahead(endless(), 1, "endless")
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]
    assert closed.is_set()
