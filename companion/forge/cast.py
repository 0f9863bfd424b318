"""The cast of a running text: who speaks in it, under which names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from companion.forge import english, wording
from companion.forge.leads import Lead
from companion.forge.names import (
    LEAST_ACTING,
    acting_names,
    initial_names,
    is_usual,
    n_told_by_narrator,
    tagged_names,
)
from companion.text.phonemes import Language

NARRATORS: Final[dict[Language, str]] = {"zh": "我", "en": "I"}
"""Who tells a story in the first person is somebody of the cast."""
Gender = Literal["f", "m", ""]

# Where a mark is lost a speech looks like narration; that gives a few such clauses in any long text.
_LEAST_NARRATED: Final = 0.03
_FEW_QUOTES: Final = 500
_FEMALE: Final = re.compile(
    "(?:夫人|姐|姐儿|姑娘|妹|妹妹|母|婆|嬷嬷|妈|妈妈|姥姥|奶奶|小姐|太太|女士|娘|妃|尼|丫头|丫鬟|"
    "媳妇|家的|姨|婶|嫂|女孩|少女|女人|女子|妇人|公主)$"
    "|^(?:Mrs|Miss|Ms|Lady|Aunt|Queen|Princess|Sister|Madame)\\b"
)
_MALE: Final = re.compile(
    "(?:爷|哥|哥儿|公|老爷|少爷|兄|弟|叔|伯|和尚|道士|太监|小厮|先生|父|王子|皇帝|男人|男子|男孩|"
    "少年|大汉|王爷)$"
    "|^(?:Mr|Sir|Lord|Uncle|King|Prince|Father|Brother|Captain|Colonel)\\b"
)


@dataclass(frozen=True, slots=True)
class Person:
    """One who speaks. `id` is the most frequent of `names`; a `role` has no name of its own, such as 小丫头."""

    id: str
    names: tuple[str, ...]
    kind: Literal["name", "role"] = "name"
    gender: Gender = ""
    n_mentions: int = 0
    n_tags: int = 0


@dataclass(frozen=True, slots=True)
class Merge:
    """Two people who may be one: a person decides. `why` is a word such as `suffix`."""

    name: str
    other: str
    why: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The people, most frequent first, and `doubts` about which of them are the same."""

    people: tuple[Person, ...]
    doubts: tuple[Merge, ...] = ()

    @property
    def ids(self) -> Mapping[str, str]:
        """Every name of everybody, and whose it is."""
        return {name: one.id for one in self.people for name in one.names}

    def person(self, name: str) -> Person | None:
        """Return the person who goes by `name`."""
        return next((one for one in self.people if name in one.names), None)


def cast_of(text: str, leads: Sequence[Lead], language: Language, known: Sequence[str] = ()) -> Cast:
    """Return who speaks in `text`, found in what stands before and behind its quotes; `known` names always belong."""
    counts = Counter(_english_names(leads) if language == "en" else tagged_names(leads))
    acting = Counter[str]() if language == "en" else Counter(acting_names(leads)) | initial_names(text)
    least = 1 if len(leads) < _FEW_QUOTES else 2
    likely = (
        name
        for name in counts | acting
        if counts[name] >= least or acting[name] >= LEAST_ACTING or (language == "zh" and is_usual(name))
    )
    least_named = least if language == "en" else 2 * least
    names = {name: counts[name] for name in likely if _comes(text, name, least_named)}
    names = {name: n for name, n in names.items() if language == "en" or _stands_alone(name, names)}
    for name in known:
        if name in text:
            names.setdefault(name, 1)
    n_narrated = n_told_by_narrator(leads) if language == "zh" else english.n_told_by_narrator(leads)
    if n_narrated >= max(2, _LEAST_NARRATED * len(leads)):
        names[NARRATORS[language]] = n_narrated
    mentions = {name: text.count(name) for name in names}
    groups, doubts = _merged(names, mentions, text, language)
    people = [_person(group, names, mentions, text, language) for group in groups]
    people.sort(key=lambda one: (-one.n_tags, -one.n_mentions, one.id))
    return Cast(tuple(_with_pronouns(people, text, language)), tuple(doubts))


def merged(cast: Cast, name: str, into: str) -> Cast:
    """Return `cast` with the person of `name` joined to the person of `into`, whose id stays."""
    one, other = cast.person(name), cast.person(into)
    if one is None or other is None or one.id == other.id:
        return cast
    names = (*other.names, *one.names)
    whole = replace(
        other, names=names, n_mentions=other.n_mentions + one.n_mentions, n_tags=other.n_tags + one.n_tags
    )
    people = (whole if two is other else two for two in cast.people if two is not one)
    return replace(cast, people=tuple(people))


def split(cast: Cast, name: str) -> Cast:
    """Return `cast` where `name`, so far an alias, is a person of its own."""
    one = cast.person(name)
    if one is None or len(one.names) == 1:
        return cast
    rest = tuple(other for other in one.names if other != name)
    kept = replace(one, id=rest[0] if one.id == name else one.id, names=rest)
    people = [kept if two is one else two for two in cast.people]
    return replace(cast, people=(*people, Person(name, (name,), one.kind, one.gender)))


def renamed(cast: Cast, name: str, to: str) -> Cast:
    """Return `cast` where the person of `name` is called `to`, a name that joins the others."""
    one = cast.person(name)
    if one is None or ((taken := cast.person(to)) is not None and taken is not one):
        return cast
    whole = replace(one, id=to, names=tuple(dict.fromkeys((to, *one.names))))
    return replace(cast, people=tuple(whole if two is one else two for two in cast.people))


def _english_names(leads: Sequence[Lead]) -> Iterator[str]:
    for lead in leads:
        for part in (lead.before, lead.after):
            if (name := english.tagged_name(part)) is not None:
                yield name


def _comes(text: str, name: str, times: int) -> bool:
    """Tell whether a name comes at least so often, without counting further."""
    at = -1
    for _ in range(times):
        at = text.find(name, at + 1)
        if at < 0:
            return False
    return True


def _stands_alone(name: str, names: Mapping[str, int]) -> bool:
    """A name with a word behind it, or two names in a row, is no name: 宝玉不, 贾赦贾政."""
    for other, n in names.items():
        if other != name and name.startswith(other):
            rest = name[len(other) :]
            if rest in names or (rest not in ("儿", "家的") and n > 4 * names[name]):
                return False
    return True


def _merged(
    names: Mapping[str, int], mentions: Mapping[str, int], text: str, language: Language
) -> tuple[list[list[str]], list[Merge]]:
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    doubts: list[Merge] = []
    for short in names:
        longer = [one for one in names if one != short and _contains(one, short, language)]
        if len(longer) == 1 and not (language == "zh" and _has_namesake(short, text)):
            parent[root(longer[0])] = root(short)
        elif longer:
            doubts += [Merge(short, one, "suffix") for one in longer]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(root(name), []).append(name)
    return [sorted(group, key=lambda one: (-mentions[one], one)) for group in groups.values()], doubts


def _has_namesake(given: str, text: str) -> bool:
    """Two families have a child of that name: 贾宝玉, 甄宝玉."""
    before = Counter(found.group(1) for found in re.finditer(f"(.){re.escape(given)}", text))
    usual = wording.SURNAMES - wording.EVERYDAY_SURNAMES
    counts = sorted((n for char, n in before.items() if char in usual), reverse=True)
    return len(counts) > 1 and counts[1] >= max(3, counts[0] / 4)


def _contains(long: str, short: str, language: Language) -> bool:
    if language == "en":
        return long.split()[-1] == short or (long.split()[0] == short and not english.TITLE.match(long))
    if long == short + "儿":
        return True
    head = long[: -len(short)] if long.endswith(short) else ""
    proper = len(short) >= 2 and not re.search(
        f"{wording.ROLES}$|(?:夫人|姨妈|姨娘|奶奶|姥姥|太太|老爷|爷|姑娘|小姐|公子)$", short
    )
    return proper and (head in wording.COMPOUND_SURNAMES or (len(head) == 1 and head in wording.SURNAMES))


def _person(
    group: list[str], names: Mapping[str, int], mentions: Mapping[str, int], text: str, language: Language
) -> Person:
    hidden = sum(mentions[long] for long in group for short in group if short != long and short in long)
    n_mentions = max(0, sum(mentions[name] for name in group) - hidden)
    n_tags = sum(names[name] for name in group)
    gender: Gender = "f" if any(map(_FEMALE.search, group)) else "m" if any(map(_MALE.search, group)) else ""
    return Person(group[0], tuple(group), "name", gender, n_mentions, n_tags)


def _with_pronouns(people: Sequence[Person], text: str, language: Language) -> Iterator[Person]:
    """Learn who is he and who is she from sentences that name one person; old Chinese texts write 他 for both."""
    he, she = (r"\b(?:he|his|him)\b", r"\b(?:she|hers?)\b") if language == "en" else ("他(?!们)", "她(?!们)")
    sample = text[:2_000_000]
    n_she, n_he = len(re.findall(she, sample)), len(re.findall(he, sample))
    if min(n_she, n_he) < 0.02 * max(1, n_she, n_he):
        yield from people
        return
    any_name = re.compile(
        "|".join(re.escape(name) for one in people for name in sorted(one.names, key=len, reverse=True))
        or "(?!)"
    )
    ids = {name: one.id for one in people for name in one.names}
    female: Counter[str] = Counter()
    male: Counter[str] = Counter()
    for sentence in re.split('[。．！？!?\n“”"「」]', sample):
        there = {ids[found] for found in any_name.findall(sentence)}
        if len(there) == 1:
            one = there.pop()
            female[one] += len(re.findall(she, sentence))
            male[one] += len(re.findall(he, sentence))
    for person in people:
        f, m = female[person.id], male[person.id]
        sure: Gender = "f" if f >= 2 and f > 2 * m else "m" if m >= 2 and m > 2 * f else ""
        yield replace(person, gender=person.gender or sure)
