"""Units: chapters and paragraphs as spans of the source; wraps are re-joined, advertisements flagged."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.documents.chapters import Chapter, chapters, is_heading
from companion.documents.document import Document
from companion.forge.problems import Problem
from companion.text.language import HAN

UnitKind = Literal["prose", "break", "ad"]

_LINE: Final = re.compile(r"[^\n]+")
_INDENT: Final = re.compile(r"[ \t\u3000]*")
_BREAK: Final = re.compile(r"[\s*＊·•—\-_=~#◇◆☆★※○●]{3,}|[＊*※◇◆☆★]+")
_ENDS: Final = tuple("。．！？!?…”」』\"'）)】》：:—~～.*")
_AD: Final = re.compile(
    r"https?://|www\s*[.．。]|\b[\w-]+\s*[.．]\s*(?:com|net|org|cn|cc|info)\b|(?:请|請)(?:记住|記住|"
    r"收藏)本站|最新章[节節]|"
    r"手[机機](?:用户|用戶|阅读|閱讀|站|版)|求(?:月票|推荐|推薦|收藏|订阅|打赏|鲜花)|本章(?:未完|完|"
    r"结束)|点击下一页|點擊下一頁|"
    r"(?:更多|更新).{0,8}(?:小说|小說|章节).{0,12}(?:尽在|請到|请到|访问)|(?:txt|TXT|电子书|"
    r"電子書).{0,6}下[载載]|[Q扣]{1,2}群|微信公众号|"
    r"本书首发|(?:首发|首發)(?:网站|域名|地址)|一秒记住|无弹窗|無彈窗|全文阅读|免费阅读|(?:Project "
    r"Gutenberg|gutenberg\.org)"
)
_LONGEST_AD: Final = 120
_SPACED: Final = re.compile(
    rf"(?<=[{HAN}\u3040-\u30ff，。！？；：、“”「」])\s*\n\s*|"
    rf"\s*\n\s*(?=[{HAN}\u3040-\u30ff，。！？；：、“”「」])"
)
_HYPHENATED: Final = re.compile(r"(?<=[a-z])-\n\s*(?=[a-z])")
_WRAP: Final = re.compile(r"\s*\n\s*")
_LEAST_WIDTH, _MOST_WIDTH = 40, 140
_LEAST_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of `chapter`, an index into `Units.chapters`. Its span may hold line breaks that only wrap."""

    start: int
    end: int
    chapter: int
    kind: UnitKind = "prose"

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Units:
    """What a document is made of. `wrapped`: its lines were cut at a fixed width and are joined here."""

    chapters: tuple[Chapter, ...]
    paragraphs: tuple[Paragraph, ...]
    wrapped: bool
    problems: tuple[Problem, ...]


def units_of(document: Document) -> Units:
    """Return chapters and paragraphs of `document` in reading order; headings are no paragraphs."""
    text = document.text
    parts = tuple(chapters(document))
    wrap = _wrap_width(text)
    paragraphs: list[Paragraph] = []
    problems: list[Problem] = []
    for number, chapter in enumerate(parts):
        for start, end in _spans(text, chapter.body, chapter.end, wrap):
            kind = _kind(text[start:end])
            paragraphs.append(Paragraph(start, end, number, kind))
            if kind == "ad":
                problems.append(Problem("advertisement", start, text[start : min(end, start + 60)]))
    problems += _duplicates(text, parts)
    return Units(parts, tuple(paragraphs), bool(wrap), tuple(sorted(problems, key=lambda one: one.at)))


def joined(text: str) -> str:
    """Return a span's text on one line: without a space between Chinese characters, hyphens of wraps removed."""
    if "\n" not in text:
        return text.strip()
    return _WRAP.sub(" ", _SPACED.sub("", _HYPHENATED.sub("", text))).strip()


def _kind(text: str) -> UnitKind:
    if _BREAK.fullmatch(text):
        return "break"
    return "ad" if len(text) <= _LONGEST_AD and _AD.search(text) else "prose"


def _spans(text: str, start: int, end: int, wrap: int) -> list[tuple[int, int]]:
    stripped = (_stripped(text, *match.span()) for match in _LINE.finditer(text, start, end))
    lines = [one for one in stripped if one[0] < one[1]]
    if not wrap:
        return lines
    out: list[tuple[int, int]] = []
    indents = Counter(_indent(text, begin) for begin, _ in lines)
    flush = min(indents, default=0)
    for begin, stop in lines:
        if out and _goes_on(text, out[-1], begin, wrap=wrap, indented=_indent(text, begin) > flush):
            out[-1] = (out[-1][0], stop)
        else:
            out.append((begin, stop))
    return out


def _goes_on(text: str, before: tuple[int, int], begin: int, *, wrap: int, indented: bool) -> bool:
    """A line goes on in the next unless a blank line, an indent or a short line parts them."""
    last = text.rfind("\n", before[0], before[1]) + 1 or before[0]
    line = text[last : before[1]].strip()
    if indented or text.count("\n", before[1], begin) > 1 or _BREAK.fullmatch(line) or is_heading(line):
        return False
    return _width(line) >= 0.7 * wrap or not line.endswith(_ENDS)


def _wrap_width(text: str) -> int:
    """Return the width in columns at which lines were cut, 0 if they were not."""
    lines = [line for match in _LINE.finditer(text, 0, 400_000) if (line := match.group().strip())]
    widths = sorted(_width(line) for line in lines)
    if len(widths) < _LEAST_LINES:
        return 0
    widest = widths[int(len(widths) * 0.98)]
    if not _LEAST_WIDTH <= widest <= _MOST_WIDTH:
        return 0
    full = [line for line in lines if _width(line) >= 0.8 * widest]
    cut = sum(not line.endswith(_ENDS) for line in full)
    return widest if len(full) >= 0.3 * len(lines) and cut >= 0.4 * len(full) else 0


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def _indent(text: str, begin: int) -> int:
    line = text.rfind("\n", 0, begin) + 1
    found = _INDENT.match(text, line, begin)
    return _width(found.group()) if found else 0


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _duplicates(text: str, parts: Sequence[Chapter]) -> list[Problem]:
    """Tell of chapters whose text came before."""
    seen: dict[str, str] = {}
    out: list[Problem] = []
    for chapter in parts:
        body = "".join(text[chapter.body : chapter.end].split())
        key = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        if len(body) > 200 and key in seen:
            out.append(Problem("duplicate_chapter", chapter.start, f"{chapter.title} = {seen[key]}"))
        seen.setdefault(key, chapter.title)
    return out
