from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from companion.domain.messages import StoredMessage, TurnId
from companion.gui.chat.entries import ConversationModel
from companion.gui.chat.view import ConversationView
from companion.gui.inert import LONGEST_SHOWN
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
Make = Callable[..., StoredMessage]
LINE = "今天的雨下得很轻，河面上浮着一层薄雾。The rain is soft tonight. "


@pytest.fixture
def view(qtbot: QtBot, look: Look) -> Iterator[ConversationView]:
    made = ConversationView(ConversationModel(), look)
    qtbot.addWidget(made)
    made.resize(600, 500)
    made.show()
    yield made
    made.setModel(None)


def model_of(view: ConversationView) -> ConversationModel:
    model = view.model()
    assert isinstance(model, ConversationModel)
    return model


def fill(view: ConversationView, make: Make, n: int) -> None:
    messages = [make(i + 1, "assistant" if i % 2 else "user", LINE * (i % 5 + 1)) for i in range(n)]
    model_of(view).show(messages, fresh=True)
    QTest.qWait(1)


def test_a_chat_opens_at_its_end_and_measures_only_what_is_seen(
    view: ConversationView, make_message: Make
) -> None:
    fill(view, make_message, 2_000)
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    assert view.follows
    assert view.visualRect(model_of(view).index(1_999)).bottom() <= view.viewport().height()
    assert view.indexAt(QPoint(100, view.viewport().height() - 40)).row() == 1_999


def test_growing_text_is_followed_at_the_end(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 40)
    model_of(view).start_reply(TurnId(1), make_message(41, "assistant", ""))
    for _ in range(30):
        model_of(view).append(TurnId(1), LINE, thought=False)
        assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


def test_growing_text_moves_nothing_for_one_who_reads_further_up(
    view: ConversationView, make_message: Make
) -> None:
    fill(view, make_message, 60)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum() - 900)
    assert not view.follows
    row = view.indexAt(QPoint(50, 200)).row()
    before = view.visualRect(model_of(view).index(row))
    model_of(view).start_reply(TurnId(1), make_message(61, "assistant", ""))
    for _ in range(30):
        model_of(view).append(TurnId(1), LINE, thought=False)
    assert view.visualRect(model_of(view).index(row)) == before


def test_scrolling_up_through_unmeasured_rows_never_jumps(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 400)
    bar = view.verticalScrollBar()
    for _ in range(150):
        row = view.indexAt(QPoint(50, 300)).row()
        before = view.visualRect(model_of(view).index(row)).top()
        bar.setValue(bar.value() - 40)
        after = view.visualRect(model_of(view).index(row)).top()
        assert after - before == pytest.approx(40, abs=2)


def test_following_is_taken_up_again_at_the_end(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 60)
    left: list[bool] = []
    view.end_left.connect(left.append)
    view.verticalScrollBar().setValue(100)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert left == [True, False]
    assert view.follows


def test_keys_walk_through_the_messages(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 30)
    view.setFocus()
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.currentIndex().row() == 27
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.currentIndex().row() == 0
    assert view.visualRect(view.currentIndex()).top() >= 0


def test_a_thought_unfolds_by_a_click(view: ConversationView, make_message: Make) -> None:
    model_of(view).show([make_message(1, "assistant", "好。", thought="我该怎么说呢？" * 20)], fresh=True)
    clicked: list[tuple[int, str]] = []
    view.target_clicked.connect(lambda key, target: clicked.append((key, target)))
    line = next(one for one in view.layout_of(model_of(view).entry(0)).lines if one.target == "thought")
    top = QPointF(0, view.visualRect(model_of(view).index(0)).top())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=(line.rect.center() + top).toPoint())
    assert clicked == [(1, "thought")]
    before = view.visualRect(model_of(view).index(0)).height()
    view.toggle(1, "thought")
    assert view.visualRect(model_of(view).index(0)).height() > before + 40


def test_editing_happens_in_place_and_gives_the_text(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 10)
    saved: list[tuple[int, str]] = []
    field = view.open_inline(10, "旧的", editable=True)
    assert field is not None
    field.saved.connect(lambda key, text: saved.append((key, text)))
    assert field.isVisible()
    assert view.viewport().rect().intersects(field.geometry())
    editor = field.findChild(QPlainTextEdit)
    QTest.keyClicks(editor, "!")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert saved == [(10, "旧的!")]


def test_the_field_closes_when_its_row_goes(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 10)
    field = view.open_inline(10, "x", editable=True)
    assert field is not None
    model_of(view).show([make_message(1, "user", "a")], fresh=False)
    assert not field.isVisible()


def test_rows_are_there_for_a_screen_reader(view: ConversationView, make_message: Make) -> None:
    fill(view, make_message, 3)
    interface = QAccessible.queryAccessibleInterface(view)
    assert interface.childCount() >= 3


def test_it_draws_every_kind_of_row_at_every_zoom(
    view: ConversationView, make_message: Make, look: Look
) -> None:
    model_of(view).show(
        [make_message(1, "assistant", "**好**", unheard="还有", partial=True, n_variants=3)], fresh=True
    )
    model_of(view).set_waiting(on=True, reason="第一次读她的人设")
    model_of(view).set_partial("我想说")
    for zoom in (80, 200):
        look.set(zoom=zoom)
        assert not view.grab().isNull()


def test_no_text_of_a_message_puts_a_file_on_the_screen(
    view: ConversationView, make_message: Make, tmp_path: Path
) -> None:
    red = QImage(40, 40, QImage.Format.Format_RGB32)
    red.fill(QColor("#ff0000"))
    path = tmp_path / "red.png"
    assert red.save(str(path))
    ways = [f"![x]({path})", f"<img src='{path}'>", f"![x]({path.as_uri()})", f"[![x]({path})]({path})"]
    ways.append(f"<table background='{path}'><tr><td>x</td></tr></table>")
    messages = [make_message(n + 1, "assistant", way, thought=way, unheard=way) for n, way in enumerate(ways)]
    model_of(view).show(messages, fresh=True)
    for one in messages:
        view.toggle(one.message, "thought")
        view.toggle(one.message, "unheard")
    for value in range(0, view.verticalScrollBar().maximum() + 1, 200):
        view.verticalScrollBar().setValue(value)
        image = view.grab().toImage()
        pixels = (
            image.pixelColor(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
        )
        assert not any(one.red() > 240 and one.green() < 15 and one.blue() < 15 for one in pixels)


def test_a_streamed_bomb_keeps_its_text_and_shows_only_its_beginning(
    view: ConversationView, make_message: Make
) -> None:
    model_of(view).show([make_message(1, "user", "a")], fresh=True)
    model_of(view).start_reply(TurnId(1), make_message(2, "assistant", ""))
    for _ in range(60):
        model_of(view).append(TurnId(1), "|a|b|" * 100 + "[" * 100, thought=False)
    entry = model_of(view).entry(1)
    assert len(entry.text) == 36_000
    row = view.layout_of(entry)
    assert sum(len(document.toPlainText()) for document, _ in row.texts) <= LONGEST_SHOWN + 10
    assert [line.target for line in row.lines] == ["whole"]
