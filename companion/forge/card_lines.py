"""Lines of a character card: its example dialogues and greetings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from companion.documents.document import Document, plain
from companion.forge.lines import Line
from companion.forge.problems import Problem

_START: Final = re.compile(r"<START>", re.IGNORECASE)
_TURN: Final = re.compile(
    r"^[ \t]*+(?P<who>\{\{(?:user|char)\}\}|<(?:USER|BOT|user|bot)>|[^\n:：]{1,30})\s*[:：]\s*", re.MULTILINE
)


def card_source(data: Mapping[str, Any], id_: str, file: str) -> tuple[Document, list[Line], list[Problem]]:
    """Return a document of the examples and greetings in `data`, a card's fields, with who says what.

    The user is `{{user}}`; greetings are told as narration, for nobody answers in them.
    """
    name = str(data.get("name") or "char").strip()
    parts: list[str] = []
    lines: list[Line] = []
    problems: list[Problem] = []
    at = scene = 0
    greetings = [data.get("first_mes"), *(data.get("alternate_greetings") or ())]
    for greeting in (str(one).strip() for one in greetings if one):
        text = plain(greeting)
        lines.append(Line(at, at + len(text), text, name, "speech", scene))
        parts.append(text)
        at, scene = at + len(text) + 2, scene + 1
    for block in _START.split(plain(str(data.get("mes_example") or ""))):
        if not block.strip():
            continue
        found = list(_turns(block, name))
        if not found:
            problems.append(Problem("unattributed", at, block.strip()[:60]))
        for who, text in found:
            head = f"{who}："
            start = at + len(head)
            lines.append(Line(start, start + len(text), text, who, "speech", scene))
            parts.append(head + text)
            at = start + len(text) + 2
        scene += 1
    return Document(id_, file, name, "\n\n".join(parts)), lines, problems


def _turns(block: str, name: str) -> list[tuple[str, str]]:
    heads = [one for one in _TURN.finditer(block) if _who(one["who"], name)]
    out: list[tuple[str, str]] = []
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(block)
        if text := block[head.end() : end].strip():
            out.append((_who(head["who"], name), text))
    return out


def _who(word: str, name: str) -> str:
    bare = word.strip()
    if bare.lower() in ("{{user}}", "<user>"):
        return "{{user}}"
    return name if bare.lower() in ("{{char}}", "<bot>") or bare == name else ""
