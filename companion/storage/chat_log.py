"""All chats in one SQLite file: append-only rows, the present state beside them, an Ack after each commit."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from companion.domain.messages import Ack, ChatInfo, Role, SearchHit, StoredMessage
from companion.errors import StorageError
from companion.storage import checks, search, transcript, views
from companion.storage.database import mark_suspect, transaction, translating
from companion.storage.memories import SqliteMemories
from companion.storage.opening import Opened, OpenReport, open_for_reading, open_for_writing
from companion.storage.projection import OPERATION_KINDS, Row
from companion.storage.purge import purge
from companion.storage.transcript import Transcript, append_row, clean, meta_json

_OPERATIONS = ", ".join(f"'{kind}'" for kind in OPERATION_KINDS)


class SqliteChatLog:
    """The chat log of ports.ChatLog: one lock, one connection, any thread.

    One process may write to the file, others may read it at the same time. Text may hold anything: lone
    surrogates become U+FFFD, NULs stay.
    """

    def __init__(self, opened: Opened, clock: Callable[[], float]) -> None:
        self._opened = opened
        self._connection = opened.connection
        self._clock = clock
        self._lock = threading.RLock()
        self._closed = False
        self._memories = SqliteMemories(self._reading, self._writing, clock)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        read_only: bool = False,
        backups: Path | None = None,
    ) -> SqliteChatLog:
        """Open or create the log; a damaged file is moved aside and what it holds is saved, see `report`.

        `backups` (by default a folder beside the log) is where backups lie. Raises StorageError:
        `in_use` when another process writes to it, `cannot_open`, `disk_full`, `io`.
        """
        opener = open_for_reading if read_only else open_for_writing
        return cls(opener(path, backups or path.parent / "backups"), clock)

    @property
    def file(self) -> Path:
        return self._opened.path

    @property
    def report(self) -> OpenReport:
        """What happened while the file was opened."""
        return self._opened.report

    @property
    def read_only(self) -> str:
        return self._opened.report.read_only

    @property
    def memories(self) -> SqliteMemories:
        """What the characters remember, in the same file."""
        return self._memories

    # ---- chats

    def create_chat(self, character: str, *, title: str = "") -> ChatInfo:
        chat = uuid.uuid4().hex
        with self._writing() as connection:
            row = Row(0, chat, "chat", self._clock(), role=clean(character), text=clean(title))
            append_row(connection, row)
        return self.chat(chat)

    def chats(self, character: str | None = None) -> list[ChatInfo]:
        """Return the chats, last used first; deleted ones are left out."""
        with self._reading() as connection:
            return views.chats(connection, character, deleted=False)

    def deleted_chats(self, character: str | None = None) -> list[ChatInfo]:
        """Return the chats that `restore_chat` can bring back, last used first."""
        with self._reading() as connection:
            return views.chats(connection, character, deleted=True)

    def chat(self, chat: str) -> ChatInfo:
        """Return one chat, deleted or not. Raises StorageError (`unknown_chat`)."""
        with self._reading() as connection:
            return views.chat(connection, chat)

    def rename_chat(self, chat: str, title: str) -> None:
        self._change_chat(chat, "rename_chat", clean(title))

    def delete_chat(self, chat: str) -> None:
        """Hide a chat; `restore_chat` brings it back, only `purge_chat` removes it for good."""
        self._change_chat(chat, "delete_chat")

    def restore_chat(self, chat: str) -> None:
        self._change_chat(chat, "restore_chat")

    def purge_chat(self, chat: str) -> None:
        """Remove a deleted chat, all that was derived from it and what replies in other chats quote of it.

        Its text is overwritten on disk; backups may still hold it, see `copies_holding`.
        Raises StorageError (`not_deleted`) when the chat is not deleted.
        """
        with self._writing() as connection:
            purge(connection, chat, self._clock())
            self._memories.refresh()
        with self._lock, contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _change_chat(self, chat: str, kind: str, text: str = "") -> None:
        with self._writing() as connection:
            views.require_chat(connection, chat)
            append_row(connection, Row(0, chat, kind, self._clock(), text=text))
            self._memories.refresh()

    # ---- messages

    def add(
        self,
        chat: str,
        role: Role,
        text: str,
        *,
        parent: int | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> Ack:
        """Append a message below `parent` (None: the end of the active path) and make it active there.

        Raises StorageError: `unknown_chat`, `unknown_message`, and those of any write.
        """
        with self._writing() as connection:
            views.require_chat(connection, chat)
            if parent is None:
                parent = views.leaf(connection, chat)
            elif views.state(connection, parent).chat != chat:
                raise StorageError(f"Message {parent} is in another chat.", code="unknown_message")
            row = append_row(
                connection,
                Row(
                    0,
                    chat,
                    "message",
                    self._clock(),
                    parent=parent,
                    role=role,
                    text=clean(text),
                    meta=meta_json(meta),
                ),
            )
        return Ack(row.seq, row.seq)

    def add_variant(self, message: int, text: str, *, meta: Mapping[str, object] | None = None) -> Ack:
        with self._writing() as connection:
            at = views.state(connection, message)
            self._memories.refresh()
            row = append_row(
                connection,
                Row(
                    0,
                    at.chat,
                    "variant",
                    self._clock(),
                    parent=at.parent,
                    role=at.role,
                    text=clean(text),
                    meta=meta_json(meta),
                ),
            )
        return Ack(row.seq, row.seq)

    def draft(self, message: int, text: str) -> Ack:
        return self._rewrite(message, "draft", text)

    def finalise(
        self,
        message: int,
        text: str,
        *,
        unheard: str = "",
        thought: str = "",
        meta: Mapping[str, object] | None = None,
    ) -> Ack:
        """Keep the finished text of a reply; `meta` is laid over what the message already has."""
        return self._rewrite(message, "final", text, unheard=unheard, thought=thought, meta=meta)

    def edit(self, message: int, text: str) -> Ack:
        return self._rewrite(message, "edit", text)

    def _rewrite(
        self,
        message: int,
        kind: str,
        text: str,
        *,
        unheard: str = "",
        thought: str | None = None,
        meta: Mapping[str, object] | None = None,
    ) -> Ack:
        with self._writing() as connection:
            # A reply whose message is deleted while it is written still comes to its end.
            at = views.state(connection, message, deleted=kind != "edit")
            if kind == "edit":
                self._memories.refresh()
            # Every row of text carries the whole content: one row is enough to show a message.
            row = append_row(
                connection,
                Row(
                    0,
                    at.chat,
                    kind,
                    self._clock(),
                    message=message,
                    text=clean(text),
                    unheard=clean(unheard),
                    thought=at.thought if thought is None else clean(thought),
                    meta=meta_json({**at.meta, **(meta or {})}),
                ),
            )
        return Ack(row.seq, message)

    def select(self, message: int) -> Ack:
        return self._operate(message, "select")

    def delete(self, message: int) -> Ack:
        """Hide a message and all that follows it; another variant at its place becomes active."""
        return self._operate(message, "delete")

    def _operate(self, message: int, kind: str) -> Ack:
        with self._writing() as connection:
            at = views.state(connection, message)
            row = append_row(connection, Row(0, at.chat, kind, self._clock(), message=message))
            self._memories.refresh()
        return Ack(row.seq, message)

    def undo(self, chat: str) -> bool:
        """Take back the last edit, deletion, variant or selection of the chat; False if there is none.

        A variant that the chat has gone on from is only no longer the active one. Variants of the first
        message stay: they are the card's greetings, which no user has asked for.
        """
        with self._writing() as connection:
            views.require_chat(connection, chat)
            last = connection.execute(
                f"""SELECT seq, message FROM rows AS r WHERE chat=? AND kind IN ({_OPERATIONS})
                    AND NOT (kind = 'variant' AND parent IS NULL)
                    AND NOT EXISTS (SELECT 1 FROM rows AS u WHERE u.ref = r.seq)
                    ORDER BY seq DESC LIMIT 1""",
                (chat,),
            ).fetchone()
            if last is not None:
                append_row(connection, Row(0, chat, "undo", self._clock(), message=last[1], ref=last[0]))
                self._memories.refresh()
        return last is not None

    def branch(self, message: int) -> ChatInfo:
        """Copy the line up to and including `message` into a new chat; times are kept, ids are new."""
        with self._lock:
            source = self.chat(self.line(message)[-1].chat)
            copied = Transcript(source.character, tuple(self.line(message)), title=source.title)
            return self.write(copied)

    def write(self, chat: Transcript) -> ChatInfo:
        """Append a whole chat in one commit: all of it is there afterwards, or nothing."""
        name = uuid.uuid4().hex
        with self._writing() as connection:
            transcript.write(connection, chat, name, self._clock())
        return self.chat(name)

    # ---- reading

    def path(self, chat: str) -> list[StoredMessage]:
        with self._reading() as connection:
            views.require_chat(connection, chat)
            return views.path(connection, chat)

    def line(self, message: int) -> list[StoredMessage]:
        """Return the messages from the beginning of the chat to `message`, whether shown or not."""
        with self._reading() as connection:
            return views.ancestors(connection, message)

    def siblings(self, message: int) -> list[StoredMessage]:
        with self._reading() as connection:
            return views.siblings(connection, message)

    def transcript(self, chat: str) -> Transcript:
        """Return the whole chat with all variants and branches; deleted messages are left out."""
        with self._reading() as connection:
            info = views.chat(connection, chat)
            messages, picked = views.tree(connection, chat)
        return Transcript(info.character, tuple(messages), info.title, info.created_at, tuple(picked))

    def search(self, query: str, *, character: str | None = None, limit: int = 50) -> list[SearchHit]:
        """Return shown messages that contain every word of `query`, newest first; Chinese matches anywhere."""
        with self._reading() as connection:
            return search.find(connection, query, character=character, limit=limit, update=not self.read_only)

    def index(self) -> None:
        """Bring the search index up to date, which `search` otherwise does first. Ignored when read-only."""
        with self._reading() as connection:
            if not self.read_only:
                search.bring_up_to_date(connection)

    def check(self) -> list[str]:
        """Return what is wrong; after damage the next opening for writing makes a new file of what is whole."""
        with self._reading() as connection:
            if checks.damage(connection):
                mark_suspect(self.file)
            return checks.problems(connection)

    # ---- the connection

    def close(self) -> None:
        """Empty the write-ahead log into the file and let go of it."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._opened.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translating(self.file):
            if self._closed:
                raise StorageError("The chat log is closed.", code="closed")
            yield self._connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one transaction; only what stands after the block is on disk."""
        with self._reading() as connection:
            if self.read_only:
                raise StorageError("Nothing can be saved now.", self.read_only, code="read_only")
            self._opened.require_in_place()
            with transaction(connection):
                yield connection
