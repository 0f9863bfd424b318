"""Find names in an utterance by their sound: Chinese ones in syllables, Latin ones by letters and consonants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.domain.homophones import Sound, difference, sounds

Likeness = Literal["same", "near"]

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_UNITS: Final = re.compile(f"[{_HAN}]|[^\\W\\d_{_HAN}]+(?:['’][^\\W\\d_{_HAN}]+)*|\\d+")
# An enumeration comma and a hyphen join; everything else between two words may be a pause.
_PAUSE: Final = re.compile("[^\\w\\s、·・'’-]|--|\n")
_TITLES: Final = frozenset(
    {"dr", "doctor", "miss", "mr", "mrs", "ms", "lady", "sir", "the", "professor", "captain"}
)
_VOWELS: Final = "aeiouy"
_SPELLINGS: Final = (
    ("^wr", "r"),
    ("^kn", "n"),
    ("^ps", "s"),
    ("ph", "f"),
    ("gh", ""),
    ("ck", "k"),
    ("c(?=[eiy])", "s"),
    ("c(?!h)", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("z", "s"),
)
_NEAR_PER_SYLLABLE: Final = 0.25
# Words that stand for themselves and for no name that sounds alike.
_COMMON_WORDS: Final = (
    "a an and any are as at be been bad bed before but by can come did do does done down for from gone good got had "
    "has have he hear her here hey hi him his home how i if in is it just know last late later lend less let like "
    "line lone long look lot love made main make man many maybe mean men mine more most much name near need never "
    "new next nice no none noon not now of oh ok on one only or our out over own rain ran rent right run said same "
    "saw say see sent she show since so some sometimes son soon sorry stay such sun sure take tell than thank that "
    "the them then there these they thing think this those time to told too turn two under until up us very wait want "
    "was way we well went were what when where which while who whole why will win with won wrong yes you your"
)
_COMMON: Final = frozenset(_COMMON_WORDS.split(" "))


@dataclass(frozen=True, slots=True)
class Unit:
    """A Chinese character, a Latin word in lower case or a number, at `start` to `end`; `paused`: after a mark."""

    text: str
    start: int
    end: int
    paused: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """A name at units `begin` to `end`."""

    begin: int
    end: int
    likeness: Likeness


def units_of(text: str) -> list[Unit]:
    """Return what is said, in order."""
    units: list[Unit] = []
    done = 0
    for match in _UNITS.finditer(text):
        paused = _PAUSE.search(text, done, match.start()) is not None
        units.append(Unit(match.group().lower().replace("’", "'"), match.start(), match.end(), paused))
        done = match.end()
    return units


def spots(units: Sequence[Unit], names: Sequence[str]) -> Iterator[Spot]:
    """Yield where a name is said, from left to right, the longest name first; spots do not overlap."""
    wanted = _wanted(names)
    place = 0
    while place < len(units):
        found = next((spot for name in wanted if (spot := _spot(units, place, name)) is not None), None)
        if found is not None:
            yield found
        place = found.end if found is not None else place + 1


def _spot(units: Sequence[Unit], place: int, name: _Name) -> Spot | None:
    if name.syllables:
        window = units[place : place + len(name.syllables)]
        likeness = _chinese(window, name.syllables)
        if likeness is not None:
            return Spot(place, place + len(window), likeness)
    if name.latin:
        # A recogniser parts or joins the syllables of a name it does not know.
        for n in sorted(
            {name.n_words, name.n_words + 1, max(1, name.n_words - 1)}, key=lambda n: abs(n - name.n_words)
        ):
            window = units[place : place + n]
            if len(window) == n and not any(unit.paused for unit in window[1:]):
                likeness = _latin([unit.text for unit in window], name.latin)
                if likeness is not None:
                    return Spot(place, place + n, likeness)
    return None


@dataclass(frozen=True, slots=True)
class _Name:
    syllables: tuple[Sound, ...]
    latin: str
    n_words: int


def _wanted(names: Sequence[str]) -> list[_Name]:
    found: dict[_Name, int] = {}
    for name in names:
        units = units_of(name)
        if not units:
            continue
        if all(_is_han(unit.text) for unit in units):
            syllables = tuple(sounds("".join(unit.text for unit in units)))
            latin = "".join(syllable[0] for syllable in syllables) if len(syllables) > 1 else ""
            found[_Name(syllables, latin, 1)] = len(syllables)
            continue
        words = [unit.text.replace("'", "") for unit in units if unit.text not in _TITLES]
        for part in (words, words[:1]):
            if len("".join(part)) > 1:
                found[_Name((), "".join(part), len(part))] = len(part)
    return sorted(found, key=lambda name: -found[name])


def _chinese(window: Sequence[Unit], name: Sequence[Sound]) -> Likeness | None:
    if len(window) < len(name) or any(unit.paused for unit in window[1:]):
        return None
    if not all(_is_han(unit.text) for unit in window):
        return None
    apart = [difference(sounds(unit.text)[0], sound) for unit, sound in zip(window, name, strict=True)]
    if max(apart) > 0.5 or sum(apart) > (0.0 if len(name) == 1 else 2 * _NEAR_PER_SYLLABLE):
        return None
    is_same = len(name) > 1 and sum(apart) < 2 * _NEAR_PER_SYLLABLE
    return "same" if is_same else "near"


def _latin(words: Sequence[str], name: str) -> Likeness | None:
    said = "".join(words)
    if said == name:
        return "same"
    if not said.isalpha() or any(word in _COMMON for word in words):
        return None
    edits = _edits(said, name)
    if _consonants(said) == _consonants(name):
        if edits <= 2 and _vowels(said) == _vowels(name) and len(name) > 2:
            return "same"
        return "near" if edits <= (1 if len(name) < 5 else 2) and len(name) > 2 else None
    return "near" if edits == 1 and len(name) > 3 else None


def _consonants(word: str) -> str:
    for spelling, sound in _SPELLINGS:
        word = re.sub(spelling, sound, word)
    first = "a" if word[:1] in _VOWELS else word[:1]
    rest = "".join(letter for letter in word[1:] if letter not in f"{_VOWELS}hw")
    return re.sub(r"(.)\1+", r"\1", first + rest)


def _vowels(word: str) -> str:
    return re.sub(
        r"(.)\1+",
        r"\1",
        "".join(letter for letter in word.replace("y", "i") if letter in _VOWELS).rstrip("e"),
    )


def _edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row[0] = row[0], place
        for column, second in enumerate(other, 1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (letter != second)),
            )
    return row[-1]


def _is_han(text: str) -> bool:
    return len(text) == 1 and re.match(f"[{_HAN}]", text) is not None
