"""How each voice alphabet writes English sounds and punctuation marks."""

from __future__ import annotations

import re
from typing import Final, Literal

Alphabet = Literal["kokoro", "piper", "espeak"]

_MARKS: Final = {
    "，": ",",
    "、": ",",
    "。": ".",
    "．": ".",
    "！": "!",
    "？": "?",
    "：": ":",
    "；": ";",
    "（": "(",
    "）": ")",
    "《": "“",
    "》": "”",
    "〈": "“",
    "〉": "”",
    "「": "“",
    "」": "”",
    "『": "“",
    "』": "”",
    "【": "“",
    "】": "”",
    "«": "“",
    "»": "”",
    "[": "(",
    "]": ")",
    "–": "—",
    "―": "—",
    "⋯": "…",
    "‥": "…",
    "\n": ".",
    **{mark: mark for mark in ',.!?:;()—…“”"'},
}
_OPENING: Final = frozenset("(“")
_PIPER_MARKS: Final = {"—": ",", "…": ".", "(": ",", ")": ",", "“": "", "”": "", '"': ""}

_TO_ESPEAK: Final = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ᵊ": "ə",
    "ɔ": "ɔː",
    "ɑ": "ɑː",
    "u": "uː",
}


def mark(char: str, alphabet: Alphabet) -> str:
    """Return the symbol for a punctuation mark, or an empty string where the alphabet has none."""
    symbol = _MARKS.get(char, "")
    return symbol if alphabet == "kokoro" else _PIPER_MARKS.get(symbol, symbol)


def opens(symbol: str) -> bool:
    """Tell whether a gap stands before this mark instead of after it."""
    return symbol in _OPENING


def english_symbols(symbols: str, alphabet: Alphabet) -> str:
    """Return misaki's symbols for a word as Kokoro-82M v1.0 or a voice trained on espeak's en-us writes them."""
    if alphabet == "kokoro":
        return symbols.replace("ɾ", "T").replace("ʔ", "t")
    result = _rhotic(symbols)
    result = re.sub("i(?![ː])", _long_i, result)
    return "".join(_TO_ESPEAK.get(symbol, symbol) for symbol in result)


def _rhotic(symbols: str) -> str:
    """Return the symbols with espeak's single vowels before r."""
    result = symbols.replace("ɜɹ", "ɜː").replace("əɹ", "ɚ")
    # espeak keeps a consonant r between an r-coloured vowel and another vowel.
    return re.sub("(ɚ|ɜː)(?=[ˈˌ]?[AIOQWYaiuæɑɔəɛɪʊʌᵻᵊ])", r"\1ɹ", result)


def _long_i(match: re.Match[str]) -> str:
    text = match.string
    stressed = match.start() > 0 and text[match.start() - 1] in "ˈˌ"
    only_vowel = not re.search("[AIOQWYaiuæɑɔəɛɪʊʌᵻᵊɚɜ]", text[: match.start()] + text[match.end() :])
    return "iː" if stressed or only_vowel else "i"
