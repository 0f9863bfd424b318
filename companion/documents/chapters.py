"""Chapters: what a document's format marks as a heading, else lines that look like one, in Chinese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from companion.documents.document import Document

_NUMERAL: Final = r"[0-9０-９零〇○一二三四五六七八九十百千两廿卅壹贰叁肆伍陆柒捌玖拾IVXLCⅠ-ⅿ]{1,9}"
_CHINESE: Final = re.compile(
    rf"[【（(「《]?\s*第\s*{_NUMERAL}\s*(?:章|回|卷|节|節|幕|部|集|篇|话|話|折)(?P<gap>[\s:：、·.．—\-】）)」》]*)(?P<title>.*)"
)
_NAMED: Final = re.compile(
    r"[【（(「]?\s*(?:序[章言幕]?|自序|前言|引子|楔子|尾声|尾聲|后记|後記|终章|終章|番外[篇]?|附录|附錄|结局|大结局)"
    r"(?:\s*[0-9一二三四五六七八九十]{1,3})?(?P<gap>[\s:：、·—\-】）)」]*)(?P<title>.*)"
)
_ENGLISH: Final = re.compile(
    r"(?:(?:chapter|part|book|act|scene|section|volume)\s+(?:[0-9]{1,4}|[ivxlc]{1,8}|one|two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty(?:[- ]\w+)?)\b"
    r"|(?:prologue|epilogue|preface|introduction|foreword|afterword|interlude)\b)(?P<gap>[\s:.—–\-]*)(?P<title>.*)",
    re.IGNORECASE,
)
_MARKDOWN: Final = re.compile(r"(?P<marks>#{1,6})[ \t]+(?P<title>\S.*?)[ \t#]*$")
_LONGEST: Final = 60
_LONGEST_BARE: Final = 25
_SENTENCE: Final = re.compile('[。．！？，；：“”"]')
_BAD_END: Final = tuple("。．，、；：—…,;“")
_PROSE_END: Final = re.compile('[。．！？!?.…”"’」』：:—）)*~]$')
_SHORT_LINE: Final = 20


@dataclass(frozen=True, slots=True)
class Chapter:
    """`start` to `end` of the text, heading included; `body` is where the heading ends. `number` counts from 1; text
    before the first heading is a chapter without title, number 0.
    """

    title: str
    number: int
    start: int
    body: int
    end: int


def chapters(document: Document) -> list[Chapter]:
    """Return the chapters in reading order; they cover the text. A document without headings is one chapter."""
    text = document.text
    heads = [(one.start, one.end, text[one.start : one.end]) for one in document.headings] or _found(text)
    out: list[Chapter] = []
    if not heads or text[: heads[0][0]].strip():
        out.append(Chapter("", 0, 0, 0, heads[0][0] if heads else len(text)))
    for i, (start, end, title) in enumerate(heads):
        following = heads[i + 1][0] if i + 1 < len(heads) else len(text)
        out.append(Chapter(" ".join(title.split()), i + 1, start, end, following))
    return out


def is_heading(line: str) -> bool:
    """Tell whether a line of its own reads as a chapter heading; 第三章 inside a sentence is none."""
    line = line.strip()
    if not line or len(line) > _LONGEST or line.endswith(_BAD_END):
        return False
    if found := _CHINESE.fullmatch(line) or _NAMED.fullmatch(line):
        title = found["title"]
        return (
            not title or bool(found["gap"]) or (len(title) <= _LONGEST_BARE and not _SENTENCE.search(title))
        )
    if found := _ENGLISH.fullmatch(line):
        title = found["title"]
        # "Part of it ..." has no number; "Chapter 3 was long." is a sentence: a title has a gap or is short.
        return not title or ((":" in found["gap"] or title[:1].isupper()) and not title.endswith("."))
    return False


def _found(text: str) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    before = ""
    fenced = False
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        bare = line.strip()
        if bare.startswith(("```", "~~~")):
            fenced = not fenced
        elif mark := None if fenced else _MARKDOWN.fullmatch(bare):
            out.append((start, start + len(line), mark["title"]))
        elif is_heading(bare) and _may_follow(before):
            out.append((start, start + len(line), bare))
        before = bare
    return _without_contents(out, text)


def _may_follow(before: str) -> bool:
    """A heading does not stand in the middle of a hard-wrapped paragraph."""
    return not before or bool(_PROSE_END.search(before)) or len(before) <= _SHORT_LINE or is_heading(before)


def _without_contents(heads: list[tuple[int, int, str]], text: str) -> list[tuple[int, int, str]]:
    """Leave out a table of contents: headings with nothing below them whose title comes again later."""
    last = {"".join(title.split()): start for start, _, title in heads}
    out = []
    for i, (start, end, title) in enumerate(heads):
        following = heads[i + 1][0] if i + 1 < len(heads) else len(text)
        empty = not text[end:following].strip()
        if not (empty and last["".join(title.split())] > start):
            out.append((start, end, title))
    return out
