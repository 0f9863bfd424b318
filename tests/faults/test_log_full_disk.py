"""Real small file systems: full, then with room again; turned read-only under the log."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.storage.atomic import write_atomic
from companion.storage.backup import backup, list_backups, problems
from companion.storage.chat_log import SqliteChatLog
from companion.storage.exchange import import_chat

pytestmark = pytest.mark.fault


def _mount(folder: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 700 kB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs Linux and root to mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    if not _mount(folder, "size=700k"):
        pytest.skip("this system does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _enlarge(folder: Path) -> None:
    assert _mount(folder, "remount,size=20m")


def _fill(log: SqliteChatLog, chat: str) -> int:
    """Add messages until the disk is full; return how many were acknowledged."""
    n_acked = 0
    with pytest.raises(StorageError) as caught:  # noqa: PT012 - which call fails is the question
        while n_acked < 10_000:
            log.add(chat, "user", f"第{n_acked}句 " + "雨" * 500)
            n_acked += 1
    assert (caught.value.code, bool(caught.value.hint)) == ("disk_full", True)
    return n_acked


def test_a_full_disk_refuses_cleanly_and_works_again_with_room(small_disk: Path) -> None:
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    acked = _fill(log, chat)
    assert acked > 5
    assert len(log.path(chat)) == acked
    assert log.search("第3句")
    assert log.check() == []

    _enlarge(small_disk)
    log.add(chat, "user", "wieder Platz")
    assert len(log.path(chat)) == acked + 1
    log.close()
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    assert len(log.path(chat)) == acked + 1
    log.close()


def test_a_full_disk_does_not_keep_the_log_from_closing_and_opening(small_disk: Path) -> None:
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    acked = _fill(log, chat)
    log.close()
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    assert log.report.damaged is None
    assert len(log.path(chat)) == acked
    log.close()


def test_a_backup_without_room_leaves_the_old_ones(small_disk: Path) -> None:
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "雨" * 30_000)
    good = backup(log, small_disk / "backups")
    (small_disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 40_000))
    with pytest.raises(StorageError) as caught:
        backup(log, small_disk / "backups")
    assert caught.value.code == "disk_full"
    assert [one.path for one in list_backups(small_disk / "backups")] == [good]
    assert [one.name for one in (small_disk / "backups").iterdir()] == [good.name]
    assert problems(good) == ""
    log.close()


def test_an_import_without_room_leaves_nothing_of_itself(small_disk: Path, tmp_path: Path) -> None:
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    lines = '{"user_name": "u"}\n' + "".join(f'{{"mes": "{n} {"x" * 900}"}}\n' for n in range(1500))
    (tmp_path / "in.jsonl").write_text(lines, "utf-8")
    with pytest.raises(StorageError) as caught:
        import_chat(log, tmp_path / "in.jsonl", "aria")
    assert caught.value.code == "disk_full"
    assert log.chats() == []
    assert log.check() == []
    _enlarge(small_disk)
    assert import_chat(log, tmp_path / "in.jsonl", "aria").n_messages == 1500
    log.close()


def test_a_file_without_room_keeps_its_old_content(small_disk: Path) -> None:
    write_atomic(small_disk / "settings.toml", b"old")
    with pytest.raises(StorageError) as caught:
        write_atomic(small_disk / "settings.toml", b"x" * 2_000_000)
    assert caught.value.code == "disk_full"
    assert (small_disk / "settings.toml").read_bytes() == b"old"
    assert [one.name for one in small_disk.iterdir()] == ["settings.toml"]


def test_a_read_only_folder_is_read_and_says_so(small_disk: Path) -> None:
    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "今天的月亮")
    log.close()
    assert _mount(small_disk, "remount,ro")

    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    assert "cannot be written" in log.read_only
    assert [one.text for one in log.path(chat)] == ["今天的月亮"]
    assert log.search("的月亮")
    assert log.check() == []
    with pytest.raises(StorageError) as caught:
        log.add(chat, "user", "x")
    assert caught.value.code == "read_only"
    log.close()


def test_a_read_only_folder_shows_what_only_the_write_ahead_log_holds(
    small_disk: Path, tmp_path: Path
) -> None:
    log = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "kurz vor dem Absturz")
    for ending in ("", "-wal"):
        shutil.copyfile(f"{log.file}{ending}", f"{small_disk / log.file.name}{ending}")
    log.close()
    assert _mount(small_disk, "remount,ro")

    log = SqliteChatLog.open(small_disk / "chats.sqlite3")
    assert log.read_only
    assert [one.text for one in log.path(chat)] == ["kurz vor dem Absturz"]
    log.close()


def test_a_read_only_folder_without_a_log_is_an_error_with_a_hint(small_disk: Path) -> None:
    assert _mount(small_disk, "remount,ro")
    with pytest.raises(StorageError) as caught:
        SqliteChatLog.open(small_disk / "chats.sqlite3")
    assert caught.value.hint


def test_a_log_that_was_moved_away_acknowledges_nothing(tmp_path: Path) -> None:
    log = SqliteChatLog.open(tmp_path / "a" / "chats.sqlite3")
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "da")
    (tmp_path / "a").rename(tmp_path / "b")
    with pytest.raises(StorageError) as caught:
        log.add(chat, "user", "weg")
    assert caught.value.code == "moved"
    assert [one.text for one in log.path(chat)] == ["da"]
    (tmp_path / "b").rename(tmp_path / "a")
    log.add(chat, "user", "wieder da")
    assert len(log.path(chat)) == 2
    log.close()
