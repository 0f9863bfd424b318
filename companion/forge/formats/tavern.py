"""Chats of SillyTavern: a header and a message a line, one conversation a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from companion.forge.datasets.rows import Row
from companion.forge.formats.turns import Notes, made_row
from companion.forge.formats.values import RowProblem

USER: Final = "{{user}}"


def is_tavern(value: Any) -> bool:
    """Tell whether a value is a header or a message of such a chat."""
    if not isinstance(value, Mapping):
        return False
    return ("mes" in value and "is_user" in value) or {"user_name", "character_name"} <= set(value)


def read_tavern(rows: Sequence[tuple[int, Any]]) -> tuple[list[Row], list[RowProblem]]:
    """Return the conversation in `rows`; hidden lines, further voices of a group and empty ones are told."""
    problems: list[RowProblem] = []
    said: list[tuple[str, str, bool]] = []
    user, character = "", ""
    messages: list[tuple[int, Mapping[str, Any]]] = []
    for number, value in rows:
        if not is_tavern(value):
            problems.append(RowProblem(number, "no_fit", str(value)[:80]))
        elif "mes" not in value:
            user, character = str(value.get("user_name") or ""), str(value.get("character_name") or "")
        else:
            messages.append((number, value))
    names = Counter(str(one.get("name") or "") for _, one in messages if not one.get("is_user"))
    if not character or character.lower() == "unused":
        character = next(iter(dict(names.most_common(1))), "")
    for number, one in messages:
        text, name = str(one.get("mes") or "").strip(), str(one.get("name") or "")
        if one.get("is_system"):
            problems.append(RowProblem(number, "hidden", text[:80]))
        elif not text:
            problems.append(RowProblem(number, "empty", name))
        elif not one.get("is_user") and name and name != character and names[name]:
            problems.append(RowProblem(number, "another_voice", f"{name}: {text}"[:80], dropped=False))
            said.append(("user", f"{name}：{text}", False))
        else:
            if len(one.get("swipes") or ()) > 1:
                problems.append(RowProblem(number, "swipes", "the one that was kept is used", dropped=False))
            said.append(("user" if one.get("is_user") else "character", _macros(text, user), True))
    notes = Notes()
    row = made_row(said, notes, rows[0][0] if rows else 0, who=character)
    first = rows[0][0] if rows else 0
    problems += (RowProblem(first, kind, what, dropped=False) for kind, what in notes.kept)
    if row is None and notes.dropped is not None:
        problems.append(RowProblem(first, *notes.dropped))
    return ([row] if row is not None else []), problems


def _macros(text: str, user: str) -> str:
    return text.replace(user, USER) if len(user) > 1 else text
