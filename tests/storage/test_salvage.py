"""A damaged log: the program starts, keeps the file, and saves what stands on whole pages."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from companion.domain.messages import StoredMessage
from companion.storage import salvage
from companion.storage.backup import backup
from companion.storage.chat_log import SqliteChatLog
from companion.storage.database import PAGE_SIZE, mark_suspect, suspect_mark
from companion.storage.transcript import Transcript

pytestmark = pytest.mark.fault

_N = 1200


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed log of two chats with long and short messages."""
    path = tmp_path_factory.mktemp("whole") / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    for name in ("第一", "第二"):
        messages = tuple(
            StoredMessage(n, "", n - 1 or None, "user" if n % 2 else "assistant", _text(n), 1.7e9 + n)
            for n in range(1, _N // 2 + 1)
        )
        log.write(Transcript("aria", messages, name))
    log.close()
    return path


def _text(n: int) -> str:
    return f"第{n}句：" + "雨下了整整一夜。" * (400 if n % 100 == 0 else 3 + n % 20)


def _damage(whole: Path, folder: Path, content: bytes) -> SqliteChatLog:
    folder.mkdir(exist_ok=True)
    path = folder / "chats.sqlite3"
    path.write_bytes(content)
    return SqliteChatLog.open(path)


def _n_messages(log: SqliteChatLog) -> int:
    return sum(one.n_messages for one in log.chats())


def test_all_rows_are_read_from_the_pages_of_a_whole_file(whole: Path) -> None:
    found = salvage.scan(whole)
    assert len(found.rows) == _N + 2
    assert {title for _, title, _ in found.chats.values()} == {"第一", "第二"}


@pytest.mark.parametrize("seed", range(12))
def test_rows_on_whole_pages_survive_ruined_pages(whole: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(whole.read_bytes())
    ruined = {0, *rng.sample(range(1, len(content) // PAGE_SIZE), 3)}
    for page in ruined:
        content[page * PAGE_SIZE : (page + 1) * PAGE_SIZE] = rng.randbytes(PAGE_SIZE)
    log = _damage(whole, tmp_path / "x", bytes(content))
    # At most some 25 short rows and one long one per page are gone.
    assert log.report.n_salvaged >= _N + 2 - 30 * len(ruined)
    assert log.report.damaged is not None
    assert log.report.damaged.read_bytes() == bytes(content)
    assert log.check() == []
    assert {one.character for one in log.chats()} <= {"aria", ""}
    chat = log.create_chat("aria").chat
    log.add(chat, "user", "weiter")
    assert [one.text for one in log.path(chat)] == ["weiter"]
    log.close()


def test_a_lost_beginning_costs_no_message(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    log = _damage(whole, tmp_path / "x", bytes(100) + content[100:])
    assert _n_messages(log) == _N
    assert [one.text for one in log.path(log.chats()[0].chat)] == [_text(n) for n in range(1, _N // 2 + 1)]
    log.close()


def test_half_a_file_keeps_its_half(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    log = _damage(whole, tmp_path / "x", content[: len(content) // 2])
    assert log.report.damaged is not None
    assert log.report.n_salvaged > _N // 4
    assert log.check() == []
    log.close()


@pytest.mark.parametrize("content", [b"\0" * 50_000, b"nonsense" * 5000, b"x"], ids=["nul", "garbage", "one"])
def test_with_nothing_to_save_an_empty_log_opens(whole: Path, tmp_path: Path, content: bytes) -> None:
    log = _damage(whole, tmp_path / "x", content)
    assert (log.report.n_salvaged, log.chats()) == (0, [])
    assert log.report.damaged is not None
    assert log.report.damaged.read_bytes() == content
    log.close()


def test_random_flips_and_cuts_never_keep_the_log_from_opening(whole: Path, tmp_path: Path) -> None:
    rng = random.Random(7)
    content = whole.read_bytes()
    for n in range(40):
        harmed = bytearray(content)
        for _ in range(rng.randint(1, 8)):
            at = rng.randrange(len(harmed))
            harmed[at : at + rng.randint(1, 64)] = rng.randbytes(8)
        if n % 5 == 0:
            del harmed[rng.randrange(len(harmed)) :]
        log = _damage(whole, tmp_path / str(n), bytes(harmed))
        assert log.check() == []
        for chat in log.chats():
            log.path(chat.chat)
        log.search("整整一夜")
        log.close()
        shutil.rmtree(tmp_path / str(n))


def test_the_newest_good_backup_is_offered_with_its_date(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    shutil.copyfile(whole, path)
    log = SqliteChatLog.open(path)
    made = backup(log, tmp_path / "backups", now=1_767_225_600)
    log.close()
    path.write_bytes(b"\xff" * 9000)
    log = SqliteChatLog.open(path)
    assert (log.report.backup, log.report.backup_at) == (made, 1_767_225_600)
    assert made.name in " ".join(log.report.notes)
    log.close()


def test_a_second_damage_gets_a_second_name(tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    kept = set()
    for _ in range(3):
        path.write_bytes(b"\xff" * 9000)
        log = SqliteChatLog.open(path)
        kept.add(log.report.damaged)
        log.close()
    assert len(kept) == 3


def test_rows_that_only_the_write_ahead_log_holds_are_saved_without_the_file(tmp_path: Path) -> None:
    path, lost = tmp_path / "a" / "chats.sqlite3", tmp_path / "b" / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria", title="t").chat
    log.add(chat, "user", "雨")
    lost.parent.mkdir()
    shutil.copyfile(f"{path}-wal", f"{lost}-wal")
    log.close()

    log = SqliteChatLog.open(lost)
    assert [one.text for one in log.path(chat)] == ["雨"]
    assert log.report.damaged is not None
    assert log.report.damaged.with_name(f"{log.report.damaged.name}-wal").exists()
    log.close()


def test_a_foreign_write_ahead_log_loses_nothing_of_the_file(whole: Path, tmp_path: Path) -> None:
    other = SqliteChatLog.open(tmp_path / "other" / "chats.sqlite3")
    chat = other.create_chat("bo", title="fremd").chat
    for n in range(20):
        other.add(chat, "user", f"fremd {n}")
    path = tmp_path / "chats.sqlite3"
    shutil.copyfile(whole, path)
    shutil.copyfile(f"{other.file}-wal", f"{path}-wal")
    other.close()

    log = SqliteChatLog.open(path)
    texts = {one.text for chat in log.chats() for one in log.path(chat.chat)}
    assert {_text(n) for n in range(1, _N // 2 + 1)} <= texts
    assert log.check() == []
    log.close()


def test_a_database_of_another_program_is_kept_and_replaced(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "chats.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    log = SqliteChatLog.open(path)
    assert log.report.damaged is not None
    assert log.report.damaged.read_bytes() == before
    log.close()


def test_replies_whose_beginning_is_lost_are_opened_anew(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria", title="t").chat
    log.add(chat, "user", "问")
    reply = log.add(chat, "assistant", "")
    log.finalise(reply.message, "答")
    log.close()
    found = salvage.scan(path)
    del found.rows[reply.message], found.rows[1]
    salvage.write(found, tmp_path / "new.sqlite3")
    log = SqliteChatLog.open(tmp_path / "new.sqlite3")
    assert [(one.role, one.text) for one in log.path(chat)] == [("user", "问"), ("assistant", "答")]
    assert (log.chats("aria")[0].title, log.check()) == ("t", [])
    log.close()


def test_damage_that_a_quick_check_passes_over_is_mended_after_it_was_noticed(
    whole: Path, tmp_path: Path
) -> None:
    path = tmp_path / "chats.sqlite3"
    shutil.copyfile(whole, path)
    log = SqliteChatLog.open(path)
    log._connection.execute("UPDATE messages SET parent = message + 1 WHERE message = 9")
    assert log.check() != []
    log.close()

    log = SqliteChatLog.open(path)
    assert (log.report.n_salvaged, log.check()) == (_N + 2, [])
    assert _n_messages(log) == _N
    log.close()
    log = SqliteChatLog.open(path)
    assert log.report.damaged is None
    log.close()


def test_a_suspicion_that_proves_wrong_is_dropped(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "chats.sqlite3"
    shutil.copyfile(whole, path)
    mark_suspect(path)
    log = SqliteChatLog.open(path)
    assert log.report.damaged is None
    assert not suspect_mark(path).exists()
    log.close()


def test_memories_survive_ruined_pages_even_where_their_message_does_not(tmp_path: Path) -> None:
    path = tmp_path / "whole" / "chats.sqlite3"
    path.parent.mkdir()
    log = SqliteChatLog.open(path)
    chat = log.create_chat("aria").chat
    messages = [log.add(chat, "user", _text(n)).message for n in range(1, 60)]
    log.memories.add("aria", "用户叫小林", slot="name", value="小林", message=messages[2])
    old = log.memories.add("aria", "用户住在北京", slot="home", value="北京", message=messages[-1])
    log.memories.correct(old.memory, "用户住在上海")
    log.memories.add("aria", "用户自己写的")
    log.memories.switch("aria", "lore", "book:1", off=True)
    log.close()
    content = bytearray(path.read_bytes())
    whole = salvage.scan(path)
    lost = whole.rows.pop(messages[2])
    assert lost.kind == "message"
    content[:PAGE_SIZE] = bytes(PAGE_SIZE)
    target = tmp_path / "x" / "chats.sqlite3"
    target.parent.mkdir()
    salvage.write(whole, target)

    log = SqliteChatLog.open(target)
    assert log.check() == []
    assert [one.text for one in log.memories.cards("aria")] == ["用户自己写的", "用户住在上海", "用户叫小林"]
    assert log.memories.cards("aria")[-1].message is None
    assert log.memories.switched_off("aria", "lore") == {"book:1"}
    assert len(log.chats()) == 1
    log.close()

    log = _damage(path, tmp_path / "y", bytes(content))
    assert log.report.damaged is not None
    assert [one.text for one in log.memories.cards("aria")] == ["用户自己写的", "用户住在上海", "用户叫小林"]
    log.close()
