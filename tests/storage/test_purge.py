"""What a purge takes away beside the chat's own rows, and which copies it tells of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.domain.explanation import Explanation, MemoryUsed, explanation_of
from companion.storage.backup import backup
from companion.storage.chat_log import SqliteChatLog
from companion.storage.purge import copies_holding

pytestmark = pytest.mark.unit

_SECRET = "紫藤萝"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteChatLog]:
    opened = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    yield opened
    opened.close()


def _forms(text: str) -> tuple[bytes, bytes]:
    """Return `text` as it stands in a file, and as it stands in JSON."""
    return text.encode(), json.dumps(text)[1:-1].encode()


def _stands_in(log: SqliteChatLog, text: str) -> bool:
    log.close()
    held = log.file.read_bytes()
    return any(form in held for form in _forms(text))


def test_replies_in_other_chats_no_longer_quote_a_purged_one(log: SqliteChatLog) -> None:
    gone, kept = log.create_chat("aria").chat, log.create_chat("aria").chat
    said = log.add(gone, "user", f"暗号是{_SECRET}").message
    other = log.add(kept, "user", "我养了一只猫").message
    used = tuple(
        MemoryUsed(None, message, chat, text, 1.0)
        for message, chat, text in ((said, gone, f"暗号是{_SECRET}"), (other, kept, "我养了一只猫"))
    )
    why = Explanation(memories=used, model="m").as_meta()
    reply = log.add(kept, "assistant", "我记得。", meta={"why": why, "spoken": True}).message
    log.delete_chat(gone)
    log.purge_chat(gone)
    (found,) = [one for one in log.path(kept) if one.message == reply]
    explained = explanation_of(found.meta)
    assert explained is not None
    assert [one.text for one in explained.memories] == ["我养了一只猫"]
    assert (explained.model, found.meta["spoken"]) == ("m", True)
    assert not _stands_in(log, _SECRET)


def test_control_a_chat_that_is_only_deleted_stands_in_the_file(log: SqliteChatLog) -> None:
    gone = log.create_chat("aria").chat
    log.add(gone, "user", f"暗号是{_SECRET}")
    log.delete_chat(gone)
    assert _stands_in(log, _SECRET)


def test_the_search_index_keeps_no_piece_of_a_purged_text_and_finds_the_others(log: SqliteChatLog) -> None:
    gone, kept = log.create_chat("aria").chat, log.create_chat("aria").chat
    for n in range(200):
        log.add(gone, "user", f"{_SECRET}开花了 wisteria {n}")
        log.add(kept, "user", f"今天下雨 rain {n}")
    log.index()
    log.delete_chat(gone)
    log.purge_chat(gone)
    assert len(log.search("rain", limit=500)) == 200
    assert log.check() == []
    assert not _stands_in(log, "wis")


def test_backups_that_hold_a_chat_are_named_and_older_ones_are_not(
    log: SqliteChatLog, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    log.add(log.create_chat("aria").chat, "user", "früher")
    backup(log, folder, now=1_000_000_000.0)
    chat = log.create_chat("aria").chat
    log.add(chat, "user", _SECRET)
    holding = backup(log, folder)
    (tmp_path / "chats.sqlite3.damaged-x").write_bytes(b"no log")
    log.delete_chat(chat)
    log.purge_chat(chat)
    assert copies_holding(log.file, folder, chat) == [holding, tmp_path / "chats.sqlite3.damaged-x"]
