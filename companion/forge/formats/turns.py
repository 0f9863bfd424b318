"""What all forms of conversation share: who a role is, texts out of whatever stands for one, and clean turns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from companion.forge.datasets.rows import Row, RowTurn, TurnRole, row_id

_ROLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("user", "human", "prompter", "customer", "question", "用户", "问", "人类"), "user"),
    **dict.fromkeys(
        (
            "assistant",
            "gpt",
            "model",
            "bot",
            "chatgpt",
            "bing",
            "bard",
            "char",
            "character",
            "ai",
            "助手",
            "答",
            "角色",
        ),
        "character",
    ),
    **dict.fromkeys(("system", "developer", "系统"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "function_call", "ipython"), "tool"),
}
_THOUGHT: Final = re.compile(r"\s*<think(?:ing)?>.*?</think(?:ing)?>\s*", re.DOTALL | re.IGNORECASE)
_MACROS: Final = re.compile(r"\{\{(?:random|roll|time|date|pick)[^{}]*\}\}", re.IGNORECASE)


@dataclass(slots=True)
class Notes:
    """What was noticed in one row: `dropped` is why it is not used, `kept` what was changed in it or left out of it."""

    dropped: tuple[str, str] | None = None
    kept: list[tuple[str, str]] = field(default_factory=list)

    def drop(self, kind: str, what: str = "") -> None:
        self.dropped = self.dropped or (kind, what[:80])

    def note(self, kind: str, what: str = "") -> None:
        self.kept.append((kind, what[:80]))


def role_of(name: Any) -> str:
    """Return `user`, `character`, `system`, `tool`, or an empty string for a role that is not known."""
    return _ROLES.get(str(name).strip().lower(), "")


def text_of(value: Any) -> str:
    """Return the text in a value: a string, a number, or the text parts of a list of content parts."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Sequence):
        parts = (one.get("text", "") if isinstance(one, Mapping) else one for one in value)
        return "\n".join(part for part in parts if isinstance(part, str)).strip()
    return ""


def made_row(
    said: Iterable[tuple[str, str, bool]], notes: Notes, number: int, *, system: str = "", **more: Any
) -> Row | None:
    """Return a row of (role, text, learnt) in order, or None with the reason in `notes`.

    Two turns of one side are put together, an unanswered end is left out, and a reply that opens is not learnt.
    """
    turns: list[RowTurn] = []
    systems = [system] if system else []
    for role, text, learnt in said:
        if role == "system":
            systems += [text] if text else []
        elif role == "tool":
            notes.note("tool_message", text)
        elif not role:
            notes.note("unknown_role", text)
        else:
            _add(turns, role, text, learnt, notes)
    _trim(turns, notes)
    if notes.dropped is None and not any(turn.train for turn in turns):
        notes.drop("empty_answer" if turns else "empty", turns[0].text if turns else "")
    if notes.dropped is not None:
        return None
    who = str(more.pop("who", ""))
    return Row(
        row_id(turns, "\n".join(systems), str(more.get("rejected", ""))),
        tuple(turns),
        "data",
        who,
        "\n".join(systems),
        source=(number, number),
        **more,
    )


def _add(turns: list[RowTurn], role: str, text: str, learnt: bool, notes: Notes) -> None:
    kind: TurnRole = "user" if role == "user" else "character"
    bare = _THOUGHT.sub("", text)
    if bare != text:
        notes.note("thought_removed", text)
    if _MACROS.search(bare):
        notes.note("macro", bare)
    if not bare.strip():
        if kind == "character":
            notes.drop("empty_answer", turns[-1].text if turns else "")
        else:
            notes.note("empty_message")
        return
    if turns and turns[-1].role == kind:
        notes.note("same_role_twice", bare)
        turns[-1] = replace(
            turns[-1], text=f"{turns[-1].text}\n{bare.strip()}", train=turns[-1].train or learnt
        )
    else:
        turns.append(RowTurn(kind, bare.strip(), train=learnt and kind == "character"))


def _trim(turns: list[RowTurn], notes: Notes) -> None:
    if turns and turns[0].role == "character" and len(turns) > 1:
        notes.note("opens_with_reply", turns[0].text)
        turns[0] = replace(turns[0], train=False)
    elif turns and turns[0].role == "character":
        notes.drop("no_question", turns[0].text)
    while turns and turns[-1].role == "user" and len(turns) > 1:
        notes.note("unanswered", turns[-1].text)
        turns.pop()
