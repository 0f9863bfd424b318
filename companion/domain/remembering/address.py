"""A card as the user is told of it, who is its "you", and what he made of it back in the prompt's third person."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from companion.domain.memory import Memory

# 用户 is also a part of trades and things.
_USER = "用户(?!研究|体验|界面|数据|增长|画像|协议|需求|手册|名|群|量|端|中心|运营|反馈|调研|访谈)"
_CHINESE = re.compile(f"你和用户|用户说你|{_USER}|(?<!迷)你(?!好)")
_OF_CHINESE = {"你和用户": "你和她", "用户说你": "你说她", "用户": "你", "你": "她"}
_ADVERBS = "(?:(?:also|always|never|often|still|just|now|only|[a-z]+ly) )*"
_ENGLISH = re.compile(
    r"you and the user are|you and the user|the user says you|the user's|the user "
    rf"(?P<adverbs>{_ADVERBS})(?P<verb>[a-z]+(?:n't)?)|the user",
    re.IGNORECASE,
)
_OF_ENGLISH = {
    "you and the user are": "you and she are",
    "you and the user": "you and her",
    "the user says you": "you say she",
    "the user's": "your",
    "the user": "you",
}
_PLURAL = {"is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "doesn't": "don't"}
_SINGULAR = {plural: singular for singular, plural in _PLURAL.items()}
_ANY_PERSON = re.compile(
    "can|could|will|would|shall|should|may|might|must|did|had|went|got|made|grew|left|lost|met|bought|.*ed"
)
_NAMED = re.compile('《[^》]*》|“[^”]*”|"[^"]*"|「[^」]*」')
_TURN = re.compile(r"[^：:]{0,40}?(?:说过：|said: )")
_BY_THE_USER = re.compile(
    rf"\b(?:your|you (?P<adverbs>{_ADVERBS})(?P<verb>[a-z]+(?:n't)?)|you)\b", re.IGNORECASE
)


def card_text(memory: Memory) -> str:
    """Return a card as the window shows it; what a pack's author wrote stays as it is."""
    return memory.text if memory.origin == "pack" else to_user(memory.text)


def to_user(text: str) -> str:
    """Return what a prompt says of the user as it is said to him: 用户叫小林 is 你叫小林."""
    return "".join(shown for _, shown in _pieces(text))


def from_user(shown: str, before: str) -> str:
    """Return `shown`, which the user made of `to_user(before)`, in the person of `before`.

    What he left alone stays to the letter. A text that was not of the third person stays as he wrote it.
    """
    pieces = _pieces(before)
    if all(stored == told for stored, told in pieces):
        return shown
    is_chinese = "用户" in before
    out: list[str] = []
    end = 0
    for start, next_start, stored in _kept(pieces, shown):
        if start > end:
            out.append(_third(shown[end:start], is_chinese))
        out.append(stored)
        end = next_start
    return "".join([*out, _third(shown[end:], is_chinese)])


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return the text in parts, each as it is kept and as it is shown."""
    turn = _TURN.match(text)
    if turn is not None and ("用户" in turn[0] or "the user" in turn[0]):
        return [*_changed(turn[0]), (text[turn.end() :], text[turn.end() :])]
    pieces: list[tuple[str, str]] = []
    at = 0
    for name in _NAMED.finditer(text):
        pieces += [*_changed(text[at : name.start()], text), (name[0], name[0])]
        at = name.end()
    return [*pieces, *_changed(text[at:], text)]


def _changed(part: str, whole: str = "") -> list[tuple[str, str]]:
    whole = whole or part
    pattern = _CHINESE if re.search(_USER, whole) else _ENGLISH
    pieces: list[tuple[str, str]] = []
    at = 0
    for match in pattern.finditer(part):
        pieces += [(part[at : match.start()],) * 2, (match[0], _second(match))]
        at = match.end()
    return [*pieces, (part[at:],) * 2]


def _second(match: re.Match[str]) -> str:
    found = match[0]
    if found in _OF_CHINESE:
        return _OF_CHINESE[found]
    verb = match.groupdict().get("verb")
    told = f"you {match['adverbs']}{_plural(verb)}" if verb else _OF_ENGLISH[found.lower()]
    return told[0].upper() + told[1:] if found[0].isupper() else told


def _kept(pieces: list[tuple[str, str]], shown: str) -> list[tuple[int, int, str]]:
    """Return what of `shown` the user left alone, in its order: from where to where, and what is kept for it."""
    before = "".join(told for _, told in pieces)
    places: list[int | None] = [None] * len(before)
    for block in SequenceMatcher(None, before, shown, autojunk=False).get_matching_blocks():
        places[block.a : block.a + block.size] = range(block.b, block.b + block.size)
    kept: list[tuple[int, int, str]] = []
    at = 0
    for stored, told in pieces:
        here = places[at : at + len(told)]
        found = [place for place in here if place is not None]
        at += len(told)
        if stored == told:
            kept += [(place, place + 1, shown[place]) for place in found]
        elif found and found == list(range(found[0], found[0] + len(told))):
            kept.append((found[0], found[-1] + 1, stored))
    return kept


def _third(text: str, is_chinese: bool) -> str:
    if is_chinese:
        return re.sub("(?<!迷)你(?!好)", "用户", text)
    return _BY_THE_USER.sub(_of_third, text)


def _of_third(match: re.Match[str]) -> str:
    verb = match["verb"]
    told = f"the user {match['adverbs']}{_singular(verb)}" if verb else "the user"
    if match[0].lower() == "your":
        told = "the user's"
    return told[0].upper() + told[1:] if match[0][0].isupper() else told


def _plural(verb: str) -> str:
    if verb in _PLURAL:
        return _PLURAL[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    if verb.endswith(("sses", "shes", "ches", "xes", "oes", "zzes")):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb


def _singular(verb: str) -> str:
    if verb in _SINGULAR:
        return _SINGULAR[verb]
    if _ANY_PERSON.fullmatch(verb):
        return verb
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("ss", "sh", "ch", "x", "o", "zz")) else f"{verb}s"
