"""Chinese or English, by the letters of a text."""

from __future__ import annotations

import re
from typing import Final

from companion.text.phonemes import Language

# CJK ideographs with extension A, the compatibility block, and 〇.
HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_HAN_CHARS: Final = re.compile(f"[{HAN}]")
_LATIN_WORDS: Final = re.compile("[A-Za-z\u00c0-\u024f]+")


def language_of(text: str, default: Language = "zh") -> Language:
    """Return the language of most of `text`; a Chinese character weighs as much as a Latin word.

    A text without letters is in the `default` language; an equal share counts as Chinese.
    """
    n_han = len(_HAN_CHARS.findall(text))
    n_words = len(_LATIN_WORDS.findall(text))
    if not n_han and not n_words:
        return default
    return "zh" if n_han >= n_words else "en"
