"""Subtitles in step with the voice: a clause cut into word groups, each with its moment.

A group is what one glance takes in: up to 8 Chinese characters or 4 words, cut at punctuation first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from companion.domain.audio import Speech

_HAN: Final = r"\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff"
_PIECE: Final = re.compile(rf"[{_HAN}]|[^\s{_HAN}]+|\s+")
_BREAK: Final = frozenset("，。！？、；：…—,.!?;:\n」』”")
_HAN_PER_GROUP: Final = 8
_WORDS_PER_GROUP: Final = 4
_FADE_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Group:
    """`text` of one clause, shown from `at_s` of the reply's sound on."""

    text: str
    at_s: float


def word_groups(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) spans of the word groups that make up `text`."""
    spans: list[tuple[int, int]] = []
    start, weight = 0, 0.0
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece.isspace():
            if spans and start == match.start():
                spans[-1] = (spans[-1][0], match.end())
                start = match.end()
            continue
        cost = 1 / _HAN_PER_GROUP if re.match(rf"[{_HAN}]", piece) else 1 / _WORDS_PER_GROUP
        if all(letter in _BREAK for letter in piece):
            cost = 0.0
        if weight + cost > 1.0001:
            spans.append((start, match.start()))
            start, weight = match.start(), 0.0
        weight += cost
        if piece[-1] in _BREAK and weight > 0:
            spans.append((start, match.end()))
            start, weight = match.end(), 0.0
    if text[start:].strip():
        spans.append((start, len(text)))
    return _joined(text, spans)


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give punctuation that stands alone to the group before it."""
    result: list[tuple[int, int]] = []
    for start, end in spans:
        if result and not any(letter.isalnum() for letter in text[start:end]):
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def timed(speech: Speech, offset_s: float) -> list[Group]:
    """Return the groups of a clause with the moment at which each begins to sound.

    Moments come from the marks; without marks they are shared out evenly over the clip.
    """
    spans = word_groups(speech.text)
    marks = sorted(speech.marks, key=lambda mark: mark.char)
    groups: list[Group] = []
    for start, end in spans:
        if marks:
            found = next((mark.sample for mark in marks if mark.char >= start), None)
            moment = speech.clip.seconds if found is None else found / speech.clip.rate_hz
        else:
            moment = speech.clip.seconds * start / max(1, len(speech.text))
        groups.append(Group(speech.text[start:end], offset_s + moment))
    return groups


@dataclass(frozen=True, slots=True)
class Shown:
    """A clause of which [0, `start`) stands on the screen and [`start`, `end`) appears with `opacity` 0 to 1."""

    text: str = ""
    start: int = 0
    end: int = 0
    opacity: float = 1.0


class Subtitles:
    """The clauses of one reply; asked by playback position."""

    def __init__(self) -> None:
        self._clauses: list[tuple[str, list[Group], float]] = []

    def add(self, speech: Speech, offset_s: float) -> None:
        """Append a clause, or a further chunk of the last one."""
        end = offset_s + speech.clip.seconds
        if self._clauses and offset_s < self._clauses[-1][1][0].at_s - 0.5:
            self._clauses.clear()
        if self._clauses and self._clauses[-1][0] == speech.text and offset_s <= self._clauses[-1][2] + 0.5:
            text, groups, _ = self._clauses[-1]
            self._clauses[-1] = (text, _later(groups, speech, offset_s), end)
            return
        groups = timed(speech, offset_s)
        if groups:
            self._clauses.append((speech.text, groups, end))

    def clear(self) -> None:
        """Forget the reply."""
        self._clauses.clear()

    def at(self, seconds: float) -> Shown:
        """Return what to show at `seconds` of the reply's sound."""
        current = None
        for clause in self._clauses:
            if clause[1][0].at_s <= seconds + 0.02:
                current = clause
        if current is None:
            return Shown()
        sounding = [group for group in current[1] if group.at_s <= seconds + 0.02]
        newest = sounding[-1]
        start = sum(len(group.text) for group in sounding[:-1])
        fade_in = min(1.0, max(0.0, (seconds + 0.02 - newest.at_s) / _FADE_S))
        return Shown(current[0], start, start + len(newest.text), round(fade_in, 1))

    @property
    def end_s(self) -> float:
        return self._clauses[-1][2] if self._clauses else 0.0


def _later(groups: list[Group], speech: Speech, offset_s: float) -> list[Group]:
    """Move the groups that a further chunk speaks to their moments in it."""
    if not speech.marks:
        return groups
    first = min(mark.char for mark in speech.marks)
    result, start = [], 0
    for group in groups:
        if start >= first:
            found = next((m.sample for m in speech.marks if m.char >= start), None)
            moment = speech.clip.seconds if found is None else found / speech.clip.rate_hz
            result.append(Group(group.text, max(group.at_s, offset_s + moment)))
        else:
            result.append(group)
        start += len(group.text)
    return result
