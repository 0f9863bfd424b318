"""The present state of the chats, derived from the rows of the log.

Each row is applied once, in the transaction that appends it; `rebuild` applies all of them again and
must arrive at the same state. A child's id is always greater than its parent's, so the order of ids is
the order of any path. The active child of a message is the undeleted one that was picked last: by being
added, or by being selected.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

TEXT_KINDS = ("message", "variant", "draft", "final", "edit")
OPERATION_KINDS = ("variant", "edit", "select", "delete")
MEMORY_KINDS = (
    "memory", "memory_pin", "memory_unpin", "memory_forget", "memory_restore", "memory_supersede", "summary", "switch",
)  # fmt: skip
"""Rows about what is remembered: `role` is the character, `ref` the card that is changed; they are no use of a chat."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log. `ref` is the row that an undo takes back; `meta` is JSON text."""

    seq: int
    chat: str
    kind: str
    created_at: float
    message: int | None = None
    parent: int | None = None
    role: str | None = None
    text: str = ""
    unheard: str = ""
    thought: str = ""
    meta: str | None = None
    ref: int | None = None


COLUMNS = "seq, chat, kind, created_at, message, parent, role, text, unheard, thought, meta, ref"


def append(connection: sqlite3.Connection, row: Row, *, show: bool = True) -> None:
    """Insert `row` and bring the present state up to it; `show` False leaves the active path to the caller."""
    insert(connection, row)
    apply(connection, row, show=show)


def insert(connection: sqlite3.Connection, row: Row) -> None:
    """Insert `row` into the log only."""
    connection.execute(
        f"INSERT INTO rows ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            row.seq,
            row.chat,
            row.kind,
            row.created_at,
            row.message,
            row.parent,
            row.role,
            row.text,
            row.unheard,
            row.thought,
            row.meta,
            row.ref,
        ),
    )


def apply(connection: sqlite3.Connection, row: Row, *, show: bool = True) -> None:
    """Change the present state as `row` says. Kinds of a newer version are passed over."""
    applier = _APPLIERS.get(row.kind)
    if applier is None:
        return
    applier(connection, row)
    if row.kind in MEMORY_KINDS:
        return
    connection.execute(
        "UPDATE chats SET last_seq=?, updated_at=? WHERE chat=?", (row.seq, row.created_at, row.chat)
    )
    if show and row.kind in _PATH_KINDS:
        reshow(connection, row.chat, _parent(connection, row.message))


def rebuild(connection: sqlite3.Connection) -> None:
    """Derive the present state anew from all rows."""
    connection.execute("DELETE FROM messages")
    connection.execute("DELETE FROM chats")
    connection.execute("DELETE FROM memories")
    for values in connection.execute(f"SELECT {COLUMNS} FROM rows ORDER BY seq").fetchall():
        apply(connection, Row(*values), show=False)
    for (chat,) in connection.execute("SELECT chat FROM chats").fetchall():
        reshow(connection, chat, None)


def reshow(connection: sqlite3.Connection, chat: str, parent: int | None) -> None:
    """Work out the active path below `parent` (None: from the beginning)."""
    if parent is not None and not _is_shown(connection, parent):
        return
    connection.execute(
        "UPDATE messages SET shown=0 WHERE chat=? AND shown=1 AND message>?", (chat, parent or 0)
    )
    connection.execute(_SHOW_PATH, {"chat": chat, "parent": parent})


_SHOW_PATH = """
WITH RECURSIVE path(message) AS (
    SELECT (SELECT message FROM messages
            WHERE chat = :chat AND parent IS :parent AND deleted = 0
            ORDER BY picked DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT m.message FROM messages m
            WHERE m.chat = :chat AND m.parent = path.message AND m.deleted = 0
            ORDER BY m.picked DESC LIMIT 1)
    FROM path WHERE path.message IS NOT NULL
)
UPDATE messages SET shown = 1 WHERE message IN (SELECT message FROM path WHERE message IS NOT NULL)
"""


def _is_shown(connection: sqlite3.Connection, message: int) -> bool:
    found = connection.execute("SELECT shown FROM messages WHERE message=?", (message,)).fetchone()
    return bool(found and found[0])


def _parent(connection: sqlite3.Connection, message: int | None) -> int | None:
    found = connection.execute("SELECT parent FROM messages WHERE message=?", (message,)).fetchone()
    return found[0] if found else None


def _chat(connection: sqlite3.Connection, row: Row) -> None:
    # A chat row carries the title as text and the character as role.
    connection.execute(
        "INSERT INTO chats (chat, character, title, created_at, updated_at, last_seq) VALUES (?,?,?,?,?,?)",
        (row.chat, row.role or "", row.text, row.created_at, row.created_at, row.seq),
    )


def _rename_chat(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE chats SET title=? WHERE chat=?", (row.text, row.chat))


def _delete_chat(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE chats SET deleted=1 WHERE chat=?", (row.chat,))


def _restore_chat(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE chats SET deleted=0 WHERE chat=?", (row.chat,))


def _message(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute(
        "INSERT INTO messages (message, chat, parent, role, created_at, content, picked) VALUES (?,?,?,?,?,?,?)",
        (row.seq, row.chat, row.parent, row.role, row.created_at, row.seq, row.seq),
    )


def _content(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE messages SET content=? WHERE message=?", (row.seq, row.message))


def _edit(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE messages SET content=?, edited=1 WHERE message=?", (row.seq, row.message))


def _select(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE messages SET picked=? WHERE message=?", (row.seq, row.message))


def _delete(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE messages SET deleted=1 WHERE message=?", (row.message,))


def _undo(connection: sqlite3.Connection, row: Row) -> None:
    found = connection.execute("SELECT kind FROM rows WHERE seq=?", (row.ref,)).fetchone()
    taker = _TAKERS_BACK.get(found[0]) if found else None
    if taker is not None:
        taker(connection, row)


def _take_back_edit(connection: sqlite3.Connection, row: Row) -> None:
    content = _latest(connection, row, TEXT_KINDS)
    edited = _latest(connection, row, ("edit",)) is not None
    connection.execute(
        "UPDATE messages SET content=coalesce(?, content), edited=? WHERE message=?",
        (content, int(edited), row.message),
    )


def _take_back_select(connection: sqlite3.Connection, row: Row) -> None:
    picked = _latest(connection, row, ("message", "variant", "select"))
    connection.execute(
        "UPDATE messages SET picked=coalesce(?, message) WHERE message=?", (picked, row.message)
    )


def _take_back_delete(connection: sqlite3.Connection, row: Row) -> None:
    connection.execute("UPDATE messages SET deleted=0 WHERE message=?", (row.message,))


def _take_back_variant(connection: sqlite3.Connection, row: Row) -> None:
    # A variant that was talked on stays within reach as a variant: undo never hides a conversation.
    has_children = connection.execute(
        "SELECT 1 FROM messages WHERE chat=? AND parent=? AND message<? AND deleted=0 LIMIT 1",
        (row.chat, row.message, row.seq),
    ).fetchone()
    change = "picked=0" if has_children else "deleted=1"
    connection.execute(f"UPDATE messages SET {change} WHERE message=?", (row.message,))


def _latest(connection: sqlite3.Connection, row: Row, kinds: tuple[str, ...]) -> int | None:
    """Return the last row of `kinds` for the message that stands undone by nothing up to `row`."""
    marks = ",".join("?" * len(kinds))
    found = connection.execute(
        f"""SELECT max(seq) FROM rows AS r WHERE message=? AND seq<? AND kind IN ({marks})
            AND NOT EXISTS (SELECT 1 FROM rows AS u WHERE u.ref=r.seq AND u.seq<=?)""",
        (row.message, row.seq, *kinds, row.seq),
    ).fetchone()
    seq: int | None = found[0]
    return seq


def _memory(connection: sqlite3.Connection, row: Row) -> None:
    # What the row's columns do not say stands in its meta; `replaces` lists the cards it supersedes.
    told = _told(row)
    connection.execute(
        """INSERT INTO memories (memory, character, chat, message, kind, slot, value, origin, text, pinned,
               changed, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)""",
        (
            row.seq,
            row.role or "",
            row.chat,
            row.message,
            *(str(told.get(name, "")) for name in ("kind", "slot", "value", "origin")),
            row.text,
            int(bool(told.get("pinned"))),
            row.seq,
            row.created_at,
            row.created_at,
        ),
    )
    _supersede(connection, row, row.seq)


def _pin(connection: sqlite3.Connection, row: Row) -> None:
    _change_memory(connection, row, f"pinned={int(row.kind == 'memory_pin')}")


def _forget(connection: sqlite3.Connection, row: Row) -> None:
    _change_memory(connection, row, "state='forgotten', pinned=0, replaced_by=NULL")


def _restore(connection: sqlite3.Connection, row: Row) -> None:
    _change_memory(connection, row, "state='active', replaced_by=NULL")
    if row.ref is not None:
        _supersede(connection, row, row.ref)


def _change_memory(connection: sqlite3.Connection, row: Row, change: str) -> None:
    connection.execute(
        f"UPDATE memories SET {change}, changed=?, updated_at=? WHERE memory=?",
        (row.seq, row.created_at, row.ref),
    )


def _supersede(connection: sqlite3.Connection, row: Row, by: int) -> None:
    replaced = _told(row).get("replaces")
    for memory in replaced if isinstance(replaced, list) else []:
        connection.execute(
            """UPDATE memories SET state='superseded', pinned=0, replaced_by=?, changed=?, updated_at=?
               WHERE memory=? AND memory<>?""",
            (by, row.seq, row.created_at, memory, by),
        )


def _superseded(connection: sqlite3.Connection, row: Row) -> None:
    # Stands where the row that superseded the card was purged.
    _change_memory(connection, row, "state='superseded', pinned=0, replaced_by=NULL")


def _told(row: Row) -> dict[str, object]:
    try:
        told = json.loads(row.meta) if row.meta else {}
    except ValueError:  # saved from a damaged file
        told = {}
    return told if isinstance(told, dict) else {}


def _kept_as_row(_connection: sqlite3.Connection, _row: Row) -> None:
    """A summary or a switch has no state of its own: the last row of its kind holds."""


_Applier = Callable[[sqlite3.Connection, Row], None]
_PATH_KINDS = frozenset({"message", "variant", "select", "delete", "undo"})
_APPLIERS: dict[str, _Applier] = {
    "chat": _chat,
    "rename_chat": _rename_chat,
    "delete_chat": _delete_chat,
    "restore_chat": _restore_chat,
    "message": _message,
    "variant": _message,
    "draft": _content,
    "final": _content,
    "edit": _edit,
    "select": _select,
    "delete": _delete,
    "undo": _undo,
    "memory": _memory,
    "memory_pin": _pin,
    "memory_unpin": _pin,
    "memory_forget": _forget,
    "memory_restore": _restore,
    "memory_supersede": _superseded,
    "summary": _kept_as_row,
    "switch": _kept_as_row,
}
_TAKERS_BACK: dict[str, _Applier] = {
    "edit": _take_back_edit,
    "select": _take_back_select,
    "delete": _take_back_delete,
    "variant": _take_back_variant,
}
