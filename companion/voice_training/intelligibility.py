"""How much of what should be said is heard: toneless pinyin syllables in Chinese, words in English.

Homophones agree, so do 3 and three, colour and color, seashells and sea shells: the recogniser's spelling is no mistake
of the voice. Tones are left out here; a recogniser writes the word that makes sense, not the tone that it heard.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from companion.text.aligned import Aligned
from companion.text.language import HAN
from companion.text.mandarin import simplified
from companion.text.normalise import normalised
from companion.text.phonemes import Language
from companion.text.pinyin import toneless

# A mark between digits belongs to the number.
_CLAUSE_END: Final = re.compile(r"[，。！？；：、…—\n]+|[,.!?;:]+(?=\s|$)")
_WORD: Final = re.compile(f"[^\\W\\d_{HAN}]+(?:'[^\\W\\d_{HAN}]+)*|[{HAN}]")
_LEAST_HEARD: Final = 0.34
_LEAST_TOKENS: Final = 2
_SPELLINGS: Final = {
    "alright": "all right",
    "cannot": "can not",
    "colour": "color",
    "favourite": "favorite",
    "flavour": "flavor",
    "grey": "gray",
    "honour": "honor",
    "labour": "labor",
    "mum": "mom",
    "neighbour": "neighbor",
    "neighbours": "neighbors",
    "ok": "okay",
    "programme": "program",
    "realise": "realize",
    "recognise": "recognize",
    "theatre": "theater",
    "towards": "toward",
    "travelled": "traveled",
    "travelling": "traveling",
    "tyre": "tire",
    "centre": "center",
    "metre": "meter",
    "metres": "meters",
    "doctor": "dr",
    "mister": "mr",
    "gonna": "going to",
    "wanna": "want to",
}
_SHORT_FORMS: Final = (
    ("won't", "will not"),
    ("can't", "can not"),
    ("n't", " not"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'m", " am"),
    ("let's", "let us"),
    ("'s", " is"),
    ("'d", " would"),
)


def error_rate(wanted: str, heard: str, language: Language) -> float:
    """Return edits per syllable (Chinese) or word (English) of `wanted`; may exceed 1.

    1.0 or 0.0 where nothing was wanted: by whether something was heard.
    """
    reference = tokens(wanted, language)
    hypothesis = tokens(heard, language)
    if not reference:
        return 1.0 if hypothesis else 0.0
    return edits(reference, hypothesis) / len(reference)


def tokens(text: str, language: Language) -> list[str]:
    """Return what is said as syllables without tones, or as English words in one spelling."""
    if language == "zh":
        return list(_syllables(text))
    return list(_words(text))


def edits(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Return the fewest insertions, deletions and exchanges; a word written as two, or two as one, is none."""
    return int(_table(reference, hypothesis)[-1, -1])


def missing_clauses(wanted: str, heard: str, language: Language) -> list[str]:
    """Return the clauses of `wanted`, at least two syllables or words long, of which next to nothing was heard."""
    clauses = [clause for clause in _CLAUSE_END.split(wanted) if clause.strip()]
    parts = [tokens(clause, language) for clause in clauses]
    found = _heard([token for part in parts for token in part], tokens(heard, language))
    missing = []
    begin = 0
    for clause, part in zip(clauses, parts, strict=True):
        share = sum(found[begin : begin + len(part)]) / max(1, len(part))
        begin += len(part)
        if len(part) >= _LEAST_TOKENS and share < _LEAST_HEARD:
            missing.append(clause.strip())
    return missing


@cache
def _syllables(text: str) -> tuple[str, ...]:
    return tuple(toneless(simplified(text)))


@cache
def _words(text: str) -> tuple[str, ...]:
    spoken = normalised(Aligned.of(text), "en").text.lower().replace("’", "'")
    words: list[str] = []
    for match in _WORD.finditer(spoken):
        word = _SPELLINGS.get(match.group(), match.group())
        for short, long in _SHORT_FORMS:
            if word.endswith(short):
                word = word[: -len(short)] + long
                break
        words += word.split(" ")
    return tuple(word for word in words if word)


def _table(
    reference: Sequence[str], hypothesis: Sequence[str]
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """Return the distances of all beginnings, shape (len(reference) + 1, len(hypothesis) + 1)."""
    table = np.zeros((len(reference) + 1, len(hypothesis) + 1), np.int32)
    table[:, 0] = np.arange(len(reference) + 1)
    table[0, :] = np.arange(len(hypothesis) + 1)
    for row in range(1, len(reference) + 1):
        for column in range(1, len(hypothesis) + 1):
            differs = reference[row - 1] != hypothesis[column - 1]
            best = min(
                table[row - 1, column] + 1, table[row, column - 1] + 1, table[row - 1, column - 1] + differs
            )
            if row > 1 and _joined(reference[row - 2 : row], hypothesis[column - 1]):
                best = min(best, table[row - 2, column - 1])
            if column > 1 and _joined(hypothesis[column - 2 : column], reference[row - 1]):
                best = min(best, table[row - 1, column - 2])
            table[row, column] = best
    return table


def _joined(two: Sequence[str], one: str) -> bool:
    # Pinyin never joins: xi an is not xian.
    return len(one) > 6 and two[0] + two[1] == one


def _heard(reference: Sequence[str], hypothesis: Sequence[str]) -> list[bool]:
    """Return for each token of `reference` whether the alignment finds it in `hypothesis`."""
    table = _table(reference, hypothesis)
    found = [False] * len(reference)
    row, column = len(reference), len(hypothesis)
    while row and column:
        here = table[row, column]
        if reference[row - 1] == hypothesis[column - 1] and here == table[row - 1, column - 1]:
            row, column = row - 1, column - 1
            found[row] = True
        elif (
            row > 1
            and here == table[row - 2, column - 1]
            and _joined(reference[row - 2 : row], hypothesis[column - 1])
        ):
            row, column = row - 2, column - 1
            found[row] = found[row + 1] = True
        elif (
            column > 1
            and here == table[row - 1, column - 2]
            and _joined(hypothesis[column - 2 : column], reference[row - 1])
        ):
            row, column = row - 1, column - 2
            found[row] = True
        elif here == table[row - 1, column - 1] + 1:
            row, column = row - 1, column - 1
        elif here == table[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    return found
