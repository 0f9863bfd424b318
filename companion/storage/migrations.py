"""The log's schema as ordered steps; a step is never edited after its release.

`rows` is the log: only ever appended to, except by an explicit purge. `chats` and `messages` are its
present state, kept in the same transaction and rebuilt from it when in doubt (projection.py). So is `memories`,
the present state of the fact cards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from companion.storage.database import APPLICATION_ID, transaction

Migration = Callable[[sqlite3.Connection], None]


def m001_rows_and_state(connection: sqlite3.Connection) -> None:
    """Create the log and its present state."""
    for statement in _M001:
        connection.execute(statement)


_M001 = (
    f"PRAGMA application_id={APPLICATION_ID}",
    """CREATE TABLE rows (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        chat TEXT NOT NULL,
        message INTEGER REFERENCES rows(seq),
        kind TEXT NOT NULL,
        parent INTEGER,
        role TEXT,
        text TEXT NOT NULL DEFAULT '',
        unheard TEXT NOT NULL DEFAULT '',
        thought TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL,
        meta TEXT,
        ref INTEGER
    )""",
    "CREATE INDEX rows_message ON rows(message, seq) WHERE message IS NOT NULL",
    "CREATE INDEX rows_ref ON rows(ref) WHERE ref IS NOT NULL",
    """CREATE INDEX rows_operations ON rows(chat, seq)
        WHERE kind IN ('variant', 'edit', 'select', 'delete')""",
    """CREATE TABLE chats (
        id INTEGER PRIMARY KEY,
        chat TEXT NOT NULL UNIQUE,
        character TEXT NOT NULL,
        title TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        last_seq INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE TABLE messages (
        message INTEGER PRIMARY KEY,
        chat TEXT NOT NULL,
        parent INTEGER,
        role TEXT NOT NULL,
        created_at REAL NOT NULL,
        content INTEGER NOT NULL,
        picked INTEGER NOT NULL,
        edited INTEGER NOT NULL DEFAULT 0,
        deleted INTEGER NOT NULL DEFAULT 0,
        shown INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX messages_tree ON messages(chat, parent, deleted, picked)",
    "CREATE INDEX messages_shown ON messages(chat, message) WHERE shown = 1",
)


def m002_memories(connection: sqlite3.Connection) -> None:
    """Create the present state of fact cards, and ways to find summaries and switches among the rows."""
    for statement in _M002:
        connection.execute(statement)


_M002 = (
    """CREATE TABLE memories (
        memory INTEGER PRIMARY KEY,
        character TEXT NOT NULL,
        chat TEXT NOT NULL,
        message INTEGER,
        kind TEXT NOT NULL,
        slot TEXT NOT NULL,
        value TEXT NOT NULL,
        origin TEXT NOT NULL,
        text TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'active',
        pinned INTEGER NOT NULL DEFAULT 0,
        replaced_by INTEGER,
        changed INTEGER NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL
    )""",
    "CREATE INDEX memories_character ON memories(character, state, slot)",
    "CREATE INDEX rows_summaries ON rows(chat, seq) WHERE kind = 'summary'",
    "CREATE INDEX rows_switches ON rows(role, seq) WHERE kind = 'switch'",
)

MIGRATIONS: tuple[Migration, ...] = (m001_rows_and_state, m002_memories)


def version(connection: sqlite3.Connection) -> int:
    """Return how many migrations the file has seen; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file to the newest schema, all steps in one transaction. Raises sqlite3.Error."""
    done = version(connection)
    if done >= len(migrations):
        return
    with transaction(connection):
        for step in migrations[done:]:
            step(connection)
        connection.execute(f"PRAGMA user_version={len(migrations)}")
