"""Cut a reply into clauses while it is still being written, so that speech starts early and never stumbles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from companion.domain.spoken import spoken_form, spoken_mask

_STRONG: Final = "。！？!?….\n"
_WEAK: Final = "，,；;：:、—~～"
_CLOSERS: Final = "”’」』》\"'）)】]*＊_~～"
_LOOK_AHEAD: Final = ".,:!?…—~～'\""
_HAN: Final = re.compile("[\u3400-\u9fff]")
_PAIRS: Final = {"（": "）", "(": ")", "【": "】", "[": "]", "《": "》"}
_OPEN_LIMIT: Final = 160
_STUCK: Final = "的了着过吗呢吧啊呀们子儿么地得"
_BREAKS: Final = "的了着是在和就都也还会"
_PLAIN: Final = re.compile(r"[^\W_]")
_ABBREVIATIONS_TEXT: Final = (
    "mr mrs ms dr prof st sr jr vs etc e.g i.e eg ie a.m p.m am pm no vol fig inc ltd co corp dept est "
    "approx u.s u.k jan feb mar apr jun jul aug sep sept oct nov dec gen lt capt sgt rev hon"
)
_ABBREVIATIONS: Final = frozenset(_ABBREVIATIONS_TEXT.split())
_MAY_END_TEXT: Final = "etc a.m p.m inc ltd co jr sr"
_MAY_END: Final = frozenset(_MAY_END_TEXT.split())
_PROTECTED: Final = re.compile(
    r"```.*?```|`[^`\n]+`|(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef<>\"]+|[\w.+-]+@[\w-]+\.[\w.]+"
    r"|!?\[[^\[\]\n]*\]\([^()\n]*\)|\*\*[^*\n]+\*\*|(?<![*\w])[*＊](?![*\s])[^*＊\n]+[*＊]"
    r"|(?<=[\u3400-\u9fff])[*＊](?![*\s\d])[^*＊\n]+[*＊]"
    r"|（[^（）\n]*）|\([^()\n]*\)|\[[^\[\]\n]*\]|【[^【】\n]*】|《[^《》\n]*》",
    re.DOTALL,
)
_UNFINISHED: Final = re.compile(
    r"(?:(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef<>\"]*|[\w.+-]+@[\w.-]*|`[^`\n]*|\*\*[^\n]*?\*?"
    r"|(?<![*\w])[*＊](?!\s)[^*＊\n]*|(?<=[\u3400-\u9fff])[*＊](?![*\s\d])[^*＊\n]*|[（(\[【《][^（）()\[\]【】《》\n]*)$"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`text` is the visible slice [start, end) of the reply, `spoken` what a voice says of it, perhaps nothing.

    `offsets[i]` is the place, relative to `start`, of character i of `spoken`.
    """

    text: str
    start: int
    end: int
    spoken: str
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Limits:
    """Lengths in spoken characters: the least before a strong or weak mark, and the most without any."""

    strong: int
    weak: int
    most: int


_LIMITS: Final[dict[tuple[str, str], _Limits]] = {
    ("zh", "first"): _Limits(2, 5, 14),
    ("zh", "hurried"): _Limits(2, 6, 30),
    ("zh", "ahead"): _Limits(3, 36, 60),
    ("en", "first"): _Limits(10, 24, 60),
    ("en", "hurried"): _Limits(8, 24, 110),
    ("en", "ahead"): _Limits(12, 130, 220),
}
_LEAD_S: Final = 0.6
# What one spoken character adds to the lead by the time it is heard, computing time taken off.
_GAIN_S: Final = {"zh": 0.1, "en": 0.03}


class ClauseCutter:
    """Feed a reply as it streams; the clauses follow one another without a gap and cover the whole reply."""

    def __init__(self, language: Literal["zh", "en"]) -> None:
        self._language = language
        self._pending = ""
        self._start = 0
        self._before = ""
        self._n_spoken = 0
        self._quoted = False
        self._joints: list[int] = []

    def feed(self, delta: str, *, lead_s: float = 0.0) -> list[Clause]:
        """Return the clauses that are complete now; `lead_s` is the sound queued ahead of the listener.

        The first clause is short. Later ones are whole sentences while more than 0.6 s are queued.
        """
        self._joints.append(len(self._pending))
        self._pending += delta
        return self._take(lead_s, final=False)

    def flush(self) -> list[Clause]:
        """Return what is left at the end of the reply."""
        clauses = self._take(_LEAD_S * 2, final=True)
        if self._pending:
            clauses.append(self._emit(len(self._pending), final=True))
        return clauses

    def _take(self, lead_s: float, *, final: bool) -> list[Clause]:
        clauses: list[Clause] = []
        while self._pending:
            cut = self._cut(lead_s, final=final)
            if cut is None:
                break
            clause = self._emit(cut, final=final and cut == len(self._pending))
            lead_s += _GAIN_S[self._columns(clause.text)] * len(clause.spoken)
            clauses.append(clause)
        return clauses

    def _columns(self, text: str) -> Literal["zh", "en"]:
        """Return the column of the table: mixed text follows the Chinese one."""
        if _HAN.search(text):
            return "zh"
        return "en" if self._language == "en" or re.search(r"[A-Za-z]{2,}\W+[A-Za-z]", text) else "zh"

    def _emit(self, cut: int, *, final: bool) -> Clause:
        text = self._pending[:cut]
        spoken, offsets = spoken_form(text, self._before, complete=final)
        clause = Clause(text, self._start, self._start + cut, spoken, offsets)
        self._n_spoken += bool(spoken)
        self._quoted = _quote_open(text, self._quoted)
        self._before = (self._before + text)[-8:]
        self._start += cut
        self._pending = self._pending[cut:]
        self._joints = [joint - cut for joint in self._joints if joint > cut]
        return clause

    def _cut(self, lead_s: float, *, final: bool) -> int | None:
        """Return where the next clause ends, or None while that is open."""
        text = self._pending
        if text.lstrip().startswith("```"):
            return _fence_end(text)
        column = self._columns(text)
        situation = "first" if not self._n_spoken else "ahead" if lead_s > _LEAD_S else "hurried"
        limits = _LIMITS[column, situation]
        blocked, open_from = _blocked(text, final=final)
        lengths = _spoken_lengths(text, self._before, column)
        weak: int | None = None
        for place, char in enumerate(text):
            if place >= open_from or blocked[place]:
                continue
            length = lengths[place + 1]
            if length > limits.most and weak is None:
                break
            kind = self._mark(place, char, limits, length, final=final)
            if kind == "wait":
                return None
            if kind == "strong" or (kind == "weak" and char != "、" and situation != "ahead"):
                return _after(text, place, self._quoted, blocked)
            if kind == "weak":
                weak = weak or _after(text, place, self._quoted, blocked)
                if situation == "first":
                    return weak
        if lengths[min(open_from, len(text))] <= limits.most:
            return None
        return weak or self._capped(text[:open_from], lengths, limits, column, blocked)

    def _mark(self, place: int, char: str, limits: _Limits, length: int, *, final: bool) -> str:
        """Return `strong`, `weak`, `none`, or `wait` where the next character decides."""
        text = self._pending
        strong = char in _STRONG
        if not strong and char not in _WEAK:
            return "none"
        if length < (limits.strong if strong else limits.weak):
            return "none"
        last = place + 1 == len(text)
        if last and not final and (char in _LOOK_AHEAD or self._inside_quote(place)):
            return "wait"
        if char == "." and not _ends_sentence(text, place):
            return "none"
        if char in ",:" and _between_digits(text, place):
            return "none"
        if char in ",:!?" and not last and (text[place + 1] == "/" or _is_ascii_word(text[place + 1])):
            return "none"
        if not last and text[place + 1] == char and char in "…—.!?。！？~":
            return "none"
        return "strong" if strong else "weak"

    def _inside_quote(self, place: int) -> bool:
        return _quote_open(self._pending[:place], self._quoted)

    def _capped(
        self, text: str, lengths: list[int], limits: _Limits, column: str, blocked: list[bool]
    ) -> int | None:
        """Return the last word boundary within the cap, or None where there is none."""
        places = [
            place
            for place in range(1, len(text))
            if limits.most // 2 < lengths[place] <= limits.most
            and not blocked[place]
            and not blocked[place - 1]
        ]
        if column == "en":
            return max((place for place in places if text[place - 1].isspace()), default=None)
        free = [place for place in places if _separable(text[place - 1], text[place])]
        joints = [place for place in free if place in self._joints]
        endings = [place for place in free if text[place - 1] in _BREAKS]
        if joints and len(self._joints) > 1:
            return max(joints)
        if endings:
            return max(endings)
        too_long = lengths[len(text)] > 2 * limits.most
        return max(free) if free and too_long else None


def _spoken_lengths(text: str, before: str, column: str) -> list[int]:
    """Return for each place how many characters ahead of it are said; in Chinese two Latin letters count one."""
    lengths, total = [0], 0.0
    for char, kept in zip(text, spoken_mask(text, before), strict=True):
        if kept and column == "en":
            total += 1 if total or not char.isspace() else 0
        elif kept and _PLAIN.match(char):
            total += 0.5 if char.isascii() else 1
        lengths.append(int(total))
    return lengths


def _blocked(text: str, *, final: bool) -> tuple[list[bool], int]:
    """Return where no cut may fall, and from where on an unfinished span forbids any."""
    blocked = [False] * len(text)
    for match in _PROTECTED.finditer(text):
        for place in range(*match.span()):
            blocked[place] = True
    if final:
        return blocked, len(text)
    if text.count("```") % 2:
        return blocked, text.rindex("```")
    unfinished = _UNFINISHED.search(text)
    if unfinished is None or len(unfinished.group()) > _OPEN_LIMIT or blocked[unfinished.start()]:
        return blocked, len(text)
    return blocked, unfinished.start()


def _after(text: str, place: int, quoted: bool, blocked: list[bool]) -> int:
    """Return the end of the clause whose last mark is at `place`: closing quotes and blanks belong to it."""
    end = place + 1
    open_before = _quote_open(text[:end], quoted)
    while end < len(text) and not blocked[end]:
        char = text[end]
        if char in "”’」』》" or (char in "\"'" and open_before) or char in "~～" or char in _STRONG + "—":
            end += 1
        else:
            break
    while end < len(text) and text[end] in " \t\n":
        end += 1
    return end


def _quote_open(text: str, quoted: bool) -> bool:
    """Tell whether a quotation is open after `text`, given whether one was before it."""
    for char in text:
        if char in "“「『":
            quoted = True
        elif char in "”」』\n":
            quoted = False
        elif char == '"':
            quoted = not quoted
    return quoted


def _ends_sentence(text: str, place: int) -> bool:
    """Tell whether the full stop at `place` ends a sentence, as far as its neighbours show."""
    following = text[place + 1 : place + 2]
    if following and not following.isspace() and following not in _CLOSERS and following.isascii():
        return False
    token = re.split(r"[\s(（“\"'‘\u3400-\u9fff]", text[:place])[-1].lower()
    if re.fullmatch(r"\d{1,2}", token) and (place == len(token) or text[place - len(token) - 1] == "\n"):
        return False
    if re.fullmatch(r"[a-z]", token) and token != "i":
        return False
    if token in _ABBREVIATIONS:
        rest = text[place + 1 :].lstrip()
        return token in _MAY_END and rest[:1].isupper()
    return True


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _between_digits(text: str, place: int) -> bool:
    return place > 0 and text[place - 1].isdigit() and text[place + 1 : place + 2].isdigit()


def _separable(left: str, right: str) -> bool:
    """Tell whether a clause may be capped between two characters of Chinese text."""
    if right in _STUCK or not _PLAIN.match(right):
        return False
    return not (left.isascii() and right.isascii() and not left.isspace())


def _fence_end(text: str) -> int | None:
    """Return where a block of code at the beginning of `text` ends, or None while it is open."""
    closing = text.find("```", text.index("```") + 3)
    return None if closing < 0 else closing + 3
