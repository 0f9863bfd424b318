"""Who says it in English: the tag before or behind a quote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from companion.forge.leads import Lead

_TITLES: Final = (
    "(?:Mr|Mrs|Miss|Ms|Dr|Sir|Lady|Lord|Captain|Colonel|Professor|Aunt|Uncle|Inspector|Father|Sister|"
    "Brother|King|Queen|"
    "Prince|Princess|Madame|Master)"
)
TITLE: Final = re.compile(rf"{_TITLES}\b\.?")
_SAYING: Final = (
    r"(?:said|says|asked|asks|replied|answered|cried|whispered|shouted|muttered|murmured|exclaimed|"
    r"remarked|observed|continued|"
    r"added|called|returned|laughed|sighed|growled|snapped|demanded|inquired|enquired|ejaculated|"
    r"interrupted|began|went on|"
    r"repeated|protested|agreed|admitted|suggested|explained|thought|wondered|screamed|yelled|gasped|"
    r"groaned|responded|declared|"
    r"insisted|pleaded|begged|warned|told|put in|broke in|burst out|chimed in|retorted|grumbled|"
    r"mumbled|stammered|hissed)"
)
_WORD: Final = r"[A-Z][a-z\u00c0-\u024f'’]+"
_SURNAME: Final = rf"\s+(?:de\s+|von\s+|van\s+)?{_WORD}"
_NAME: Final = rf"(?:{_TITLES}\.?\s+)?(?!(?:The|My|His|Her|Our|An?)\b){_WORD}(?:{_SURNAME}){{0,2}}"
_PRONOUN: Final = r"(?:[Hh]e|[Ss]he|[Tt]hey|I|[Ww]e)"
_ROLE: Final = r"(?:[Tt]he|[Mm]y|[Hh]is|[Hh]er|[Oo]ur|[Aa]n?|[Oo]ne of the)\s+(?:[a-z]+\s+){0,2}?[a-z]+"
_WHO: Final = rf"(?:(?P<name>{_NAME})|(?P<pronoun>{_PRONOUN})|(?P<role>{_ROLE}))"
_ADVERB: Final = r"(?:\s+(?:[a-z]+ly|then|at last|only|also|again|just|had|suddenly|once more))?"
_AFTER_VERB_FIRST: Final = re.compile(rf"^[\s,—–-]*{_SAYING}{_ADVERB}\s+{_WHO}\b")
_AFTER_NAME_FIRST: Final = re.compile(rf"^[\s,—–-]*{_WHO}{_ADVERB}\s+{_SAYING}\b")
_BEFORE: Final = re.compile(
    rf"(?:^|[.!?;:,—–”\"\s]){_WHO}(?P<between>[^.!?;“”\"]{{0,80}}?)\b{_SAYING}\b[^.!?;“”\"]{{0,60}}[,:]?\s*$"
)
_BEAT: Final = re.compile(rf"\s*{_WHO}(?:'s\b|\s+[a-z])")
_SENTENCE: Final = re.compile(r"(?<!Mr)(?<!Mrs)(?<!Dr)(?<!Ms)[.!?]\s+")
_NO_NAME_TEXT: Final = (
    "He She They It You We I The This That There Then But And What Who When Where How Why Yes No Oh "
    "Well Now So If As At In On For "
    "Here After Before My His Her Our Their Your One Some Not Nothing Everyone Nobody Somebody"
)
_NO_NAME: Final = frozenset(_NO_NAME_TEXT.split(" "))


@dataclass(frozen=True, slots=True)
class Tag:
    """Who a tag names: a `name`, a `pronoun` or a `role` such as `the butler`; `start` and `end` in its part."""

    start: int
    end: int
    name: str = ""
    pronoun: str = ""
    role: str = ""
    part: str = ""


def tag_behind(after: str) -> Tag | None:
    """Return the tag at the start of what follows a quote: said Holmes; he asked."""
    for pattern in (_AFTER_VERB_FIRST, _AFTER_NAME_FIRST):
        if (found := pattern.match(after)) is not None and (tag := _tag(found)) is not None:
            return tag
    return None


def tag_before(before: str) -> Tag | None:
    """Return the tag at the end of what stands before a quote: Holmes looked up and said,"""
    found = _BEFORE.search(before)
    while found is not None:
        if (tag := _tag(found)) is not None:
            return tag
        found = _BEFORE.search(before, found.start() + 1)
    return None


def beat_behind(after: str) -> Tag | None:
    """Return who acts right behind a quote, in its paragraph: "Traffic." Alice hung up her coat."""
    found = _BEAT.match(after)
    tag = _tag(found) if found is not None else None
    return None if tag is None else replace(tag, part=after)


def beat_before(before: str) -> Tag | None:
    """Return who acts in the last sentence before a quote: Thomas looked up. "Why?\""""
    if not before.strip():
        return None
    starts = [0, *(one.end() for one in _SENTENCE.finditer(before.rstrip()))]
    found = _BEAT.match(before, starts[-1])
    tag = _tag(found) if found is not None else None
    return None if tag is None else replace(tag, part="\0")


def n_told_by_narrator(leads: Iterable[Lead]) -> int:
    """Return how many tags have the narrator for their subject: I said."""
    tags = (tag for lead in leads for tag in (tag_behind(lead.after), tag_before(lead.before)))
    return sum(tag is not None and tag.pronoun == "i" for tag in tags)


def tagged_name(part: str) -> str | None:
    """Return the name that a tag at the start or the end of `part` gives."""
    for tag in (tag_behind(part), tag_before(part)):
        if tag is not None and tag.name:
            return tag.name
    return None


def _tag(found: re.Match[str]) -> Tag | None:
    if (name := found["name"]) is not None:
        if name.split()[0] not in _NO_NAME:
            return Tag(found.start("name"), found.end("name"), name=" ".join(name.split()))
        return None
    if (pronoun := found["pronoun"]) is not None:
        return Tag(found.start("pronoun"), found.end("pronoun"), pronoun=pronoun.lower())
    role = " ".join(found["role"].split())
    role = role[0].lower() + role[1:]
    return Tag(found.start("role"), found.end("role"), role=role)
