"""Schemas old and new."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from companion.storage import migrations, opening
from companion.storage.backup import list_backups
from companion.storage.backup import problems as backup_problems
from companion.storage.chat_log import SqliteChatLog
from companion.storage.database import connect
from companion.storage.migrations import MIGRATIONS, migrate, version

pytestmark = pytest.mark.unit


def _add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE chats ADD COLUMN colour TEXT")


def _fail(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE chats ADD COLUMN size TEXT")
    connection.execute("SELECT nothing FROM nowhere")


def test_a_new_file_gets_the_newest_schema_once(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "a.sqlite3")) as connection:
        migrate(connection)
        migrate(connection)
        assert version(connection) == len(MIGRATIONS)


def test_steps_run_in_order_and_a_failing_one_undoes_all_of_them(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "a.sqlite3")) as connection:
        migrate(connection)
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, (*MIGRATIONS, _add_column, _fail))
        assert version(connection) == len(MIGRATIONS)
        columns = {row[1] for row in connection.execute("PRAGMA table_info(chats)")}
        assert not {"colour", "size"} & columns
        migrate(connection, (*MIGRATIONS, _add_column))
        assert version(connection) == len(MIGRATIONS) + 1


def test_an_older_log_is_backed_up_before_it_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "旧的")
    log.close()
    newer = (*MIGRATIONS, _add_column)
    monkeypatch.setattr(opening, "MIGRATIONS", newer)
    monkeypatch.setattr(opening, "migrate", lambda connection: migrations.migrate(connection, newer))

    log = SqliteChatLog.open(path)
    assert log.report.migrated_from == len(MIGRATIONS)
    assert [one.text for one in log.path(chat)] == ["旧的"]
    log.close()
    (made,) = list_backups(tmp_path / "backups")
    assert made.label == "before-migration"
    assert backup_problems(made.path) == ""


def test_a_newer_log_is_only_read_and_says_which_version_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "你好")
    log.close()
    with contextlib.closing(connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")
    before = path.read_bytes()

    log = SqliteChatLog.open(path)
    assert "99" in log.read_only
    assert [one.text for one in log.path(chat)] == ["你好"]
    log.close()
    assert path.read_bytes() == before


def test_a_log_without_memories_gets_them_and_keeps_its_chats(tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    with contextlib.closing(connect(path)) as connection:
        migrate(connection, MIGRATIONS[:1])
        connection.execute(
            "INSERT INTO rows (chat, kind, role, created_at) VALUES ('c', 'chat', 'aria', 1.0)"
        )
        connection.execute(
            "INSERT INTO chats (chat, character, title, created_at, updated_at, last_seq) VALUES ('c','aria','',1,1,1)"
        )
    reader = SqliteChatLog.open(path, read_only=True)
    assert (reader.memories.cards("aria"), reader.memories.silenced("aria"), reader.check()) == (
        [],
        set(),
        [],
    )
    assert reader.memories.summary("c") is None
    reader.close()

    log = SqliteChatLog.open(path)
    assert log.report.migrated_from == 1
    log.memories.add("aria", "用户叫小林")
    assert [one.chat for one in log.chats()] == ["c"]
    assert log.check() == []
    log.close()
