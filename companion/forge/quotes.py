"""Quotes: what stands between quotation marks, also where marks are nested, mixed, unclosed or missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from companion.text.language import HAN

QuoteKind = Literal["speech", "thought", "emphasis"]

STRAIGHT: Final = '"＂'
_PAIRS: Final = {"“": "”", "「": "」", "『": "』", "‘": "’", "«": "»", "〝": "〞"}
_OPENERS: Final = frozenset(_PAIRS)
_CLOSERS: Final = frozenset("”」』»〞")
_MARKS: Final = re.compile('[“”「」『』«»〝〞"＂‘’]')
_TERMINAL: Final = frozenset("。．.！？!?…~～—－-，,；;")
_SENTENCE_END: Final = re.compile("[。．！？!?…](?![。．！？!?…”」』])")
_COLON: Final = re.compile(r"[：:∶]\s*$")
_WRITING: Final = re.compile(
    r"(?:写着|写道|题着|题曰|诗云|诗曰|词曰|注云|偈云|联云|书云|上面是|题目是|破的是|写的是|原来是|"
    r"刻着|题道|古人云|俗语云|常言道|俗话说|曰)\s*[：:]?\s*$"
)
_THINKING: Final = re.compile(
    r"(?:想着|心想|想道|暗想|思忖|自思|忖道|寻思|(?:心下|心里|心中|只|便|犹|又)想|暗道|心道|自忖|思想|"
    r"思量|暗忖|"
    r"\b(?:thought|wondered|thinking)\b(?:[^。．！？“”\"]{0,12}[,:])?)[，,]?\s*$",
    re.IGNORECASE,
)
_SAYING: Final = re.compile(
    r"(?:道|说|问|喊|叫|骂|嚷|答|回|念|叹|劝|让|呼|唤|吩咐|said|asked|cried|shouted|called|whispered|"
    r"replied)\s*[，,]?\s*$"
)
_RECOVERED_TAG: Final = re.compile(r"[道说问曰叫骂答][：:]\s*")
_NAMING_AFTER: Final = re.compile(
    r"(?:二字|两字|三字|四字|一字|八个?字|[一二两三四五六七八]个字|之|的|字|云云|等[字词]|一[词句语]|"
    r"这[个句两三])"
)
_SHORT_EMPHASIS: Final = 5
_LONGEST_EMPHASIS: Final = 14
_HAN_CHAR: Final = re.compile(f"[{HAN}\u3040-\u30ff]")


@dataclass(frozen=True, slots=True)
class Quote:
    """`start` to `end` with its marks, `inner` without; offsets into the document's text.

    `unclosed` and `unopened` tell of a mark that was missing. `continues`: the paragraph after it reopens the same
    speech. `paragraph` is the index of the paragraph it stands in.
    """

    start: int
    end: int
    inner: tuple[int, int]
    paragraph: int = 0
    kind: QuoteKind = "speech"
    unclosed: bool = False
    unopened: bool = False
    continues: bool = False


def quotes_of(text: str, paragraphs: Sequence[tuple[int, int]]) -> list[Quote]:
    """Return the outermost quotes of `text` in their order; what is quoted inside a speech belongs to it."""
    out: list[Quote] = []
    singles = _single_are_outer(text)
    for number, (start, end) in enumerate(paragraphs):
        follows = text[paragraphs[number + 1][0]] if number + 1 < len(paragraphs) else ""
        before = start
        for quote in _scanned(text, start, end, singles=singles):
            one = replace(quote, paragraph=number)
            if one.unclosed and follows in _OPENERS and follows == text[one.start]:
                one = replace(one, continues=True)
            out.append(replace(one, kind=_kind(text, one, before, (start, end))))
            before = one.end
    return out


def _single_are_outer(text: str) -> bool:
    """British novels put speech between single marks, double ones inside."""
    sample = text[:400_000]
    n_single = len(re.findall(r"(?:^|[\s—(])‘(?=[A-Z\u4e00-\u9fff])", sample))
    return n_single > 3 * sum(sample.count(mark) for mark in '“「"')


def _scanned(text: str, start: int, end: int, *, singles: bool) -> Iterator[Quote]:
    at = last = start
    while (found := _MARKS.search(text, at, end)) is not None:
        i, mark = found.start(), found.group()
        at = i + 1
        if mark in _OPENERS or mark in STRAIGHT:
            if mark == "‘" and not singles:
                continue
            quote = _from_opener(text, i, end)
        elif mark in _CLOSERS:
            recovered = _from_closer(text, last, i)
            if recovered is None:
                last = at
                continue
            quote = recovered
        else:
            continue
        if quote.inner[0] < quote.inner[1]:
            yield quote
        at = last = max(at, quote.end)


def _from_opener(text: str, i: int, end: int) -> Quote:
    mark = text[i]
    close = _PAIRS.get(mark, mark)
    depth = 0
    at = i + 1
    while (found := _MARKS.search(text, at, end)) is not None:
        j, other = found.start(), found.group()
        at = j + 1
        if other == close or (close in '”"＂' and other in '”"＂'):
            if depth:
                depth -= 1
            elif other in STRAIGHT and mark not in STRAIGHT and (partner := _inner_pair(text, j, end)):
                at = partner + 1
            elif not (other == "’" and _is_apostrophe(text, j)):
                return Quote(i, j + 1, (i + 1, j))
        elif other == mark or (mark in STRAIGHT and other == "“"):
            if _is_nested(text, j, end):
                depth += 1
            else:
                return _unclosed(text, i, j)
    stop = end
    while stop > i + 1 and text[stop - 1].isspace():
        stop -= 1
    return Quote(i, stop, (i + 1, stop), unclosed=True)


def _from_closer(text: str, last: int, i: int) -> Quote | None:
    """A closing mark whose opener is lost: the speech begins behind the last 道：of the stretch."""
    tags = list(_RECOVERED_TAG.finditer(text, last, i))
    if not tags:
        return None
    start = tags[0].end()
    return Quote(start, i + 1, (start, i), unopened=True)


def _inner_pair(text: str, j: int, end: int) -> int | None:
    """Return where the straight quote that opens at `j` inside a speech closes, None if `j` closes the speech."""
    if text[j - 1] in _TERMINAL or text[j - 1].isspace():
        return None
    found = _MARKS.search(text, j + 1, min(end, j + 2 + _LONGEST_EMPHASIS))
    if found is None or found.group() not in STRAIGHT or text[found.start() - 1] in _TERMINAL:
        return None
    after = _MARKS.search(text, found.end(), end)
    return found.start() if after is not None and after.group() not in _OPENERS else None


def _is_apostrophe(text: str, j: int) -> bool:
    return text[j - 1].isalpha() and j + 1 < len(text) and text[j + 1].isalpha()


def _is_nested(text: str, j: int, end: int) -> bool:
    """An opener inside a speech opens a nested one if two closers follow before the next opener."""
    first = next((one.start() for one in _MARKS.finditer(text, j + 1, end) if one.group() not in "‘’"), None)
    if first is None or text[first] in _OPENERS:
        return False
    second = _MARKS.search(text, first + 1, end)
    if second is None or second.group() in _OPENERS:
        return False
    if second.group() in STRAIGHT:
        return text[second.start() - 1] in _TERMINAL
    return True


def _unclosed(text: str, i: int, j: int) -> Quote:
    """The speech opened at `i` was not closed before the next opens at `j`: it ends with its last full sentence."""
    stops = [one.end() for one in _SENTENCE_END.finditer(text, i + 1, j)]
    stop = stops[-1] if stops else j
    while stop > i + 1 and text[stop - 1].isspace():
        stop -= 1
    return Quote(i, stop, (i + 1, stop), unclosed=True)


def _kind(text: str, quote: Quote, before: int, paragraph: tuple[int, int]) -> QuoteKind:
    lead = text[max(before, quote.start - 40) : quote.start]
    body = text[quote.inner[0] : quote.inner[1]].strip()
    if _THINKING.search(_COLON.sub("", lead)) and (_COLON.search(lead) or body[-1:] in _TERMINAL):
        return "thought"
    if _WRITING.search(lead):
        return "emphasis"
    if quote.unopened or _COLON.search(lead):
        return "speech"
    ends = body[-1:] in _TERMINAL
    whole = not text[paragraph[0] : quote.start].strip() and not text[quote.end : paragraph[1]].strip()
    if whole or (ends and len(body) > 1):
        return "speech"
    if _SAYING.search(lead):
        long = len(body) > _SHORT_EMPHASIS if _HAN_CHAR.search(body) else len(body.split()) > 2
        return "speech" if long else "emphasis"
    if not lead.strip() and not _NAMING_AFTER.match(text, quote.end) and len(body) > _SHORT_EMPHASIS:
        return "speech"
    return "emphasis"
