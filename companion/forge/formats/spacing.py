"""Chinese with a space between its words, as some data sets are: found, and put together again on request."""

from __future__ import annotations

import re
from typing import Final

_HAN: Final = "\u4e00-\u9fff\u3400-\u4dbf"
_MARKS: Final = "，。！？；：、“”‘’（）《》…—"
_GAP: Final = re.compile(f"(?<=[{_HAN}{_MARKS}]) +(?=[{_HAN}{_MARKS}])")
_CHARS: Final = re.compile(f"[{_HAN}]")
_LEAST_CHARS: Final = 4
_LEAST_SHARE: Final = 0.25


def is_spaced(text: str) -> bool:
    """Tell whether Chinese words are parted by spaces: at least one for four characters."""
    n = len(_CHARS.findall(text))
    return n >= _LEAST_CHARS and len(_GAP.findall(text)) >= _LEAST_SHARE * n


def rejoined(text: str) -> str:
    """Return the text without spaces between Chinese; those around Latin words stay."""
    return _GAP.sub("", text)
