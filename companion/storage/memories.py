"""Fact cards, summaries and switches beside the chats: rows of the same log, each change one commit."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

from companion.domain.memory import Memory, MemoryKind, MemoryOrigin, Summary
from companion.domain.messages import StoredMessage
from companion.domain.slots import corrected, is_same, rivals
from companion.errors import StorageError
from companion.storage import views
from companion.storage.checks import has_memories
from companion.storage.projection import MEMORY_KINDS, Row
from companion.storage.transcript import append_row, clean, meta_json

Session = Callable[[], AbstractContextManager[sqlite3.Connection]]
SwitchKind = Literal["lore", "passage"]

_SHORTEST_TELLING = 2
_VALUES_AT_ONCE = 100
_COLUMNS = """m.memory, m.character, m.kind, m.text, m.slot, m.value, m.message, m.chat, m.origin, m.state,
    m.pinned, m.replaced_by, m.created_at, m.updated_at"""
# A card is hidden with the chat or the message that it came from.
_SHOWN = """FROM memories AS m LEFT JOIN chats AS c ON c.chat = m.chat
    LEFT JOIN messages AS s ON s.message = m.message
    WHERE coalesce(c.deleted, 0) = 0 AND coalesce(s.deleted, 0) = 0"""


class SqliteMemories:
    """The memories of ports.Memories, reached as `SqliteChatLog.memories`: same lock, same connection."""

    def __init__(self, reading: Session, writing: Session, clock: Callable[[], float]) -> None:
        self._reading, self._writing, self._clock = reading, writing, clock
        self._silenced: dict[str, frozenset[int]] = {}

    # ---- cards

    def add(
        self,
        character: str,
        text: str,
        *,
        kind: MemoryKind = "fact",
        slot: str = "",
        value: str = "",
        message: int | None = None,
        origin: MemoryOrigin = "user",
    ) -> Memory:
        """Keep a card; one with the same slot is superseded, one that says the same is returned as it is.

        So is a forgotten one, which is not proposed again unless the user writes it. Raises StorageError:
        `unknown_message` when `message` is not in a chat with `character`, `empty_memory`.
        """
        character, text, slot, value = clean(character), clean(text).strip(), clean(slot), clean(value)
        _require_text(text)
        with self._changing() as connection:
            known = _known(connection, character, text, slot, value)
            if known is not None and (known.state == "active" or origin != "user"):
                return known
            row = Row(
                0,
                _chat_of(connection, message, character),
                "memory",
                self._clock(),
                message=message,
                role=character,
                text=text,
                meta=_told(kind, slot, value, origin, replaces=_in_slots(connection, character, slot)),
            )
            return _card(connection, append_row(connection, row).seq)

    def correct(self, memory: int, text: str) -> Memory:
        """Replace a card's text; the old form is kept as superseded and never recalled."""
        text = clean(text).strip()
        _require_text(text)
        with self._changing() as connection:
            old = _card(connection, memory)
            if old.text == text and old.state == "active":
                return old
            slot, value = corrected(old.slot, old.value, old.text, text)
            replaces = [old.memory, *_in_slots(connection, old.character, slot)]
            row = Row(
                0,
                old.chat,
                "memory",
                self._clock(),
                message=old.message,
                role=old.character,
                text=text,
                meta=_told(old.kind, slot, value, "user", replaces=replaces, pinned=old.pinned),
            )
            return _card(connection, append_row(connection, row).seq)

    def pin(self, memory: int, pinned: bool) -> Memory:
        return self._change(memory, "memory_pin" if pinned else "memory_unpin")

    def forget(self, memory: int) -> None:
        """Hide a card and silence the messages that state it; `restore` brings both back."""
        self._change(memory, "memory_forget")

    def withdraw(self, memory: int) -> None:
        """Take back a card that its message, edited since, no longer states; said again it is kept again."""
        self._change(memory, "memory_supersede")

    def restore(self, memory: int) -> Memory:
        """Make a forgotten or superseded card valid again; what took its place is superseded by it."""
        return self._change(memory, "memory_restore")

    def _change(self, memory: int, kind: str) -> Memory:
        with self._changing() as connection:
            old = _card(connection, memory)
            replaces: list[int] = []
            if kind == "memory_restore":
                replaces = _in_slots(connection, old.character, old.slot)
                replaces += (
                    [old.replaced_by]
                    if old.replaced_by is not None and old.replaced_by not in replaces
                    else []
                )
            row = Row(
                0,
                old.chat,
                kind,
                self._clock(),
                role=old.character,
                meta=meta_json({"replaces": replaces} if replaces else None),
                ref=memory,
            )
            append_row(connection, row)
            return _card(connection, memory)

    def memory(self, memory: int) -> Memory:
        """Return a card in whatever state it is. Raises StorageError (`unknown_memory`)."""
        with self._reading() as connection:
            return _card(connection, memory)

    def cards(self, character: str, *, all_states: bool = False) -> list[Memory]:
        with self._reading() as connection:
            if not has_memories(connection):
                return []
            found = connection.execute(
                f"""SELECT {_COLUMNS} {_SHOWN} AND m.character = ? AND (? OR m.state = 'active')
                    ORDER BY m.pinned DESC, m.memory DESC""",
                (character, all_states),
            )
            return [_memory(values) for values in found]

    def forget_character(self, character: str) -> None:
        """Remove all that is remembered of and for a character for good; its chats stay."""
        marks = ",".join("?" * len(MEMORY_KINDS))
        with self._changing() as connection:
            connection.execute("DELETE FROM memories WHERE character = ?", (character,))
            connection.execute(
                f"DELETE FROM rows WHERE kind IN ({marks}) AND role = ?", (*MEMORY_KINDS, character)
            )
        with self._reading() as connection, contextlib.suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # ---- what may be recalled

    def silenced(self, character: str) -> frozenset[int]:
        """Return the messages that must not be recalled.

        They were said no later than the correction of a card and state its old value, or are where a forgotten
        or superseded card came from, or are no longer shown.
        """
        with self._reading() as connection:
            known = self._silenced.get(character)
            if known is None:
                known = self._silenced[character] = _silenced(connection, character)
            return known

    def refresh(self) -> None:
        """Have what must be silent worked out anew, after messages were changed or chats hidden."""
        self._silenced.clear()

    def turns(self, character: str, *, after: int = 0) -> list[StoredMessage]:
        with self._reading() as connection:
            return views.shown(connection, character, after=after)

    # ---- summaries and switches

    def summary(self, chat: str) -> Summary | None:
        with self._reading() as connection:
            found = connection.execute(
                """SELECT text, meta, created_at FROM rows INDEXED BY rows_summaries
                   WHERE kind = 'summary' AND chat = ? ORDER BY seq DESC LIMIT 1"""
                if has_memories(connection)
                else "SELECT text, meta, created_at FROM rows WHERE kind = 'summary' AND chat = ? LIMIT 1",
                (chat,),
            ).fetchone()
        if found is None:
            return None
        text, meta, created_at = found
        told = json.loads(meta)
        return Summary(chat, int(told["until"]), str(told["digest"]), text, str(told["model"]), created_at)

    def keep_summary(self, summary: Summary) -> None:
        told = {"until": summary.until, "digest": summary.digest, "model": summary.model}
        with self._writing() as connection:
            character = views.chat(connection, summary.chat).character
            row = Row(
                0,
                summary.chat,
                "summary",
                summary.created_at,
                role=character,
                text=clean(summary.text),
                meta=meta_json(told),
            )
            append_row(connection, row)

    def switch(self, character: str, kind: SwitchKind, key: str, *, off: bool) -> None:
        row = Row(
            0,
            "",
            "switch",
            self._clock(),
            role=clean(character),
            text=clean(key),
            meta=meta_json({"kind": kind, "off": off}),
        )
        with self._writing() as connection:
            if (clean(key) in _off(connection, clean(character), kind)) != off:
                append_row(connection, row)

    def switched_off(self, character: str, kind: SwitchKind) -> frozenset[str]:
        with self._reading() as connection:
            return _off(connection, character, kind)

    # ---- the connection

    @contextlib.contextmanager
    def _changing(self) -> Any:
        with self._writing() as connection:
            self._silenced.clear()
            yield connection


def before_purge(connection: sqlite3.Connection, chat: str, now: float) -> None:
    """Keep superseded what was superseded by cards of `chat`, which are about to be removed."""
    kept = connection.execute(
        """SELECT o.memory, o.character, o.chat FROM memories AS o JOIN memories AS n ON n.memory = o.replaced_by
           WHERE n.chat = ? AND o.chat <> ? AND o.state = 'superseded'""",
        (chat, chat),
    ).fetchall()
    for memory, character, other in kept:
        append_row(connection, Row(0, other, "memory_supersede", now, role=character, ref=memory))


def _require_text(text: str) -> None:
    if not text:
        raise StorageError("A memory needs a text.", "Forget it instead.", code="empty_memory")


def _chat_of(connection: sqlite3.Connection, message: int | None, character: str) -> str:
    if message is None:
        return ""
    chat = views.state(connection, message, deleted=True).chat
    if views.chat(connection, chat).character != character:
        raise StorageError(f"Message {message} was said to another character.", "", code="unknown_message")
    return chat


def _told(
    kind: str, slot: str, value: str, origin: str, *, replaces: Sequence[int], pinned: bool = False
) -> str | None:
    told: dict[str, object] = {"kind": kind, "slot": slot, "value": value, "origin": origin}
    if pinned:
        told["pinned"] = True
    if replaces:
        told["replaces"] = list(dict.fromkeys(replaces))
    return meta_json(told)


def _known(connection: sqlite3.Connection, character: str, text: str, slot: str, value: str) -> Memory | None:
    """Return the active or forgotten card that says the same already."""
    found = connection.execute(
        f"""SELECT {_COLUMNS} {_SHOWN} AND m.character = ? AND m.state IN ('active', 'forgotten')
            AND (m.text = ? OR (m.slot <> '' AND m.slot = ?)) ORDER BY m.state, m.memory DESC""",
        (character, text, slot),
    )
    for values in found:
        card = _memory(values)
        if card.text == text or (value and is_same(card.value, value)):
            return card
    return None


def _in_slots(connection: sqlite3.Connection, character: str, slot: str) -> list[int]:
    """Return the active cards that a card in `slot` takes the place of."""
    wanted = rivals(slot)
    marks = ",".join("?" * len(wanted))
    found = connection.execute(
        f"SELECT memory FROM memories WHERE character = ? AND state = 'active' AND slot IN ({marks})",
        (character, *wanted),
    )
    return [memory for (memory,) in found]


def _card(connection: sqlite3.Connection, memory: int) -> Memory:
    values = None
    if has_memories(connection):
        values = connection.execute(
            f"SELECT {_COLUMNS} FROM memories AS m WHERE m.memory = ?", (memory,)
        ).fetchone()
    if values is None:
        raise StorageError(
            f"There is no memory {memory}.", "See: companion memories list", code="unknown_memory"
        )
    return _memory(values)


def _memory(values: tuple[Any, ...]) -> Memory:
    memory, character, kind, text, slot, value, message, chat, origin, state, pinned, by, created, updated = (
        values
    )
    return Memory(
        memory=memory,
        character=character,
        kind=kind,
        text=text,
        slot=slot,
        value=value,
        message=message,
        chat=chat,
        origin=origin,
        state=state,
        pinned=bool(pinned),
        replaced_by=by,
        created_at=created,
        updated_at=updated,
    )


def _off(connection: sqlite3.Connection, character: str, kind: SwitchKind) -> frozenset[str]:
    off: dict[str, bool] = {}
    found = connection.execute(
        "SELECT text, meta FROM rows WHERE kind = 'switch' AND role = ? ORDER BY seq", (character,)
    )
    for key, meta in found:
        told = json.loads(meta)
        if told["kind"] == kind:
            off[key] = bool(told["off"])
    return frozenset(key for key, is_off in off.items() if is_off)


def _silenced(connection: sqlite3.Connection, character: str) -> frozenset[int]:
    silent = {
        message
        for (message,) in connection.execute(
            """SELECT m.message FROM messages AS m JOIN chats AS c ON c.chat = m.chat
               WHERE c.character = ? AND (m.shown = 0 OR c.deleted = 1)""",
            (character,),
        )
    }
    if not has_memories(connection):
        return frozenset(silent)
    gone = connection.execute(
        """SELECT m.message, m.value, m.slot, m.changed, n.message, n.value, n.slot
           FROM memories AS m LEFT JOIN memories AS n ON n.memory = m.replaced_by
                LEFT JOIN messages AS s ON s.message = m.message
           WHERE m.character = ? AND m.state <> 'active'
                 AND NOT (m.state = 'superseded' AND n.memory IS NULL AND coalesce(s.content, 0) > m.memory)""",
        (character,),
    ).fetchall()
    stated: list[tuple[int, str]] = []
    for message, value, slot, changed, new_message, new_value, new_slot in gone:
        if new_value is not None and is_same(value, new_value) and slot == new_slot:
            continue
        if message is not None and message != new_message:
            silent.add(message)
        # What corrects a card in a conversation often names the old value too.
        until = new_message if new_message is not None and new_message != message else changed
        if len(value.strip()) >= _SHORTEST_TELLING:
            stated.append((until, value.strip()))
    for first in range(0, len(stated), _VALUES_AT_ONCE):
        silent |= _stating(connection, character, stated[first : first + _VALUES_AT_ONCE])
    return frozenset(silent)


def _stating(connection: sqlite3.Connection, character: str, stated: Sequence[tuple[int, str]]) -> set[int]:
    """Return the shown messages that hold one of the values, each up to the message beside it."""
    conditions = " OR ".join(["(m.message <= ? AND instr(lower(r.text), lower(?)))"] * len(stated))
    found = connection.execute(
        f"""SELECT m.message FROM messages AS m JOIN chats AS c ON c.chat = m.chat JOIN rows AS r ON r.seq = m.content
            WHERE c.character = ? AND m.shown = 1 AND ({conditions})""",
        (character, *(value for pair in stated for value in pair)),
    )
    return {message for (message,) in found}
