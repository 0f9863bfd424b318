"""Chinese words in Latin letters, as names are written in English texts."""

from __future__ import annotations

import warnings


def romanised(word: str) -> str:
    """Return the pinyin of `word` in one piece, without tones, `v` for ü: 黛玉 gives `daiyu`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pypinyin import lazy_pinyin
    return "".join(lazy_pinyin(word)).lower()
