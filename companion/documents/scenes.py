"""Scenes: stretches of a chapter that belong together, the parents of passages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from companion.text.language import language_of
from companion.text.sentences import sentence_ends

Span = tuple[int, int]

# Lengths in Chinese characters; an English letter weighs less, so that a word weighs 3.3.
LONGEST: Final = 1_500
_LEAST_BEFORE_MARK: Final = 600
_ENGLISH_WEIGHT: Final = 0.6
_SAMPLE: Final = 4_000
_PARAGRAPH: Final = re.compile(r"[^\n]+(?:\n(?![ \t\u3000]*\n)[^\n]+)*")
_BREAK: Final = re.compile(r"[\s*＊·•—\-_=~#◇◆☆★※○●]{3,}|[＊*※◇◆☆★]+")
_SKIPPED: Final = re.compile(r"\n[ \t\u3000]*\n[ \t\u3000]*\n[ \t\u3000]*\n")
_MARK: Final = re.compile(
    r"[ \t\u3000]*(?:次日|翌日|第二天|这日|这一日|那日|一日|当日|是日|隔日|过了[一两二三几数]|又过了|到了|至次日|"
    r"如今且说|且说|却说|话说|再说|不表|忽一日|原来|这天|那天|当晚|是夜|夜里|清晨|傍晚|[一二三四五六七八九十几数]+[天日月年]后|"
    r"(?:The next|That (?:night|evening|morning|day)|Next (?:day|morning)|One (?:day|night|morning|evening)|"
    r"Meanwhile|Later|(?:Days|Weeks|Months|Years|Hours) later|The following)\b)"
)


def weight_of(text: str) -> float:
    """Return what a character of `text` counts in lengths that are meant for Chinese: 1.0, less in English."""
    return 1.0 if language_of(text[:_SAMPLE]) == "zh" else _ENGLISH_WEIGHT


def scenes(text: str, start: int, end: int, weight: float = 1.0) -> list[Span]:
    """Return the scenes of `text[start:end]`, without the blank ends between them.

    A row of marks or three blank lines always part; a paragraph that opens with a time or place does where the scene
    is long enough; none grows over `LONGEST`.
    """
    out: list[Span] = []
    first, last = -1, start
    for begin, stop in _paragraphs(text, start, end):
        piece = text[begin:stop]
        if _BREAK.fullmatch(piece):
            first = _close(out, first, last)
            last = stop
            continue
        length = (last - first) * weight
        hard = bool(_SKIPPED.search(text, last, begin))
        marked = length >= _LEAST_BEFORE_MARK and bool(_MARK.match(piece))
        if first >= 0 and (hard or marked or (stop - first) * weight > LONGEST):
            first = _close(out, first, last)
        first, last = (begin if first < 0 else first), stop
    _close(out, first, last)
    return out


def opens_scene(paragraph: str) -> bool:
    """Tell whether a paragraph opens with a time or a place, such as 次日 or 却说."""
    return bool(_MARK.match(paragraph))


def _close(out: list[Span], first: int, last: int) -> int:
    if first >= 0:
        out.append((first, last))
    return -1


def _paragraphs(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the paragraphs between blank lines; where one is longer than a scene may be, its parts."""
    for match in _PARAGRAPH.finditer(text, start, end):
        begin, stop = match.span()
        while begin < stop and text[begin].isspace():
            begin += 1
        while stop > begin and text[stop - 1].isspace():
            stop -= 1
        if stop - begin <= LONGEST:
            if begin < stop:
                yield begin, stop
            continue
        yield from _parts(text, begin, stop)


def _parts(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for at in sentence_ends(text[start:end]):
        if start + at - begin >= LONGEST // 2 and end - (start + at) >= LONGEST // 4:
            yield begin, start + at
            begin = start + at
    yield begin, end
