"""A whole chat as a value, and how rows of the log are made."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from companion.domain.messages import StoredMessage
from companion.errors import StorageError
from companion.storage import views
from companion.storage.projection import Row, append, reshow


@dataclass(frozen=True, slots=True)
class Transcript:
    """A chat outside the log. `messages` has parents before children, variants oldest first.

    Ids only tell the messages of one transcript apart. `picked` names, in this order, the messages to
    select where the active variant is not the youngest.
    """

    character: str
    messages: tuple[StoredMessage, ...]
    title: str = ""
    created_at: float = 0.0
    picked: tuple[int, ...] = ()

    def children(self) -> dict[int | None, list[StoredMessage]]:
        """Return the variants below each message (None: the beginning), oldest first."""
        below: dict[int | None, list[StoredMessage]] = {}
        for one in self.messages:
            below.setdefault(one.parent, []).append(one)
        return below

    def path(self) -> list[StoredMessage]:
        """Return the active path, oldest first."""
        below, picked = self.children(), {message: place for place, message in enumerate(self.picked)}
        shown: list[StoredMessage] = []
        at: int | None = None
        while variants := below.get(at):
            # max() returns the first of equals: reversed, the youngest where none was picked.
            shown.append(max(reversed(variants), key=lambda one: picked.get(one.message, -1)))
            at = shown[-1].message
        return shown


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that was read: its chat, None if there is none, and what was wrong with it, as sentences."""

    transcript: Transcript | None
    problems: tuple[str, ...] = ()


def append_row(connection: sqlite3.Connection, row: Row, *, show: bool = True) -> Row:
    """Append `row` under the next free number (its `seq` is ignored) and return it as it was written.

    A row that opens a message is that message: its number is the message's id. Must run in a transaction.
    """
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='rows'").fetchone()
    seq = (found[0] if found else 0) + 1
    message = seq if row.kind in ("message", "variant") else row.message
    numbered = Row(
        seq=seq,
        chat=row.chat,
        kind=row.kind,
        created_at=row.created_at,
        message=message,
        parent=row.parent,
        role=row.role,
        text=row.text,
        unheard=row.unheard,
        thought=row.thought,
        meta=row.meta,
        ref=row.ref,
    )
    append(connection, numbered, show=show)
    return numbered


def write(connection: sqlite3.Connection, transcript: Transcript, chat: str, now: float) -> None:
    """Append `transcript` as `chat`. Must run in a transaction. Raises StorageError (`bad_import`)."""
    character, title = clean(transcript.character), clean(transcript.title)
    created_at = transcript.created_at or now
    append_row(connection, Row(0, chat, "chat", created_at, role=character, text=title), show=False)
    ids: dict[int, int] = {}
    for one in transcript.messages:
        if one.parent is not None and one.parent not in ids:
            raise StorageError("A message of this chat hangs on nothing.", "", code="bad_import")
        parent = None if one.parent is None else ids[one.parent]
        ids[one.message] = _write_message(connection, chat, one, parent)
    for picked in transcript.picked:
        append_row(connection, Row(0, chat, "select", now, message=ids[picked]), show=False)
    reshow(connection, chat, None)


def _write_message(connection: sqlite3.Connection, chat: str, one: StoredMessage, parent: int | None) -> int:
    content = Row(
        seq=0,
        chat=chat,
        kind="message",
        created_at=one.created_at,
        parent=parent,
        role=one.role,
        text=clean(one.text),
        unheard=clean(one.unheard),
        thought=clean(one.thought),
        meta=meta_json(one.meta),
    )
    message = append_row(connection, content, show=False).seq
    kind = views.kind_that_keeps(one)
    if kind != "message":
        rewritten = Row(
            seq=0,
            chat=chat,
            kind=kind,
            created_at=one.created_at,
            message=message,
            text=content.text,
            unheard=content.unheard,
            thought=content.thought,
            meta=content.meta,
        )
        append_row(connection, rewritten, show=False)
    return message


def clean(text: str) -> str:
    """Return `text` as UTF-8 can hold it: surrogate pairs joined, lone surrogates as U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def meta_json(meta: Mapping[str, object] | None) -> str | None:
    """Return `meta` as JSON text, None when empty. Raises TypeError for what JSON cannot hold."""
    return json.dumps(meta, ensure_ascii=True, separators=(",", ":")) if meta else None
