"""The macros of character cards: {{char}}, {{user}}, {{random:..}} and their kin (Character Card V3)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_SIMPLE = re.compile(r"<(user|char|bot)>|\{\{\s*(user|char)\s*\}\}", re.IGNORECASE)
_CALL = re.compile(
    r"\{\{\s*(//|comment|hidden_key|random|pick|roll|reverse)\s*:{0,2}\s*([^{}]*)\}\}", re.IGNORECASE
)
_MAX_LEN = 200_000


def expand(text: str, *, char: str, user: str, seed: int = 0) -> str:
    """Return `text` with macros replaced; unknown ones stay as they are.

    Names are inserted last and are not expanded again. `seed` fixes {{pick}}, {{random}} and {{roll}},
    so that the same chat renders the same prompt each time.
    """
    draw = random.Random(f"{seed}:{len(text)}")
    called = _CALL.sub(lambda match: _call(match.group(1).lower(), match.group(2), draw), text[:_MAX_LEN])
    return _SIMPLE.sub(
        lambda match: user if (match.group(1) or match.group(2)).lower() == "user" else char, called
    )


def _call(name: str, argument: str, draw: random.Random) -> str:
    actions: dict[str, Callable[[], str]] = {
        "//": str,
        "comment": str,
        "hidden_key": str,
        "random": lambda: draw.choice(_items(argument)),
        "pick": lambda: random.Random(argument).choice(_items(argument)),
        "roll": lambda: str(draw.randint(1, _sides(argument))),
        "reverse": lambda: argument[::-1],
    }
    return actions[name]()


def _items(argument: str) -> list[str]:
    parts = re.split(r"(?<!\\),", argument)
    return [part.replace("\\,", ",").strip() for part in parts] or [""]


def _sides(argument: str) -> int:
    digits = re.sub(r"\D", "", argument)[:9]
    return max(1, int(digits or "6"))
