"""Two pieces of one utterance as one text."""

from __future__ import annotations

import re

_FULL_STOP = re.compile(r"[。.．]+$")
_HAN = re.compile("[\u3400-\u9fff]")


def joined(before: str, more: str) -> str:
    """Return both pieces as one text: the recogniser has set a full stop where there was a pause."""
    is_chinese = _HAN.search(before[-1:] + more[:1] + before) is not None
    head, n_stops = _FULL_STOP.subn("", before)
    if is_chinese:
        return f"{head}，{more}" if n_stops or head[-1:].isalnum() else f"{head}{more}"
    if not n_stops:
        return f"{head} {more}"
    return f"{head}, {more[:1].lower() if more[1:2].islower() else more[:1]}{more[1:]}"
