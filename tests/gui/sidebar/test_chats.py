from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from companion.domain.messages import ChatInfo
from companion.errors import StorageError
from companion.gui.sidebar.chats import ChatList, chat_day, chat_title
from companion.gui.sidebar.deleted import DeletedChats, Purge
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


def chat(id_: str, seq: int, **more: Any) -> ChatInfo:
    values: dict[str, Any] = {"title": "", "created_at": 0.0, "updated_at": 0.0, "n_messages": 2, **more}
    return ChatInfo(chat=id_, character="xiaoman", last_seq=seq, **values)


@pytest.fixture
def chats(qtbot: QtBot, look: Look) -> ChatList:
    made = ChatList(look)
    made.tester = QAbstractItemModelTester(made.rows)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(240, 300)
    made.show()
    made.rows.show([chat("a", 1, title="旧的"), chat("b", 5, title="新的"), chat("c", 3)])
    return made


def test_the_chat_used_last_is_on_top(chats: ChatList) -> None:
    assert [chats.rows.chat(row).chat for row in range(3)] == ["b", "c", "a"]


def test_a_click_opens_a_chat_and_the_open_one_is_left_alone(chats: ChatList) -> None:
    chosen: list[str] = []
    chats.chosen.connect(chosen.append)
    chats.set_current("b")
    for row in (0, 2):
        at = chats.visualRect(chats.rows.index(row)).center()
        QTest.mouseClick(chats.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == ["a"]


def test_f2_renames_in_place(chats: ChatList, qtbot: QtBot) -> None:
    renamed: list[tuple[str, str]] = []
    chats.renamed.connect(lambda *said: renamed.append(said))
    chats.set_current("a")
    chats.rename_current()
    editor = chats.findChild(QLineEdit)
    assert editor.text() == "旧的"
    editor.setText("雨夜\u202e")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: renamed == [("a", "雨夜")])


@pytest.mark.parametrize("title", ["", "   ", "旧的"])
def test_an_empty_or_the_same_name_renames_nothing(chats: ChatList, title: str) -> None:
    renamed: list[str] = []
    chats.renamed.connect(lambda id_, _: renamed.append(id_))
    chats.rows.setData(chats.rows.index(2), title)
    assert renamed == []


def test_the_delete_key_asks_for_the_focused_chat_to_go(chats: ChatList) -> None:
    deleted: list[str] = []
    chats.deleted.connect(deleted.append)
    chats.setCurrentIndex(chats.rows.index(1))
    QTest.keyClick(chats, Qt.Key.Key_Delete)
    assert deleted == ["c"]


def test_what_only_grew_keeps_the_focus(chats: ChatList) -> None:
    chats.setCurrentIndex(chats.rows.index(1))
    chats.rows.show([chat("a", 1), chat("b", 5, preview="更多"), chat("c", 3)])
    assert chats.currentIndex().row() == 1


def test_a_chat_without_a_name_has_its_day(chinese: None) -> None:
    assert chat_title(chat("x", 1, created_at=time.time())) == "今天"
    assert chat_title(chat("x", 1, title="雨夜\n")) == "雨夜"


def test_a_chat_of_today_shows_the_hour_another_the_day() -> None:
    assert ":" in chat_day(chat("x", 1, updated_at=time.time()))
    assert "/" in chat_day(chat("x", 1, updated_at=86_400.0 * 40))


def test_a_deleted_chat_is_offered_and_wanted_back_once(qtbot: QtBot, look: Look) -> None:
    page = deleted_page(qtbot, lambda id_: [])
    (row,) = page.rows
    with qtbot.waitSignal(page.restored) as wanted:
        row.back.click()
    assert wanted.args == ["a"]
    assert not row.isVisible()


def test_a_deleted_chat_goes_for_good_only_after_a_question(qtbot: QtBot, look: Look, chinese: None) -> None:
    gone: list[str] = []

    def purge(id_: str) -> list[Path]:
        gone.append(id_)
        return []

    page = deleted_page(qtbot, purge)
    (row,) = page.rows
    row.rid.click()
    assert "无法恢复" in row.said
    assert page.focusWidget() is row.stay
    row.stay.click()
    assert (row.said, row.confirm.isVisible(), gone) == ("", False, [])
    row.rid.click()
    row.confirm.click()
    qtbot.waitUntil(lambda: row.said == "已彻底删除。")
    assert gone == ["a"]
    assert [one.isVisible() for one in (row.back, row.rid, row.stay, row.confirm)] == [False] * 4


def test_backups_that_still_hold_a_chat_are_told(
    qtbot: QtBot, look: Look, chinese: None, tmp_path: Path
) -> None:
    for copies, said in (
        (["a"], f"已彻底删除。还有一份备份里有它：{tmp_path / 'a'}"),
        (["a", "b"], f"已彻底删除。还有 2 份备份里有它：{tmp_path}"),
    ):
        page = deleted_page(qtbot, lambda id_, names=copies: [tmp_path / one for one in names])
        (row,) = page.rows
        row.ask()
        row.confirm.click()
        qtbot.waitUntil(lambda row=row, said=said: row.said == said)


def test_a_chat_that_could_not_go_stays_with_the_reason(qtbot: QtBot, look: Look, chinese: None) -> None:
    def full(id_: str) -> list[Path]:
        raise StorageError("The disk is full.", "Make room.", code="disk_full")

    page = deleted_page(qtbot, full)
    (row,) = page.rows
    row.ask()
    row.confirm.click()
    qtbot.waitUntil(lambda: row.confirm.isEnabled())
    assert row.said not in ("", "已彻底删除。")
    assert row.back.isEnabled()


def deleted_page(qtbot: QtBot, purge: Purge) -> DeletedChats:
    tasks = Tasks()
    page = DeletedChats([chat("a", 1, title="旧的")], tasks, purge)
    qtbot.addWidget(page, before_close_func=lambda _: tasks.close())
    page.show()
    qtbot.waitExposed(page)
    return page
