"""Working ahead: an iterator's next items are made by a thread of its own while the last ones are dealt with."""

from collections.abc import Generator, Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_GLANCE_S = 0.2  # how soon the thread notices that nobody wants its items any more


def ahead(items: Iterable[T], most: int, name: str) -> Generator[T, None, None]:
    """Yield the items in their order, while a thread called ``name`` makes up to ``most`` of those that follow.

    What ``items`` raises is raised here, after the items before it. Where the taker ends early, the thread ends with
    the item that it is making, and closes ``items`` where they are a generator.
    """
    run = _Ahead(items, most)
    thread = Thread(target=run.make, name=name, daemon=True)
    thread.start()
    try:
        yield from run.taken()
    finally:
        run.wanted.clear()
        thread.join()


class _End:
    """Follows the last item."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Ahead(Generic[T]):
    def __init__(self, items: Iterable[T], most: int) -> None:
        self.wanted = Event()
        self.wanted.set()
        self._items = items
        self._made: Queue[T | _End] = Queue(most)

    def make(self) -> None:
        """Make items until there are no more, or nobody wants them."""
        error = None
        try:
            for item in self._items:
                self._hand_over(item)
                if not self.wanted.is_set():
                    break
        except BaseException as found:  # noqa: BLE001 - whatever it is, the taker is who must see it
            error = found
        finally:
            close = getattr(self._items, "close", None)
            if close is not None and isinstance(self._items, Iterator):
                close()
        self._hand_over(_End(error))

    def taken(self) -> Iterator[T]:
        """Yield what was made."""
        while True:
            item = self._made.get()
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return

    def _hand_over(self, item: T | _End) -> None:
        while self.wanted.is_set():
            try:
                self._made.put(item, timeout=_GLANCE_S)
            except Full:
                continue
            return
