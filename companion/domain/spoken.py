"""Which characters of a reply are said aloud: no stage directions, tags, markup, addresses or emoji.

Rules for what may be either a stage direction or prose:

- `*...*` is a direction, unless one or two words of a sentence are only stressed by it: English, in the middle
  of a sentence, and no verb form in -s or -ing (`I *really* mean it` against `Hi *waves* there`).
- `（...）` and `(...)` are a direction at the beginning or end of a sentence, or where they hold a word of doing
  or feeling. They are prose where they follow a word and hold none, or hold a digit or begin with a function
  word: `北京（中国首都）`, `(about 3 km)`.
- `[...]` and `【...】` are tags; of a Markdown link its text is said.
"""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = "\u3400-\u9fff"
_FENCE: Final = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u9fff\uff00-\uffef<>\"'）)】\]]+")
_LINK: Final = re.compile(r"(!?\[)([^\[\]\n]*)(\]\([^()\n]*\))")
_CODE: Final = re.compile(r"(`)([^`\n]*)(`)")
_BOLD: Final = re.compile(r"(\*\*|__|~~)(?=\S)(.+?)(?<=\S)(\1)")
_STARRED: Final = re.compile(
    r"(?<![*\w])[*＊](?![*\s])([^*＊\n]+?)[*＊](?!\*)|(?<=[\u3400-\u9fff\w])[*＊]([^*＊\n\d]+?)[*＊](?![*\d])"
)
_UNDERSCORED: Final = re.compile(r"(?<!\w)(_)(?=\S)([^_\n]+)(_)(?!\w)")
_ROUND: Final = re.compile(r"（[^（）\n]*）|\([^()\n]*\)")
_SQUARE: Final = re.compile(r"\[[^\[\]\n]*\]|【[^【】\n]*】")
_LINE_MARK: Final = re.compile(r"(?m)^[ \t]*(?:#{1,6}[ \t]+|[-*+•][ \t]+|>[ \t]?|[-*_]{3,}[ \t]*$)+")
_ELEMENT: Final = re.compile(r"</?[A-Za-z][^<>\n]{0,80}>|&[a-z]{2,6};")
_ODDMENT: Final = re.compile(r"[*＊`#|~～_\\^]+")
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\u200d\u20e3"
    "\u2190-\u21ff\u25a0-\u25ff\U000e0020-\U000e007f\u266a-\u266f]+"
)
_FACE: Final = re.compile(r"[(（][^\w\s]{0,3}[^()（）\n]{0,8}[)）](?:[^\w\s，。！？,.!?])?")
_OPEN_TAIL: Final = re.compile(
    r"(?:(?<![*\w])[*＊](?![*\s\d])[^*＊\n]{0,200}|[（(][^（）()\n]{0,200}|[\[【][^\[\]【】\n]{0,200})$"
)

_ACTIONS: Final = re.compile(
    "[笑叹哭泣望瞪眨盯瞥瞄凝闭睁挥抱搂摸抚拍握牵拉扯走坐站蹲跪躺趴跳跑转扭低抬歪侧点摇耸皱撅嘟咬抿舔咽喘颤抖"
    "脸耳红羞怒恼愣怔呆惊吓慌沉默停顿轻悄柔温缓慢咳嗽哼嗯打揉挠捂捏戳递端倒拿放收靠凑贴依偎伸缩挪退躲藏]"
)
_PROSE_START: Final = re.compile(
    r"(?i)(?:about|or|and|e\.g|i\.e|which|that|the|an?|in|at|on|not|maybe|you|i|i'm|it|it's|even|especially|for|to|from|such|"
    r"see|also|but|so|if|when|we|they|he|she|this|these|those|with|without|like|mostly|usually|plus|no|yes|my|your)\b"
)
_PROSE_START_ZH: Final = re.compile(
    "(?:例如|比如|也就是|即|约|大约|大概|注|又名|又称|简称|包括|含|或|以及|不|没|当然|虽然|其实|如果|我|你|他|她|它)"
)
_DOING: Final = re.compile(r"(?i)(?:\w+(?:ly)\s+)?\w{2,}(?:s|ing)\b")
_LETTER: Final = re.compile(r"[^\W_]")
_SENTENCE_EDGE: Final = '。！？!?.…~～\n”"」』'


def spoken_mask(text: str, before: str = "") -> list[bool]:
    """Return for each character of `text` whether it is said; `before` is the visible text ahead of it."""
    mask = [True] * len(text)
    for match in _FENCE.finditer(text):
        _hide(mask, match.span())
    for pattern in (_LINK, _CODE, _BOLD, _UNDERSCORED):
        for match in pattern.finditer(text):
            if mask[match.start()]:
                _hide(mask, match.span(1))
                _hide(mask, match.span(3))
    for pattern in (_URL, _ELEMENT, _LINE_MARK, _EMOJI, _SQUARE):
        for match in pattern.finditer(text):
            # A link's text stands in square brackets of which nothing but the text is left.
            if mask[match.start()]:
                _hide(mask, match.span())
    for match in _STARRED.finditer(text):
        if mask[match.start()] and not _stressed(match, text):
            _hide(mask, match.span())
    for match in _ROUND.finditer(text):
        if mask[match.start()] and _is_direction(match, text, before):
            _hide(mask, match.span())
    for match in _ODDMENT.finditer(text):
        _hide(mask, match.span())
    return mask


def spoken_form(text: str, before: str = "", *, complete: bool = False) -> tuple[str, tuple[int, ...]]:
    """Return what is said of `text`, and for each of its characters the place in `text`.

    A clause without a letter or digit gives an empty text. With `complete` nothing follows, so that a direction
    that was left open is not said either.
    """
    mask = spoken_mask(text, before)
    if complete:
        match = _OPEN_TAIL.search(text)
        if match and _at_edge(text, match.start(), before):
            _hide(mask, match.span())
    places: list[int] = []
    for place, kept in enumerate(mask):
        blank = text[place].isspace()
        if kept and not (blank and (not places or text[places[-1]].isspace())):
            places.append(place)
    while places and not _LETTER.match(text[places[0]]) and text[places[0]] not in '“"‘「『《（(-−¥$￥€£':
        places.pop(0)
    while places and text[places[-1]].isspace():
        places.pop()
    if not any(_LETTER.match(text[place]) for place in places):
        return "", ()
    return "".join(" " if text[place].isspace() else text[place] for place in places), tuple(places)


def _hide(mask: list[bool], span: tuple[int, int]) -> None:
    for place in range(*span):
        mask[place] = False


def _stressed(match: re.Match[str], text: str) -> bool:
    """Tell whether stars only stress a word of an English sentence."""
    inner = (match.group(1) or match.group(2) or "").strip()
    words = inner.split(" ")
    if not inner.isascii() or len(words) > 2 or not _LETTER.match(inner):
        return False
    left = text[: match.start()].rstrip()
    right = text[match.end() :].lstrip()
    inside = (
        bool(left) and left[-1].isascii() and left[-1].isalnum() and (not right or right[:1] not in "*\n")
    )
    return inside and not _DOING.fullmatch(words[0])


def _is_direction(match: re.Match[str], text: str, before: str) -> bool:
    inner = match.group()[1:-1].strip()
    if not _LETTER.search(inner):
        return True
    if re.search(f"[{_HAN}]", inner):
        if _PROSE_START_ZH.match(inner) or re.search(r"\d", inner):
            return False
        attached = not _at_edge(text, match.start(), before)
        return not attached or bool(_ACTIONS.search(inner))
    if re.search(r"\d", inner) or _PROSE_START.match(inner):
        return False
    if _DOING.match(inner) or re.match(r"(?i)\w+ly\b", inner):
        return True
    return _at_edge(text, match.start(), before)


def _at_edge(text: str, place: int, before: str) -> bool:
    """Tell whether a sentence begins at `place`."""
    left = (before + text[:place]).rstrip(" \t")
    return not left or left[-1] in _SENTENCE_EDGE + "，,；;：:*＊）)】]"
