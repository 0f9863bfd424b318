from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from companion.gui.chat.composer import LONGEST_TYPED, MAX_LINES, Composer
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


@pytest.fixture
def composer(qtbot: QtBot, look: Look) -> Composer:
    made = Composer(look)
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.show()
    return made


@pytest.fixture
def said(composer: Composer) -> list[str]:
    texts: list[str] = []
    composer.said.connect(texts.append)
    return texts


def button(composer: Composer, text: str) -> QPushButton:
    return next(one for one in composer.findChildren(QPushButton) if one.text() == text)


def test_enter_sends_and_shift_enter_makes_a_line(composer: Composer, said: list[str]) -> None:
    composer.field.setPlainText("你好")
    composer.field.moveCursor(composer.field.textCursor().MoveOperation.End)
    QTest.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(composer.field, "x")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert said == ["你好\nx"]
    assert composer.field.toPlainText() == ""


def test_enter_while_an_input_method_composes_sends_nothing(composer: Composer, said: list[str]) -> None:
    composer.field.setPlainText("我")
    QApplication.sendEvent(composer.field, QInputMethodEvent("xiang", []))
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert said == []
    commit = QInputMethodEvent("", [])
    commit.setCommitString("想")
    QApplication.sendEvent(composer.field, commit)
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert len(said) == 1


@pytest.mark.parametrize("blank", ["", "   ", "\n\n", "\u3000"])
def test_nothing_is_not_sent(composer: Composer, said: list[str], blank: str) -> None:
    composer.field.setPlainText(blank)
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    assert said == []


def test_what_was_sent_comes_back_by_undo(composer: Composer) -> None:
    composer.field.insertPlainText("说错了")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    composer.field.undo()
    assert composer.field.toPlainText() == "说错了"


def test_undo_in_an_untouched_field_is_for_the_chat(composer: Composer, qtbot: QtBot) -> None:
    with qtbot.waitSignal(composer.field.undo_wanted):
        QTest.keyClick(composer.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_it_grows_with_the_text_up_to_its_limit(composer: Composer) -> None:
    heights = []
    for n in range(1, 12):
        composer.field.setPlainText("\n".join(["行"] * n))
        heights.append(composer.field.height())
    assert heights == sorted(heights)
    assert heights[MAX_LINES - 1] > heights[0]
    assert heights[MAX_LINES - 1] == heights[-1]


@pytest.mark.parametrize("letter", ["字", "x"])
def test_a_megabyte_is_kept_beside_and_can_be_sent_whole(
    composer: Composer, said: list[str], letter: str
) -> None:
    paste = QMimeData()
    paste.setText(letter * 1_000_000)
    composer.field.insertFromMimeData(paste)
    assert composer.field.toPlainText() == ""
    button(composer, "Send it whole").click()
    assert said == [letter * 1_000_000]


def test_of_a_megabyte_the_beginning_can_be_taken(composer: Composer) -> None:
    paste = QMimeData()
    paste.setText("字" * 1_000_000)
    composer.field.insertFromMimeData(paste)
    button(composer, "Insert the beginning").click()
    assert composer.field.toPlainText() == "字" * LONGEST_TYPED


def test_text_that_was_not_saved_comes_back(composer: Composer) -> None:
    composer.field.setPlainText("别丢了我")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    composer.take_back()
    assert composer.field.toPlainText() == "别丢了我"


def test_what_is_being_typed_is_not_overwritten_by_it(composer: Composer) -> None:
    composer.field.setPlainText("first")
    QTest.keyClick(composer.field, Qt.Key.Key_Return)
    composer.field.setPlainText("second")
    composer.take_back()
    assert composer.field.toPlainText() == "second"


def test_files_are_not_pasted_as_text(composer: Composer) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile("/tmp/her.charx")])
    assert not composer.field.canInsertFromMimeData(files)


def test_busy_shows_a_way_to_stop(composer: Composer, qtbot: QtBot) -> None:
    composer.set_busy(True)
    stop = next(
        one for one in composer.findChildren(object) if getattr(one, "toolTip", str)() == "Stop (Esc)"
    )
    assert stop.isVisible()
    with qtbot.waitSignal(composer.stopped):
        stop.click()
    composer.set_busy(False)
    assert not stop.isVisible()
