"""Mending broken JSON, only where one reading is sure, each change told with what stood there before."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_TRAILING: Final = re.compile(r",(\s*[}\]])")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_BARE_KEY: Final = re.compile(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)")
_WORDS: Final = re.compile(r"\b(True|False|None|NaN)\b")
_WORD_VALUES: Final = {"True": "true", "False": "false", "None": "null", "NaN": "null"}
_MISSING_COMMA: Final = re.compile(r"([}\]\x00])(\s*\n\s*)([{\[\x00])")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Mend:
    """One change: the row it was made in (0 the whole file), what stood there, what stands there now, and why."""

    row: int
    before: str
    after: str
    what: str


def mended(text: str) -> tuple[Any, list[Mend]] | None:
    """Return the value of broken JSON with every change made, or None where it cannot be mended for sure."""
    mends: list[Mend] = []
    for step in (_quotes, _newlines, _outside, _brackets):
        text = step(text, mends)
        try:
            return json.loads(text), mends
        except (ValueError, RecursionError):
            continue
    return None


def _quotes(text: str, mends: list[Mend]) -> str:
    """Curly or single quotes around keys and values become straight ones, only where no straight one stands."""
    if '"' in text:
        return text
    out = text
    if "“" in text and "”" in text:
        out = text.replace("“", '"').replace("”", '"').replace("：", ":").replace("，", ",")
    elif "'" in text:
        out = re.sub(
            r"(?<=[{\[,:\s])'((?:[^'\\]|\\.)*)'(?=\s*[,:}\]])",
            lambda one: json.dumps(one[1], ensure_ascii=False),
            text,
        )
    _note(mends, text, out, "other quotes instead of straight ones")
    return out


def _newlines(text: str, mends: list[Mend]) -> str:
    """A line break inside of a string is written as \\n."""
    out: list[str] = []
    inside = escaped = False
    for char in text:
        if inside and char in "\n\r\t":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char])
        else:
            out.append(char)
        if char == '"' and not escaped:
            inside = not inside
        escaped = char == "\\" and not escaped
    made = "".join(out)
    # A quote that is never closed would take everything behind it for text.
    if inside:
        return text
    _note(mends, text, made, "a line break inside of a text")
    return made


def _outside(text: str, mends: list[Mend]) -> str:
    """Comments, commas too many, commas missing between rows, bare keys, Python's words: outside of strings alone."""
    strings: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        strings.append(found.group())
        return f"\x00{len(strings) - 1}\x00"

    bare = _STRING.sub(hidden, text)
    steps: tuple[tuple[str, re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
        ("a comment", _COMMENT, ""),
        ("a comma too many", _TRAILING, r"\1"),
        ("a comma missing", _MISSING_COMMA, r"\1,\2\3"),
        ("a key without quotes", _BARE_KEY, r'\1"\2"\3'),
        ("a word of Python", _WORDS, lambda found: _WORD_VALUES[found[1]]),
    )
    shown = re.compile("\x00(\\d+)\x00")
    for what, pattern, new in steps:
        after = pattern.sub(new, bare)
        if after != bare:
            before_text, after_text = (
                shown.sub(lambda one: strings[int(one[1])], part) for part in (bare, after)
            )
            _note(mends, before_text, after_text, what)
            bare = after
    return shown.sub(lambda one: strings[int(one[1])], bare)


def _brackets(text: str, mends: list[Mend]) -> str:
    """A file that was cut off is closed behind its last whole row."""
    bare = _STRING.sub(lambda one: "x" * len(one.group()), text)
    if not text.lstrip().startswith("["):
        return text
    depth, last = 0, 0
    for at, char in enumerate(bare):
        if char in "[{":
            depth += 1
        elif char in "]}":
            depth -= 1
            if depth == 1:
                last = at + 1
    if depth <= 0 or not last:
        return text
    made = f"{text[:last]}]"
    mends.append(
        Mend(
            0, text[last:][:_SHOWN], "]", "the end is missing: what is behind the last whole row is left out"
        )
    )
    return made


def _note(mends: list[Mend], before: str, after: str, what: str) -> None:
    """Remember a change with the first place where the texts differ."""
    if before == after:
        return
    at = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(0, at - _SHOWN // 3)
    mends.append(Mend(0, before[start : start + _SHOWN], after[start : start + _SHOWN], what))
