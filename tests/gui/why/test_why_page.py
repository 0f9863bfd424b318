"""The page that explains a reply, opened from the conversation of the whole window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from companion.domain.character import Lorebook, LoreEntry
from companion.domain.explanation import Explanation, LoreUsed, MemoryUsed, PassageUsed
from companion.errors import StorageError
from companion.gui.characters.editor import EditorPage
from companion.gui.chat.actions import actions_for
from companion.gui.lore.book_page import BookPage
from companion.gui.lore.reader import ReaderPage
from companion.gui.memories.page import MemoriesPage
from companion.gui.why.page import WhyPage
from companion.gui.why.words import lore_reason, pace, seconds_text
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui
LORE = LoreUsed("西湖志", "12", "断桥", "断桥", "key", 96)
PASSAGE = PassageUsed("p1", "d1", "白蛇传.txt", "第三回", 1200, 1500, "那日正是清明时节。", 0.03)


def reply_with(companion: Any, **parts: Any) -> int:
    """Add a reply whose explanation was kept with it."""
    why = Explanation(sections=(("persona", 300), ("history", 600), ("lore", 0), ("user", 100)), **parts)
    said = companion.log.add(companion.chat, "assistant", "断桥上有雪。", meta={"why": why.as_meta()}).message
    companion.changed()
    return int(said)


def open_why(qtbot: QtBot, window: MainWindow, message: int) -> WhyPage:
    qtbot.waitUntil(lambda: window.panel.model.row_of(message) >= 0)
    window.panel.rows.act("why", message)
    page = window.pages.content
    assert isinstance(page, WhyPage)
    qtbot.waitUntil(lambda: page.found is not None)
    return page


def test_the_prompt_is_shown_in_parts_that_a_fan_understands(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    page = open_why(qtbot, window, reply_with(companion))
    assert page.bar is not None
    assert page.bar.words == ["人设 300 · 30 %", "之前的对话 600 · 60 %", "你的话 100 · 10 %"]
    assert page.reply.text == "断桥上有雪。"


def test_a_key_explains_the_last_reply(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    said = reply_with(companion)
    qtbot.waitUntil(lambda: window.panel.model.row_of(said) >= 0)
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    page = window.pages.content
    assert isinstance(page, WhyPage)
    assert page.message.message == said
    qtbot.waitUntil(lambda: page.found is not None)


def test_an_entry_is_switched_off_and_on_again(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    page = open_why(qtbot, window, reply_with(companion, lore=(LORE,)))
    row = page.rows["西湖志:12"]
    assert row.said == "因为提到了“断桥” · 96"
    row.switch.click()
    memories = companion.log.memories
    qtbot.waitUntil(lambda: memories.switched_off("xiaoman", "lore") == {"西湖志:12"})
    assert "已关掉" in row.note
    row.switch.click()
    qtbot.waitUntil(lambda: memories.switched_off("xiaoman", "lore") == frozenset())


def test_an_entry_that_found_no_room_is_told_with_its_length(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    left_out = (LoreUsed("西湖志", "7", "湖心亭", "", "constant", 1240),)
    page = open_why(qtbot, window, reply_with(companion, lore=(LORE,), left_out=left_out))
    assert "没放下的设定" in page.titles
    row = page.rows["西湖志:7"]
    assert row.said == "人设之外剩下的地方不够 · 1,240"
    row.switch.click()
    qtbot.waitUntil(lambda: companion.log.memories.switched_off("xiaoman", "lore") == {"西湖志:7"})


def test_where_everything_found_room_nothing_is_told_of_it(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    page = open_why(qtbot, window, reply_with(companion, lore=(LORE,)))
    assert "没放下的设定" not in page.titles
    assert "用到的设定" in page.titles


def test_an_entry_of_her_card_leads_into_the_editor(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    entry = LoreEntry(("断桥",), "断桥在西湖边。", id="12")
    companion.people[0] = replace(companion.people[0], lore=Lorebook(entries=(entry,)))
    page = open_why(qtbot, window, reply_with(companion, lore=(replace(LORE, book=""),)))
    page.rows[":12"].links[0].click()
    qtbot.waitUntil(lambda: isinstance(window.pages.content, EditorPage))
    editor = window.pages.content
    assert isinstance(editor, EditorPage)
    assert editor.parts.current == "lore"
    assert editor.lore.entries.row == 0


def test_an_entry_of_another_book_leads_to_that_book(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    entries = (LoreEntry(("苏堤",), "苏堤春晓。", id="11"), LoreEntry(("断桥",), "断桥在西湖边。", id="12"))
    companion.books.shelf["西湖志"] = Lorebook(entries, id="西湖志", name="西湖志")
    page = open_why(qtbot, window, reply_with(companion, lore=(LORE,)))
    page.rows["西湖志:12"].links[0].click()
    qtbot.waitUntil(lambda: isinstance(window.pages.content, BookPage))
    book = window.pages.content
    assert isinstance(book, BookPage)
    assert book.entries.row == 1


def test_a_passage_is_switched_off_and_leads_into_its_book(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    companion.log.memories.switch("xiaoman", "passage", "p1", off=True)
    companion.lore.texts["xiaoman"] = {"d1": "那日正是清明时节。\n" * 200}
    companion.lore.names["d1"] = "白蛇传.txt"
    page = open_why(qtbot, window, reply_with(companion, passages=(PASSAGE,)))
    row = page.rows["p1"]
    assert row.title == "白蛇传.txt · 第三回"
    assert not row.switch.isChecked()
    row.switch.click()
    qtbot.waitUntil(lambda: companion.log.memories.switched_off("xiaoman", "passage") == frozenset())
    with qtbot.waitSignal(page.source_wanted) as wanted:
        row.links[0].click()
    assert wanted.args == ["d1", 1200, 1500]
    qtbot.waitUntil(lambda: isinstance(window.pages.content, ReaderPage))


def test_a_switch_that_cannot_be_written_goes_back(
    qtbot: QtBot, window: MainWindow, companion: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(character: str, key: str, *, off: bool) -> None:
        raise StorageError("The disk is full.", "Make room.", code="disk_full")

    monkeypatch.setattr(companion, "switch_lore", full)
    page = open_why(qtbot, window, reply_with(companion, lore=(LORE,)))
    row = page.rows["西湖志:12"]
    row.switch.click()
    qtbot.waitUntil(lambda: page.banner.keys == ("error",))
    assert row.switch.isChecked()
    assert row.note == ""


def test_a_memory_is_forgotten_taken_back_and_corrected(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    memories = companion.log.memories
    card = memories.add("xiaoman", "用户叫小林。")
    used = MemoryUsed(card.memory, None, "", card.text, card.created_at)
    page = open_why(qtbot, window, reply_with(companion, memories=(used,)))
    row = page.rows[f"memory:{card.memory}"]
    correct, forget = row.links
    forget.click()
    qtbot.waitUntil(lambda: memories.memory(card.memory).state == "forgotten")
    assert (forget.text(), row.note) == ("撤销", "忘掉了。")
    forget.click()
    qtbot.waitUntil(lambda: memories.memory(card.memory).state == "active")
    correct.click()
    other = window.pages.content
    assert isinstance(other, MemoriesPage)
    qtbot.waitUntil(lambda: other.list.inline.is_at(card.memory))


def test_what_became_of_a_memory_since_is_told(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    memories = companion.log.memories
    gone, old = memories.add("xiaoman", "用户叫小林。"), memories.add("xiaoman", "用户住在杭州。")
    memories.forget(gone.memory)
    memories.correct(old.memory, "用户住在上海。")
    used = tuple(MemoryUsed(one.memory, None, "", one.text, 0.0) for one in (gone, old))
    page = open_why(qtbot, window, reply_with(companion, memories=used))
    assert page.rows[f"memory:{gone.memory}"].note == "你已经让她忘掉了。"
    assert page.rows[f"memory:{old.memory}"].note == "后来改正过。"


def test_words_from_a_chat_lead_to_their_message(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    other = companion.log.create_chat("xiaoman", title="雨天")
    said = companion.log.add(other.chat, "user", "我养了一只橘猫。").message
    used = MemoryUsed(None, said, other.chat, "我养了一只橘猫。", 0.0)
    page = open_why(qtbot, window, reply_with(companion, memories=(used,)))
    row = page.rows[f"message:{said}"]
    assert row.said == "聊过的原话 · 雨天"
    row.links[0].click()
    qtbot.waitUntil(lambda: window.panel.chat == other.chat)
    assert window.pages.is_home
    qtbot.waitUntil(lambda: window.panel.view.currentIndex().row() == 0)


@pytest.mark.parametrize(
    ("parent", "said"), [(True, "这是她的开场白，写在角色卡里。"), (False, "这句话没有留下记录")]
)
def test_a_reply_without_data_says_so(
    qtbot: QtBot, window: MainWindow, companion: Any, parent: bool, said: str
) -> None:
    if not parent:
        companion.log.add(companion.chat, "assistant", "早先的话。", meta={"why": {"lore": 3}})
        companion.changed()
    message = companion.path()[-1].message
    page = open_why(qtbot, window, message)
    assert page.bar is None
    assert said in page.nothing


def test_only_her_finished_replies_can_be_explained(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    companion.log.add(companion.chat, "user", "你好")
    companion.changed()
    model = window.panel.model
    qtbot.waitUntil(lambda: model.rowCount() == 2)

    def names(row: int) -> set[str]:
        found = actions_for(model.entry(row), is_last_reply=True, can_speak=True, can_regenerate=True)
        return {one.name for one in found}

    assert "why" in names(0)
    assert "why" not in names(1)
    window.panel.rows.act("why", model.entry(1).key)
    assert window.pages.is_home


@pytest.mark.parametrize(
    ("used", "chinese_words"),
    [
        (LORE, "因为提到了“断桥”"),
        (LoreUsed("b", "1", "茶馆", "", "constant"), "一直都在"),
        (LoreUsed("b", "1", "茶馆", "断桥", "sticky"), "刚才提到过，还记着"),
        (LoreUsed("b", "1", "茶馆", "白蛇", "recursion"), "由另一条设定里的“白蛇”带出"),
        (LoreUsed("b", "1", "茶馆", "", "activated"), "角色卡指定要用"),
    ],
)
def test_reasons_are_said_in_words(chinese: None, used: LoreUsed, chinese_words: str) -> None:
    assert lore_reason(used) == chinese_words


def test_pace_tells_times_and_what_was_read_anew(chinese: None) -> None:
    why = Explanation(
        n_prompt=3159,
        n_evaluated=702,
        n_generated=86,
        seconds={"first_token": 0.84, "total": 4.31, "decode": 3.44},
        model="Qwen2.5",
    )
    assert pace(why) == [
        ("等到第一个字", "0.8 秒"),
        ("一共", "4.3 秒"),
        ("读了多少", "3,159，其中 2,457 是早就读过的"),
        ("写了多少", "86，每秒 25"),
        ("模型", "Qwen2.5"),
    ]
    assert seconds_text(12.3) == "12 秒"
