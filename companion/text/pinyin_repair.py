"""Names that a recogniser wrote with other characters of the same sound, put right before lore is matched.

Chinese by pinyin without tones, zh/z, an/ang, l/n and f/h being nearly the same; English by its consonants. What
may be an ordinary word stays: a name that is not repaired costs one entry of lore, a wrong one puts words into the
user's mouth.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from companion.domain.homophones import Sound, difference, sounds
from companion.text.english_lexicon import knows, load_lexicon
from companion.text.language import HAN
from companion.text.segmentation import segmenter

_RUN: Final = re.compile(f"[{HAN}]+")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)*")
_HAN_NAME: Final = re.compile(f"[{HAN}]{{2,6}}")
_LATIN_NAME: Final = re.compile(r"[A-Za-z\u00c0-\u024f'’. -]{3,40}")
_LONGEST: Final = 6

# How often a name of the conversation stands among a thousand words, and what a recogniser does to it.
_NAME: Final = math.log(1e-3)
_NAME_AROUND: Final = math.log(0.1)
_HOMOPHONE: Final = math.log(0.2)
_PER_DIFFERENCE: Final = math.log(1e-3)
_PER_SOUND: Final = 0.25
_MOST_APART: Final = 0.5
# How many times likelier than what was written a name must be: in 8,000 sentences of 红楼梦 these leave 11
# wrong repairs by 50 names where 1 would leave 21.
_LEAST_GAIN: Final = math.log(1500)
_LEAST_GAIN_LONG: Final = math.log(50)
_UNKNOWN_FREQUENCY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """`heard` stood at `start` of the text as recognised, and means `name`."""

    start: int
    heard: str
    name: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """`text` with the names put right, and what was changed, in order."""

    text: str
    changes: tuple[Change, ...] = ()


class Repairer:
    """Made once for the names of a conversation, which loads jieba's dictionary (0.7 s) and, for Latin names, the
    English one (0.3 s); `repair` takes well under a millisecond and may be called from any thread.
    """

    def __init__(self, names: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(name.strip() for name in names))
        self._chinese = [(name, sounds(name)) for name in wanted if _HAN_NAME.fullmatch(name)]
        self._english = [
            _Latin(name, _joined(name), _skeleton(_joined(name)), len(_LATIN.findall(name)))
            for name in wanted
            if _LATIN_NAME.fullmatch(name) and name != name.lower()
        ]
        self._known = frozenset(wanted)
        self._words: Any = segmenter() if self._chinese else None
        if self._english:
            load_lexicon()

    def repair(self, text: str) -> Repaired:
        """Return `text` with misheard names put right."""
        found = [*self._han_changes(text), *self._latin_changes(text)]
        found.sort(key=lambda change: change.start)
        parts: list[str] = []
        end = 0
        for change in found:
            parts += [text[end : change.start], change.name]
            end = change.start + len(change.heard)
        return Repaired("".join(parts) + text[end:], tuple(found))

    # ---- Chinese

    def _han_changes(self, text: str) -> Iterator[Change]:
        if not self._chinese:
            return
        for run in _RUN.finditer(text):
            yield from self._in_run(run.group(), run.start())

    def _in_run(self, text: str, offset: int) -> Iterator[Change]:
        standing = [match.span() for name, _ in self._chinese for match in re.finditer(re.escape(name), text)]
        run = _Run(text, sounds(text), self._tokens(text), standing)
        candidates: list[tuple[float, int, str]] = []
        for name, sound in self._chinese:
            for start in range(len(text) - len(name) + 1):
                apart = run.apart(start, name, sound)
                if apart is None:
                    continue
                gain = self._gain(run, start, start + len(name), apart)
                if gain > (_LEAST_GAIN if len(name) == 2 else _LEAST_GAIN_LONG):
                    candidates.append((gain, start, name))
        taken = [False] * len(text)
        for _, start, name in sorted(candidates, key=lambda one: (-len(one[2]), -one[0], one[1])):
            if not any(taken[start : start + len(name)]):
                taken[start : start + len(name)] = [True] * len(name)
                yield Change(offset + start, text[start : start + len(name)], name)

    def _gain(self, run: _Run, start: int, end: int, apart: float) -> float:
        """Return how much likelier a name is than what was written from `start` to `end`, as log odds."""
        tokens = [(left, right) for left, right in run.tokens if left < end and right > start]
        if any(left < start or right > end for left, right in tokens):
            return -math.inf
        if len(tokens) == 1 and self._frequency(run.text[start:end]) > 0:
            return -math.inf
        known = [(left, right) for left, right in run.standing if start <= left and right <= end]
        # Where half the name stands already only the other half must be explained.
        rest = [
            (left, right)
            for left, right in tokens
            if not any(first <= left and right <= last for first, last in known)
        ]
        plain = sum(self._log_share(run.text[left:right]) for left, right in rest)
        prior = _NAME_AROUND if known else _NAME
        return prior + _HOMOPHONE + _PER_DIFFERENCE * apart - plain

    def _tokens(self, run: str) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        end = 0
        for word in self._words.cut(run, HMM=False):
            places.append((end, end + len(word)))
            end += len(word)
        return places

    def _frequency(self, word: str) -> int:
        return int(self._words.FREQ.get(word) or 0)

    def _log_share(self, word: str) -> float:
        return math.log(max(self._frequency(word), _UNKNOWN_FREQUENCY) / self._words.total)

    # ---- English

    def _latin_changes(self, text: str) -> Iterator[Change]:
        words = list(_LATIN.finditer(text)) if self._english else []
        place = 0
        while place < len(words):
            change = self._latin_at(text, words, place)
            if change is None:
                place += 1
                continue
            yield change
            place += len(_LATIN.findall(change.heard))

    def _latin_at(self, text: str, words: Sequence[re.Match[str]], place: int) -> Change | None:
        for n_words in (3, 2, 1):
            part = words[place : place + n_words]
            if len(part) < n_words or not _adjacent(text, part):
                continue
            heard = text[part[0].start() : part[-1].end()]
            if heard in self._known:
                return None
            for name in self._english:
                if abs(n_words - name.n_words) <= 1 and self._is_misheard(text, part, heard, name):
                    return Change(part[0].start(), heard, name.text)
        return None

    def _is_misheard(self, text: str, part: Sequence[re.Match[str]], heard: str, name: _Latin) -> bool:
        joined = _joined(heard)
        if joined == name.joined:
            return heard != name.text and len(part) != name.n_words
        if _skeleton(joined) != name.skeleton or _similarity(joined, name.joined) < 0.6:
            return False
        return all(self._may_be_name(text, word) for word in part)

    def _may_be_name(self, text: str, word: re.Match[str]) -> bool:
        """A word no dictionary has, or one with a capital where no sentence begins."""
        if not knows(word.group().lower()) and not knows(word.group()):
            return True
        before = text[: word.start()].rstrip(" \"“'‘(")
        return (
            word.group()[0].isupper()
            and bool(before)
            and before[-1] not in ".!?。！？…:\n"
            and word.group() != "I"
        )


@dataclass(frozen=True, slots=True)
class _Run:
    """Han characters in a row: their sounds, the words they make, and the names that stand there already."""

    text: str
    heard: Sequence[Sound]
    tokens: Sequence[tuple[int, int]]
    standing: Sequence[tuple[int, int]]

    def apart(self, start: int, name: str, sound: Sequence[Sound]) -> float | None:
        """Return how far what is written at `start` sounds from `name`; None where it cannot be meant."""
        end = start + len(name)
        if self.text[start:end] == name or self._would_break(start, end, name):
            return None
        apart = 0.0
        for one, other in zip(self.heard[start:end], sound, strict=True):
            step = difference(one, other)
            apart += step
            if step > _PER_SOUND or apart > (_PER_SOUND if len(name) == 2 else _MOST_APART):
                return None
        return apart

    def _would_break(self, start: int, end: int, name: str) -> bool:
        for first, last in self.standing:
            if first < end and last > start and not (start <= first and last <= end):
                return True
            if start <= first and last <= end and name[first - start : last - start] != self.text[first:last]:
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Latin:
    text: str
    joined: str
    skeleton: str
    n_words: int


def _joined(name: str) -> str:
    return "".join(_LATIN.findall(name.lower())).replace("'", "").replace("’", "")


def _adjacent(text: str, part: Sequence[re.Match[str]]) -> bool:
    return all(text[one.end() : other.start()] in (" ", "-") for one, other in pairwise(part))


_SPELLINGS: Final = (
    ("^wr", "r"), ("^kn", "n"), ("^gn", "n"), ("^ps", "s"), ("^x", "s"), ("ph", "f"), ("gh(?=[^aeiou]|$)", ""),
    ("ck", "k"), ("sch", "sk"), ("tch", "ch"), ("dg(?=[eiy])", "j"), ("c(?=[eiy])", "s"), ("ch", "X"), ("sh", "X"),
    ("th", "0"), ("c", "k"), ("q", "k"), ("x", "ks"), ("z", "s"), ("v", "f"), ("mb$", "m"), ("wh", "w"), ("h", ""),
    ("j", "g"),
)  # fmt: skip
_SKELETON: Final = tuple((re.compile(pattern), sound) for pattern, sound in _SPELLINGS)


def _skeleton(word: str) -> str:
    """Return the consonants as they sound, doubled ones once; a first vowel stands as `A`."""
    for pattern, sound in _SKELETON:
        word = pattern.sub(sound, word)
    first = "A" if word[:1] in "aeiou" else ""
    word = re.sub("[aeiouyw\u00e0-\u024f]", "", word)
    return first + re.sub(r"(.)\1+", r"\1", word)


def _similarity(one: str, other: str) -> float:
    row = [0] * (len(other) + 1)
    for letter in one:
        above = 0
        for column, second in enumerate(other, 1):
            above, row[column] = (
                row[column],
                above + 1 if letter == second else max(row[column], row[column - 1]),
            )
    return 2 * row[-1] / (len(one) + len(other))
