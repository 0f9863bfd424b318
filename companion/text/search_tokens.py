"""From a text to the tokens that keyword search counts: Chinese words, Latin stems, numbers; no punctuation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from companion.text.language import HAN
from companion.text.mandarin import simplified
from companion.text.segmentation import segmenter

# Kana and Hangul have no spaces to rely on and no dictionary here: they are searched by pairs of characters.
_RUNS: Final = re.compile(
    rf"\u2060(?P<whole>[^\s\u2060]+)\u2060|(?P<han>[{HAN}]+)|(?P<pairs>[\u3041-\u30ff\uac00-\ud7af]+)|(?P<word>[^\W_{HAN}\u3041-\u30ff\uac00-\ud7af]+(?:'[a-z]+)?)"
)
WHOLE: Final = "\u2060"
"""Around a word of a query: it is one token, its characters and shorter words are not searched beside it."""
_SUFFIXES: Final = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_SHORTEST_STEM: Final = 3


def search_tokens(text: str) -> list[str]:
    """Return the tokens of `text` in reading order, doubles kept.

    Width, case and traditional characters are folded. A Chinese run gives jieba's words, the shorter words inside
    them and each of its characters; a Latin word gives its stem. The first call loads jieba (0.5 s).
    """
    folded = simplified(unicodedata.normalize("NFKC", text).lower().replace("’", "'"))
    tokens: list[str] = []
    for run in _RUNS.finditer(folded):
        if run.lastgroup == "whole":
            tokens.append(stem(run.group("whole")))
        elif run.lastgroup == "han":
            tokens += _chinese(run.group())
        elif run.lastgroup == "pairs":
            tokens += _pairs(run.group())
        else:
            tokens.append(stem(run.group()))
    return tokens


def stem(word: str) -> str:
    """Return a lower-case English word without its possessive, plural or past ending; others come back as they are."""
    word = word.removesuffix("'s").replace("'", "")
    if not word.isascii() or not word.isalpha():
        return word
    for suffix, instead in _SUFFIXES:
        base = word.removesuffix(suffix)
        if base != word and len(base) >= _SHORTEST_STEM and not (suffix == "s" and word.endswith("ss")):
            base += instead
            # "stopped" and "running" double a letter, "hoped" and "hoping" lose their e.
            doubled = len(base) > _SHORTEST_STEM and base[-1] == base[-2] and base[-1] not in "lsz"
            word = base[:-1] if doubled and suffix in ("ing", "ed") else base
            break
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def _chinese(run: str) -> list[str]:
    words = segmenter().cut_for_search(run)
    return [*(word for word in words if len(word) > 1), *run]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
