"""A chat as JSON lines in SillyTavern's shape; what that shape lacks stands under `companion`.

Line 1 is a header, each further line a message of the active path with its variants as `swipes`. Branches
off the path stand in the header's `chat_metadata.companion.more`. Numbers of messages are counted anew, so
that exporting an imported export gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from companion.domain.messages import Role, StoredMessage
from companion.storage.send_dates import from_send_date, to_send_date
from companion.storage.transcript import Staged, Transcript

_VERSION = 1
_DEEPEST = 64
_MOST_PROBLEMS = 100
_FOREIGN = "st_extra"
_ROLES: tuple[Role, ...] = ("system", "user", "assistant")


# ---- out


def encode(transcript: Transcript, *, user_name: str, character_name: str) -> bytes:
    """Return the file's content, UTF-8, one JSON object a line."""
    numbered = _numbered(transcript)
    names: dict[str, str] = {"user": user_name, "assistant": character_name, "system": "System"}
    path = numbered.path()
    below = numbered.children()
    in_lines = {one.message for shown in path for one in below[shown.parent]}
    ours: dict[str, object] = {
        "version": _VERSION,
        "title": numbered.title,
        "created_at": numbered.created_at,
        "picked": list(numbered.picked),
        "more": [
            {**_fields(one), "parent": one.parent, "text": one.text}
            for one in numbered.messages
            if one.message not in in_lines
        ],
    }
    header = {
        "user_name": user_name,
        "character_name": character_name,
        "create_date": to_send_date(numbered.created_at),
        "chat_metadata": {"companion": ours},
    }
    lines = [header, *(_line(shown, below[shown.parent], names) for shown in path)]
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def _numbered(transcript: Transcript) -> Transcript:
    """Return the chat with its messages counted from 1 in their order."""
    numbers = {one.message: number for number, one in enumerate(transcript.messages, start=1)}
    messages = tuple(
        replace(
            one,
            message=numbers[one.message],
            parent=None if one.parent is None else numbers[one.parent],
        )
        for one in transcript.messages
    )
    return replace(transcript, messages=messages, picked=tuple(numbers[one] for one in transcript.picked))


def _line(shown: StoredMessage, variants: list[StoredMessage], names: dict[str, str]) -> dict[str, object]:
    foreign = shown.meta.get(_FOREIGN)
    ours = _fields(shown)
    line: dict[str, object] = {
        "name": str(shown.meta.get("name") or names[shown.role]),
        "is_user": shown.role == "user",
        "is_system": shown.role == "system",
        "send_date": to_send_date(shown.created_at),
        "mes": shown.text,
        "extra": {**(foreign if isinstance(foreign, dict) else {}), "companion": ours},
    }
    if len(variants) > 1:
        ours["variants"] = [_fields(one) for one in variants]
        line["swipes"] = [one.text for one in variants]
        line["swipe_id"] = variants.index(shown)
        line["swipe_info"] = [{"send_date": to_send_date(one.created_at), "extra": {}} for one in variants]
    return line


def _fields(one: StoredMessage) -> dict[str, Any]:
    """Return what SillyTavern's line does not say of a message."""
    fields: dict[str, Any] = {"id": one.message, "role": one.role, "created_at": one.created_at}
    for name in ("unheard", "thought", "partial"):
        if getattr(one, name):
            fields[name] = getattr(one, name)
    if one.meta:
        fields["meta"] = one.meta
    return fields


# ---- in


@dataclass(slots=True)
class _Reader:
    """What was read so far; `numbers` maps numbers of the file to ours."""

    user_name: str = ""
    character_name: str = ""
    messages: list[StoredMessage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    picked: list[int] = field(default_factory=list)
    last: int | None = None
    last_at: float = 0.0

    def complain(self, sentence: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(sentence)

    def keep(self, text: str, parent: int | None, role: Role, at: float, fields: dict[str, Any]) -> int:
        """Take one message in and return our number for it."""
        number = len(self.messages) + 1
        claimed = fields.get("id")
        if _is_number(claimed) and claimed not in self.numbers:
            self.numbers[claimed] = number
        claimed_role, claimed_at = fields.get("role"), fields.get("created_at")
        meta = fields.get("meta")
        self.messages.append(
            StoredMessage(
                message=number,
                chat="",
                parent=parent,
                role=claimed_role if claimed_role in _ROLES else role,
                text=text,
                created_at=float(claimed_at) if _is_time(claimed_at) else at,
                unheard=_text(fields.get("unheard")),
                thought=_text(fields.get("thought")),
                partial=fields.get("partial") is True,
                meta=meta if isinstance(meta, dict) else {},
            )
        )
        return number


def decode(content: bytes, character: str) -> Staged:
    """Read a file of ours or of SillyTavern; fields may be missing. What is wrong is listed, not raised."""
    reader = _Reader()
    lines = _lines(content, reader)
    header = next(lines, None)
    if header is None:
        return Staged(None, tuple(reader.problems))
    first: list[tuple[int, dict[str, Any]]] = []
    if "mes" in header[1]:
        reader.complain("The file has no header line; its first line was read as a message.")
        first = [header]
        header = (0, {})
    reader.user_name = _text(header[1].get("user_name"))
    reader.character_name = _text(header[1].get("character_name"))
    ours = _ours(header[1].get("chat_metadata"))
    created_at = ours.get("created_at")
    if not _is_time(created_at):
        created_at = from_send_date(header[1].get("create_date")) or 0.0
    reader.last_at = float(created_at)
    for number, line in (*first, *lines):
        _take_line(number, line, reader)
    _take_branches(ours, reader)
    transcript = Transcript(
        character, tuple(reader.messages), _text(ours.get("title")), float(created_at), tuple(reader.picked)
    )
    return Staged(_in_old_order(transcript, reader.numbers), tuple(reader.problems))


def _lines(content: bytes, reader: _Reader) -> Iterator[tuple[int, dict[str, Any]]]:
    # Only a line feed parts lines: texts may hold U+2028 and the like.
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw.decode("utf-8", "replace"), parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            reader.complain(f"Line {number} is not JSON and was left out.")
            continue
        if isinstance(line, dict) and not _is_too_deep(line):
            yield number, line
        else:
            reader.complain(f"Line {number} is no message and was left out.")


def _take_line(number: int, line: dict[str, Any], reader: _Reader) -> None:
    texts, chosen = _variants(line)
    if not texts:
        reader.complain(f"Line {number} has no text and was left out.")
        return
    extra = line.get("extra")
    ours = _ours(extra)
    role: Role = (
        "system" if line.get("is_system") is True else "user" if line.get("is_user") is True else "assistant"
    )
    at = from_send_date(line.get("send_date"))
    if at is None:
        at = reader.last_at
        if not ours:
            reader.complain(f"Line {number} has no date that can be read; it got that of the line before.")
    reader.last_at = at
    if not ours:
        ours = {"meta": _foreign_meta(line, extra, reader)}
    listed = ours.get("variants")
    fields = listed if isinstance(listed, list) and len(listed) == len(texts) else None
    kept = []
    for place, text in enumerate(texts):
        own = fields[place] if fields else ours if place == chosen else {}
        kept.append(reader.keep(text, reader.last, role, at, own if isinstance(own, dict) else {}))
    reader.last = kept[chosen]
    if chosen != len(kept) - 1:
        reader.picked.append(reader.last)


def _variants(line: dict[str, Any]) -> tuple[list[str], int]:
    """Return the texts of a line and which one is shown; `mes` is right where it differs from its swipe."""
    mes, swipes, chosen = line.get("mes"), line.get("swipes"), line.get("swipe_id")
    if isinstance(swipes, list) and swipes and all(isinstance(text, str) for text in swipes):
        texts = list(swipes)
        place = chosen if _is_number(chosen) and 0 <= chosen < len(texts) else len(texts) - 1
        if isinstance(mes, str):
            texts[place] = mes
        return texts, place
    return ([mes], 0) if isinstance(mes, str) else ([], 0)


def _take_branches(ours: dict[str, Any], reader: _Reader) -> None:
    more = ours.get("more")
    for one in more if isinstance(more, list) else []:
        fields = one if isinstance(one, dict) else {}
        text, claimed = fields.get("text"), fields.get("parent")
        parent = reader.numbers.get(claimed) if _is_number(claimed) else None
        if not isinstance(text, str) or (parent is None and claimed is not None):
            reader.complain("A branch off the shown path hangs on nothing and was left out.")
            continue
        reader.keep(text, parent, "assistant", reader.last_at, fields)
    decided = _path_ids(reader)
    picked = ours.get("picked")
    for one in picked if isinstance(picked, list) else []:
        number = reader.numbers.get(one) if _is_number(one) else None
        # What the lines say of the path goes before what the header says.
        if number is not None and reader.messages[number - 1].parent not in decided:
            reader.picked.append(number)


def _path_ids(reader: _Reader) -> set[int | None]:
    """Return the messages (None: the beginning) whose active child the lines have told."""
    ids: set[int | None] = set()
    at = reader.last
    while at is not None:
        at = reader.messages[at - 1].parent
        ids.add(at)
    return ids


def _in_old_order(transcript: Transcript, numbers: dict[int, int]) -> Transcript:
    """Return the chat in the order it was written in, if the file tells it whole and sound."""
    old = {ours: theirs for theirs, ours in numbers.items()}
    if len(old) != len(transcript.messages):
        return transcript
    if any(one.parent is not None and old[one.parent] >= old[one.message] for one in transcript.messages):
        return transcript
    messages = tuple(sorted(transcript.messages, key=lambda one: old[one.message]))
    return replace(transcript, messages=messages)


def _foreign_meta(line: dict[str, Any], extra: object, reader: _Reader) -> dict[str, object]:
    meta: dict[str, object] = {}
    if isinstance(extra, dict) and extra:
        meta[_FOREIGN] = extra
    name = _text(line.get("name"))
    if name and name not in (reader.user_name, reader.character_name):
        meta["name"] = name
    return meta


def _ours(holder: object) -> dict[str, Any]:
    ours = holder.get("companion") if isinstance(holder, dict) else None
    return ours if isinstance(ours, dict) else {}


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: object) -> TypeGuard[float]:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -1e11 < value < 1e11


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_too_deep(value: object, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_too_deep(one, depth + 1) for one in inner)
