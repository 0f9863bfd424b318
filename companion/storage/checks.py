"""What must hold in a chat log besides SQLite's own integrity."""

from __future__ import annotations

import sqlite3

_MOST_LISTED = 20

# Each query returns rows that must not exist; its sentence is filled with the first column.
_INVARIANTS = (
    (
        "Message {} hangs on a message that is missing, younger or in another chat.",
        """SELECT m.message FROM messages AS m LEFT JOIN messages AS p ON p.message = m.parent
           WHERE m.parent IS NOT NULL AND (p.message IS NULL OR p.message >= m.message OR p.chat <> m.chat)""",
    ),
    (
        "Message {} is in a chat that does not exist.",
        "SELECT message FROM messages WHERE chat NOT IN (SELECT chat FROM chats)",
    ),
    (
        "Message {} shows the text of another message.",
        """SELECT m.message FROM messages AS m LEFT JOIN rows AS r ON r.seq = m.content
           WHERE r.seq IS NULL OR r.message <> m.message""",
    ),
    (
        "Row {} opens a message that the present state lacks.",
        """SELECT seq FROM rows WHERE kind IN ('message', 'variant')
           AND (message <> seq OR seq NOT IN (SELECT message FROM messages))""",
    ),
    (
        "Row {} opens a chat that the present state lacks.",
        "SELECT seq FROM rows WHERE kind = 'chat' AND chat NOT IN (SELECT chat FROM chats)",
    ),
    (
        "Row {} has a number that was never handed out.",
        "SELECT seq FROM rows WHERE seq > (SELECT seq FROM sqlite_sequence WHERE name = 'rows')",
    ),
    (
        "Row {} keeps a memory that the present state lacks.",
        """SELECT r.seq FROM rows AS r LEFT JOIN memories AS m ON m.memory = r.seq
           WHERE r.kind = 'memory' AND (m.memory IS NULL OR m.character <> r.role OR m.text <> r.text)""",
    ),
    (
        "Memory {} was written by no row.",
        "SELECT memory FROM memories WHERE memory NOT IN (SELECT seq FROM rows WHERE kind = 'memory')",
    ),
    (
        "More than one answer to message {} is shown.",
        """SELECT coalesce(parent, 0) FROM messages WHERE shown = 1
           GROUP BY chat, parent HAVING count(*) > 1""",
    ),
    (
        "Message {} is shown below one that is not, or although it was deleted.",
        """SELECT m.message FROM messages AS m LEFT JOIN messages AS p ON p.message = m.parent
           WHERE m.shown = 1 AND (m.deleted = 1 OR (m.parent IS NOT NULL AND coalesce(p.shown, 0) = 0))""",
    ),
)


_FINISHED_TWICE = (
    "Row {} finishes a reply a second time.",
    """SELECT seq FROM (
           SELECT seq, kind, text, unheard, thought,
               lag(kind) OVER w AS k, lag(text) OVER w AS t, lag(unheard) OVER w AS u, lag(thought) OVER w AS h
           FROM rows WHERE message IS NOT NULL WINDOW w AS (PARTITION BY message ORDER BY seq))
       WHERE kind = 'final' AND k = 'final' AND text = t AND unheard = u AND thought = h""",
)


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong, as sentences; an empty list is a pass."""
    found = damage(connection)
    return found or _violations(connection, _FINISHED_TWICE)


def damage(connection: sqlite3.Connection) -> list[str]:
    """Return what only a new file made of the rows can mend, as sentences; an empty list is a pass."""
    try:
        found = [
            f"SQLite: {line}" for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"
        ]
        found += [
            f"SQLite: row {row} of {table} refers to a missing row of {to}."
            for table, row, to, _ in connection.execute("PRAGMA foreign_key_check")
        ]
        for invariant in _INVARIANTS:
            if "memories" in invariant[1] and not has_memories(connection):
                continue
            found += _violations(connection, invariant)
    except sqlite3.DatabaseError as error:
        return [f"SQLite: {error}"]
    return found


def has_memories(connection: sqlite3.Connection) -> bool:
    """Tell whether the file knows memories; one of schema 1 that is only read does not."""
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name='memories'").fetchone())


def _violations(connection: sqlite3.Connection, invariant: tuple[str, str]) -> list[str]:
    sentence, query = invariant
    return [sentence.format(values[0]) for values in connection.execute(query).fetchmany(_MOST_LISTED)]
