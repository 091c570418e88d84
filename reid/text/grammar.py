"""Says a person's attributes the way people describe people.

PETA (Deng et al., ACM MM 2014) labels crops with words such as ``upperBodyRed``; nobody talks like that.
The grammar picks some of a person's attributes, groups them into clauses (hair, clothes, shoes, bags) and
says each in one of many ways. Which attributes were said is returned too: a sentence about a red top is
equally true of every other person in a red top, and training must not claim otherwise.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from random import Random

from reid.text.grammar_words import (
    ABSENT,
    ACCESSORIES,
    AGES,
    BAGS,
    COLOURS,
    FOOTWEAR,
    HAIR_COLOURS,
    HAIR_LENGTHS,
    LOWER,
    LOWER_PATTERNS,
    SEXES,
    UPPER,
    UPPER_PATTERNS,
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence and the attributes it asserts."""

    text: str
    said: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    said: frozenset[str]


def describe(attributes: Set[str], rng: Random) -> Utterance:
    """Say some of ``attributes`` (PETA's words) in one sentence or two; differently at each call.

    Unknown attributes are left out. A person with none of the grammar's attributes is "a person".
    """
    subject, said = _subject(attributes, rng)
    clauses = [clause for clause in _clauses(attributes, rng) if clause is not None]
    rng.shuffle(clauses)
    if rng.random() < 0.5:
        clauses.sort(key=lambda clause: _ORDER.get(next(iter(sorted(clause.said)))[:4], 9))
    wanted = rng.choices((1, 2, 3, 4, 5, 6, 7), (6, 14, 22, 24, 18, 10, 6))[0]
    kept = _keep_interesting(clauses, wanted, rng)
    for clause in kept:
        said |= clause.said
    return Utterance(_join(subject, [clause.text for clause in kept], rng), said)


_ORDER = {"hair": 0, "acce": 1, "uppe": 2, "lowe": 3, "foot": 4, "carr": 5}


def _keep_interesting(clauses: list[_Clause], wanted: int, rng: Random) -> list[_Clause]:
    """Drop clauses until ``wanted`` are left, the ones about clothes and bags last."""
    weights = {id(clause): rng.random() + (0.6 if _is_main(clause) else 0.0) for clause in clauses}
    best = sorted(clauses, key=lambda clause: -weights[id(clause)])[:wanted]
    return [clause for clause in clauses if clause in best]


def _is_main(clause: _Clause) -> bool:
    return any(word.startswith(("upper", "lower", "carrying")) for word in clause.said)


def _join(subject: str, clauses: Sequence[str], rng: Random) -> str:
    if not clauses:
        return subject
    if len(clauses) > 2 and rng.random() < 0.4:
        cut = rng.randint(1, len(clauses) - 1)
        again = "He" if subject.endswith(("man", "guy", "male", "boy", "gentleman")) else "The person"
        again = "She" if subject.endswith(("woman", "lady", "female", "girl")) else again
        verb = rng.choice((" is wearing ", " has on ", " also wears ", " has "))
        return f"{_join(subject, clauses[:cut], rng)}. {again}{verb}{_list(clauses[cut:], rng)}."
    verb = rng.choice((" wearing ", " in ", " with ", " is wearing ", " has on ", " wears ", ", "))
    text = f"{subject}{verb}{_list(clauses, rng)}"
    return text.lower() if rng.random() < 0.3 else text


def _list(clauses: Sequence[str], rng: Random) -> str:
    if len(clauses) == 1:
        return clauses[0]
    glue = rng.choice((", ", ", ", " and ", " with "))
    return glue.join(clauses[:-1]) + rng.choice((" and ", ", ", ", and ", " with ")) + clauses[-1]


def _pick(table: Mapping[str, Sequence[str]], attributes: Set[str], rng: Random) -> tuple[str, str] | None:
    """Return one present attribute of ``table`` and one way of saying it."""
    present = [name for name in table if name in attributes]
    if not present:
        return None
    name = rng.choice(present)
    return name, rng.choice(table[name])


def _subject(attributes: Set[str], rng: Random) -> tuple[str, frozenset[str]]:
    sex = _pick(SEXES, attributes, rng)
    if sex is None or rng.random() < 0.12:
        return rng.choice(("a person", "someone", "This person", "the pedestrian")), frozenset()
    said = {sex[0]}
    noun = sex[1]
    age = _pick(AGES, attributes, rng)
    if age is not None and rng.random() < 0.3:
        noun = f"{age[1]} {noun}"
        said.add(age[0])
    return f"{rng.choice(('a', 'A', 'the', 'The', 'This'))} {noun}", frozenset(said)


def _clauses(attributes: Set[str], rng: Random) -> list[_Clause | None]:
    return [
        _garment("upperBody", UPPER, UPPER_PATTERNS, attributes, rng),
        _garment("lowerBody", LOWER, LOWER_PATTERNS, attributes, rng),
        _garment("footwear", FOOTWEAR, {}, attributes, rng),
        _hair(attributes, rng),
        _one_of(BAGS, attributes, rng),
        _one_of(ACCESSORIES, attributes, rng),
        _sleeves(attributes, rng),
        _absence(attributes, rng),
    ]


def _colours(region: str, attributes: Set[str], rng: Random) -> tuple[str, frozenset[str]]:
    present = [region + colour for colour in COLOURS if region + colour in attributes]
    rng.shuffle(present)
    said = present if rng.random() < 0.85 else present[:1]
    words = [rng.choice(COLOURS[name.removeprefix(region)]) for name in said]
    return rng.choice((" and ", " and ", " ")).join(words), frozenset(said)


def _garment(
    region: str,
    garments: Mapping[str, Sequence[str]],
    patterns: Mapping[str, Sequence[str]],
    attributes: Set[str],
    rng: Random,
) -> _Clause | None:
    """Say a region's colours, pattern and garment, any of which may be left out."""
    colours, said = _colours(region, attributes, rng)
    garment = _pick({name: garments[name] for name in garments if name != region}, attributes, rng)
    if garment is None or rng.random() < 0.15:
        garment = ("", rng.choice(garments[region]))
    pattern = _pick(patterns, attributes, rng) if rng.random() < 0.7 else None
    if not colours and not garment[0] and pattern is None:
        return None
    words = [colours, pattern[1] if pattern else "", garment[1]]
    if rng.random() < 0.15 and colours:
        words = [garment[1], rng.choice(("that is", "in")), colours]
    names = said | ({garment[0]} - {""}) | ({pattern[0]} if pattern and words[1] == pattern[1] else set())
    article = rng.choice(("a ", "a ", "", "the "))
    return _Clause(article + " ".join(word for word in words if word), frozenset(names))


def _hair(attributes: Set[str], rng: Random) -> _Clause | None:
    colour, length = _pick(HAIR_COLOURS, attributes, rng), _pick(HAIR_LENGTHS, attributes, rng)
    parts = [part for part in (length, colour) if part is not None and rng.random() < 0.8]
    if not parts:
        return None
    parts = [part for part in parts if part[0] == "hairBald"] or parts  # a bald head has no colour
    names = frozenset(name for name, _ in parts)
    words = " ".join(word for _, word in parts)
    return _Clause(words if "hairBald" in names else f"{words} hair", names)


def _one_of(table: Mapping[str, Sequence[str]], attributes: Set[str], rng: Random) -> _Clause | None:
    choice = _pick(table, attributes, rng)
    return None if choice is None else _Clause(choice[1], frozenset({choice[0]}))


def _sleeves(attributes: Set[str], rng: Random) -> _Clause | None:
    if rng.random() < 0.8:
        return None
    ways = {"upperBodyShortSleeve": ("short sleeves",), "upperBodyLongSleeve": ("long sleeves",)}
    return _one_of(ways, attributes, rng)


def _absence(attributes: Set[str], rng: Random) -> _Clause | None:
    """Now and then say what is not there, so that "no hat" has a meaning of its own."""
    return _one_of(ABSENT, attributes, rng) if rng.random() < 0.15 else None
