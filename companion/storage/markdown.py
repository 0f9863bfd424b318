"""The active path of a chat as Markdown that people read and `decode` takes back, text byte for byte.

Comments that a viewer hides carry what the text does not say. A line of a message that looks like such a
comment gets a backslash in front.
"""

from __future__ import annotations

import json
import re
from typing import Any

from companion.domain.messages import Role, StoredMessage
from companion.storage.send_dates import to_send_date
from companion.storage.transcript import Staged, Transcript

_MARK = re.compile(r"^<!-- companion:(chat|message) (\{.*\}) -->\n", re.MULTILINE)
_LOOKS_LIKE_MARK = re.compile(r"^(\\*<!-- companion:)", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(\\*<!-- companion:)", re.MULTILINE)
_ROLES: tuple[Role, ...] = ("system", "user", "assistant")


def encode(transcript: Transcript, *, user_name: str, character_name: str) -> bytes:
    """Return the file's content, UTF-8."""
    names: dict[str, str] = {"user": user_name, "assistant": character_name, "system": "System"}
    about = {"title": transcript.title, "created_at": transcript.created_at}
    pieces = [f"# {_one_line(transcript.title or character_name)}\n\n{_mark('chat', about)}"]
    for one in transcript.path():
        when = to_send_date(one.created_at)[:16].replace("T", " ")
        heading = f"**{_one_line(str(one.meta.get('name') or names[one.role]))}** · {when} UTC"
        text = _LOOKS_LIKE_MARK.sub(r"\\\1", one.text)
        pieces.append(f"\n{_mark('message', _fields(one))}{heading}\n\n{text}\n")
    return "".join(pieces).encode()


def decode(content: bytes, character: str) -> Staged:
    """Read a file that `encode` wrote; what is wrong is listed, not raised."""
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    marks = list(_MARK.finditer(text))
    if not marks:
        return Staged(None, ("It was not exported by companion.",))
    about: dict[str, Any] = {}
    problems: list[str] = []
    messages: list[StoredMessage] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        fields = _json(mark[2])
        if mark[1] == "chat":
            about = fields
            continue
        # Before the next mark stand the line feed that ends the text and an empty line.
        end = following.start() - 2 if following else len(text) - 1
        message = _message(len(messages) + 1, text[mark.end() : end], fields)
        if message is None:
            problems.append(f"Message {len(messages) + 1} has no heading and was left out.")
        else:
            messages.append(message)
    return Staged(
        Transcript(character, tuple(messages), _text(about.get("title")), _number(about.get("created_at"))),
        tuple(problems),
    )


def _message(number: int, body: str, fields: dict[str, Any]) -> StoredMessage | None:
    heading, parted, text = body.partition("\n\n")
    if not parted or "\n" in heading:
        return None
    role, meta = fields.get("role"), fields.get("meta")
    return StoredMessage(
        message=number,
        chat="",
        parent=number - 1 or None,
        role=role if role in _ROLES else "assistant",
        text=_ESCAPED.sub(r"\1", text),
        created_at=_number(fields.get("created_at")),
        unheard=_text(fields.get("unheard")),
        thought=_text(fields.get("thought")),
        partial=fields.get("partial") is True,
        meta=meta if isinstance(meta, dict) else {},
    )


def _fields(one: StoredMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": one.role, "created_at": one.created_at}
    for name in ("unheard", "thought", "partial", "meta"):
        if getattr(one, name):
            fields[name] = getattr(one, name)
    return fields


def _mark(kind: str, fields: dict[str, Any]) -> str:
    # ">" would end the comment, and JSON may as well write it as an escape.
    return f"<!-- companion:{kind} {json.dumps(fields, ensure_ascii=False).replace('>', chr(92) + 'u003e')} -->\n"


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip() or "-"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e11
    return float(value) if is_time else 0.0  # type: ignore[arg-type]
