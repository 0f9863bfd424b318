"""Rows saved from a damaged chat log, page by page, without SQLite's help.

SQLite reaches a row through the pages above it; one bad page there hides all below. Rows of the log are
never changed, so every leaf page that is still whole can be read by itself. Format: sqlite.org/fileformat2.html,
sections 1.5, 1.6, 2.1 and 4.1.
"""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from companion.storage.atomic import beside_name
from companion.storage.backup import put_in_place
from companion.storage.database import (
    APPLICATION_ID,
    PAGE_SIZE,
    connect,
    transaction,
)
from companion.storage.migrations import migrate
from companion.storage.projection import MEMORY_KINDS, TEXT_KINDS, Row, insert, rebuild

_HEADER_BYTES = 108
_LEAF = 0x0D
_MAX_LOCAL = PAGE_SIZE - 35
_MIN_LOCAL = (PAGE_SIZE - 12) * 32 // 255 - 23
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_LARGEST_PAYLOAD = 1 << 30
_CHAT_KINDS = ("chat", "rename_chat", "delete_chat", "restore_chat")
_KINDS = frozenset((*TEXT_KINDS, "select", "delete", "undo", *_CHAT_KINDS, *MEMORY_KINDS))

Value = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Salvage:
    """What was found: rows by number, and what the state table said of each chat (character, title, deleted)."""

    rows: dict[int, Row]
    chats: dict[str, tuple[str, str, bool]]


def is_suspect(path: Path) -> bool:
    """Tell whether SQLite must not touch the files at `path` as they are: it would lose what they hold.

    So it is with a write-ahead log that has no database or another one's, with a file that is no database
    and with one of another program. Raises OSError.
    """
    wal = path.with_name(f"{path.name}-wal")
    has_wal = wal.exists() and wal.stat().st_size > 0
    n_bytes = path.stat().st_size if path.exists() else 0
    if not n_bytes:
        return has_wal
    journal = path.with_name(f"{path.name}-journal")
    if journal.exists() and journal.stat().st_size:
        # The file was being created; SQLite takes back what was begun.
        return False
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if not _is_ours(header):
        return True
    return has_wal and _is_foreign_wal(path)


def _is_ours(header: bytes) -> bool:
    """Judge a file's first bytes; a file that was created and not yet migrated has no application id, no table."""
    if len(header) < _HEADER_BYTES or not header.startswith(b"SQLite format 3\0"):
        return False
    n_tables = int.from_bytes(header[103:105], "big")
    return int.from_bytes(header[68:72], "big") == APPLICATION_ID or n_tables == 0


def _is_foreign_wal(path: Path) -> bool:
    """Tell whether the write-ahead log makes the file shorter: it is another's, for ours never shrinks.

    SQLite plays any well-formed write-ahead log that lies beside a database into it.
    """
    try:
        # A reader does not checkpoint when it closes.
        with contextlib.closing(connect(path, read_only=True)) as together:
            n_pages: int = together.execute("PRAGMA page_count").fetchone()[0]
    except sqlite3.Error:
        return False
    return n_pages < path.stat().st_size // PAGE_SIZE


def replace_damaged(path: Path) -> tuple[Path, int]:
    """Keep the damaged file, put a new log with its rows in its place; return its new name and the rows saved.

    Raises OSError and sqlite3.Error; the damaged file is still in its place then.
    """
    found = scan(path)
    beside = beside_name(path, "tmp")
    try:
        n_rows = write(found, beside)
        kept = put_in_place(beside, path, "damaged")
    finally:
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                beside.with_name(beside.name + ending).unlink()
    return kept or path, n_rows


def scan(path: Path) -> Salvage:
    """Read every leaf page of the file, then those of its write-ahead log."""
    main = path.read_bytes() if path.exists() else b""
    pages = {
        number + 1: main[number * PAGE_SIZE : (number + 1) * PAGE_SIZE]
        for number in range(len(main) // PAGE_SIZE)
    }
    wal_path = path.with_name(f"{path.name}-wal")
    frames = list(_frames(wal_path.read_bytes())) if wal_path.exists() else []
    found = Salvage({}, {})
    # The file itself comes first: rows never change, so a foreign write-ahead log can only add.
    for number, page in pages.items():
        _collect(page, number, pages, found)
    overlaid = dict(pages)
    for number, page in frames:
        overlaid[number] = page
        _collect(page, number, overlaid, found)
    return found


def write(found: Salvage, target: Path) -> int:
    """Create a log at `target` from `found`; return the number of rows saved. Raises sqlite3.Error."""
    rows, saved = _mended(found)
    with contextlib.closing(connect(target)) as connection:
        migrate(connection)
        with transaction(connection):
            for row in rows:
                insert(connection, row)
            rebuild(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return saved


def _mended(found: Salvage) -> tuple[list[Row], int]:
    """Return rows that hold together: lost messages and chats that others need are opened anew."""
    rows = dict(found.rows)
    for row in found.rows.values():
        if row.kind in ("draft", "final", "edit") and row.message and row.message not in rows:
            role = "user" if row.kind == "edit" else "assistant"
            rows[row.message] = replace(
                row, seq=row.message, kind="message", role=role, text="", unheard="", thought="", parent=-1
            )
    last: dict[str, int] = {}
    mended: list[Row] = []
    opened: dict[int, str] = {}
    for seq in sorted(rows):
        row = rows[seq]
        if row.kind in ("message", "variant"):
            parent = row.parent
            if parent is not None and opened.get(parent) != row.chat:
                parent = last.get(row.chat)
            row = replace(row, parent=parent, message=seq)
            last[row.chat] = seq
            opened[seq] = row.chat
        elif row.kind in MEMORY_KINDS:
            row = _standing_alone(row, rows, opened)
        elif row.message is not None and opened.get(row.message) != row.chat:
            continue
        mended.append(row)
    return mended + _chats_anew(mended, found), len(found.rows)


def _standing_alone(row: Row, rows: dict[int, Row], opened: dict[int, str]) -> Row:
    """Return a row about a memory that needs no lost message: what is remembered outlives where it was said."""
    lost = row.message is not None and (row.message not in rows or row.message not in opened)
    return replace(row, message=None) if lost else row


def _chats_anew(rows: list[Row], found: Salvage) -> list[Row]:
    """Return rows that open the chats whose own opening was lost; they come last."""
    known = {row.chat for row in rows if row.kind == "chat"}
    lost: dict[str, Row] = {}
    for row in rows:
        if row.chat not in known and row.kind not in MEMORY_KINDS:
            lost.setdefault(row.chat, row)
    seq = max((row.seq for row in rows), default=0)
    anew: list[Row] = []
    for chat, first in lost.items():
        character, title, deleted = found.chats.get(chat, ("", "", False))
        anew.append(Row(seq + len(anew) + 1, chat, "chat", first.created_at, role=character, text=title))
        if deleted:
            anew.append(Row(seq + len(anew) + 1, chat, "delete_chat", first.created_at))
    return anew


def _frames(wal: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (page number, page) of the committed frames of the present generation."""
    if len(wal) < 32:
        return
    magic, _, page_size, _, salt1, salt2 = struct.unpack(">6I", wal[:24])
    if magic not in _WAL_MAGIC or page_size != PAGE_SIZE:
        return
    waiting: list[tuple[int, bytes]] = []
    for at in range(32, len(wal) - PAGE_SIZE - 23, PAGE_SIZE + 24):
        number, commit, frame_salt1, frame_salt2 = struct.unpack(">4I", wal[at : at + 16])
        if (frame_salt1, frame_salt2) != (salt1, salt2):
            return
        waiting.append((number, wal[at + 24 : at + 24 + PAGE_SIZE]))
        if commit:
            yield from waiting
            waiting.clear()


def _collect(page: bytes, number: int, pages: dict[int, bytes], found: Salvage) -> None:
    start = 100 if number == 1 else 0
    if page[start] != _LEAF:
        return
    n_cells = int.from_bytes(page[start + 3 : start + 5], "big")
    for place in range(min(n_cells, PAGE_SIZE // 4)):
        pointer = start + 8 + 2 * place
        # A cell that does not parse is damaged; its neighbours may be whole.
        with contextlib.suppress(IndexError, ValueError, KeyError, struct.error, UnicodeDecodeError):
            rowid, payload = _cell(page, int.from_bytes(page[pointer : pointer + 2], "big"), pages)
            _take(rowid, _record(payload), found)


def _take(rowid: int, values: list[Value], found: Salvage) -> None:
    match values:
        case [None, str(chat), int() | None, str(kind), int() | None, *_] if (
            len(values) == 12 and kind in _KINDS
        ):
            row = _row(rowid, chat, kind, values)
            if row is not None:
                found.rows.setdefault(rowid, row)
        case [
            None,
            str(chat),
            str(character),
            str(title),
            int() | float(),
            int() | float(),
            int(),
            int(deleted),
        ]:
            found.chats[chat] = (character, title, bool(deleted))


def _row(rowid: int, chat: str, kind: str, values: list[Value]) -> Row | None:
    _, _, message, _, parent, role, text, unheard, thought, created_at, meta, ref = values
    if not (
        (message is None or isinstance(message, int))
        and (parent is None or isinstance(parent, int))
        and (role is None or isinstance(role, str))
        and isinstance(text, str)
        and isinstance(unheard, str)
        and isinstance(thought, str)
        and isinstance(created_at, int | float)
        and (meta is None or isinstance(meta, str))
        and (ref is None or isinstance(ref, int))
    ):
        return None
    return Row(rowid, chat, kind, float(created_at), message, parent, role, text, unheard, thought, meta, ref)


def _cell(page: bytes, at: int, pages: dict[int, bytes]) -> tuple[int, bytes]:
    """Return (rowid, payload) of the table leaf cell at `at`. Raises IndexError, ValueError, KeyError."""
    n_payload, at = _varint(page, at)
    rowid, at = _varint(page, at)
    if not 0 < n_payload < _LARGEST_PAYLOAD:
        raise ValueError(n_payload)
    n_local = n_payload
    if n_payload > _MAX_LOCAL:
        n_local = _MIN_LOCAL + (n_payload - _MIN_LOCAL) % (PAGE_SIZE - 4)
        if n_local > _MAX_LOCAL:
            n_local = _MIN_LOCAL
    pieces = [page[at : at + n_local]]
    n_missing = n_payload - len(pieces[0])
    following = int.from_bytes(page[at + n_local : at + n_local + 4], "big") if n_missing else 0
    while n_missing > 0:
        overflow = pages[following]
        pieces.append(overflow[4 : 4 + n_missing])
        n_missing -= len(pieces[-1])
        following = int.from_bytes(overflow[:4], "big")
    return rowid, b"".join(pieces)


def _record(payload: bytes) -> list[Value]:
    """Return the values of a record. Raises IndexError, ValueError, struct.error, UnicodeDecodeError."""
    n_header, at = _varint(payload, 0)
    types = []
    while at < n_header:
        serial_type, at = _varint(payload, at)
        types.append(serial_type)
    values: list[Value] = []
    for serial_type in types:
        size = _size(serial_type)
        if at + size > len(payload):
            raise ValueError(size)
        values.append(_value(serial_type, payload[at : at + size]))
        at += size
    return values


def _size(serial_type: int) -> int:
    if serial_type >= 12:
        return (serial_type - 12) // 2
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[serial_type]


def _value(serial_type: int, stored: bytes) -> Value:
    if serial_type == 0:
        return None
    if serial_type in (8, 9):
        return serial_type - 8
    if serial_type == 7:
        number: float = struct.unpack(">d", stored)[0]
        return number
    if serial_type < 7:
        return int.from_bytes(stored, "big", signed=True)
    return stored.decode("utf-8", "replace") if serial_type % 2 else stored


def _varint(stored: bytes, at: int) -> tuple[int, int]:
    """Return (value, where it ends) of a big-endian varint of 1 to 9 bytes. Raises IndexError."""
    value = 0
    for n_read in range(8):
        byte = stored[at + n_read]
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + n_read + 1
    return (value << 8) | stored[at + 8], at + 9
