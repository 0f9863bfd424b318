"""A lasting thing that a user said about himself, as a rule found it and as a card says it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from companion.domain.memory import MemoryKind

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`slot` is what it is about, `value` what a correction would change; `said` is the statement in third person,
    in the language that it was made in, or empty where the card's wording is better.
    """

    slot: str
    value: str
    kind: MemoryKind = "fact"
    said: str = ""
    language: Language = "zh"

    @property
    def name(self) -> str:
        return self.slot.partition(":")[0]

    @property
    def thing(self) -> str:
        return self.slot.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` must match a whole clause; its group `v` is the value, `k` the thing in the slot.

    `value` stands instead of the group `v`; `own_words` keeps the clause as the card's text.
    """

    name: str
    pattern: re.Pattern[str]
    kind: MemoryKind = "fact"
    value: str = ""
    own_words: bool = False
    keyed: bool = False


def rule(
    name: str,
    pattern: str,
    *,
    kind: MemoryKind = "fact",
    value: str = "",
    own_words: bool = False,
    keyed: bool = False,
) -> Rule:
    """Return a rule; `keyed`: the value itself is the thing in the slot."""
    return Rule(name, re.compile(pattern, re.IGNORECASE), kind, value, own_words, keyed)


def found(rules: Sequence[Rule], clause: str, language: Language, said: str) -> Fact | None:
    """Return what the first rule that matches the whole clause finds."""
    for one in rules:
        match = one.pattern.fullmatch(clause)
        if match is None:
            continue
        groups = match.groupdict()
        value = one.value or (groups.get("v") or "").strip()
        if not value:
            continue
        thing = (groups.get("k") or (value if one.keyed else "")).strip()
        slot = f"{one.name}:{thing}" if thing else one.name
        return Fact(slot, value, one.kind, said if one.own_words else "", language)
    return None


def worded(fact: Fact, language: Language) -> str:
    """Return the text of a card about `fact`, for a character who speaks `language`."""
    if fact.said and fact.language == language:
        return fact.said
    words = _WORDS.get(fact.name)
    if words is None:
        return fact.said or fact.value
    return words[0 if language == "zh" else 1].format(v=fact.value, k=fact.thing)


_WORDS: dict[str, tuple[str, str]] = {
    "name": ("用户叫{v}", "The user's name is {v}"),
    "surname": ("用户姓{v}", "The user's surname is {v}"),
    "called": ("用户希望被叫做{v}", "The user wants to be called {v}"),
    "birthday": ("用户的生日是{v}", "The user's birthday is {v}"),
    "birth_year": ("用户生于{v}", "The user was born in {v}"),
    "age": ("用户{v}", "The user is {v}"),
    "zodiac": ("用户属{v}", "The user's zodiac animal is the {v}"),
    "sign": ("用户是{v}", "The user's star sign is {v}"),
    "blood": ("用户是{v}", "The user's blood type is {v}"),
    "height": ("用户身高{v}", "The user is {v} tall"),
    "home": ("用户住在{v}", "The user lives in {v}"),
    "origin": ("用户的老家是{v}", "The user is from {v}"),
    "job": ("用户的工作是{v}", "The user's work: {v}"),
    "workplace": ("用户在{v}工作", "The user works at {v}"),
    "school": ("用户在{v}上学", "The user studies at {v}"),
    "grade": ("用户在读{v}", "The user is in {v}"),
    "major": ("用户的专业是{v}", "The user studies {v}"),
    "family": ("用户的{k}：{v}", "The user's {k}: {v}"),
    "family_job": ("用户的{k}的工作是{v}", "The user's {k}: {v}"),
    "family_home": ("用户的{k}住在{v}", "The user's {k} lives in {v}"),
    "marital": ("用户{v}", "The user is {v}"),
    "pet": ("用户养的{k}：{v}", "The user's {k}: {v}"),
    "likes": ("用户喜欢{v}", "The user likes {v}"),
    "dislikes": ("用户不喜欢{v}", "The user does not like {v}"),
    "fear": ("用户害怕{v}", "The user is afraid of {v}"),
    "favourite": ("用户最喜欢的{k}是{v}", "The user's favourite {k} is {v}"),
    "allergy": ("用户对{k}过敏", "The user is allergic to {k}"),
    "no_allergy": ("用户对{k}不过敏", "The user is not allergic to {k}"),
    "health": ("用户的健康：{v}", "The user's health: {v}"),
    "diet": ("用户的饮食：{v}", "The user's diet: {v}"),
    "habit": ("用户的习惯：{v}", "The user's habit: {v}"),
    "plan": ("用户的计划：{v}", "The user's plan: {v}"),
    "we": ("你和用户的关系：{v}", "What you and the user are: {v}"),
    "anniversary": ("你和用户的纪念日：{v}", "The anniversary of you and the user: {v}"),
    "promise": ("用户答应过：{v}", "The user promised: {v}"),
    "promised": ("用户说你答应过：{v}", "The user says you promised: {v}"),
    "has": ("用户有{v}", "The user has {v}"),
    "language": ("用户会说{v}", "The user speaks {v}"),
    "mother_tongue": ("用户的母语是{v}", "The user's native language is {v}"),
    "learning": ("用户在学{v}", "The user is learning {v}"),
}
