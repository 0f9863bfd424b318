"""Search in the texts that are shown; the trigram index is derived, disposable and brought up to date on use.

A trigram index finds substrings of three characters and more in any language, so Chinese needs no word
breaking. Shorter words are looked for in the texts themselves, as is everything where the running SQLite
has no trigram tokenizer (before 3.34) or the file cannot be written.
"""

from __future__ import annotations

import re
import sqlite3

from companion.domain.messages import SearchHit
from companion.storage.database import is_damage, transaction

_INDEXED_CHARS = 3
_BATCH = 5000
_EXCERPT_BEFORE = 24
_EXCERPT_CHARS = 120

_HITS = """
SELECT m.chat, c.character, c.title, m.message, m.role, r.text, m.created_at
FROM {source} JOIN chats AS c ON c.chat = m.chat JOIN rows AS r ON r.seq = m.content
WHERE m.shown = 1 AND c.deleted = 0 AND (:character IS NULL OR c.character = :character) {conditions}
ORDER BY {order} DESC LIMIT :limit
"""


def find(
    connection: sqlite3.Connection, query: str, *, character: str | None, limit: int, update: bool
) -> list[SearchHit]:
    """Return shown messages that contain every word of `query`, newest first. Raises sqlite3.Error.

    Words are parted by white space only. Upper and lower case are alike in the index, in ASCII elsewhere.
    """
    words = query.replace("\0", " ").split()
    if not words:
        return []
    usable = _prepare(connection, update=update)
    try:
        found = _rows(connection, words, character, limit, indexed=usable)
    except sqlite3.DatabaseError:
        if not usable:
            raise
        found = _rows(connection, words, character, limit, indexed=False)
    return [_hit(values, words) for values in found]


def _prepare(connection: sqlite3.Connection, *, update: bool) -> bool:
    """Return whether the index covers every row; with `update` make it so if possible."""
    try:
        if update:
            bring_up_to_date(connection)
        return _covered(connection) == _last_seq(connection)
    except sqlite3.DatabaseError:
        # A full disk or a dead index costs speed, not the search.
        return False


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Index what was appended since the last time; a damaged index is built anew. Raises sqlite3.Error."""
    try:
        _create(connection)
        while _index_batch(connection):
            pass
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        drop(connection)
        _create(connection)
        while _index_batch(connection):
            pass


def drop(connection: sqlite3.Connection) -> None:
    """Throw the index away; the next search builds it."""
    with transaction(connection):
        discard(connection)


def discard(connection: sqlite3.Connection) -> None:
    """Throw the index away, inside a transaction; the next search builds it."""
    connection.execute("DROP TABLE IF EXISTS search")
    connection.execute("DROP TABLE IF EXISTS search_state")


def _create(connection: sqlite3.Connection) -> None:
    if _exists(connection):
        return
    with transaction(connection):
        connection.execute("CREATE VIRTUAL TABLE search USING fts5(text, tokenize='trigram')")
        connection.execute("CREATE TABLE search_state (seq INTEGER NOT NULL)")
        connection.execute("INSERT INTO search_state VALUES (0)")


def _exists(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name='search_state'").fetchone()
    return found is not None


def _covered(connection: sqlite3.Connection) -> int:
    if not _exists(connection):
        return -1
    return int(connection.execute("SELECT seq FROM search_state").fetchone()[0])


def _last_seq(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(seq), 0) FROM rows").fetchone()[0])


def _index_batch(connection: sqlite3.Connection) -> bool:
    """Index the messages that the next rows touch; False when there are none."""
    covered, last = _covered(connection), _last_seq(connection)
    if covered >= last:
        return False
    upto = min(last, covered + _BATCH)
    with transaction(connection):
        touched = connection.execute(
            """SELECT m.message, r.text, m.message <= ? FROM messages AS m JOIN rows AS r ON r.seq = m.content
               WHERE m.message IN (SELECT message FROM rows WHERE seq > ? AND seq <= ?)""",
            (covered, covered, upto),
        ).fetchall()
        old = [(message,) for message, _, is_old in touched if is_old]
        connection.executemany("DELETE FROM search WHERE rowid=?", old)
        connection.executemany(
            "INSERT INTO search (rowid, text) VALUES (?,?)",
            [(message, text.replace("\0", " ")) for message, text, _ in touched],
        )
        connection.execute("UPDATE search_state SET seq=?", (upto,))
    return True


def _rows(
    connection: sqlite3.Connection, words: list[str], character: str | None, limit: int, *, indexed: bool
) -> list[tuple[str, str, str, int, str, str, float]]:
    in_index = [word for word in words if indexed and len(word) >= _INDEXED_CHARS]
    values: dict[str, object] = {"character": character, "limit": limit}
    conditions = ""
    for place, word in enumerate(word for word in words if word not in in_index):
        # instr() also finds what follows a NUL, where LIKE ends.
        conditions += f" AND (r.text LIKE :like{place} ESCAPE '\\' OR instr(r.text, :word{place}))"
        values |= {f"like{place}": f"%{_escaped(word)}%", f"word{place}": word}
    source, order = "messages AS m", "m.message"
    if in_index:
        source, order = "search JOIN messages AS m ON m.message = search.rowid", "search.rowid"
        conditions += " AND search MATCH :match"
        values["match"] = " AND ".join('"' + word.replace('"', '""') + '"' for word in in_index)
    found = connection.execute(_HITS.format(source=source, order=order, conditions=conditions), values)
    return found.fetchall()


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)


def _hit(values: tuple[str, str, str, int, str, str, float], words: list[str]) -> SearchHit:
    chat, character, title, message, role, text, created_at = values
    excerpt, start, end = _excerpt(text, words)
    return SearchHit(
        chat=chat,
        character=character,
        title=title,
        message=message,
        role=role,  # type: ignore[arg-type]  # the column holds nothing but roles
        excerpt=excerpt,
        start=start,
        end=end,
        created_at=created_at,
    )


def _excerpt(text: str, words: list[str]) -> tuple[str, int, int]:
    """Return a piece of `text` around the first of `words` and where the word stands in it."""
    found = None
    for word in words:
        found = found or re.search(re.escape(word), text, re.IGNORECASE)
    start, end = found.span() if found else (0, 0)
    first = max(0, start - _EXCERPT_BEFORE)
    last = max(end, first + _EXCERPT_CHARS)
    head, tail = "…" if first else "", "…" if last < len(text) else ""
    # One character for one, so that the bounds stay right.
    piece = re.sub(r"[\s\0]", " ", text[first:last])
    shift = len(head) - first
    return head + piece + tail, start + shift, end + shift
