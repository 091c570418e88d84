"""Finds the words that say what people are taken for; nobody is ever looked for by them."""

from collections.abc import Sequence

from reid.text.words import DESCENT_COLOURS, PEOPLE, SHADES, SKIN, SKIN_OF_CLOTHES, SYNONYMS, UNFAIR

_TONES = frozenset(("tone", "tones", "toned"))
_BETWEEN = frozenset(("is", "was", "looks", "appears", "seems", "very", "quite", "rather"))
_HYPHEN = "-"


def descent_places(words: Sequence[str]) -> frozenset[int]:
    """Return the places of words for descent and skin: "black" in "black man", both words of "dark skin".

    Args:
        words: of one sentence, in lower case as they were written, with or without the marks between them.
    """
    found = {place for place, word in enumerate(words) if _is_descent(word, words[place + 1 : place + 2])}
    for place, word in enumerate(words):
        if word in SKIN and SKIN_OF_CLOTHES.isdisjoint(_words(words[place + 1 : place + 3])[:1]):
            found.update(at for at in _skin(words, place) if words[at] not in _BETWEEN)
    return frozenset(found)


def _is_descent(word: str, following: Sequence[str]) -> bool:
    singular = word.removesuffix("s")
    if word in UNFAIR or singular in UNFAIR:
        return True
    return SYNONYMS.get(word, word) in DESCENT_COLOURS and not PEOPLE.isdisjoint(following)


def _skin(words: Sequence[str], place: int) -> range:
    """Return the places of a word for skin and of the shades that go with it; none where it has none."""
    start = place
    while start and words[start - 1] in SHADES | {_HYPHEN}:
        start -= 1
    end = _after(words, place + 1, _TONES)
    shade = _after(words, end, _BETWEEN)
    last = _after(words, shade, SHADES)
    if end < shade < last:
        return range(start, last)
    return range(start, end) if _words(words[start:place]) else range(0)


def _after(words: Sequence[str], start: int, run: frozenset[str]) -> int:
    """Return the first place from ``start`` on whose word does not belong to ``run``."""
    return next((at for at in range(start, len(words)) if words[at] not in run), len(words))


def _words(words: Sequence[str]) -> list[str]:
    return [word for word in words if word != _HYPHEN]
