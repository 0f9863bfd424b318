"""Chats of Soul-of-Waifu, and plain JSON lists of messages: read only.

Soul-of-Waifu keeps all characters in one `characters.json`: `character_list` by name, below it `chats` by id, in
each `chat_content`, messages by id with `sequence_number`, `is_user`, `author_name` and `variants`; older versions
have only `chat_history`, pairs of `user` and `character`. A character, a chat or a list cut out of it is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from companion.domain.messages import Role, StoredMessage
from companion.storage.send_dates import from_send_date
from companion.storage.transcript import Staged, Transcript

_DEEPEST, _MOST_PROBLEMS = 64, 100
_LATEST = 1e11
_USERS = frozenset({"user", "you", "human", "me", "用户", "我"})
_SYSTEMS = frozenset({"system", "narrator", "tool", "developer"})
_TEXTS = ("text", "content", "mes", "message")
_NAMES = ("name", "author_name", "author", "role", "sender")


@dataclass(slots=True)
class _Reader:
    messages: list[StoredMessage] = field(default_factory=list)
    picked: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    last: int | None = None
    last_at: float = 0.0

    def complain(self, sentence: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(sentence)

    def keep(self, role: Role, texts: Sequence[str], chosen: int, at: float | None) -> None:
        """Take in one message with its variants; the chosen one goes on."""
        self.last_at = self.last_at if at is None else at
        parent, kept = self.last, []
        for text in texts:
            number = len(self.messages) + 1
            kept.append(number)
            self.messages.append(StoredMessage(number, "", parent, role, text, self.last_at))
        self.last = kept[chosen]
        if chosen != len(kept) - 1:
            self.picked.append(self.last)


def is_one(content: bytes) -> bool:
    """Tell whether a file holds one JSON value that is no SillyTavern line."""
    try:
        value = json.loads(content.decode("utf-8-sig", "replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, list) or (isinstance(value, dict) and _is_ours(value))


def _is_ours(value: Mapping[str, Any]) -> bool:
    return any(
        isinstance(value.get(key), list | dict)
        for key in ("character_list", "chats", "chat_content", "chat_history", "messages", "history")
    )


def decode(content: bytes, character: str) -> Staged:
    """Read one chat: the open one of the character, where a file holds several. What is wrong is listed."""
    reader = _Reader()
    try:
        value = json.loads(content.decode("utf-8-sig", "replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return Staged(None, ("The file is not JSON.",))
    if _is_too_deep(value):
        return Staged(None, ("The file is nested too deeply.",))
    chat = _chat_in(value, character, reader)
    created_at = 0.0
    if isinstance(chat, dict):
        created_at = _time(chat.get("created_at")) or 0.0
        reader.last_at = created_at
    for number, line in enumerate(_lines(chat), start=1):
        _take(number, line, reader)
    title = chat.get("name") if isinstance(chat, dict) else ""
    shown = title if isinstance(title, str) and title != "default" else ""
    transcript = Transcript(character, tuple(reader.messages), shown, created_at, tuple(reader.picked))
    return Staged(transcript if reader.messages else None, tuple(reader.problems))


def _chat_in(value: object, character: str, reader: _Reader) -> object:
    """Return the part of the file that is one chat."""
    if not isinstance(value, dict):
        return value
    characters = value.get("character_list")
    if isinstance(characters, dict) and characters:
        wanted = next((name for name in characters if name.casefold() == character.casefold()), None)
        if wanted is None:
            wanted = next(iter(characters))
        if len(characters) > 1:
            reader.complain(
                f"The file holds {len(characters)} characters; the chat with {wanted[:60]} was read."
            )
        return _chat_in(characters[wanted], character, reader)
    chats = value.get("chats")
    if isinstance(chats, dict) and chats:
        current = value.get("current_chat")
        name = current if isinstance(current, str) and current in chats else next(iter(chats))
        if len(chats) > 1:
            reader.complain(f"The character has {len(chats)} chats; the chat {name[:60]} was read.")
        return chats[name]
    return value


def _lines(chat: object) -> list[object]:
    """Return the messages of a chat in their order, whatever holds them."""
    if isinstance(chat, list):
        return chat
    if not isinstance(chat, dict):
        return []
    content = chat.get("chat_content")
    if isinstance(content, dict) and content:
        return sorted(content.values(), key=_sequence)
    for key in ("chat_content", "messages", "history", "chat_history"):
        held = chat.get(key)
        if isinstance(held, list):
            return held
    return []


def _sequence(line: object) -> float:
    number = line.get("sequence_number") if isinstance(line, dict) else None
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else _LATEST


def _take(number: int, line: object, reader: _Reader) -> None:
    if not isinstance(line, dict):
        reader.complain(f"Message {number} is no message and was left out.")
        return
    if isinstance(line.get("user"), str) or isinstance(line.get("character"), str):
        pair: tuple[tuple[Role, object], ...] = (
            ("user", line.get("user")),
            ("assistant", line.get("character")),
        )
        for role, text in pair:
            if isinstance(text, str) and text:
                reader.keep(role, [text], 0, None)
        return
    texts, chosen = _variants(line)
    if not texts:
        reader.complain(f"Message {number} has no text and was left out.")
        return
    at = next(
        (at for key in ("created_at", "timestamp", "send_date", "date") if (at := _time(line.get(key)))), None
    )
    reader.keep(_role(line), texts, chosen, at)


def _variants(line: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return the texts of a message and which one is shown."""
    listed = line.get("variants")
    texts: list[str] = []
    chosen = 0
    for one in listed if isinstance(listed, list) else []:
        text = one if isinstance(one, str) else _text(one) if isinstance(one, dict) else ""
        if not text:
            continue
        if isinstance(one, dict) and one.get("variant_id") == line.get("current_variant_id"):
            chosen = len(texts)
        texts.append(text)
    return (texts, chosen) if texts else ([text] if (text := _text(line)) else [], 0)


def _text(line: Mapping[str, Any]) -> str:
    return next((value for key in _TEXTS if isinstance(value := line.get(key), str) and value), "")


def _role(line: Mapping[str, Any]) -> Role:
    if isinstance(line.get("is_user"), bool):
        return "user" if line["is_user"] else "assistant"
    name = next((value for key in ("role", *_NAMES) if isinstance(value := line.get(key), str)), "")
    folded = name.strip().casefold()
    return "user" if folded in _USERS else "system" if folded in _SYSTEMS else "assistant"


def _time(value: object) -> float | None:
    """Return Unix seconds of an ISO date or of a number of seconds or milliseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) > _LATEST else float(value)
        return seconds if abs(seconds) < _LATEST else None
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()[:40]).timestamp()
        except (ValueError, OverflowError):
            return from_send_date(value)
    return None


def _is_too_deep(value: object, depth: int = 0) -> bool:
    if depth > _DEEPEST:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_too_deep(one, depth + 1) for one in inner)
