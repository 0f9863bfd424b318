"""Whether an utterance calls her by name, and what it says besides.

A name counts where one calls somebody: at the beginning, at the end, or between two pauses near either.
It is found by its sound, because a recogniser writes names as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.domain import chinese_calls, english_calls
from companion.domain.name_sound import Unit, spots, units_of

ATTENTION_S: Final = 20.0
"""How long after she has spoken one may answer without her name."""

_NEAR_UNITS: Final = 6
_COMMAS: Final = " \t\n,，、;；:：~～—–-…"
_MARKS: Final = _COMMAS + ".。!！?？"


@dataclass(frozen=True, slots=True)
class Called:
    """`rest` is what was said besides the name and the hail before it; the whole text if she was not called."""

    is_called: bool
    rest: str


def called(text: str, names: Sequence[str], language: Literal["zh", "en"]) -> Called:
    """Tell whether `text`, spoken in `language`, calls somebody by one of `names`, which may be in any language.

    Chinese names are compared in syllables without tones, with the usual confusions (zh/z, an/ang, l/n);
    Latin ones by letters and by sound. A name that is a common word counts only where it is written as one.
    """
    units = units_of(text)
    for run in _runs(units, names):
        place = _Place(text, units, run, language)
        if place.opens() or place.closes() or place.is_alone():
            return Called(True, place.rest())
    return Called(False, text)


@dataclass(frozen=True, slots=True)
class _Run:
    """Her name, said `n_times` in a row: units `begin` to `end`."""

    begin: int
    end: int
    n_times: int
    is_same: bool


def _runs(units: Sequence[Unit], names: Sequence[str]) -> list[_Run]:
    runs: list[_Run] = []
    for spot in spots(units, names):
        same = spot.likeness == "same"
        if runs and runs[-1].end == spot.begin:
            last = runs[-1]
            runs[-1] = _Run(last.begin, spot.end, last.n_times + 1, last.is_same or same)
        else:
            runs.append(_Run(spot.begin, spot.end, 1, same))
    return runs


class _Place:
    """One place where her name was said, and what stands around it."""

    def __init__(self, text: str, units: Sequence[Unit], run: _Run, language: Literal["zh", "en"]) -> None:
        self._text, self._units, self._run = text, units, run
        self._calls = chinese_calls if language == "zh" else english_calls
        self._join = "" if language == "zh" else " "
        self._comma = "，" if language == "zh" else ", "
        self._before = self._joined(units[: run.begin])
        self._end = self._end_of_call()
        self._after = self._joined(units[self._end :])

    def opens(self) -> bool:
        """Whether the utterance begins with the call."""
        run = self._run
        if not self._calls.is_lead(self._before):
            return False
        if self._is_paused(self._end) or run.n_times > 1 or self._calls.is_hailed(self._before):
            return True
        return run.is_same and self._calls.goes_on_to_her(self._after)

    def closes(self) -> bool:
        """Whether the utterance ends with the call."""
        if self._after or not self._before:
            return False
        if self._is_paused(self._run.begin) or self._run.n_times > 1:
            return True
        return self._run.is_same and self._calls.ends_before_name(self._before)

    def is_alone(self) -> bool:
        """Whether the name stands between pauses near the beginning or the end."""
        is_near = self._run.begin <= _NEAR_UNITS or len(self._units) - self._end <= _NEAR_UNITS
        return is_near and self._is_paused(self._run.begin) and self._is_paused(self._end)

    def rest(self) -> str:
        """Return the text without the call."""
        begin, end = self._units[self._run.begin].start, self._units[self._end - 1].end
        before, after = self._text[:begin], self._text[end:]
        if (hail := self._calls.HAILS.search(before.lower())) is not None:
            before = before[: hail.start()]
        if not after.strip(_MARKS):
            before = before.rstrip(_COMMAS)
            end_mark = after.strip(_COMMAS)
            return before if not before or before[-1] in _MARKS else before + end_mark
        after = after.lstrip(_MARKS)
        if not before.strip(_MARKS):
            return after
        before = before.rstrip(_COMMAS)
        gap = self._comma if before[-1] not in _MARKS else self._join
        return before + gap + after

    def _end_of_call(self) -> int:
        """Return the unit after the name and what is called out with it."""
        end = self._run.end
        match = self._calls.TAIL.match(self._joined(self._units[end:]))
        if match is None:
            return end
        n, length = end, 0
        while n < len(self._units) and length < match.end() and not (n > end and self._units[n].paused):
            length += len(self._units[n].text) + len(self._join)
            n += 1
        return n if self._is_paused(n) and not self._is_paused(end) else end

    def _is_paused(self, place: int) -> bool:
        """Whether there is a pause before unit `place`; both ends of the utterance are pauses."""
        return place in (0, len(self._units)) or self._units[place].paused

    def _joined(self, units: Sequence[Unit]) -> str:
        return self._join.join(unit.text for unit in units)
