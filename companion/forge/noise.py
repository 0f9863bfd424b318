"""Noise: lines that teach nothing, and lines that come too often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_SIGH: Final = "嗯唔哦噢喔啊哈呵嘿嘻哼唉哎嗳嗨诶欸呃额咦呀呜咳嘘嘁啧切哇喂吁"
_LETTERS: Final = re.compile(r"[^\W_]+")
_SIGHS: Final = re.compile(f"[{_SIGH}]+")
_ENGLISH_SIGHS: Final = re.compile(
    r"(?:\s*(?:u+h+|h+m+|m+h*m+|a+h+|o+h+|e+h+|h+u+h+|h+a+(?:h+a+)*|er+m*|um+|ugh+|tsk|phew|sh+)\b)+\s*",
    re.IGNORECASE,
)
_MOST_REPEATS: Final = 3
_REPEATED: Final = re.compile(r"(.{1,4})\1{3,}")


def is_noise(text: str) -> bool:
    """Tell whether a line is only marks, sighs or one thing again and again: 嗯······, 哈哈哈哈, Uh-huh."""
    letters = "".join(_LETTERS.findall(text))
    if not letters or _SIGHS.fullmatch(letters):
        return True
    if _ENGLISH_SIGHS.fullmatch(" ".join(_LETTERS.findall(text))):
        return True
    return _REPEATED.sub(r"\1", letters) != letters and len(set(letters)) <= 4


def noisy(texts: Sequence[str], most_repeats: int = _MOST_REPEATS) -> dict[int, str]:
    """Return the index of each line to leave out with the reason: `noise`, or `repeated` beyond `most_repeats`."""
    out: dict[int, str] = {}
    seen: Counter[str] = Counter()
    for number, text in enumerate(texts):
        key = folded(text)
        seen[key] += 1
        if is_noise(text):
            out[number] = "noise"
        elif seen[key] > most_repeats:
            out[number] = "repeated"
    return out


def folded(text: str) -> str:
    """Return what two lines have in common that differ in marks, spaces and case only."""
    return "".join(_LETTERS.findall(text)).casefold()
