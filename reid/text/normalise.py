"""A sentence as plain words: lower case, one spelling per meaning, negation resolved."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from reid.text.descent import descent_places
from reid.text.words import DENIABLE, FILLER, MODIFIERS, PHRASES, SYNONYMS

_PHRASES = [(re.compile(pattern), replacement) for pattern, replacement in PHRASES.items()]
_WORD = re.compile(r"[a-z]+|[.,;:!?]")
_BOUNDARY = frozenset(".,;:!?")
_PHRASE_END = _BOUNDARY | {"and", "or", "not"}
_BEFORE_A_THING = MODIFIERS | frozenset(
    (
        "wearing carrying holding have has having got appears appear seems seem seen to be "
        "a an any the kind sort type of"
    ).split()
)
_DEGREES = frozenset(("very", "too", "so"))
_DEGREES = frozenset(("very", "too", "so"))
_AFTER_A_THING = FILLER | {"carrying", "holding"}
_LONGEST_DENIED_PHRASE = 6
_DESCENT = "descent"  # one of the words that are never looked for


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a sentence, or one denied phrase, and what became of it."""

    written: str
    canonical: str  # "" where the word carries nothing
    denied: bool = False


def split_words(sentence: str) -> list[str]:
    """Cut a sentence into lower-case ASCII words and punctuation marks, joining known phrases."""
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKD", sentence))
    text = plain.lower().replace("_", " ")
    for pattern, replacement in _PHRASES:
        text = pattern.sub(replacement, text)
    return _WORD.findall(text.replace("'", ""))


def _plain(character: str) -> str:
    """Return the ASCII for a character: accents vanish, dashes and pictures part words as blanks do."""
    if character.isascii():
        return character
    if character in "\u2018\u2019":  # curly apostrophes
        return "'"
    category = unicodedata.category(character)
    if category == "Pd":
        return " - "
    return "" if category[0] in "LM" or category == "Cf" else " "


def canonical(word: str, known: Callable[[str], bool]) -> str:
    """Return the one spelling of a word's meaning; plurals fold where the singular is ``known``."""
    if word in SYNONYMS:
        return SYNONYMS[word]
    if known(word):
        return word
    for ending, replacement in (("ies", "y"), ("es", ""), ("s", "")):
        stem = word[: -len(ending)] + replacement
        if word.endswith(ending) and len(stem) > 2 and (known(stem) or stem in SYNONYMS):
            return SYNONYMS.get(stem, stem)
    return word


def resolve(sentence: str, known: Callable[[str], bool] = frozenset[str]().__contains__) -> list[Word]:
    """Return the sentence's words in order, canonical, with "no hat" as the single word ``no_hat``.

    What is denied is taken out whole: the colour of a hat that is not there must not count as a colour.
    """
    raw = split_words(sentence)
    words = [canonical(word, known) for word in raw]
    descent = descent_places(raw)
    resolved: list[Word] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word == "not":
            end, denials = _denied(words, position + 1)
            written = " ".join(raw[position:end]).replace(" ,", ",")
            resolved += [Word(written, denial, denied=end > position + 1) for denial in denials or [""]]
            position = end
            continue
        if position in descent:
            resolved.append(Word(raw[position], _DESCENT))
        elif word not in _BOUNDARY:
            resolved.append(Word(raw[position], "" if word in FILLER else word))
        position += 1
    return resolved


def _denied(words: list[str], start: int) -> tuple[int, list[str]]:
    """Return where the denied phrase that starts at ``start`` ends, and the denials it makes."""
    end, denials = _denied_thing(words, start)
    while words[end : end + 1] == ["or"] or _goes_on(words, end):
        end, more = _denied_thing(words, end + 1)
        denials += more
    return end, denials


def _goes_on(words: list[str], at: int) -> bool:
    """Return whether what is denied goes on after a comma: "no hat, bag or glasses" has bare things up to an "or"."""
    end = at
    while words[end : end + 1] == [","] and not DENIABLE.keys().isdisjoint(words[end + 1 : end + 2]):
        end += 2
    return end > at and words[end : end + 1] == ["or"]


def _denied_thing(words: list[str], start: int) -> tuple[int, list[str]]:
    """Return where the thing named from ``start`` on ends; its denials, none where there is no word for them."""
    limit = min(len(words), start + _LONGEST_DENIED_PHRASE)
    stop = _first(words, start, limit, _PHRASE_END.__contains__)
    degree_end = _first(words, start, stop, lambda word: word not in _DEGREES)
    if degree_end > start:  # "not very tall" denies a look, and no thing behind it
        return min(degree_end + 1, stop), []
    name = _first(words, start, stop, lambda word: word not in _BEFORE_A_THING)
    name_end = _first(words, name, stop, _AFTER_A_THING.__contains__)
    thing = _first(words, start, name_end, DENIABLE.__contains__)
    if thing == name_end:
        return min(name + 1, stop), []
    end = _first(words, thing, len(words), lambda word: word not in DENIABLE)
    return end, list(dict.fromkeys(f"no_{DENIABLE[word]}" for word in words[thing:end]))


def _first(words: list[str], start: int, stop: int, fits: Callable[[str], bool]) -> int:
    """Return the first position from ``start`` whose word fits, or ``stop``."""
    return next((at for at in range(start, stop) if fits(words[at])), stop)
