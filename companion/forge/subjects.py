"""The subject of a Chinese clause, and whom it addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from companion.forge import wording
from companion.forge.cast import Cast

_JOIN: Final = re.compile(r"[、和与同并及跟]?")
_TOGETHER: Final = re.compile(
    r"(?:[^，。]{0,6}?(?:都|齐|皆|一同|俱|一起|两个|二人|随|也|等|忙|走|来|守|在|听|笑|便|一|只))|$"
)
_POSSESSIVE: Final = re.compile("的(?!道|说|时候)|之(?=[妻女子母父弟兄媳婢])")
_SAYS: Final = re.compile(f"^(?![了着]).+{wording.SAYING}$|^(?:{wording.ADVERBS}){wording.SAYING}$")
_HEARS: Final = re.compile("(?:又|忽|只|正|忽然)?听(?:见|得|到)")
_BRIEF: Final = 2
_VERBAL: Final = frozenset(
    "了着过把将被给见听问叫命令让向对和与同跟替请看拉推扶抱骂劝哄想恐怕料疑找等为在到去来从打由说任凭"
)
_NOMINAL: Final = re.compile(f"^(?:的|之)[{wording.HAN_NAME[1:-1]}]{{0,4}}?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named at `start` to `end` of the document: the `id` of a person, or a role's words."""

    id: str
    start: int
    end: int
    is_role: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Who acts in a clause: `mentions` of one or of several together, or a `pronoun`.

    `sure` is False where it stands behind other words.
    """

    mentions: tuple[Mention, ...] = ()
    pronoun: str = ""
    sure: bool = True


class Subjects:
    """Finds mentions of a cast, and of people without names, in clauses."""

    def __init__(self, cast: Cast) -> None:
        self._ids = dict(cast.ids)
        names = sorted(self._ids, key=len, reverse=True)
        alternatives = [
            re.escape(name) + "儿?" if not name.endswith("儿") else re.escape(name) for name in names
        ]
        self._any = re.compile(
            "(?P<name>" + ("|".join(alternatives) or "(?!)") + f")|(?P<role>{wording.GROUPS}|{wording.ROLES})"
        )

    def mentions(self, text: str, offset: int = 0) -> list[Mention]:
        """Return everybody mentioned in `text`, which stands at `offset` of the document."""
        out: list[Mention] = []
        for found in self._any.finditer(text):
            name, role = found["name"], found["role"]
            id_ = (self._ids.get(name) or self._ids[name[:-1]]) if name else _role(role)
            out.append(Mention(id_, offset + found.start(), offset + found.end(), not name))
        return out

    def subject(self, clause: str, offset: int, *, in_tag: bool = False) -> Subject | None:
        """Return the subject of `clause`, None where it has none of its own.

        `in_tag`: the clause tells that somebody speaks; whom somebody else hears or sees there is the one.
        """
        if (somebody := wording.SOMEBODY.search(clause)) is not None:
            return Subject((Mention("有人", offset + somebody.start(), offset + somebody.end(), True),))
        at, impersonal = _opened(clause)
        if (found := self._pronoun(clause, at, offset)) is not None:
            return found
        mentions = self.mentions(clause[at:], offset + at)
        for number, mention in enumerate(mentions):
            begin, end = mention.start - offset, mention.end - offset
            if _possessed(clause, end):
                continue
            before = clause[at:begin]
            if not before and in_tag and (heard := _heard_by(clause, offset, mentions[number:])) is not None:
                return Subject((heard,), sure=False)
            if not before:
                return Subject(_together(clause, offset, mentions[number:]))
            if in_tag and wording.PERCEIVED.search(before) and _SAYS.search(clause[end:]):
                return Subject((mention,), sure=False)
            owner = mentions[number - 1].end - offset if number else None
            if not impersonal and self._is_object(clause[:begin]):
                return None
            if _may_precede(before, clause[owner:begin] if owner is not None else ""):
                return Subject(_together(clause, offset, mentions[number:]), sure=False)
            return None
        return None if mentions else self._unknown(clause, at, offset)

    def addressee(self, clause: str, offset: int, subject: Sequence[Mention] = ()) -> Mention | None:
        """Return whom the words of a tag are for: 因问宝玉道, 向袭人说."""
        for mention in reversed(self.mentions(clause, offset)):
            if any(one.start == mention.start for one in subject):
                continue
            if wording.ADDRESSING.search(clause[: mention.start - offset]):
                return mention
        return None

    @staticmethod
    def _pronoun(clause: str, at: int, offset: int) -> Subject | None:
        """Return a pronoun that opens the clause, or whoever is told by it: 他女儿."""
        if (kin := wording.KIN.match(clause, at)) is not None:
            return Subject((Mention(kin["kin"], offset + at, offset + kin.end(), True),))
        if (several := wording.GROUP_PRONOUN.match(clause, at)) is not None:
            return Subject(pronoun=several.group())
        if wording.PRONOUN.match(clause, at) and not _possessed(clause, at + 1):
            return Subject(pronoun=clause[at])
        return None

    @staticmethod
    def _unknown(clause: str, at: int, offset: int) -> Subject | None:
        """Return somebody whom the cast does not know: 那长史官听了."""
        found = wording.UNKNOWN.match(clause, at)
        if found is None or wording.ANONYMOUS.match(clause, at):
            return None
        words = found["words"]
        inner = [n for n in range(1, len(words)) if wording.OBJECT.search(words[:n])]
        if inner or words in ("人", "们", "道", "者", "爷", "娘", "妃", "客", "官"):
            if words != "人" or not re.search("[那这几两三些]", clause[:at]):
                return None
            words = "那人"
        return Subject((Mention(words, offset + at, offset + at + len(words), True),), sure=False)

    @staticmethod
    def _is_object(before: str) -> bool:
        return bool(wording.OBJECT.search(before)) and not wording.IMPERSONAL.search(before)


def _pattern(name: str) -> str:
    if name.isascii():
        return rf"\b{re.escape(name)}\b"
    return re.escape(name) + ("" if name.endswith("儿") else "儿?")


def _heard_by(clause: str, offset: int, mentions: Sequence[Mention]) -> Mention | None:
    """Return whom the first of `mentions` hears speak: 宝玉听见黛玉道."""
    if len(mentions) < 2:
        return None
    first, second = mentions[0], mentions[1]
    between = clause[first.end - offset : second.start - offset]
    hears = _HEARS.fullmatch(between) and _SAYS.search(clause[second.end - offset :])
    return second if hears else None


def _may_precede(before: str, owner: str) -> bool:
    """Tell whether the words before a name leave it the subject; `owner` is what joins it to a name before it."""
    if wording.OBJECT.search(before):
        return False
    if wording.BEFORE_SUBJECT.search(before) or wording.IMPERSONAL.search(before):
        return True
    brief = len(before) <= _BRIEF and before[-1] not in _VERBAL
    return brief or bool(_NOMINAL.match(owner))


def _opened(clause: str) -> tuple[int, bool]:
    """Return where the words that open a clause end, and whether they bring somebody new on the scene."""
    at, impersonal = 0, False
    while (found := wording.OPENERS.match(clause, at)) is not None:
        # 那 and 这 belong to the words behind them, 一 to 一个.
        at = found.end()
        impersonal = impersonal or bool(wording.IMPERSONAL.search(clause[:at]))
    return at, impersonal


def _possessed(clause: str, end: int) -> bool:
    found = _POSSESSIVE.match(clause, end)
    return found is not None and clause[end : end + 2] not in ("的忙",)


def _role(words: str) -> str:
    words = re.sub("^(?:地下|外面|门上的?|[两三几])", "", words)
    return words or "有人"


def _together(clause: str, offset: int, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Return the mentions that act together; a role before a name belongs to it: 小丫鬟雪雁."""
    first = mentions[0]
    found = [first]
    for mention in mentions[1:]:
        between = clause[found[-1].end - offset : mention.start - offset]
        if between == "" and found[-1].is_role and not mention.is_role:
            found[-1] = mention
        elif between == "" and mention.is_role and mention.id in ("二人", "两人", "三人", "四人", "大家"):
            break
        elif _JOIN.fullmatch(between) and not mention.is_role:
            found.append(mention)
        else:
            break
    if len(found) > 1:
        rest = clause[found[-1].end - offset :]
        joint = bool(_TOGETHER.match(rest))
        marked = clause[found[0].end - offset : found[1].start - offset] in ("", "、", "和", "与", "并", "及")
        if not (joint and marked):
            return (found[0],)
    return tuple(found)
