"""Chats of Soul-of-Waifu and plain lists of messages come in whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from companion.storage import sow_chat
from companion.storage.chat_log import SqliteChatLog
from companion.storage.exchange import import_chat

pytestmark = pytest.mark.unit


def _message(
    number: int, text: str, *, user: bool = False, variants: tuple[str, ...] = ()
) -> dict[str, object]:
    texts = (text, *variants)
    return {
        "message_id": f"id-{number}",
        "sequence_number": number,
        "author_name": "用户" if user else "Aria",
        "is_user": user,
        "current_variant_id": "default",
        "variants": [
            {"variant_id": "default" if n == 0 else f"v{n}", "text": one} for n, one in enumerate(texts)
        ],
    }


def _chat() -> dict[str, object]:
    messages = [
        _message(1, "你来啦。", variants=("外面冷吗？",)),
        _message(3, "给你倒茶。"),
        _message(2, "嗯，好冷", user=True),
    ]
    return {
        "name": "雨天",
        "created_at": "2025-03-05T10:00:00",
        "chat_history": [{"user": "", "character": "你来啦。"}],
        "chat_content": {one["message_id"]: one for one in messages},
    }


def _whole() -> dict[str, object]:
    other = {**_chat(), "name": "别的"}
    return {
        "character_list": {
            "Bo": {"current_chat": "default", "chats": {"default": other}},
            "Aria": {"current_chat": "rain", "chats": {"default": other, "rain": _chat()}},
        }
    }


@pytest.mark.parametrize("shape", ["whole", "character", "chat", "content"])
def test_a_chat_is_read_from_the_whole_file_or_any_part_of_it(tmp_path: Path, shape: str) -> None:
    whole = _whole()
    characters = whole["character_list"]
    assert isinstance(characters, dict)
    cut = {
        "whole": whole,
        "character": characters["Aria"],
        "chat": _chat(),
        "content": {"chat_content": _chat()["chat_content"]},
    }
    file = tmp_path / "characters.json"
    file.write_text(json.dumps(cut[shape], ensure_ascii=False), "utf-8")
    log = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    report = import_chat(log, file, "aria")
    path = log.path(report.chat.chat)
    assert [(one.role, one.text) for one in path] == [
        ("assistant", "你来啦。"),
        ("user", "嗯，好冷"),
        ("assistant", "给你倒茶。"),
    ]
    assert [one.text for one in log.siblings(path[0].message)] == ["你来啦。", "外面冷吗？"]
    assert report.chat.title == ("雨天" if shape != "content" else "")
    assert bool(report.problems) == (shape in ("whole", "character"))
    assert log.check() == []
    log.close()


def test_the_chosen_variant_is_the_active_one() -> None:
    one = {**_message(1, "甲", variants=("乙", "丙")), "current_variant_id": "v1"}
    staged = sow_chat.decode(json.dumps({"chat_content": {"a": one}}).encode(), "aria")
    assert staged.transcript is not None
    assert [shown.text for shown in staged.transcript.path()] == ["乙"]


def test_pairs_of_old_versions_are_read() -> None:
    pairs = [{"user": "", "character": "你好。"}, {"user": "在吗", "character": "在呀。"}]
    staged = sow_chat.decode(json.dumps({"chat_history": pairs}).encode(), "aria")
    assert staged.transcript is not None
    assert [(one.role, one.text) for one in staged.transcript.path()] == [
        ("assistant", "你好。"),
        ("user", "在吗"),
        ("assistant", "在呀。"),
    ]


def test_a_plain_list_of_messages_is_read() -> None:
    lines = [
        {"role": "user", "content": "Hello", "timestamp": 1_700_000_000},
        {"name": "Aria", "content": "Hi there.", "timestamp": 1_700_000_060_000},
        {"role": "user", "content": 3},
        "nothing",
    ]
    staged = sow_chat.decode(json.dumps(lines).encode(), "aria")
    assert staged.transcript is not None
    assert [(one.role, one.created_at) for one in staged.transcript.messages] == [
        ("user", 1_700_000_000.0),
        ("assistant", 1_700_000_060.0),
    ]
    assert len(staged.problems) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"3", b"[" * 5_000, b'{"chat_content": {}}', b'{"character_list": {"A": 3}}'],
)
def test_what_holds_no_chat_gives_none(content: bytes) -> None:
    assert sow_chat.decode(content, "aria").transcript is None


def test_lines_of_sillytavern_are_not_taken_for_it() -> None:
    assert not sow_chat.is_one(b'{"user_name": "u", "chat_metadata": {}}\n{"mes": "a"}\n')
    assert not sow_chat.is_one(b'{"user_name": "u", "chat_metadata": {}}')
    assert sow_chat.is_one(b'[{"role": "user", "content": "a"}]')
