"""What the user says in the benchmark, and what he does while she answers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, get_args

from companion.errors import UsageError

Language = Literal["zh", "en"]
During = Literal["", "barge_in", "backchannel", "cough", "bang", "keys"]
NOISES = ("cough", "bang", "keys")


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """`parts` are spoken in order, `pauses_ms[i]` lies between `parts[i]` and `parts[i + 1]`.

    `during` begins `after_s` after her first sound; `wants_reply` is False where she may fall silent after it.
    """

    name: str
    language: Language
    kind: str
    parts: tuple[str, ...]
    pauses_ms: tuple[int, ...] = ()
    during: During = ""
    during_text: str = ""
    after_s: float = 0.0
    wants_reply: bool = True

    @property
    def text(self) -> str:
        """All that is said, as it would be written."""
        return (" " if self.language == "en" else "").join(self.parts)


def load_script() -> list[ScriptedTurn]:
    """Return all turns, in the order of the file."""
    raw = tomllib.loads(resources.files(__package__).joinpath("script.toml").read_text(encoding="utf-8"))
    return [_turn(one) for one in raw["turn"]]


def choose(turns: Sequence[ScriptedTurn], *, n: int | None, only: Sequence[str] = ()) -> list[ScriptedTurn]:
    """Return the first `n` turns, half of them of each language; beyond the script's end it begins anew.

    `only` names turns, kinds, languages or what is done during her reply. Raises UsageError when nothing is left.
    """
    kept = [
        turn for turn in turns if not only or {turn.name, turn.kind, turn.language, turn.during} & set(only)
    ]
    if not kept:
        names = sorted({turn.kind for turn in turns} | {turn.during for turn in turns if turn.during})
        raise UsageError(f"No turn is called {', '.join(only)}.", f"Choose of: zh, en, {', '.join(names)}.")
    if n is None:
        return kept
    chosen: list[ScriptedTurn] = []
    languages = [code for code in ("zh", "en") if any(turn.language == code for turn in kept)]
    for place, code in enumerate(languages):
        own = [turn for turn in kept if turn.language == code]
        share = n // len(languages) + (1 if place < n % len(languages) else 0)
        chosen += [own[i % len(own)] for i in range(share)]
    return chosen


def _turn(raw: dict[str, Any]) -> ScriptedTurn:
    during = raw.get("during", "")
    if during not in get_args(During):
        raise UsageError(f"Turn {raw['name']}: nothing is known of '{during}'.")
    return ScriptedTurn(
        name=raw["name"],
        language=raw["language"],
        kind=raw["kind"],
        parts=tuple(part for part in raw["say"] if isinstance(part, str)),
        pauses_ms=tuple(part for part in raw["say"] if isinstance(part, int)),
        during=during,
        during_text=raw.get("during_say", ""),
        after_s=float(raw.get("after_s", 0.0)),
        wants_reply=bool(raw.get("reply", True)),
    )
