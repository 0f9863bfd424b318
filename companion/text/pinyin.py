"""Compare a recognised text with what should have been said: in syllables for Chinese, in words for English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from companion.text.aligned import Aligned
from companion.text.language import HAN
from companion.text.mandarin import read_mandarin
from companion.text.normalise import normalised

_PARTS: Final = re.compile(f"(?P<han>[{HAN}]+)|(?P<latin>[^\\W\\d_{HAN}]+(?:'[^\\W\\d_{HAN}]+)*)")


def toneless(text: str) -> list[str]:
    """Return what is said as pinyin syllables without tones and Latin words in lower case.

    Numbers are worded first, so that 3 and 三 agree; homophones agree too.
    """
    spoken = normalised(Aligned.of(text), "zh")
    syllables: list[str] = []
    for match in _PARTS.finditer(spoken.text):
        if match["latin"]:
            syllables.append(match["latin"].lower())
            continue
        for word in read_mandarin(spoken.slice(*match.span()), sandhi=False):
            syllables += [syllable.pinyin for syllable in word]
    return syllables


def syllable_error_rate(reference: str, hypothesis: str) -> float:
    """Return edits per syllable of `reference`, tones left out; 1.0 or 0.0 where the reference says nothing."""
    return _error_rate(toneless(reference), toneless(hypothesis))


def word_error_rate(reference: str, hypothesis: str) -> float:
    """Return edits per word of an English `reference`; case, marks and the writing of numbers do not count."""
    return _error_rate(_words(reference), _words(hypothesis))


def _words(text: str) -> list[str]:
    return [match.group().lower() for match in _PARTS.finditer(normalised(Aligned.of(text), "en").text)]


def _error_rate(reference: Sequence[str], hypothesis: Sequence[str]) -> float:
    if not reference:
        return 1.0 if hypothesis else 0.0
    return _distance(reference, hypothesis) / len(reference)


def _distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Return the Levenshtein distance."""
    row = list(range(len(right) + 1))
    for place, item in enumerate(left, 1):
        above, row[0] = row[0], place
        for column, other in enumerate(right, 1):
            above, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, above + (item != other)),
            )
    return row[-1]
