"""How likely what was said so far is a whole turn, by the words at its end; Chinese and English.

Rules, not a model: the first that fits decides. They ask what the last words still need after them, so a text
that could go on but need not counts as rather complete. A recogniser sets a full stop after anything: it tells
nothing; a comma or a dash it sets only where the voice stays up.
"""

from __future__ import annotations

import re
from typing import Final

from companion.domain.chinese_endings import chinese
from companion.domain.english_endings import english

_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_LETTER: Final = re.compile(f"[{_HAN}]|[^\\W_]")
_TAIL_MARKS: Final = re.compile(r"[\s\W_]*$")
_QUOTES: Final = (("“", "”"), ("「", "」"), ("『", "』"), ("《", "》"), ("（", "）"), ("(", ")"))
_NOTHING_SAID: Final = 0.5
_QUOTE_OPEN: Final = 0.1
_HANGS: Final = 0.3

_COMMA: Final = re.compile(r"[，、,：:；;—–-]\s*$")
_DOTS: Final = re.compile(r"(?:…|\.\.+|。。+)\s*$")
_ASKED: Final = re.compile(r"[？?][”」』\"'）)\s]*$")
_CALLED: Final = re.compile(r"[！!][”」』\"'）)\s]*$")


def completeness(text: str, language: str) -> float:
    """Return the probability that `text` is all that its speaker wanted to say, 0.0 to 1.0; 0.5 for no words.

    `language`, `zh` or `en`, decides where the last word does not: after a digit.
    """
    text = text.strip()
    body = _TAIL_MARKS.sub("", text)
    letters = _LETTER.findall(body)
    if not letters:
        return _NOTHING_SAID
    if _is_quote_open(text):
        return _QUOTE_OPEN
    marks = text[len(body) :]
    last = letters[-1]
    if re.match(f"[{_HAN}]", last) or (last.isdigit() and language != "en"):
        return _with_marks(chinese(body), marks)
    likely = english(body.lower().replace("’", "'"), is_asked=bool(_ASKED.search(marks)))
    return _with_marks(likely, marks)


def _with_marks(likely: float, marks: str) -> float:
    if _COMMA.search(marks):
        return 0.25 * likely
    if _DOTS.search(marks):
        return 0.5 * likely
    if _ASKED.search(marks):
        # A question that breaks off gets its mark too.
        return 1.0 - 0.4 * (1.0 - likely) if likely >= _HANGS else 1.5 * likely
    if _CALLED.search(marks):
        return 1.0 - 0.7 * (1.0 - likely)
    return likely


def _is_quote_open(text: str) -> bool:
    return any(text.rfind(left) > text.rfind(right) for left, right in _QUOTES) or text.count('"') % 2 == 1
