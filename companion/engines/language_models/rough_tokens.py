"""An estimate of tokens where no tokeniser is at hand: one for a Han character, one for four letters."""

from __future__ import annotations

import re

_PIECE = re.compile(r"[ \t]*(?:[A-Za-z0-9]{1,4}|[^\s])|\s+", re.DOTALL)


def split_rough(text: str) -> list[str]:
    """Return pieces of about one token each; joined they are `text` again."""
    return _PIECE.findall(text)


def count_rough(text: str) -> int:
    """Return the estimated number of tokens of `text`; off by up to a third either way."""
    return len(split_rough(text))
