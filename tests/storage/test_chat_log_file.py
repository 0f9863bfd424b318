"""The file of the chat log: pragmas, one writer, readers, clocks, purging, damage of the derived state."""

from __future__ import annotations

import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.storage import database
from companion.storage.chat_log import SqliteChatLog
from companion.storage.database import connect
from companion.storage.projection import rebuild

pytestmark = pytest.mark.unit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "夹 子" / "chats.sqlite3"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteChatLog]:
    opened = SqliteChatLog.open(path)
    yield opened
    opened.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_every_connection_is_durable_and_checks_references(log: SqliteChatLog, read_only: bool) -> None:
    connection = connect(log.file, read_only=read_only)
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    ]
    connection.close()
    assert found == ["wal", 2, 1, 250]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_file_is_private(log: SqliteChatLog) -> None:
    assert stat.S_IMODE(log.file.stat().st_mode) == 0o600


def test_a_second_writer_is_told_that_the_log_is_in_use(log: SqliteChatLog) -> None:
    with pytest.raises(StorageError) as caught:
        SqliteChatLog.open(log.file)
    assert caught.value.code == "in_use"


def test_a_reader_sees_what_the_writer_committed(log: SqliteChatLog) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "今天天气好")
    reader = SqliteChatLog.open(log.file, read_only=True)
    assert [one.text for one in reader.path(chat)] == ["今天天气好"]
    log.add(chat, "user", "明天也好")
    assert len(reader.path(chat)) == 2
    assert [hit.excerpt for hit in reader.search("天气好")] == ["今天天气好"]
    with pytest.raises(StorageError) as caught:
        reader.add(chat, "user", "x")
    assert caught.value.code == "read_only"
    assert reader.read_only
    reader.close()


def test_reading_a_log_that_is_not_there_makes_none(path: Path) -> None:
    with pytest.raises(StorageError):
        SqliteChatLog.open(path, read_only=True)
    assert not path.exists()


def test_closing_leaves_one_plain_file(path: Path) -> None:
    log = SqliteChatLog.open(path)
    log.create_chat("aria")
    log.close()
    assert sorted(one.name for one in path.parent.iterdir()) == ["chats.sqlite3", "chats.sqlite3.lock"]


def test_the_report_tells_a_new_log_from_an_old_one(path: Path) -> None:
    first = SqliteChatLog.open(path)
    first.close()
    second = SqliteChatLog.open(path)
    second.close()
    assert (first.report.created, second.report.created) == (True, False)
    assert second.report.notes == ()


def test_order_follows_the_log_and_never_the_clock(path: Path) -> None:
    times = iter([1.8e9, 1.8e9, 1.8e9 - 86_400, 1.8e9 + 3e8, 0.0])
    log = SqliteChatLog.open(path, clock=lambda: next(times))
    chat = log.create_chat("aria").chat
    for text in "abcd":
        log.add(chat, "user", text)
    assert [one.text for one in log.path(chat)] == ["a", "b", "c", "d"]
    assert [one.created_at for one in log.path(chat)][1:] == [1.8e9 - 86_400, 1.8e9 + 3e8, 0.0]
    log.close()


def test_a_purged_chat_leaves_no_trace_in_the_file(log: SqliteChatLog) -> None:
    kept, gone = log.create_chat("aria").chat, log.create_chat("aria").chat
    log.add(kept, "user", "bleibt")
    one = log.add(gone, "user", "Geheimnis-eins")
    log.edit(one.message, "Geheimnis-zwei")
    log.index()
    with pytest.raises(StorageError):
        log.purge_chat(gone)
    log.delete_chat(gone)
    assert [one.chat for one in log.deleted_chats()] == [gone]
    log.purge_chat(gone)
    assert log.check() == []
    assert [one.chat for one in log.chats()] == [kept]
    log.close()
    assert b"eheimnis" not in log.file.read_bytes()


def test_the_state_can_be_derived_anew_from_the_rows(log: SqliteChatLog) -> None:
    chat = log.create_chat("aria").chat
    first = log.add(chat, "assistant", "g1")
    second = log.add_variant(first.message, "g2")
    log.select(first.message)
    ask = log.add(chat, "user", "q")
    log.edit(ask.message, "q2")
    log.undo(chat)
    log.undo(chat)
    log.delete(second.message)
    before = _state(log)
    with database.transaction(log._connection):
        rebuild(log._connection)
    assert _state(log) == before


def _state(log: SqliteChatLog) -> list[tuple[object, ...]]:
    return [
        *log._connection.execute("SELECT * FROM messages ORDER BY message").fetchall(),
        *log._connection.execute("SELECT chat, title, last_seq, deleted FROM chats").fetchall(),
    ]


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE messages SET parent = 99 WHERE message = 3",
        "UPDATE messages SET shown = 0 WHERE message = 2",
        "UPDATE messages SET content = 3 WHERE message = 2",
        "DELETE FROM messages WHERE message = 3",
        "DELETE FROM chats",
        "UPDATE sqlite_sequence SET seq = 1",
        "INSERT INTO rows (chat, message, kind, created_at, text) "
        "SELECT chat, 2, 'final', 0, 'x' FROM rows WHERE seq = 1 UNION ALL SELECT chat, 2, 'final', 0, 'x' "
        "FROM rows WHERE seq = 1",
    ],
)
def test_check_names_what_does_not_hold(log: SqliteChatLog, harm: str) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "a")
    log.add(chat, "assistant", "b")
    assert log.check() == []
    log._connection.execute(harm)
    assert log.check() != []


def test_rows_of_a_later_kind_are_passed_over(log: SqliteChatLog) -> None:
    chat = log.create_chat("aria").chat
    log._connection.execute("INSERT INTO rows (chat, kind, created_at) VALUES (?, 'hologram', 0)", (chat,))
    log.add(chat, "user", "a")
    assert [one.text for one in log.path(chat)] == ["a"]
    assert log.check() == []


def test_a_flipped_bit_in_a_text_costs_one_character(log: SqliteChatLog) -> None:
    chat = log.create_chat("aria").chat
    one = log.add(chat, "user", "abc")
    log._connection.execute("UPDATE rows SET text = CAST(x'61ff63' AS TEXT) WHERE seq = ?", (one.message,))
    assert [one.text for one in log.path(chat)] == ["a\ufffdc"]


def test_errors_of_sqlite_carry_a_code_and_a_hint(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.sqlite3")
    connection.execute("PRAGMA max_page_count=1")
    with pytest.raises(StorageError) as caught, database.translating(tmp_path / "x.sqlite3"):
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert caught.value.code == "disk_full"
    assert caught.value.hint
