"""`companion chats delete`: hidden with a way back, or for good after a question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.paths import Paths
from companion.storage.backup import backup
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

Run = Callable[..., Any]
_SECRET = "紫藤萝十七"


@pytest.fixture
def chat(home: Path) -> str:
    """A chat that tells a secret, beside another one; return its id."""
    paths = Paths.under(home)
    paths.make()
    log = SqliteChatLog.open(paths.chat_log)
    log.add(log.create_chat("xiaoman").chat, "user", "明天下雨吗")
    made = log.create_chat("xiaoman", title="秘密").chat
    message = log.add(made, "user", f"暗号是{_SECRET}").message
    log.memories.add("xiaoman", f"用户的暗号是{_SECRET}", message=message, origin="conversation")
    log.index()
    log.close()
    return made


def holding(home: Path, text: str) -> list[str]:
    """Return the names of the files below `home` that hold `text`, plain or as JSON escapes it."""
    forms = (text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le"))
    files = [path for path in home.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if any(form in path.read_bytes() for form in forms))


def _listed(run: Run, *more: str) -> list[str]:
    return [one["chat"] for one in run("chats", "list", "--json", *more).json]


def test_a_deleted_chat_is_hidden_and_comes_back(run: Run, home: Path, chat: str) -> None:
    assert run("chats", "delete", chat[:8]).code == 0
    assert (chat in _listed(run), chat in _listed(run, "--deleted")) == (False, True)
    assert holding(home, _SECRET) == ["chats.sqlite3"]
    assert run("chats", "undelete", chat[:8]).code == 0
    assert chat in _listed(run)


@pytest.mark.parametrize("before", [False, True])
def test_a_chat_deleted_for_good_stands_in_no_file(run: Run, home: Path, chat: str, before: bool) -> None:
    if before:
        run("chats", "delete", chat)
    done = run("chats", "delete", chat[:8], "--for-good", "--json", typed="delete\n")
    assert (done.code, done.json["copies"]) == (0, [])
    assert "cannot be undone" in done.err
    assert holding(home, _SECRET) == []
    assert holding(home, "紫藤萝") == []
    assert (len(_listed(run)), _listed(run, "--deleted")) == (1, [])
    assert run("memories", "list", "--character", "xiaoman", "--all", "--json").json == []


@pytest.mark.parametrize("typed", ["yes\n", "\n", ""])
def test_without_the_word_nothing_is_deleted(run: Run, home: Path, chat: str, typed: str) -> None:
    assert run("chats", "delete", chat, "--for-good", typed=typed).code != 0
    assert chat in _listed(run)
    assert holding(home, _SECRET) == ["chats.sqlite3"]


def test_yes_asks_nothing_and_backups_that_hold_it_are_named(run: Run, home: Path, chat: str) -> None:
    paths = Paths.under(home)
    log = SqliteChatLog.open(paths.chat_log)
    made = backup(log, paths.backups)
    log.close()
    done = run("chats", "delete", chat, "--for-good", "--yes", "--json")
    assert done.json["copies"] == [str(made)]
    assert holding(home, _SECRET) == [made.name]


def test_a_chat_must_be_named(run: Run, chat: str) -> None:
    assert run("chats", "delete", "--for-good", "--yes").code != 0
    assert run("chats", "delete", "zzz").code != 0
    assert chat in _listed(run)
