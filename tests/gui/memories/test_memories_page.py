"""The page of memories, driven as a user drives it, over a real log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from companion.domain import events
from companion.errors import StorageError
from companion.gui.memories.page import MemoriesPage
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton


def add(companion: Any, text: str, said: str = "", **more: Any) -> int:
    """Keep a card that was said in a chat of its own."""
    message = None
    if said:
        chat = companion.log.create_chat("xiaoman", title="雨天").chat
        message = companion.log.add(chat, "user", said).message
    origin = "conversation" if said else "user"
    card = companion.log.memories.add("xiaoman", text, message=message, origin=origin, **more)
    return int(card.memory)


@pytest.fixture
def ids(companion: Any) -> dict[str, int]:
    return {
        "name": add(companion, "用户叫小林。", "叫我小林就好。", slot="name", value="小林"),
        "home": add(companion, "用户住在杭州。", "我住在杭州。", slot="home", value="杭州"),
        "snow": add(companion, "下雪时一起去断桥。", "答应我。", kind="relationship"),
        "tea": add(companion, "喝茶不加糖。"),
    }


@pytest.fixture
def page(
    qtbot: QtBot, look: Look, companion: Any, make_character: Any, ids: dict[str, int]
) -> Iterator[MemoriesPage]:
    tasks = Tasks()
    made = MemoriesPage(companion, look, tasks, make_character())
    made.tester = QAbstractItemModelTester(made.model)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(720, 460)
    made.show()
    qtbot.waitUntil(lambda: made.model.n_known == 4)
    yield made
    tasks.close()


def texts(page: MemoriesPage) -> list[str]:
    return [str(page.model.index(row).data()) for row in range(page.model.rowCount())]


def choose(page: MemoriesPage, memory: int) -> None:
    page.list.setFocus()
    page.list.setCurrentIndex(page.model.index(page.model.row_of(memory)))


def key(page: MemoriesPage, pressed: Qt.Key) -> None:
    QTest.keyClick(page.list, pressed)


def test_cards_are_shown_in_groups_newest_first(page: MemoriesPage) -> None:
    assert texts(page) == [
        "About you",
        "喝茶不加糖。",
        "你住在杭州。",
        "你叫小林。",
        "Between you",
        "下雪时一起去断桥。",
    ]
    assert page.status.text() == "4 memories"


def test_a_card_is_corrected_in_place_and_keeps_its_old_form_folded(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    choose(page, ids["home"])
    key(page, Qt.Key.Key_F2)
    field = page.list.inline.field
    assert field is not None
    edit = field.findChild(QPlainTextEdit)
    edit.setPlainText("你住在上海。")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "你住在上海。" in texts(page))
    assert "你住在杭州。" not in texts(page)
    row = page.model.row(texts(page).index("你住在上海。"))
    assert row.card is not None
    assert [one.text for one in row.card.earlier] == ["用户住在杭州。"]
    assert row.card.memory.text == "用户住在上海。"
    assert companion.log.memories.memory(ids["home"]).state == "superseded"


def test_earlier_forms_unfold(qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]) -> None:
    new = companion.log.memories.correct(ids["home"], "用户住在上海。").memory
    page.refresh()
    qtbot.waitUntil(lambda: page.model.row_of(new) >= 0)
    choose(page, new)
    before = page.list.visualRect(page.list.currentIndex()).height()
    key(page, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: page.list.visualRect(page.list.currentIndex()).height() > before)


def test_a_forgotten_card_can_be_taken_back_at_once(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    choose(page, ids["tea"])
    key(page, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: "喝茶不加糖。" not in texts(page))
    assert page.undo.said == "Forgotten: 喝茶不加糖。"
    page.undo.back.click()
    qtbot.waitUntil(lambda: "喝茶不加糖。" in texts(page))
    assert companion.log.memories.memory(ids["tea"]).state == "active"


def test_a_forgotten_card_comes_back_from_its_fold(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    companion.log.memories.forget(ids["tea"])
    page.refresh()
    qtbot.waitUntil(lambda: texts(page)[-1] == "Forgotten")
    page.list.setFocus()
    page.list.setCurrentIndex(page.model.index(page.model.rowCount() - 1))
    key(page, Qt.Key.Key_Return)
    assert texts(page)[-1] == "喝茶不加糖。"
    choose(page, ids["tea"])
    key(page, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Forgotten" not in texts(page))


def test_a_pinned_card_moves_to_the_head_of_its_group(
    qtbot: QtBot, page: MemoriesPage, ids: dict[str, int]
) -> None:
    choose(page, ids["name"])
    key(page, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: texts(page)[1] == "你叫小林。")


def test_icons_and_place_of_a_card_can_be_clicked(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    message = companion.log.memories.memory(ids["name"]).message
    view = page.list.viewport()
    with qtbot.waitSignal(page.message_wanted) as shown:
        QTest.mouseClick(view, LEFT, pos=page.list.place_of(ids["name"], "where").center())
    assert shown.args is not None
    assert shown.args[1] == message
    QTest.mouseClick(view, LEFT, pos=page.list.place_of(ids["name"], "pin").center())
    qtbot.waitUntil(lambda: texts(page)[1] == "你叫小林。")
    QTest.mouseClick(view, LEFT, pos=page.list.place_of(ids["tea"], "edit").center())
    assert page.list.inline.is_at(ids["tea"])


def test_the_search_keeps_only_what_holds_the_words(page: MemoriesPage) -> None:
    page.field.setText("断桥")
    QTest.keyClick(page.field, Qt.Key.Key_Return)
    assert texts(page) == ["Between you", "下雪时一起去断桥。"]
    assert page.status.text() == "1 of 4 memories"
    page.field.setText("zzz")
    QTest.keyClick(page.field, Qt.Key.Key_Return)
    assert page.empty.isVisible()
    assert page.empty.title == "Nothing found for “zzz”."


def test_one_writes_a_card_of_ones_own(qtbot: QtBot, page: MemoriesPage, companion: Any) -> None:
    page.add.click()
    assert not page.writing.save.isEnabled()
    page.writing.text.setPlainText("我们在西湖边认识。")
    page.writing.kind.button("relationship").click()
    page.writing.save.click()
    qtbot.waitUntil(lambda: "我们在西湖边认识。" in texts(page))
    card = companion.log.memories.cards("xiaoman")[0]
    assert (card.kind, card.origin) == ("relationship", "user")
    assert not page.writing.isVisible()


def test_everything_is_forgotten_only_after_the_word_was_typed(
    qtbot: QtBot, page: MemoriesPage, companion: Any
) -> None:
    page.farewell.ask(4)
    assert not page.farewell.forget.isEnabled()
    QTest.keyClick(page.farewell.word, Qt.Key.Key_Return)
    page.farewell.word.setText("FORGET")
    assert page.farewell.forget.isEnabled()
    assert page.model.n_known == 4
    page.farewell.forget.click()
    qtbot.waitUntil(lambda: page.empty.isVisible())
    assert companion.log.memories.cards("xiaoman", all_states=True) == []
    assert page.empty.title == "顾小满 does not know much about you yet"


def test_what_comes_to_her_mind_can_be_tried(qtbot: QtBot, page: MemoriesPage, companion: Any) -> None:
    page.trial.fold.click()
    page.trial.field.setText("杭州怎么样？")
    QTest.keyClick(page.trial.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.trial.answers == ["你住在杭州。"])
    page.trial.field.setText("zzz")
    page.trial.ask.click()
    qtbot.waitUntil(lambda: page.trial.answers == ["Nothing would come to her mind."])


def test_what_she_learns_meanwhile_appears(qtbot: QtBot, page: MemoriesPage, companion: Any) -> None:
    add(companion, "用户养了一只猫。", "我养了一只猫。")
    page.take(events.MemoriesChanged("wren"))
    page.take(events.MemoriesChanged("xiaoman"))
    qtbot.waitUntil(lambda: "你养了一只猫。" in texts(page))


def test_words_being_written_survive_what_she_learns_meanwhile(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    choose(page, ids["home"])
    key(page, Qt.Key.Key_F2)
    field = page.list.inline.field
    assert field is not None
    field.findChild(QPlainTextEdit).setPlainText("你住在苏")
    add(companion, "用户养了一只猫。", "我养了一只猫。")
    page.take(events.MemoriesChanged("xiaoman"))
    done: list[int] = []
    page._tasks.run(lambda: 1, done.append)
    qtbot.waitUntil(lambda: done == [1])
    assert page.list.inline.field is field
    assert field.text == "你住在苏"
    assert not page.can_leave()
    assert page.guard.isVisible()
    page.guard.drop.click()
    qtbot.waitUntil(lambda: "你养了一只猫。" in texts(page))
    assert page.can_leave()


def test_a_failure_is_told_on_the_page(qtbot: QtBot, page: MemoriesPage) -> None:
    page._fail(StorageError("The disk is full.", "Make room, then try again.", code="disk_full"))
    assert page.banner.keys == ("error",)
    page.refresh()
    qtbot.waitUntil(lambda: page.banner.isVisible())


def test_memories_are_saved_as_a_file(qtbot: QtBot, page: MemoriesPage, tmp_path: Path) -> None:
    page.export(str(tmp_path / "memories.md"))
    qtbot.waitUntil(lambda: "saved" in page.banner.keys)
    assert "- 喝茶不加糖。" in (tmp_path / "memories.md").read_text(encoding="utf-8")


def test_remembering_is_switched_off_from_the_page(
    qtbot: QtBot, look: Look, companion: Any, make_character: Any
) -> None:
    tasks = Tasks()
    page = MemoriesPage(companion, look, tasks, make_character())
    qtbot.addWidget(page)
    page.show()
    assert page.remember.isVisible()
    page.remember.click()
    assert companion.settings.recall.remember is False
    tell = next(one for one in page._menu().actions() if one.isCheckable())
    tell.trigger()
    assert companion.settings.recall.tell is False
    assert companion.saved == 2
    tasks.close()


def test_a_card_is_copied(page: MemoriesPage, ids: dict[str, int]) -> None:
    choose(page, ids["tea"])
    QTest.keyClick(page.list, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "喝茶不加糖。"


def test_a_screen_reader_hears_text_place_and_state(
    qtbot: QtBot, page: MemoriesPage, companion: Any, ids: dict[str, int]
) -> None:
    companion.log.memories.pin(ids["name"], True)
    page.refresh()
    qtbot.waitUntil(lambda: texts(page)[1] == "你叫小林。")
    said = page.model.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said.startswith("你叫小林。 · pinned · Today")
    assert "叫我小林就好。" in said


def test_hundreds_of_cards_keep_the_column_and_paint_only_what_is_seen(
    qtbot: QtBot, page: MemoriesPage, companion: Any
) -> None:
    for n in range(200):
        add(companion, f"第{n}件小事：" + "喜欢在傍晚散步，" * (1 + n % 9))
    page.refresh()
    qtbot.waitUntil(lambda: page.model.n_known == 204)
    page.list.scrollToBottom()
    last = page.model.index(page.model.rowCount() - 1)
    assert page.list.viewport().rect().contains(page.list.visualRect(last).center())
    heights = {page.list.visualRect(page.model.index(row)).height() for row in range(1, 12)}
    assert len(heights) > 1
    assert not page.grab().isNull()


def test_a_long_text_is_shown_whole(qtbot: QtBot, page: MemoriesPage, companion: Any) -> None:
    long = add(companion, "很长的记忆。" * 300)
    page.refresh()
    qtbot.waitUntil(lambda: page.model.row_of(long) >= 0)
    index = page.model.index(page.model.row_of(long))
    page.list.setCurrentIndex(index)
    assert page.list.visualRect(index).height() > 600
    assert page.list.indexAt(QPoint(300, 200)).isValid()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_forms_are_shown_whole_in_the_smallest_window(
    qtbot: QtBot, window: MainWindow, qapp: Any, language: Any
) -> None:
    apply_language(qapp, language)
    try:
        window.resize(720, 520)
        window.open_named("memories")
        page = window.pages.content
        assert isinstance(page, MemoriesPage)
        for form, open_ in ((page.writing, page.writing.open), (page.farewell, lambda: page.farewell.ask(4))):
            open_()
            window.grab()  # lays out
            layout = form.layout()
            assert layout is not None
            wanted = max(form.sizeHint().height(), layout.heightForWidth(form.width()))
            assert form.visibleRegion().boundingRect().height() >= wanted
            form.hide()
        assert window.size().toTuple() == (720, 520)
    finally:
        apply_language(qapp, "en")
