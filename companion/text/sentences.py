"""Where sentences end, in Chinese and in English."""

from __future__ import annotations

import re
from typing import Final

# Marks of one end together, then what closes with them. A straight quote closes only if one is open.
_ENDS: Final = re.compile(r"(?:[。！？!?…．]+|(?<![.])\.(?![.\w])|\.{3,})[”’」』）)\]】》]*|\n+")
_OPEN_ENDED: Final = frozenset(".．…")
_ABBREVIATIONS_TEXT: Final = (
    "mr mrs ms dr st prof rev gen col capt lt sgt jr sr vs no vol ch pp fig etc e.g i.e a.m p.m u.s"
)
_ABBREVIATIONS: Final = frozenset(_ABBREVIATIONS_TEXT.split(" "))
_LAST_WORD: Final = re.compile(r"([A-Za-z](?:[A-Za-z.]*[A-Za-z])?)$")
_LOWER_NEXT: Final = re.compile(r"\s*[a-z,;]")


def sentence_ends(text: str) -> list[int]:
    """Return the offsets behind each sentence of `text`, closing quotes included; the last is `len(text)`.

    A line break ends a sentence. `．` ends one unless digits stand on both sides; a full stop does not after an
    abbreviation, an initial, or before a lower-case letter.
    """
    ends: list[int] = []
    line_start = 0
    for match in _ENDS.finditer(text):
        if "\n" in match.group():
            line_start = match.end()
            ends.append(line_start)
            continue
        if not _ends_here(text, match):
            continue
        end = match.end()
        if text[end : end + 1] == '"' and text.count('"', line_start, end) % 2:
            end += 1
        ends.append(end)
    ends = sorted({end for end in ends if end})
    if text and (not ends or ends[-1] != len(text)):
        ends.append(len(text))
    return ends


def _ends_here(text: str, match: re.Match[str]) -> bool:
    start, mark = match.start(), match.group()
    if mark[0] not in _OPEN_ENDED:
        return True
    before, after = text[max(0, start - 1) : start], text[match.end() : match.end() + 1]
    if mark == "．" and before.isdigit() and after.isdigit():
        return False
    if mark[0] == "．" or (mark[0] == "…" and not _LOWER_NEXT.match(text, match.end())):
        return True
    if mark == "." and (word := _LAST_WORD.search(text, max(0, start - 12), start)):
        short = word.group(1).lower()
        if short in _ABBREVIATIONS or (len(short) == 1 and short != "i"):
            return False
    return not _LOWER_NEXT.match(text, match.end())
