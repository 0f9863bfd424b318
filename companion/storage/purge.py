"""A chat removed for good, with what was derived from it and what others quote of it; the copies that are left."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

from companion.errors import StorageError
from companion.storage import search, views
from companion.storage.backup import list_backups
from companion.storage.database import connect
from companion.storage.memories import before_purge
from companion.storage.transcript import meta_json

_TABLES = ("rows", "messages", "chats", "memories")


def purge(connection: sqlite3.Connection, chat: str, now: float) -> None:
    """Remove a deleted chat. Must run in a transaction of a connection that overwrites what it deletes.

    Raises StorageError: `unknown_chat`, `not_deleted`.
    """
    views.require_chat(connection, chat)
    if not connection.execute("SELECT deleted FROM chats WHERE chat=?", (chat,)).fetchone()[0]:
        raise StorageError(
            "This chat is still in use.", "Delete it first, then purge it.", code="not_deleted"
        )
    # An index of trigrams keeps those of deleted texts until its parts are merged.
    search.discard(connection)
    before_purge(connection, chat, now)
    _forget_quotes(connection, chat)
    connection.execute("PRAGMA defer_foreign_keys=1")
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE chat=?", (chat,))


def copies_holding(log: Path, backups: Path, chat: str) -> list[Path]:
    """Return the backups, and the files kept beside the log when it was mended or replaced, that hold a chat."""
    beside = [
        path for path in log.parent.glob(f"{log.name}.*") if not path.name.endswith((".lock", "-wal", "-shm"))
    ]
    known = [*(one.path for one in list_backups(backups)), *sorted(beside)]
    return [path for path in known if _holds(path, chat)]


def _holds(path: Path, chat: str) -> bool:
    try:
        with contextlib.closing(connect(path, read_only=True, immutable=True)) as connection:
            found = connection.execute("SELECT 1 FROM rows WHERE chat=? LIMIT 1", (chat,)).fetchone()
    except (sqlite3.Error, OSError):
        # What cannot be read as a log may still hold its texts.
        with contextlib.suppress(OSError):
            return path.stat().st_size > 0
        return False
    return found is not None


def _forget_quotes(connection: sqlite3.Connection, chat: str) -> None:
    """Take out of the explanations of other chats' replies what they had remembered from `chat`."""
    quoting = connection.execute(
        "SELECT seq, meta FROM rows WHERE chat<>? AND instr(meta, ?)>0", (chat, chat)
    ).fetchall()
    for seq, meta in quoting:
        left = _without(meta, chat)
        if left is not None:
            connection.execute("UPDATE rows SET meta=? WHERE seq=?", (left, seq))


def _without(meta: str, chat: str) -> str | None:
    try:
        told = json.loads(meta)
        memories = told["why"]["memories"]
        told["why"]["memories"] = [one for one in memories if one["chat"] != chat]
    except (ValueError, KeyError, TypeError):
        return None
    return meta_json(told)
