"""The lasting things that a user tells of himself in a message, in Chinese, English or both."""

# ruff: noqa: E501 - a pattern broken over lines is harder to read than a long one
from __future__ import annotations

import re
from dataclasses import replace

from companion.domain.remembering import chinese, english
from companion.domain.remembering.facts import Fact

_LONGEST = 2_000
_HAN = re.compile("[\u4e00-\u9fff]")
_PETS = (("猫", "猫|布偶|英短"), ("狗", "狗|柯基|金毛|哈士奇|泰迪|柴犬|边牧|拉布拉多"))
_DOGS = ("puppy", "corgi", "husky", "poodle", "beagle")
_SAME = {
    "哥": "哥哥", "姐": "姐姐", "弟": "弟弟", "妹": "妹妹", "妈": "妈妈", "母亲": "妈妈", "爸": "爸爸", "父亲": "爸爸", "姥姥": "外婆", "姥爷": "外公", "妻子": "老婆", "丈夫": "老公",
    "kitten": "cat", "goldfish": "fish", "tortoise": "turtle", "mom": "mother", "mum": "mother", "dad": "father",
    "grandma": "grandmother", "grandpa": "grandfather", "colour": "color", "bicycle": "bike", "motorcycle": "motorbike",
}  # fmt: skip


def facts_in(text: str) -> list[Fact]:
    """Return what `text` tells, in its order, one fact a slot, the last said counting.

    Nothing that is asked, supposed, quoted, denied or said of others; nothing at all in a text longer than 2,000
    characters, which is no talk.
    """
    if len(text) > _LONGEST:
        return []
    found = chinese.facts_in(text) if _HAN.search(text) else []
    found += english.facts_in(text) if re.search("[A-Za-z]{2}", text) else []
    slots: dict[str, Fact] = {}
    for fact in map(_settled, found):
        slots.pop(fact.slot, None)
        slots[fact.slot] = fact
    return list(slots.values())


def place_of(text: str) -> tuple[str, str]:
    """Return slot and value of a card that the user writes, so that it takes the place of what it corrects.

    Both are empty where the text tells nothing known, or more than one thing.
    """
    told = facts_in(text.strip().replace("用户", "我") if text.strip().startswith("用户") else text)
    return (told[0].slot, told[0].value) if len(told) == 1 else ("", "")


def _settled(fact: Fact) -> Fact:
    """Return `fact` in one slot for what is one thing: an orange cat and a kitten are the cat."""
    thing = fact.thing.casefold() if fact.thing.isascii() else fact.thing
    if fact.name == "pet":
        thing = next(
            (one for one, known in _PETS if re.search(known, thing)), "dog" if thing in _DOGS else thing
        )
    if fact.name in ("likes", "dislikes", "allergy", "no_allergy", "fear") and thing.isascii():
        thing = thing.removesuffix("s") if len(thing) > 3 and not thing.endswith("ss") else thing
    thing = _SAME.get(thing, thing)
    return replace(fact, slot=f"{fact.name}:{thing}" if thing else fact.name)
