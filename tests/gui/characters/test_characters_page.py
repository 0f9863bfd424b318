from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from companion.domain import events
from companion.gui.characters.page import CharactersPage
from companion.gui.portraits import Portraits
from companion.gui.tasks import Tasks
from companion.gui.theme import Look

pytestmark = pytest.mark.gui
opened: list[Path] = []


@pytest.fixture
def page(qtbot: QtBot, look: Look, companion: Any) -> Iterator[CharactersPage]:
    opened.clear()
    tasks = Tasks()
    made = CharactersPage(
        companion, look, tasks, Portraits(look, tasks), present="xiaoman", open_=opened.append
    )
    qtbot.addWidget(made)
    made.resize(720, 460)
    made.show()
    qtbot.waitUntil(lambda: len(made.cards.widgets) == 3)
    yield made
    tasks.close()


def test_a_card_leads_to_talking_and_editing(qtbot: QtBot, page: CharactersPage) -> None:
    card = page.card("wren")
    with qtbot.waitSignal(page.talk_wanted) as talk:
        card.talk.click()
    with qtbot.waitSignal(page.edit_wanted) as edit:
        card.edit.click()
    assert talk.args[0].id == edit.args[0].id == "wren"  # type: ignore[index]


def test_a_broken_pack_tells_what_and_a_hint_and_cannot_be_talked_to(
    qtbot: QtBot, page: CharactersPage
) -> None:
    card = page.card("damaged")
    assert "It is not JSON." in card.problem_text
    assert "Check the file." in card.problem_text
    assert not card.talk.isVisible()
    with qtbot.waitSignal(page.problems_wanted):
        card.details.click()


def test_the_folder_of_a_pack_is_opened(page: CharactersPage) -> None:
    page.card("wren").folder.click()
    assert opened == [Path(".")]


def test_new_packs_appear(qtbot: QtBot, page: CharactersPage, companion: Any, make_character: Any) -> None:
    companion.people.append(make_character("ada", "Ada"))
    page.take(events.CharactersChanged())
    qtbot.waitUntil(lambda: len(page.cards.widgets) == 4)


@pytest.mark.parametrize(("width", "n_rows"), [(1120, 1), (500, 3)])
def test_cards_stand_in_as_many_columns_as_fit(
    qtbot: QtBot, page: CharactersPage, width: int, n_rows: int
) -> None:
    page.resize(width, 500)
    qtbot.waitUntil(lambda: len({card.y() for card in page.cards.widgets}) == n_rows)
