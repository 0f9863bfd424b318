"""The whole window, driven as a user drives it; the program behind it answers by rule."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from companion.domain import commands as do
from companion.domain import events
from companion.domain.messages import StoredMessage, TurnId
from companion.gui.imports.page import ImportPage
from companion.gui.sidebar.deleted import DeletedChats
from companion.gui.theme import Look
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui


def texts(window: MainWindow) -> list[str]:
    model = window.panel.model
    return [model.entry(row).text for row in range(model.rowCount())]


def say(window: MainWindow, text: str) -> None:
    window.panel.composer.field.setPlainText(text)
    QTest.keyClick(window.panel.composer.field, Qt.Key.Key_Return)


def keys(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(window, key, modifiers)


class Unsaved(QWidget):
    is_saved = False

    def can_leave(self) -> bool:
        return self.is_saved


CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


def test_one_sees_the_greeting_says_something_and_reads_the_reply(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: texts(window) == ["你来啦。坐吧，茶刚泡好。"])
    say(window, "今天有点累。")
    qtbot.waitUntil(lambda: texts(window)[1:] == ["今天有点累。", companion.reply])
    assert not window.panel.model.entry(2).streaming
    assert window.panel.composer.field.toPlainText() == ""


def test_the_title_names_the_character_and_never_a_word_of_the_chat(window: MainWindow, qtbot: QtBot) -> None:
    say(window, "秘密")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    assert window.windowTitle() == "顾小满 — Companion"


def test_another_character_opens_by_key_with_her_own_chat_and_colour(
    window: MainWindow, companion: Any, look: Look, qtbot: QtBot
) -> None:
    before = look.tokens.accent.name()
    qtbot.waitUntil(lambda: window.home.sidebar.characters.rows.rowCount() == 3)
    keys(window, Qt.Key.Key_Tab, CTRL)
    qtbot.waitUntil(lambda: texts(window) == ["Evening. Coffee?"])
    assert look.tokens.accent.name() != before
    assert companion.settings.general.last_character == "wren"


def test_a_deleted_chat_can_be_brought_back(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    side = window.home.sidebar
    side.set_open(True)
    qtbot.waitUntil(lambda: side.chats.rows.rowCount() == 1)
    keys(window, Qt.Key.Key_N, CTRL)
    qtbot.waitUntil(lambda: side.chats.rows.rowCount() == 2)
    window.director.delete_chat(companion.chat)
    qtbot.waitUntil(lambda: side.chats.rows.rowCount() == 1)
    undo = next(
        one for one in side.findChildren(QPushButton) if one.isVisible() and one.text() in ("撤销", "Undo")
    )
    undo.click()
    qtbot.waitUntil(lambda: side.chats.rows.rowCount() == 2)


def test_a_chat_is_renamed_in_place(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.home.sidebar.chats.rows.rowCount() == 1)
    rows = window.home.sidebar.chats.rows
    assert rows.setData(rows.index(0), "雨天")
    qtbot.waitUntil(lambda: companion.log.chat(companion.chat).title == "雨天")


def test_search_finds_a_word_and_leads_to_its_message(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    say(window, "我喜欢桂花糕")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    keys(window, Qt.Key.Key_F, CTRL)
    assert window.home.is_searching
    window.director.search("桂花")
    hits = window.home.search.hits
    qtbot.waitUntil(lambda: hits.rowCount() == 1)
    window.home.search.hit_chosen.emit(hits.value(0))
    assert not window.home.is_searching
    assert window.panel.view.currentIndex().row() == 1


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_Z, CTRL, do.Undo),
        (Qt.Key.Key_R, CTRL, do.Regenerate),
        (Qt.Key.Key_Left, ALT, do.SelectVariant),
        (Qt.Key.Key_Right, ALT, do.SelectVariant),
        (Qt.Key.Key_B, CTRL, do.Branch),
        (Qt.Key.Key_N, CTRL, do.NewChat),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, do.Interrupt),
    ],
)
def test_keys_become_commands(
    window: MainWindow,
    companion: Any,
    qtbot: QtBot,
    key: Qt.Key,
    modifiers: Qt.KeyboardModifier,
    command: type,
) -> None:
    say(window, "你好")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    companion.posted.clear()
    window.panel.view.setFocus()
    keys(window, key, modifiers)
    qtbot.waitUntil(lambda: any(isinstance(one, command) for one in companion.posted))


def test_holding_f8_talks_and_letting_go_ends_it(window: MainWindow, companion: Any) -> None:
    QTest.keyPress(window, Qt.Key.Key_F8)
    QTest.keyRelease(window, Qt.Key.Key_F8)
    talks = [one for one in companion.posted if isinstance(one, (do.Talk, do.Listen))]
    assert talks == [do.Listen("push_to_talk"), do.Talk(True), do.Talk(False)]


def test_a_space_in_the_field_is_a_space(window: MainWindow, companion: Any) -> None:
    QTest.keyClicks(window.panel.composer.field, "a b")
    assert window.panel.composer.field.toPlainText() == "a b"
    assert not any(isinstance(one, do.Talk) for one in companion.posted)


def test_the_last_message_is_edited_in_place(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    say(window, "错字")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    keys(window, Qt.Key.Key_Up, CTRL)
    field = window.panel.view.inline.field
    assert field is not None
    assert field.text == "错字"
    field.saved.emit(field.message, "对字")
    qtbot.waitUntil(lambda: texts(window)[1] == "对字")


def test_copying_leaves_the_signs_of_formatting_out(window: MainWindow, qtbot: QtBot) -> None:
    say(window, "**好**")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    window.panel.rows.act("copy", window.panel.model.entry(1).key)
    assert QGuiApplication.clipboard().text() == "好"


def test_dots_come_only_after_a_while_and_go_with_the_reply(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.state("idle", "thinking")
    qtbot.waitUntil(
        lambda: window.panel.header.findChildren(QLabel)[1].text().startswith(("在想", "Thinking"))
    )
    assert window.panel.model.entry(window.panel.model.rowCount() - 1).kind == "message"
    qtbot.waitUntil(lambda: window.panel.model.entry(window.panel.model.rowCount() - 1).kind == "waiting")
    companion.answer(finish=False)
    qtbot.waitUntil(lambda: window.panel.model.entry(window.panel.model.rowCount() - 1).streaming)
    kinds = [window.panel.model.entry(row).kind for row in range(window.panel.model.rowCount())]
    assert "waiting" not in kinds


def test_a_message_that_could_not_be_saved_is_still_in_the_field(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    say(window, "重要的话")
    companion.bus.publish(
        events.TurnFailed(TurnId(7), "storage", "The disk is full.", "Make room.", "disk_full")
    )
    qtbot.waitUntil(lambda: window.panel.composer.field.toPlainText() == "重要的话")
    notice = window.panel.model.entry(window.panel.model.rowCount() - 1).notice
    assert notice is not None
    assert notice.what


def test_a_failed_reply_offers_to_try_again(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(texts(window)) == 1)
    companion.bus.publish(events.TurnFailed(TurnId(7), "language", "It broke.", "Try again.", "failed"))
    qtbot.waitUntil(lambda: len(texts(window)) == 2)
    key = window.panel.model.entry(1).key
    companion.posted.clear()
    window.panel.rows.notice_pressed.emit(key)
    assert companion.posted == [do.Regenerate()]
    assert len(texts(window)) == 1


def test_a_lost_worker_is_told_until_it_is_back(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    companion.bus.publish(events.WorkerLost("speech", "aborted", True))
    qtbot.waitUntil(lambda: window.panel.banner.keys == ("speech",))
    assert window.panel.banner.isVisible()
    companion.bus.publish(events.WorkerReady("speech", 1.0))
    qtbot.waitUntil(lambda: window.panel.banner.keys == ())
    assert not window.panel.banner.isVisible()


def test_the_microphone_shows_the_stream_not_the_wish(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    microphone = window.panel.composer.microphone
    window.director.listen("push_to_talk")
    assert not microphone.is_open
    companion.bus.publish(events.ListeningChanged("push_to_talk", True, "USB"))
    qtbot.waitUntil(lambda: microphone.is_open)
    companion.bus.publish(events.ListeningChanged("push_to_talk", False))
    qtbot.waitUntil(lambda: not microphone.is_open)


def test_a_long_text_is_collapsed_and_can_be_read_on_its_own_page(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    companion.reply = "长" * 50_000
    say(window, "讲个故事")
    qtbot.waitUntil(lambda: len(texts(window)) == 3 and not window.panel.model.entry(2).streaming)
    entry = window.panel.model.entry(2)
    assert [line.target for line in window.panel.view.layout_of(entry).lines] == ["whole"]
    window.panel.view.target_clicked.emit(entry.key, "whole")
    assert not window.pages.is_home
    keys(window, Qt.Key.Key_Escape)
    assert window.pages.is_home


def test_a_dropped_character_is_taken_in_and_opened(
    window: MainWindow, companion: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    pack = tmp_path / "lin.charx"
    pack.write_bytes(b"")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(pack)), QUrl.fromLocalFile(str(tmp_path / "run.exe"))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), action, files, Qt.MouseButton.LeftButton, none))
    qtbot.waitUntil(lambda: window.windowTitle().startswith("lin"))
    assert companion.installed == [pack]
    assert isinstance(window.pages.content, ImportPage)


def test_a_file_that_is_no_character_is_told(
    window: MainWindow, companion: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.take([str(tmp_path / "x.json")])
    qtbot.waitUntil(lambda: isinstance(window.pages.content, ImportPage))
    page = window.pages.content
    assert isinstance(page, ImportPage)
    assert "It is not a character." in page.cards[0].said


@pytest.mark.parametrize("suffix", ["jsonl", "md"])
def test_a_chat_is_saved_to_a_file(
    window: MainWindow, companion: Any, qtbot: QtBot, tmp_path: Path, suffix: str
) -> None:
    say(window, "记下来")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    path = tmp_path / f"chat.{suffix}"
    window.files.export_chat(companion.chat, str(path))
    qtbot.waitUntil(lambda: window.panel.model.entry(window.panel.model.rowCount() - 1).notice is not None)
    assert "记下来" in path.read_text(encoding="utf-8")


def test_a_saved_chat_is_opened_again(
    window: MainWindow, companion: Any, qtbot: QtBot, tmp_path: Path
) -> None:
    say(window, "记下来")
    qtbot.waitUntil(lambda: len(texts(window)) == 3)
    path, first = tmp_path / "chat.jsonl", companion.chat
    window.files.export_chat(first, str(path))
    qtbot.waitUntil(path.is_file)
    window.files.import_chat(str(path))
    qtbot.waitUntil(lambda: window.panel.chat not in ("", first))
    assert texts(window)[1] == "记下来"


def test_a_broken_pack_tells_all_that_is_wrong_with_it(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.home.sidebar.characters.rows.rowCount() == 3)
    window.home.sidebar.characters.broken.emit("damaged")
    shown = [label.text() for label in window.pages.currentWidget().findChildren(QLabel)]
    assert "It is not JSON." in shown


def test_the_stage_moves_above_the_conversation_in_a_narrow_window(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1120, 720)
    qtbot.waitUntil(lambda: window.stage_part.geometry().height() > 500)
    window.resize(760, 640)
    qtbot.waitUntil(lambda: window.stage_part.geometry().height() < 250)
    assert window.stage_part.width() > 600
    keys(window, Qt.Key.Key_E, CTRL)
    assert not window.stage_part.isVisible()


def test_it_opens_where_it_was_left(window: MainWindow, companion: Any, look: Look, qtbot: QtBot) -> None:
    window.home.sidebar.set_open(True)
    window.home.show_stage(False)
    window.resize(780, 600)
    window.close()
    again = MainWindow(companion, look)
    qtbot.addWidget(again)
    again.show()
    assert again.home.sidebar.is_open
    assert not again.home.stage_shown
    assert (again.width(), again.height()) == (780, 600)
    again.close()


def test_every_word_changes_with_the_language(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    companion.settings.general.language = "en"
    window.apply_settings()
    qtbot.waitUntil(lambda: window.panel.composer.field.placeholderText() == "Say something to 顾小满")
    companion.settings.general.language = "zh_CN"
    window.apply_settings()
    qtbot.waitUntil(lambda: window.panel.composer.field.placeholderText() == "对顾小满说点什么")


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(window: MainWindow) -> None:
    window.home.sidebar.set_open(True)
    nameless, unreachable = [], []
    for button in window.findChildren(QWidget):
        is_control = button.metaObject().className() in {
            "QPushButton",
            "IconButton",
            "MicrophoneButton",
            "QLineEdit",
        }
        if not is_control or button.objectName().startswith("qt_"):
            continue
        name = button.accessibleName() or getattr(button, "text", str)()
        if not name and button.isVisible():
            nameless.append(button)
        if button.focusPolicy() == Qt.FocusPolicy.NoFocus:
            unreachable.append(button)
    assert nameless == []
    assert unreachable == []


def test_closing_in_the_middle_of_a_reply_is_quiet(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    companion.answer(finish=False)
    window.close()
    companion.bus.publish(events.UserPartial("late"))
    assert not window.isVisible()


def test_it_is_imported_without_engines() -> None:
    code = (
        "import sys, companion.gui.window; "
        "print([one for one in sys.modules if one.split('.')[0] in "
        "{'llama_cpp','faster_whisper','ctranslate2','onnxruntime','sounddevice','miniaudio','jieba','torch'}])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert out.strip() == "[]"


def test_long_names_and_hostile_texts_leave_the_window_usable(
    window: MainWindow, companion: Any, qtbot: QtBot, make_message: Callable[..., StoredMessage]
) -> None:
    hostile = [
        "<img src='file:///etc/passwd'>",
        "\u202e反",
        "a" * 30_000,
        "|a|" * 5_000,
        "![](//host/x.png)",
        "\x00\x1b",
    ]
    for text in hostile:
        companion.reply = text
        say(window, text[:5_000] or "x")
    qtbot.waitUntil(lambda: len(texts(window)) == 1 + 2 * len(hostile), timeout=10_000)
    assert not window.grab().isNull()


def test_the_small_window_shows_her_and_one_line_and_goes_back_to_its_place(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    window.resize(780, 600)
    keys(window, Qt.Key.Key_M, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert (window.stage_part.isVisible(), window.panel.composer.isVisible()) == (True, True)
    assert not window.panel.view.isVisible()
    assert not window.home.sidebar.isVisible()
    assert window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    say(window, "小窗也能聊")
    qtbot.waitUntil(lambda: "小窗也能聊" in texts(window))
    window.home.compact_left.emit()
    assert window.panel.view.isVisible()
    assert not window.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert (window.width(), window.height()) == (780, 600)


def test_dragging_a_character_over_the_window_says_what_will_happen(
    window: MainWindow, tmp_path: Path
) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / "lin.charx"))])
    action, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(QPoint(5, 5), action, files, Qt.MouseButton.LeftButton, none))
    assert window.panel.banner.keys == ("drop",)
    window.dragLeaveEvent(QDragLeaveEvent())
    assert window.panel.banner.keys == ()


def test_deleted_chats_are_listed_on_a_page(window: MainWindow, companion: Any, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.panel.chat != "")
    first = window.panel.chat
    window.director.new_chat()
    qtbot.waitUntil(lambda: window.panel.chat != first)
    window.director.delete_chat(first)
    window.open_deleted()
    qtbot.waitUntil(lambda: not window.pages.is_home)
    page = window.pages.currentWidget().findChild(DeletedChats)
    page.rows[0].back.click()
    assert do.RestoreChat(first) in companion.posted


def test_a_chat_of_the_list_goes_for_good_after_a_question(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: window.panel.chat != "")
    first = window.panel.chat
    window.director.new_chat()
    qtbot.waitUntil(lambda: window.panel.chat != first)
    window.home.sidebar.chats.purge_wanted.emit(first)
    qtbot.waitUntil(lambda: not window.pages.is_home)
    (row,) = window.pages.currentWidget().findChild(DeletedChats).rows
    assert row.said
    assert [one.chat for one in companion.log.deleted_chats()] == [first]
    row.confirm.click()
    qtbot.waitUntil(lambda: companion.log.deleted_chats() == [])
    assert first not in [one.chat for one in companion.log.chats()]


def test_a_page_with_unsaved_work_keeps_the_window_open(window: MainWindow) -> None:
    page = Unsaved()
    window.open_page(page, "编辑")
    assert not window.close()
    assert window.isVisible()
    page.is_saved = True
    assert window.close()


def test_it_can_be_closed_in_spite_of_that(window: MainWindow) -> None:
    window.open_page(Unsaved(), "编辑")
    window.close_now()
    assert not window.isVisible()


def test_a_voice_that_is_missing_is_told_once_and_again_when_it_was_there(
    window: MainWindow, companion: Any, qtbot: QtBot
) -> None:
    def notices() -> int:
        model = window.panel.model
        return sum(model.entry(row).notice is not None for row in range(model.rowCount()))

    failed = events.TurnFailed(TurnId(5), "voice", "The voice cannot speak.", "Install it.", "voice")
    companion.bus.publish(failed)
    qtbot.waitUntil(lambda: notices() == 1)
    say(window, "好")
    qtbot.waitUntil(lambda: notices() == 0 and len(texts(window)) == 3)
    companion.bus.publish(failed)
    companion.bus.publish(events.UserPartial("x"))
    qtbot.waitUntil(lambda: len(texts(window)) == 4)
    assert notices() == 0
    companion.bus.publish(events.EngineChanged("voice", "Kokoro"))
    companion.bus.publish(failed)
    qtbot.waitUntil(lambda: notices() == 1)
