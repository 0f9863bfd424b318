"""Reading the present state: chats, the active path, variants."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Literal

from companion.domain.messages import ChatInfo, StoredMessage
from companion.errors import StorageError

_PREVIEW_CHARS = 80
_MESSAGE = """
SELECT m.message, m.chat, m.parent, m.role, r.text, m.created_at, r.unheard, r.thought, m.edited, r.kind, r.meta
FROM messages AS m JOIN rows AS r ON r.seq = m.content
"""
_CHAT = """
SELECT c.chat, c.character, c.title, c.created_at, c.updated_at, c.last_seq,
    (SELECT count(*) FROM messages AS m WHERE m.chat = c.chat AND m.shown = 1),
    (SELECT substr(r.text, 1, 400) FROM messages AS m JOIN rows AS r ON r.seq = m.content
     WHERE m.chat = c.chat AND m.shown = 1 ORDER BY m.message DESC LIMIT 1)
FROM chats AS c
"""


def chats(connection: sqlite3.Connection, character: str | None, *, deleted: bool) -> list[ChatInfo]:
    """Return the chats, of one character or all, last used first."""
    found = connection.execute(
        f"{_CHAT} WHERE c.deleted = ? AND (? IS NULL OR c.character = ?) ORDER BY c.last_seq DESC",
        (int(deleted), character, character),
    )
    return [_info(values) for values in found]


def chat(connection: sqlite3.Connection, chat: str) -> ChatInfo:
    """Return one chat, deleted or not. Raises StorageError (`unknown_chat`)."""
    values = connection.execute(f"{_CHAT} WHERE c.chat = ?", (chat,)).fetchone()
    if values is None:
        raise unknown_chat(chat)
    return _info(values)


def require_chat(connection: sqlite3.Connection, chat: str) -> None:
    """Raise StorageError (`unknown_chat`) unless there is this chat."""
    if connection.execute("SELECT 1 FROM chats WHERE chat = ?", (chat,)).fetchone() is None:
        raise unknown_chat(chat)


def unknown_chat(chat: str) -> StorageError:
    return StorageError(f"There is no chat {chat[:40]}.", "Run: companion chats list", code="unknown_chat")


def leaf(connection: sqlite3.Connection, chat: str) -> int | None:
    """Return the last message of the active path, None in an empty chat."""
    found = connection.execute(
        "SELECT max(message) FROM messages WHERE chat = ? AND shown = 1", (chat,)
    ).fetchone()
    message: int | None = found[0]
    return message


def state(connection: sqlite3.Connection, message: int, *, deleted: bool = False) -> StoredMessage:
    """Return one message, without its place among variants; a deleted one only with `deleted`.

    Raises StorageError (`unknown_message`).
    """
    values = connection.execute(
        f"{_MESSAGE} WHERE m.message = ? AND m.deleted <= ?", (message, int(deleted))
    ).fetchone()
    if values is None:
        raise StorageError(f"There is no message {message}, or it was deleted.", "", code="unknown_message")
    return _stored(values)


def path(connection: sqlite3.Connection, chat: str) -> list[StoredMessage]:
    """Return the active path, oldest first."""
    return _placed(
        connection,
        chat,
        connection.execute(f"{_MESSAGE} WHERE m.chat = ? AND m.shown = 1 ORDER BY m.message", (chat,)),
    )


def shown(connection: sqlite3.Connection, character: str, *, after: int) -> list[StoredMessage]:
    """Return the shown messages of the character's undeleted chats above id `after`, without places among variants."""
    found = connection.execute(
        f"""{_MESSAGE} JOIN chats AS c ON c.chat = m.chat
            WHERE m.shown = 1 AND c.deleted = 0 AND c.character = ? AND m.message > ? ORDER BY m.message""",
        (character, after),
    )
    return [_stored(values) for values in found]


def siblings(connection: sqlite3.Connection, message: int) -> list[StoredMessage]:
    """Return the undeleted variants at the place of `message`, oldest first."""
    at = state(connection, message, deleted=True)
    found = connection.execute(
        f"{_MESSAGE} WHERE m.chat = ? AND m.parent IS ? AND m.deleted = 0 ORDER BY m.message",
        (at.chat, at.parent),
    ).fetchall()
    return [_stored(values, place, len(found)) for place, values in enumerate(found)]


def ancestors(connection: sqlite3.Connection, message: int) -> list[StoredMessage]:
    """Return the line from the beginning of the chat to `message`, whether it is shown or not."""
    at = state(connection, message)
    found = connection.execute(
        f"""WITH RECURSIVE line(message) AS (
                SELECT ? UNION ALL
                SELECT m.parent FROM line JOIN messages AS m ON m.message = line.message
                WHERE m.parent IS NOT NULL)
            {_MESSAGE} WHERE m.message IN (SELECT message FROM line) ORDER BY m.message""",
        (message,),
    )
    return _placed(connection, at.chat, found)


def tree(connection: sqlite3.Connection, chat: str) -> tuple[list[StoredMessage], list[int]]:
    """Return every message that can be reached, oldest first, and the active ones that are not the youngest."""
    found = connection.execute(f"{_MESSAGE} WHERE m.chat = ? AND m.deleted = 0 ORDER BY m.message", (chat,))
    reached: list[StoredMessage] = []
    youngest: dict[int | None, int] = {}
    ids: set[int | None] = {None}
    for one in _placed(connection, chat, found):
        if one.parent in ids:
            ids.add(one.message)
            reached.append(one)
            youngest[one.parent] = one.message
    by_pick = connection.execute(
        "SELECT parent, message FROM messages WHERE chat = ? AND deleted = 0 ORDER BY picked", (chat,)
    )
    active: dict[int | None, int] = dict(by_pick.fetchall())
    picked = [message for parent, message in active.items() if youngest.get(parent, message) != message]
    return reached, sorted(picked)


def kind_that_keeps(one: StoredMessage) -> Literal["message", "draft", "final"]:
    """Return the kind of row whose being the last one shows `one.partial` as it is."""
    looks_broken_off = one.role == "assistant" and not one.text
    if one.partial == looks_broken_off:
        return "message"
    return "draft" if one.partial else "final"


def _placed(
    connection: sqlite3.Connection, chat: str, found: Iterable[tuple[Any, ...]]
) -> list[StoredMessage]:
    """Return messages with their place among the variants."""
    places = _places(connection, chat)
    return [_stored(values, *places.get(values[0], (0, 1))) for values in found]


def _places(connection: sqlite3.Connection, chat: str) -> dict[int, tuple[int, int]]:
    """Return (place, number of variants) of each message that has variants."""
    places: dict[int, tuple[int, int]] = {}
    parents = connection.execute(
        "SELECT parent FROM messages WHERE chat=? AND deleted=0 GROUP BY parent HAVING count(*) > 1", (chat,)
    ).fetchall()
    for (parent,) in parents:
        children = connection.execute(
            "SELECT message FROM messages WHERE chat=? AND parent IS ? AND deleted=0 ORDER BY message",
            (chat, parent),
        ).fetchall()
        places.update({message: (place, len(children)) for place, (message,) in enumerate(children)})
    return places


def _stored(values: tuple[Any, ...], variant: int = 0, n_variants: int = 1) -> StoredMessage:
    message, chat, parent, role, text, created_at, unheard, thought, edited, kind, meta = values
    return StoredMessage(
        message=message,
        chat=chat,
        parent=parent,
        role=role,
        text=text,
        created_at=created_at,
        unheard=unheard,
        thought=thought,
        variant=variant,
        n_variants=n_variants,
        edited=bool(edited),
        partial=kind == "draft" or (not text and role == "assistant" and kind in ("message", "variant")),
        meta=json.loads(meta) if meta else {},
    )


def _info(values: tuple[Any, ...]) -> ChatInfo:
    chat, character, title, created_at, updated_at, last_seq, n_messages, preview = values
    shown = " ".join((preview or "").split())  # white space only: Chinese stays whole
    return ChatInfo(
        chat=chat,
        character=character,
        title=title,
        created_at=created_at,
        updated_at=updated_at,
        n_messages=n_messages,
        last_seq=last_seq,
        preview=shown[:_PREVIEW_CHARS],
    )
