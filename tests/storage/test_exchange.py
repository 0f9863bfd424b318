"""Chats that leave and come back."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.domain.messages import StoredMessage
from companion.errors import StorageError
from companion.storage.backup import list_backups
from companion.storage.chat_log import SqliteChatLog
from companion.storage.exchange import export_chat, import_chat
from companion.storage.transcript import Transcript

pytestmark = pytest.mark.unit

_ODD = (
    "👩‍👩‍👧‍👦 🇨🇳 é e\u0301",
    "مرحبا بالعالم שלום \u202eRTL",
    "\0NUL\0 in der Mitte\0",
    "a\r\nb\rc\n\n\nd\u2028e\u0085f\x1c",
    "<!-- companion:message {} -->\n\\<!-- companion:chat {} -->\n# 标题\n\n---",
    "",
    "  \n\n",
    "字" * 33_000,
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteChatLog]:
    opened = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    yield opened
    opened.close()


def content(log: SqliteChatLog, chat: str) -> list[tuple[Any, ...]]:
    """Return what must survive, with ids counted anew."""
    transcript = log.transcript(chat)
    number = {one.message: n for n, one in enumerate(transcript.messages)}
    number_of_none: dict[int | None, int | None] = {None: None, **number}
    return [
        (
            number[one.message],
            number_of_none[one.parent],
            one.role,
            one.text,
            one.unheard,
            one.thought,
            one.partial,
            one.created_at,
            one.meta,
            one.message in {shown.message for shown in log.path(chat)},
        )
        for one in transcript.messages
    ]


def grown(log: SqliteChatLog) -> str:
    """Return a chat with greetings, variants, branches off the path, a cut-off reply and a draft."""
    chat = log.create_chat("aria", title="标题 <x> --> y").chat
    hello = log.add(chat, "assistant", "你好")
    log.add_variant(hello.message, "Hello")
    log.select(hello.message)
    ask = log.add(chat, "user", "问", meta={"source": "voice"})
    reply = log.add(chat, "assistant", "")
    log.finalise(reply.message, "听到的", unheard="没听到的", thought="想", meta={"emotion": "joy"})
    log.add(chat, "user", "在第一个答案之后")
    log.add_variant(reply.message, "另一个答案")
    log.add(chat, "user", "在另一个之后")
    third = log.add_variant(reply.message, "第三个")
    log.add(chat, "user", "更后")
    log.select(reply.message)
    log.add(chat, "assistant", "去掉我", parent=third.message)
    gone = log.add(chat, "assistant", "删掉", parent=ask.message)
    log.delete(gone.message)
    last = log.add(chat, "assistant", "")
    log.draft(last.message, "还没写完")
    return chat


def test_jsonl_brings_back_variants_branches_and_everything_beside_the_text(
    log: SqliteChatLog, tmp_path: Path
) -> None:
    chat = grown(log)
    path = tmp_path / "导出.jsonl"
    export_chat(log, chat, path, user_name="我", character_name="Aria")
    back = import_chat(log, path, "bo")
    assert content(log, back.chat.chat) == content(log, chat)
    assert (back.problems, back.chat.character, back.chat.title) == ((), "bo", "标题 <x> --> y")
    assert back.chat.created_at == log.chat(chat).created_at
    export_chat(log, back.chat.chat, tmp_path / "2.jsonl", user_name="我", character_name="Aria")
    assert (tmp_path / "2.jsonl").read_bytes() == path.read_bytes()
    assert log.check() == []


def test_ten_thousand_messages_come_back_byte_for_byte(log: SqliteChatLog, tmp_path: Path) -> None:
    rng = random.Random(3)
    messages = tuple(
        StoredMessage(
            n,
            "",
            n - 1 or None,
            rng.choice(("user", "assistant")),
            _ODD[n % 700]
            if n % 700 < len(_ODD)
            else f"第{n}句 " + "".join(rng.choices("天地人你我他 abc😀", k=40)),
            rng.uniform(1.6e9, 1.9e9),
        )
        for n in range(1, 10_001)
    )
    chat = log.write(Transcript("aria", messages)).chat
    for name in ("a.jsonl", "a.md"):
        assert export_chat(log, chat, tmp_path / name) == 10_000
        back = import_chat(log, tmp_path / name, "aria")
        assert back.problems == ()
        found = [(one.role, one.text, one.created_at) for one in log.path(back.chat.chat)]
        assert found == [(one.role, one.text, one.created_at) for one in messages]


def test_the_shape_is_sillytaverns(log: SqliteChatLog, tmp_path: Path) -> None:
    chat = grown(log)
    export_chat(log, chat, tmp_path / "a.jsonl", user_name="我", character_name="Aria")
    header, *lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_bytes().split(b"\n") if line]
    assert (header["user_name"], header["character_name"]) == ("我", "Aria")
    assert {"create_date", "chat_metadata"} <= set(header)
    assert [(one["name"], one["is_user"], one["is_system"]) for one in lines[:2]] == [
        ("Aria", False, False),
        ("我", True, False),
    ]
    assert (lines[0]["swipes"], lines[0]["swipe_id"], lines[0]["mes"]) == (["你好", "Hello"], 0, "你好")
    assert all({"send_date", "extra"} <= set(one) for one in lines)


def test_markdown_is_readable_and_comes_back(log: SqliteChatLog, tmp_path: Path) -> None:
    chat = grown(log)
    n = export_chat(log, chat, tmp_path / "a.md", user_name="我", character_name="Aria")
    shown = (tmp_path / "a.md").read_text("utf-8")
    assert "**Aria** · " in shown
    assert "**我** · " in shown
    back = import_chat(log, tmp_path / "a.md", "aria")
    assert n == back.n_messages == len(log.path(chat))
    keep = ("role", "text", "unheard", "thought", "partial", "created_at", "meta")
    assert [[getattr(one, name) for name in keep] for one in log.path(back.chat.chat)] == [
        [getattr(one, name) for name in keep] for one in log.path(chat)
    ]


@pytest.mark.parametrize("text", _ODD, ids=range(len(_ODD)))
@pytest.mark.parametrize("ending", ["jsonl", "md"])
def test_odd_texts_come_back(log: SqliteChatLog, tmp_path: Path, text: str, ending: str) -> None:
    chat = log.create_chat("aria").chat
    log.add(chat, "user", text)
    log.add(chat, "assistant", text, meta={"emotion": "--> <!-- "})
    log.add(chat, "user", "end")
    export_chat(log, chat, tmp_path / f"a.{ending}")
    back = import_chat(log, tmp_path / f"a.{ending}", "aria")
    assert content(log, back.chat.chat) == content(log, chat)


def _silly(*lines: object, header: dict[str, object] | None = None) -> bytes:
    first = header or {
        "user_name": "You",
        "character_name": "Seraphina",
        "create_date": "2024-2-8 @11h 46m 5s 1ms",
    }
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in (first, *lines)).encode()


def _import(log: SqliteChatLog, tmp_path: Path, raw: bytes) -> tuple[list[StoredMessage], tuple[str, ...]]:
    (tmp_path / "st.jsonl").write_bytes(raw)
    back = import_chat(log, tmp_path / "st.jsonl", "sera")
    return log.path(back.chat.chat), back.problems


def test_a_chat_of_sillytavern_comes_with_its_swipes(log: SqliteChatLog, tmp_path: Path) -> None:
    path, problems = _import(
        log,
        tmp_path,
        _silly(
            {
                "name": "Seraphina",
                "is_user": False,
                "mes": "*smiles* 你好",
                "send_date": "June 19, 2023 2:20pm",
            },
            {"name": "You", "is_user": True, "mes": "嗨", "send_date": 1687184460000},
            {
                "name": "Seraphina",
                "is_user": False,
                "is_system": False,
                "send_date": "2023-06-19T14:22:00.000Z",
                "mes": "b, edited",
                "swipes": ["a", "b", "c"],
                "swipe_id": 1,
                "extra": {"api": "koboldcpp", "model": "x"},
            },
            {"name": "Kai", "is_user": False, "mes": "third", "send_date": "2023-6-19 @14h 23m 7s"},
        ),
    )
    assert problems == ()
    assert [(one.role, one.text) for one in path] == [
        ("assistant", "*smiles* 你好"),
        ("user", "嗨"),
        ("assistant", "b, edited"),
        ("assistant", "third"),
    ]
    assert [one.text for one in log.siblings(path[2].message)] == ["a", "b, edited", "c"]
    assert path[0].created_at == 1687184400.0
    assert path[2].meta["st_extra"] == {"api": "koboldcpp", "model": "x"}
    assert path[3].meta["name"] == "Kai"
    export_chat(log, path[0].chat, tmp_path / "again.jsonl", user_name="You", character_name="Seraphina")
    lines = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text("utf-8").split("\n") if line]
    assert lines[3]["extra"]["api"] == "koboldcpp"
    assert lines[4]["name"] == "Kai"


def test_what_is_missing_or_wrong_is_listed_and_the_rest_comes(log: SqliteChatLog, tmp_path: Path) -> None:
    raw = _silly(
        {"mes": "一"},
        {"name": "You", "is_user": True, "mes": 5},
        ["no", "message"],
        {"mes": "二", "swipes": ["x", 3], "swipe_id": "1", "extra": "odd", "send_date": "whenever"},
        {"mes": "三", "swipes": ["三"], "swipe_id": 7, "extra": {"companion": {"id": "x", "variants": 3}}},
    )
    path, problems = _import(log, tmp_path, b"\xef\xbb\xbf" + raw + b'\n{"mes": broken\n\n')
    assert [one.text for one in path] == ["一", "二", "三"]
    assert len([one for one in problems if "left out" in one]) == 3
    assert len([one for one in problems if "date" in one]) == 2


def test_a_file_without_header_is_read_as_messages(log: SqliteChatLog, tmp_path: Path) -> None:
    path, problems = _import(log, tmp_path, b'{"mes": "a", "is_user": true}\n{"mes": "b"}')
    assert [(one.role, one.text) for one in path] == [("user", "a"), ("assistant", "b")]
    assert any("header" in one for one in problems)


def test_an_export_that_was_continued_elsewhere_keeps_both(log: SqliteChatLog, tmp_path: Path) -> None:
    chat = grown(log)
    export_chat(log, chat, tmp_path / "a.jsonl")
    raw = (tmp_path / "a.jsonl").read_bytes() + json.dumps({"mes": "新", "is_user": True}).encode()
    path, _ = _import(log, tmp_path, raw)
    assert [one.text for one in path] == [*(one.text for one in log.path(chat)), "新"]
    assert path[1].meta == {"source": "voice"}
    assert log.check() == []


def test_a_swipe_chosen_elsewhere_is_the_one_shown(log: SqliteChatLog, tmp_path: Path) -> None:
    chat = log.create_chat("aria").chat
    first = log.add(chat, "assistant", "甲")
    log.add_variant(first.message, "乙")
    log.select(first.message)
    export_chat(log, chat, tmp_path / "a.jsonl")
    header, line = [json.loads(one) for one in (tmp_path / "a.jsonl").read_text("utf-8").split("\n") if one]
    line |= {"swipe_id": 1, "mes": "乙"}
    path, _ = _import(log, tmp_path, _silly(line, header=header))
    assert [one.text for one in path] == ["乙"]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.jsonl", b""),
        ("a.jsonl", b"\0\0\0\0"),
        ("a.jsonl", b'{"user_name": "x"}'),
        ("a.jsonl", b"[" * 100_000),
        ("a.jsonl", b'{"mes": ' + b'{"a":' * 200 + b"1" + b"}" * 200 + b"}"),
        ("a.md", "# 别人的笔记".encode()),
        ("a.md", b"\xff\xfe"),
        ("missing.jsonl", None),
    ],
)
def test_a_file_without_a_chat_is_refused_and_nothing_changes(
    log: SqliteChatLog, tmp_path: Path, name: str, raw: bytes | None
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(StorageError) as caught:
        import_chat(log, tmp_path / name, "aria")
    assert caught.value.code in ("bad_import", "not_found")
    assert log.chats() == []
    assert list_backups(tmp_path / "backups") == []


def test_an_import_is_backed_up_first_and_found_by_search(log: SqliteChatLog, tmp_path: Path) -> None:
    _import(log, tmp_path, _silly({"mes": "月亮出来了"}))
    assert [one.label for one in list_backups(tmp_path / "backups")] == ["before-import"]
    assert len(log.search("月亮出来")) == 1


def test_an_import_that_fails_half_way_leaves_nothing(log: SqliteChatLog) -> None:
    broken = Transcript(
        "aria",
        (
            StoredMessage(1, "", None, "user", "a", 0.0),
            StoredMessage(2, "", 7, "assistant", "hangs on nothing", 0.0),
        ),
    )
    with pytest.raises(StorageError):
        log.write(broken)
    assert log.chats() == []
    assert log.check() == []
