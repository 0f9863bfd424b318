from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QCheckBox, QLineEdit
from pytestqt.qtbot import QtBot

from companion.domain.messages import SearchHit
from companion.gui.search.panel import SearchPanel
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


def hit(n: int, text: str = "我喜欢桂花糕") -> SearchHit:
    return SearchHit("c1", "xiaoman", "雨天", n, "user", text, 3, 5, 0.0)


class Archive:
    """Answers every search with one hit; the first can be held up."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.hold = threading.Event()
        self.hold.set()

    def search(self, text: str, character: str | None) -> list[SearchHit]:
        self.asked.append((text, character))
        if text == "慢":
            self.hold.wait(5)
        return [] if text == "无" else [hit(len(text), text)]


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def panel(qtbot: QtBot, look: Look, archive: Archive) -> Iterator[SearchPanel]:
    tasks = Tasks()
    made = SearchPanel(look, tasks, archive.search)
    made.tester = QAbstractItemModelTester(made.hits)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    yield made
    archive.hold.set()
    tasks.close()


def test_it_searches_this_character_or_all(panel: SearchPanel, archive: Archive, qtbot: QtBot) -> None:
    panel.open("桂花", "xiaoman", {})
    qtbot.waitUntil(lambda: panel.hits.rowCount() == 1)
    panel.findChild(QCheckBox).click()
    qtbot.waitUntil(lambda: len(archive.asked) >= 2)
    assert archive.asked[0] == ("桂花", "xiaoman")
    assert archive.asked[-1] == ("桂花", None)


def test_a_late_answer_to_an_earlier_word_is_not_shown(
    panel: SearchPanel, archive: Archive, qtbot: QtBot
) -> None:
    archive.hold.clear()
    panel.open("慢", "xiaoman", {})
    panel.open("快了", "xiaoman", {})
    qtbot.waitUntil(lambda: panel.hits.rowCount() == 1)
    archive.hold.set()
    panel.open("最后的", "xiaoman", {})
    qtbot.waitUntil(lambda: panel.hits.value(0).excerpt == "最后的")
    QTest.qWait(50)
    assert panel.hits.value(0).excerpt == "最后的"


def test_enter_takes_the_first_hit_and_escape_leaves(panel: SearchPanel, qtbot: QtBot) -> None:
    panel.open("桂花", "xiaoman", {"xiaoman": "小满"})
    qtbot.waitUntil(lambda: panel.hits.rowCount() == 1)
    with qtbot.waitSignal(panel.hit_chosen) as chosen:
        QTest.keyClick(panel.findChild(QLineEdit), Qt.Key.Key_Return)
    assert chosen.args[0].excerpt == "桂花"
    with qtbot.waitSignal(panel.left):
        QTest.keyClick(panel.findChild(QLineEdit), Qt.Key.Key_Escape)


def test_nothing_found_is_said(panel: SearchPanel, archive: Archive, qtbot: QtBot, chinese: None) -> None:
    panel.open("无", "xiaoman", {})
    qtbot.waitUntil(lambda: "没有找到“无”。" in panel.status)
    assert panel.hits.rowCount() == 0
    assert not panel.grab().isNull()
