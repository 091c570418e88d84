"""Which words the network knows, and which of them a misspelt word most likely means."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations

from reid.text.normalise import resolve
from reid.text.words import DENIALS, FILLER, ORDINARY, SYNONYMS, UNFAIR

PADDING = 0
FIRST_WORD = 1


class Vocabulary:
    """Words in the order of their token ids; id 0 is padding, an unknown word has none."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._ids = {word: FIRST_WORD + index for index, word in enumerate(self.words)}
        self._spellings = _deletions([word for word in (*self.words, *SYNONYMS) if len(word) > 3 and "_" not in word])
        self.correct = lru_cache(maxsize=4096)(self._correct)

    def __len__(self) -> int:
        return FIRST_WORD + len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def token_id(self, word: str) -> int:
        """Return the id of a known canonical word.

        Raises:
            KeyError: the word is not in the vocabulary.
        """
        return self._ids[word]

    def _correct(self, word: str) -> str | None:
        """Return the canonical word one slip away (two in long words) from ``word``, or None.

        An ordinary word is no slip of another. The earlier (more frequent) word wins among equally near ones.
        """
        if len(word) < 4 or word in FILLER or word in ORDINARY:
            return None
        slips = 2 if len(word) > 7 else 1
        best: tuple[int, int, str] | None = None
        for form in _forms(word, slips):
            for rank, candidate in self._spellings.get(form, ()):
                distance = _distance(word, candidate)
                if distance <= slips and candidate[0] == word[0]:
                    best = min(best or (distance, rank, candidate), (distance, rank, candidate))
        if best is None:
            return None
        target = SYNONYMS.get(best[2], best[2])
        return target if target in self._ids else None


def learn_vocabulary(sentences: Iterable[str], least_count: int) -> Vocabulary:
    """Collect the canonical words that occur at least ``least_count`` times, most frequent first."""
    raw: Counter[str] = Counter()
    for sentence in sentences:
        raw.update(word.canonical for word in resolve(sentence) if word.canonical)
    counts = _fold_plurals(raw)
    kept = [
        word for word, count in counts.most_common() if count >= least_count and len(word) > 2 and word not in UNFAIR
    ]
    return Vocabulary([*kept, *(word for word in DENIALS if word not in kept)])


def _fold_plurals(counts: Mapping[str, int]) -> Counter[str]:
    folded: Counter[str] = Counter()
    for word, count in counts.items():
        singular = word[:-1]
        known = word.endswith("s") and not word.endswith("ss") and counts.get(singular, 0) > count
        folded[singular if known else word] += count
    return folded


def _forms(word: str, slips: int) -> set[str]:
    """Return ``word`` and every word that is left after dropping up to ``slips`` letters."""
    forms = {word}
    for count in range(1, slips + 1):
        for drop in combinations(range(len(word)), count):
            forms.add("".join(letter for index, letter in enumerate(word) if index not in drop))
    return forms


def _deletions(words: list[str]) -> dict[str, list[tuple[int, str]]]:
    """Index every word under its forms with letters dropped (symmetric-delete spelling correction)."""
    index: dict[str, list[tuple[int, str]]] = {}
    for rank, word in enumerate(words):
        for form in _forms(word, 2 if len(word) > 6 else 1):
            index.setdefault(form, []).append((rank, word))
    return index


def _distance(left: str, right: str) -> int:
    """Return the optimal string alignment distance: edits, with a swap of neighbours as one edit."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        current = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
