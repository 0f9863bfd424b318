"""Names of people by their shape and place: before 道 and 说, at the head of sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from companion.forge import wording
from companion.forge.leads import Lead

_TAG: Final = re.compile(
    f"^(?:{wording.OPENERS.pattern})*?(?P<name>{wording.HAN_NAME}{{2,4}}?(?:家的)?){wording.ADVERBS}"
    f"(?:[问向对和与]\\S{{1,5}}?)?{wording.SAYING}$"
)
_USUAL: Final = "".join(sorted(wording.SURNAMES - wording.EVERYDAY_SURNAMES))
_INITIAL: Final = re.compile(
    f'(?:^|[。．！？!?”」"])[ \\t\\u3000]*+([{_USUAL}]{wording.HAN_NAME}{{1,3}})', re.MULTILINE
)
_SOME: Final = re.compile(
    f"^(?:{wording.OPENERS.pattern})*(?P<name>{wording.HAN_NAME}{{2,4}}?){wording.ADVERBS}(?:说道|"
    f"问道|答道|笑道|叹道|道|说)$"
)
_VERBS: Final = frozenset(
    "拿拉陪带嘱悟安慰吩咐念挨近出进来去走定立央求谢赶转伸携搂指捧递接放掀揭翻跳跑跪磕作摆擎举拍挥开打抱扶推摇点抬低皱瞪看望盯瞧听闻喝吃写读"
)
_SUBJECT: Final = re.compile(
    f"^(?:{wording.OPENERS.pattern})*?(?P<name>{wording.HAN_NAME}{{2,4}}?)"
    "(?:听了|听见|听说|见了|看了|便|忙|又|也|因|只|正|却|还|就|在|把|将|一面|站|走|坐|抬|低|点|摇|笑|"
    "冷|转|伸|拿|放|望|皱|叹|沉默|没有|不禁|突然)"
)
_NARRATOR: Final = re.compile(f"(?:{wording.OPENERS.pattern})*我(?![们的]).")
_SENTENCE_STARTS: Final = frozenset(("", "。", "．", "！", "？", "!", "?", "…"))
_ROLE: Final = re.compile(f"^(?:{wording.ROLES}|{wording.GROUPS})$")
LEAST_ACTING: Final = 3


def tagged_names(leads: Sequence[Lead]) -> Iterator[str]:
    """Yield the name that the tag of each quote gives, before or behind it."""
    for lead in leads:
        for clause in (lead.tag_clause, lead.after_clause):
            if (name := named_in_tag(clause)) is not None:
                yield name


def n_told_by_narrator(leads: Sequence[Lead]) -> int:
    """Return how many clauses around Chinese quotes have the narrator for their subject: 我说."""
    return sum(
        bool(_NARRATOR.match(clause)) for lead in leads for clause in (*lead.clauses, lead.after_clause)
    )


def named_in_tag(clause: str) -> str | None:
    """Return what a Chinese tag gives as a name, known or not: 熙凤 in 熙凤笑道."""
    found = _TAG.match(clause)
    if found is None or wording.NO_NAME.search(found["name"]) or _ROLE.match(found["name"]):
        return None
    return found["name"]


def unknown_in_tag(clause: str, text: str) -> str | None:
    """Return the name in a Chinese tag that the cast lacks: by its shape, or as it comes again and is no word."""
    name = named_in_tag(clause)
    if name is None or is_usual(name):
        return name
    from companion.text.segmentation import segmenter

    rare = len(name) in (2, 3) and not segmenter().FREQ.get(name) and not set(name) & _VERBS
    return name if rare and text.find(name, text.find(name) + 1) >= 0 else None


def has_unknown(clause: str) -> bool:
    """Tell whether a Chinese tag has a subject that nothing is known of: 上夜的 in 上夜的道."""
    found = _SOME.match(clause)
    return found is not None and not wording.NO_NAME.search(found["name"]) and not set(found["name"]) & _VERBS


def acting_names(leads: Sequence[Lead]) -> Iterator[str]:
    """Yield what looks like a surname with a given name at the start of a sentence."""
    for lead in leads:
        for clause, place in zip(lead.clauses, lead.places, strict=True):
            if lead.before[: place - lead.start].rstrip()[-1:] not in _SENTENCE_STARTS:
                continue
            found = _SUBJECT.match(clause)
            if found and found["name"][0] in wording.SURNAMES and not wording.NO_NAME.search(found["name"]):
                yield found["name"]


def initial_names(text: str) -> Counter[str]:
    """Count what opens sentences, looks like a full name, is no word, and is followed by many different words."""
    from companion.text.segmentation import segmenter

    followers: dict[str, Counter[str]] = {}
    for found in _INITIAL.finditer(text):
        for size in (2, 3):
            name, after = found.group(1)[:size], found.group(1)[size : size + 1]
            if len(name) == size:
                followers.setdefault(name, Counter())[after] += 1
    words = segmenter().FREQ
    out: Counter[str] = Counter()
    for name, after in followers.items():
        n = after.total()
        if len(after) < max(LEAST_ACTING, n / 8) or words.get(name) or wording.NO_NAME.search(name):
            continue
        whole = max((followers[name + char].total() for char in after if name + char in followers), default=0)
        if len(name) == 3 or whole < 0.6 * n:
            out[name] = n
    return out


def is_usual(name: str) -> bool:
    """A name of the usual shape needs less proof: a surname and one or two characters, 小李, 珠儿."""
    if name.endswith("家的"):
        return True
    return len(name) in (2, 3) and (
        name[0] in wording.SURNAMES - wording.EVERYDAY_SURNAMES or name[0] in "小老阿" or name[-1] == "儿"
    )
