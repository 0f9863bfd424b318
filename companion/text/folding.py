"""One form for characters that a reader takes for the same, so that a key is found however it was typed."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

_DOTS: Final = "・･·•‧∙⋅・"
_HYPHENS: Final = "‐‑‒–—―−"
_SINGLE_QUOTES: Final = "‘’‚‛ʼ＇"
_DOUBLE_QUOTES: Final = "“”„‟＂"
# Ambiguous or also simplified, so not in the table: Taiwan's and Japan's usual forms and the wave dash.
_FURTHER: Final = {"著": "着", "妳": "你", "戯": "戏", "麺": "面", "〜": "~"}


def fold_search(text: str) -> str:
    """Return `text`, of the same length, with width, case and script variants of each character made one.

    Full-width Latin, half-width katakana, traditional and Japanese forms, dots between names, hyphens, quotation
    marks and white space each become one form. Hiragana and katakana stay apart, as do accents.
    """
    return text.translate(_table())


class _Folding(dict[int, int]):
    """Folds code points when they are first met; thread-safe, as the same key always gets the same value."""

    def __init__(self, variants: dict[str, str]) -> None:
        super().__init__()
        self._variants = variants

    def __missing__(self, code: int) -> int:
        char = _one(unicodedata.normalize("NFKC", chr(code)), chr(code))
        char = " " if char.isspace() else self._variants.get(char, char)
        lower = _one(char.lower(), char)
        folded = self._variants.get(lower, lower)
        self[code] = ord(folded)
        return ord(folded)


def _one(char: str, otherwise: str) -> str:
    return char if len(char) == 1 else otherwise


@cache
def _table() -> _Folding:
    lines = files("companion.text.data").joinpath("variants.txt").read_text(encoding="utf-8").split("\n")
    variants = dict(zip(lines[0], lines[1], strict=True))
    for chars, form in ((_DOTS, "·"), (_HYPHENS, "-"), (_SINGLE_QUOTES, "'"), (_DOUBLE_QUOTES, '"')):
        variants.update(dict.fromkeys(chars, form))
    variants.update(_FURTHER)
    return _Folding(variants)
