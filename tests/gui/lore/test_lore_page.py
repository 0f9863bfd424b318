"""The page of her world, driven as a user drives it, over documents that answer by rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from companion.gui.lore.page import LorePage
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui

STORY = "楔子的话。\n第一回 相遇\n两人在桥上相遇，下着雨。\n第二回 离别\n春天他们在渡口离别。\n"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "桥.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


@pytest.fixture
def page(qtbot: QtBot, look: Look, companion: Any, make_character: Any) -> Iterator[LorePage]:
    tasks = Tasks()
    made = LorePage(companion, look, tasks, make_character())
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    qtbot.waitUntil(lambda: made._empty.isVisible())
    yield made
    tasks.close()


@pytest.fixture
def filled(page: LorePage, story: Path, companion: Any, qtbot: QtBot) -> LorePage:
    page.add_files([str(story)])
    qtbot.waitUntil(lambda: companion.lore.built == ["xiaoman"] and not page.building.isVisible())
    return page


def test_an_empty_world_invites(page: LorePage) -> None:
    assert page._empty.title == "Nothing here yet"
    assert not page.lookup.isVisible()


def test_added_documents_are_read_indexed_and_can_be_asked(filled: LorePage, qtbot: QtBot) -> None:
    assert [card.info.title for card in filled.documents.cards] == ["桥"]
    assert not filled._empty.isVisible()
    filled.lookup.ask("渡口离别")
    qtbot.waitUntil(lambda: bool(filled.lookup.cards))
    assert "渡口离别" in filled.lookup.cards[0].text.toPlainText()


def test_a_document_that_cannot_be_read_is_told_and_the_others_are_taken(
    page: LorePage, story: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    page.add_files([str(tmp_path / "empty.txt"), str(story)])
    qtbot.waitUntil(lambda: len(page.documents.cards) == 1)
    assert page._problems.text() == "empty.txt is empty. Choose another file."


def test_what_is_found_leads_to_its_place_in_the_source(filled: LorePage, qtbot: QtBot) -> None:
    filled.lookup.ask("桥上相遇")
    qtbot.waitUntil(lambda: bool(filled.lookup.cards))
    with qtbot.waitSignal(filled.source_wanted) as caught:
        filled.lookup.cards[0].open.click()
    _, start, end, chapters = caught.args
    assert STORY[start:end] == "两人在桥上相遇，下着雨。"
    assert [one.title for one in chapters] == ["", "第一回 相遇", "第二回 离别"]


def test_the_time_of_the_story_counts_titled_chapters_and_cuts_what_comes_later(
    filled: LorePage, companion: Any, qtbot: QtBot
) -> None:
    assert filled.timeline.slider._label.text() == "2 / 2"
    filled.timeline.slider.slider.setValue(2)
    qtbot.waitUntil(lambda: companion.lore.now("xiaoman") == 2)
    assert filled.timeline.slider._label.text() == "1 / 2"
    assert "第一回 相遇" in filled.timeline.said
    filled.lookup.ask("渡口离别")
    qtbot.waitUntil(lambda: "Nothing" in filled.lookup.said or bool(filled.lookup.cards))
    assert not any("渡口" in card.text.toPlainText() for card in filled.lookup.cards)


def test_a_removed_document_comes_back_with_the_time_of_the_story(
    filled: LorePage, companion: Any, qtbot: QtBot
) -> None:
    filled.timeline.slider.slider.setValue(2)
    qtbot.waitUntil(lambda: filled._shelf.now == 2)
    filled.documents.cards[0].remove.click()
    assert filled._empty.isVisible()
    assert filled._left.maximumWidth() > filled.width()
    assert companion.lore.documents("xiaoman")
    filled.undo.back.click()
    assert [card.info.title for card in filled.documents.cards] == ["桥"]
    assert filled.timeline.slider.value() == 2


def test_a_removed_document_is_gone_when_the_page_is_left(
    filled: LorePage, companion: Any, qtbot: QtBot
) -> None:
    filled.documents.cards[0].remove.click()
    assert filled.can_leave()
    qtbot.waitUntil(lambda: not companion.lore.documents("xiaoman"))


def test_a_narrow_window_shows_documents_or_answers(filled: LorePage, qtbot: QtBot) -> None:
    filled.resize(700, 500)
    assert filled.parts.isVisible()
    assert not filled.lookup.isVisible()
    QTest.mouseClick(filled.parts.button("ask"), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert filled.lookup.isVisible()
    assert not filled.documents.isVisible()


def test_the_keyboard_stays_where_it_was_when_documents_were_added(
    page: LorePage, story: Path, qtbot: QtBot
) -> None:
    page.activateWindow()
    page.add.setFocus()
    qtbot.waitUntil(page.add.hasFocus)
    page.add_files([str(story)])
    qtbot.waitUntil(lambda: bool(page.documents.cards) and page.add.isEnabled())
    assert page.add.hasFocus()
