from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from companion.domain.character import Character, PackReport, Problem
from companion.gui.portraits import Portraits
from companion.gui.sidebar.characters import CharacterList, PreviewRole
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui


@pytest.fixture
def characters(qtbot: QtBot, look: Look, make_character: Callable[..., Character]) -> Iterator[CharacterList]:
    tasks = Tasks()
    made = CharacterList(look, Portraits(look, tasks))
    made.tester = QAbstractItemModelTester(made.rows)  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(240, 300)
    made.show()
    people = [make_character(), make_character("wren", "Wren", language="en")]
    reports = [PackReport(one.id, one.folder, one) for one in people]
    bad = PackReport("bad", Path("bad"), None, (Problem("card.json", "Broken.", fatal=True),))
    made.rows.show([reports[0], bad, reports[1]])
    made.set_current("xiaoman")
    yield made
    tasks.close()


def click(characters: CharacterList, row: int) -> None:
    at = characters.visualRect(characters.rows.index(row)).center()
    QTest.mouseClick(characters.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_chooses_a_character_or_asks_what_is_wrong(characters: CharacterList) -> None:
    chosen: list[str] = []
    broken: list[str] = []
    characters.chosen.connect(chosen.append)
    characters.broken.connect(broken.append)
    for row in range(3):
        click(characters, row)
    assert chosen == ["wren"]
    assert broken == ["bad"]


def test_stepping_leaves_broken_ones_out_and_goes_round(characters: CharacterList) -> None:
    chosen: list[str] = []
    characters.chosen.connect(chosen.append)
    characters.step(1)
    characters.set_current("wren")
    characters.step(1)
    assert chosen == ["wren", "xiaoman"]


@pytest.mark.parametrize(
    ("word", "found"), [("小满", ["xiaoman"]), ("WR", ["wren"]), ("", ["xiaoman", "bad", "wren"])]
)
def test_a_word_narrows_the_list(characters: CharacterList, word: str, found: list[str]) -> None:
    characters.rows.set_filter(word)
    assert [characters.rows.report(row).id for row in range(characters.rows.rowCount())] == found


def test_the_last_words_stand_below_the_name(characters: CharacterList, chinese: None) -> None:
    characters.rows.set_previews({"xiaoman": "茶\n凉了"})
    assert characters.rows.index(0).data(PreviewRole) == "茶 凉了"
    assert characters.rows.index(1).data(PreviewRole) == "无法使用"


def test_it_draws_narrow_and_wide(characters: CharacterList) -> None:
    wide = characters.grab()
    characters.resize(72, 300)
    assert not wide.isNull()
    assert not characters.grab().isNull()
