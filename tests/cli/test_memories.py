"""`companion memories`: the user sees, corrects, pins, forgets and carries away what is remembered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.paths import Paths
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit

Run = Callable[..., Any]
HERS = ("--character", "xiaoman", "--json")


@pytest.fixture
def card(home: Path) -> int:
    """A card that came from a chat; return its number."""
    paths = Paths.under(home)
    paths.make()
    log = SqliteChatLog.open(paths.chat_log)
    message = log.add(log.create_chat("xiaoman").chat, "user", "我住在北京").message
    made = log.memories.add(
        "xiaoman", "用户住在北京", slot="home", value="北京", message=message, origin="conversation"
    )
    log.close()
    return made.memory


def _texts(run: Run, *more: str) -> list[str]:
    return [one["text"] for one in run("memories", "list", *HERS, *more).json]


def test_cards_are_listed_with_where_they_came_from(run: Run, card: int) -> None:
    (one,) = run("memories", "list", *HERS).json
    assert (one["memory"], one["text"], one["origin"], one["state"]) == (
        card,
        "用户住在北京",
        "conversation",
        "active",
    )
    assert one["message"]
    assert one["chat"]
    assert "用户住在北京" in run("memories", "list", "--character", "xiaoman").out


def test_a_correction_replaces_the_old_form_which_only_all_shows(run: Run, card: int) -> None:
    assert run("memories", "correct", str(card), "用户住在上海", "--json").json["text"] == "用户住在上海"
    assert _texts(run) == ["用户住在上海"]
    assert sorted(_texts(run, "--all")) == ["用户住在上海", "用户住在北京"]


def test_a_forgotten_card_comes_back_when_it_is_restored(run: Run, card: int) -> None:
    assert run("memories", "forget", str(card), "--json").json["state"] == "forgotten"
    assert _texts(run) == []
    run("memories", "restore", str(card))
    assert _texts(run) == ["用户住在北京"]


def test_a_card_is_pinned_and_let_go(run: Run, card: int) -> None:
    assert run("memories", "pin", str(card), "--json").json["state"] == "pinned"
    assert run("memories", "unpin", str(card), "--json").json["state"] == "active"


def test_what_the_user_adds_takes_the_place_of_what_was_proposed(run: Run, card: int) -> None:
    run("memories", "add", "我搬到广州了", *HERS)
    assert _texts(run) == ["我搬到广州了"]
    assert run("memories", "search", "广州", *HERS).json[0]["slot"] == "home"
    assert run("memories", "search", "北京", *HERS).json == []
    assert card


def test_cards_are_exported_as_json_and_as_a_list_to_read(run: Run, card: int, tmp_path: Path) -> None:
    for name in ("out.json", "out.md"):
        assert run("memories", "export", *HERS, "--out", str(tmp_path / name)).json["memories"] == 1
    assert json.loads((tmp_path / "out.json").read_text("utf-8"))[0]["memory"] == card
    assert "- 用户住在北京" in (tmp_path / "out.md").read_text("utf-8")


@pytest.mark.parametrize(
    "wrong",
    [
        ("list",),
        ("search", "--character", "xiaoman"),
        ("add", "--character", "xiaoman"),
        ("correct", "1"),
        ("correct", "x", "y"),
        ("forget",),
        ("export", "--character", "xiaoman"),
    ],
)
def test_what_is_missing_is_told(run: Run, card: int, wrong: tuple[str, ...]) -> None:
    done = run("memories", *wrong)
    assert done.code == 2
    assert done.err.strip()
    assert card


def test_an_unknown_number_is_told(run: Run, card: int) -> None:
    done = run("memories", "forget", "999999", "--json")
    assert (done.code, done.json["code"]) == (1, "unknown_memory")
    assert card
