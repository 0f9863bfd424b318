"""The shelf of lorebooks, the editor of one, and what a text calls up, over a shelf that answers by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from companion.domain.character import Lorebook, LoreEntry
from companion.gui.lore.book_page import BookPage
from companion.gui.lore.books_page import BooksPage
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
TEA = LoreEntry(("红茶", "绿茶"), "她最懂茶。", id="0", name="茶")
FERRY = LoreEntry(("渡し守",), "夜に舟を漕ぐ老人。", id="1", name="渡し守")


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


@pytest.fixture
def shelf(qtbot: QtBot, look: Look, companion: Any, tasks: Tasks, make_character: Any) -> BooksPage:
    companion.books.save("", Lorebook((TEA, FERRY), name="世界"))
    made = BooksPage(companion, look, tasks, make_character())
    qtbot.addWidget(made)
    made.resize(800, 500)
    made.show()
    qtbot.waitUntil(lambda: bool(made.cards))
    return made


@pytest.fixture
def edit(qtbot: QtBot, look: Look, companion: Any, tasks: Tasks) -> Callable[[Lorebook], BookPage]:
    def made(book: Lorebook) -> BookPage:
        page = BookPage(companion, look, tasks, book, character="xiaoman", chat=lambda: "喝杯绿茶吧")
        page.checked = QAbstractItemModelTester(page.tester.model)  # type: ignore[attr-defined]
        qtbot.addWidget(page)
        page.resize(900, 800)
        page.show()
        return page

    return made


def test_a_lorebook_is_used_or_not(shelf: BooksPage, companion: Any, qtbot: QtBot) -> None:
    shelf.cards[0].used.click()
    qtbot.waitUntil(lambda: companion.books.given == {"xiaoman": ["book-1"]})
    qtbot.waitUntil(lambda: shelf.cards[0].used.isChecked())


def test_files_are_added_and_what_is_none_is_told(
    shelf: BooksPage, companion: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    shelf.add_files([str(tmp_path / "my book.json"), str(tmp_path / "other.json")])
    qtbot.waitUntil(lambda: len(shelf.cards) == 2)
    assert shelf._problem.text() == "other.json is no lorebook. Choose another file."
    assert shelf.cards[1]._below.text() == "1 entry"
    assert companion.books.given["xiaoman"] == ["book-2"]


def test_a_removed_lorebook_can_be_brought_back_until_the_page_is_left(
    shelf: BooksPage, companion: Any, qtbot: QtBot
) -> None:
    shelf.cards[0].remove.click()
    assert shelf._empty.isVisible()
    shelf.undo.back.click()
    assert len(shelf.cards) == 1
    shelf.cards[0].remove.click()
    assert shelf.can_leave()
    qtbot.waitUntil(lambda: companion.books.shelf == {})


def test_a_text_calls_up_entries_by_their_keys(edit: Callable[[Lorebook], BookPage], qtbot: QtBot) -> None:
    page = edit(Lorebook((TEA, FERRY), name="世界"))
    page.tester.text.setPlainText("あの渡し守はまだいるの？")
    qtbot.waitUntil(lambda: page.tester.model.rowCount() == 1)
    assert page.tester.model.index(0).data() == "渡し守, remembered: because of “渡し守”"
    page.tester.take_chat.click()
    qtbot.waitUntil(lambda: str(page.tester.model.index(0).data()).startswith("茶"))
    assert page.tester.sum_text == "1 remembered, about 5"


def test_what_is_called_up_leads_to_its_entry(edit: Callable[[Lorebook], BookPage], qtbot: QtBot) -> None:
    page = edit(Lorebook((TEA, FERRY), name="世界"))
    page.tester.text.setPlainText("渡し守")
    qtbot.waitUntil(lambda: page.tester.model.rowCount() == 1)
    page.tester.list.setCurrentIndex(page.tester.model.index(0))
    QTest.keyClick(page.tester.list, Qt.Key.Key_Return)
    assert page.entries.row == 1


def test_an_entry_is_written_saved_and_stays_chosen(
    edit: Callable[[Lorebook], BookPage], companion: Any, qtbot: QtBot
) -> None:
    companion.books.save("", Lorebook((TEA, FERRY), name="世界"))
    page = edit(companion.books.load("book-1"))
    page.entries.add_entry()
    page.entries.form.keys.setPlainText("、".join(f"茶{n}" for n in range(10)))
    page.entries.form.content.setPlainText("十种茶。")
    assert page.state_text == "Not saved yet."
    assert not page.can_leave()
    assert page.guard.isVisible()
    page.save_button.click()
    qtbot.waitUntil(lambda: page.state_text == "Saved.")
    assert not page.guard.isVisible()
    assert page.entries.row == 2
    assert len(companion.books.shelf["book-1"].entries[2].keys) == 10
    assert page.can_leave()


def test_a_new_lorebook_needs_a_name_and_is_used_by_her(
    edit: Callable[[Lorebook], BookPage], companion: Any, qtbot: QtBot
) -> None:
    page = edit(Lorebook())
    page.entries.add_entry()
    page.entries.form.keys.setPlainText("渡し守、カレル")
    page.entries.form.content.setPlainText("夜に舟を漕ぐ老人。")
    page.save_button.click()
    assert page._fields["name"].problem == "The lorebook needs a name."
    page.name.setText("渡し舟の世界")
    page.save_button.click()
    qtbot.waitUntil(lambda: companion.books.given == {"xiaoman": ["book-1"]})
    assert companion.books.shelf["book-1"].entries[0].keys == ("渡し守", "カレル")


def test_five_hundred_entries_are_searched(edit: Callable[[Lorebook], BookPage]) -> None:
    many = tuple(LoreEntry((f"钥匙{n}",), f"第{n}条。", id=str(n)) for n in range(500))
    page = edit(Lorebook(many, name="大"))
    page.entries.search.setText("钥匙499")
    assert page.entries.order.rowCount() == 1
    assert page.entries.row == 499
