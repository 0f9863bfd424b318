"""How much a line hangs on what came before it, told by its words alone."""

from __future__ import annotations

import re
from typing import Final

from companion.text.phonemes import Language

_LETTERS: Final = re.compile(r"[^\W_]")
_POINTING: Final = {
    "zh": re.compile(
        "他们|她们|他|她|它|这个|那个|这样|那样|这么|那么|这里|那里|这话|那话|这些|那些|这|那|此|其|刚才|方才|"
        "何尝|自然|果然|既是|也罢|罢了|就是了|才是|可不是|也是"
    ),
    "en": re.compile(
        r"\b(?:he|she|it|they|him|her|them|his|their|this|that|these|those|there|so|either|neither|too|then)\b",
        re.IGNORECASE,
    ),
}
_OPENS: Final = {
    "zh": re.compile(
        r"^(?:[，、…—]|(?:也|又|还|却|但|可|而|所以|因此|不然|否则|于是|就|才|倒|便|只是|况且|再者))"
    ),
    "en": re.compile(r"^(?:[,;…-]|(?:and|but|so|or|because|then|yet|nor)\b)", re.IGNORECASE),
}
_BROKEN: Final = re.compile('(?:…|—|\\.\\.\\.)[”"’]?$')
_SHORT: Final = {"zh": 6, "en": 14}


def context_dependence(text: str, language: Language) -> float:
    """Return from 0, a line that stands by itself, to 1, one that means nothing alone."""
    n_letters = len(_LETTERS.findall(text))
    if not n_letters:
        return 1.0
    width = 6.0 if language == "zh" else 18.0
    pointing = min(0.6, len(_POINTING[language].findall(text)) * width / n_letters * 0.6)
    score = pointing + 0.25 * bool(_OPENS[language].search(text)) + 0.2 * bool(_BROKEN.search(text))
    if n_letters < _SHORT[language]:
        score += 0.5 * (1 - n_letters / _SHORT[language]) + 0.1
    return min(1.0, score)
