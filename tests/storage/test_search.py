"""Searching: the index is disposable, short words need none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.storage import search
from companion.storage.chat_log import SqliteChatLog

pytestmark = pytest.mark.unit


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteChatLog]:
    opened = SqliteChatLog.open(tmp_path / "chats.sqlite3")
    chat = opened.create_chat("aria").chat
    for text in (
        "昨天的月亮很圆，像一块月饼",
        '100% of_it "quoted"',
        "Ärger im Straßencafé\0hinter der Null",
    ):
        opened.add(chat, "user", text)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("月", "月"),
        ("月亮", "月亮"),
        ("月亮很圆", "月亮很圆"),
        ("月饼 昨天的", "月饼"),
        ("%", "%"),
        ("f_i", "f_i"),
        ('"quo', '"quo'),
        ("QUOTED", "quoted"),
        ("ärger", "Ärger"),
        ("der Null", "der"),
        ("ll", "ll"),
        ("caf\u00e9", "café"),
    ],
)
def test_words_are_found_as_they_stand(log: SqliteChatLog, query: str, found: str) -> None:
    (hit,) = log.search(query)
    assert hit.excerpt[hit.start : hit.end] == found


@pytest.mark.parametrize("query", ["月 太阳", "亮月", "_x", "' OR 1=1 --", "NEAR(", "*", "  ", "\0"])
def test_nothing_is_found_where_nothing_stands(log: SqliteChatLog, query: str) -> None:
    assert log.search(query) == []


def test_long_texts_are_cut_around_the_match(log: SqliteChatLog) -> None:
    chat = log.chats()[0].chat
    log.add(chat, "assistant", "前" * 500 + "\n宝藏在此\n" + "后" * 500)
    (hit,) = log.search("宝藏在此")
    assert hit.excerpt[hit.start : hit.end] == "宝藏在此"
    assert len(hit.excerpt) < 150
    assert (hit.excerpt[0], hit.excerpt[-1], "\n" in hit.excerpt) == ("…", "…", False)


def test_only_what_is_shown_is_found(log: SqliteChatLog) -> None:
    chat = log.chats()[0].chat
    reply = log.add(chat, "assistant", "第一个答案甲")
    log.add_variant(reply.message, "第二个答案乙")
    assert len(log.search("个答案")) == 1
    log.select(reply.message)
    assert [hit.message for hit in log.search("个答案")] == [reply.message]


def test_a_dropped_or_dead_index_is_built_anew(log: SqliteChatLog) -> None:
    assert log.search("月亮很圆")
    search.drop(log._connection)
    assert log.search("月亮很圆")
    log._connection.execute("UPDATE search_data SET block = x'00'")
    assert log.search("月亮很圆")
    assert log.check() == []


def test_without_an_index_every_text_is_read(log: SqliteChatLog, tmp_path: Path) -> None:
    reader = SqliteChatLog.open(log.file, read_only=True)
    assert [hit.excerpt for hit in reader.search("月亮很圆")] == ["昨天的月亮很圆，像一块月饼"]
    reader.close()
