from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from companion.domain import commands as do
from companion.gui.characters.editor import EditorPage
from companion.gui.characters.page import CharactersPage
from companion.gui.preferences.page import PreferencesPage
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.gui.welcome.page import WelcomePage
from companion.gui.window import MainWindow

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("name", "part"),
    [("settings", "general"), ("models", "mind"), ("microphone", "ears"), ("sound", "voice")],
)
def test_settings_open_at_the_part_that_is_asked_for(window: MainWindow, name: str, part: str) -> None:
    window.open_named(name)
    page = window.pages.content
    assert isinstance(page, PreferencesPage)
    assert page.parts.current == part


def test_settings_that_are_open_only_turn_to_another_part(window: MainWindow) -> None:
    window.open_named("settings")
    page = window.pages.content
    window.open_named("models")
    assert window.pages.content is page


def test_the_first_steps_are_shown_once(qtbot: QtBot, look: Look, companion: Any) -> None:
    companion.settings.general.first_run_done = False
    window = MainWindow(companion, look)
    qtbot.addWidget(window)
    window.show()
    window.begin()
    page = window.pages.content
    assert isinstance(page, WelcomePage)
    page.skip.click()
    assert window.pages.is_home
    assert companion.settings.general.first_run_done is True
    window.close()


def test_a_card_leads_home_to_its_character(qtbot: QtBot, window: MainWindow, companion: Any) -> None:
    window.open_named("characters")
    page = window.pages.content
    assert isinstance(page, CharactersPage)
    qtbot.waitUntil(lambda: bool(page.cards.widgets))
    page.card("wren").talk.click()
    assert window.pages.is_home
    assert do.OpenCharacter("wren") in companion.posted


def test_the_editor_opens_from_a_card_and_takes_up_what_was_saved(
    qtbot: QtBot, window: MainWindow, companion: Any
) -> None:
    window.open_named("new_character")
    page = window.pages.content
    assert isinstance(page, EditorPage)
    qtbot.keyClicks(page.person.name, "Ada")
    page.person.description.setPlainText("You are Ada.")
    assert not window.pages.back()
    page.guard.save.click()
    qtbot.waitUntil(lambda: window.pages.is_home)
    assert do.Reload() in companion.posted


def test_results_for_a_page_that_was_left_are_dropped(qtbot: QtBot, window: MainWindow) -> None:
    for name in ("characters", "settings", "new_character", "memories", "welcome"):
        window.open_named(name)
        window.pages.back()
    done: list[int] = []
    window.tasks.run(lambda: 1, done.append)
    qtbot.waitUntil(lambda: done == [1])


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_page_fits_the_smallest_window(
    qtbot: QtBot, window: MainWindow, qapp: Any, language: Any
) -> None:
    apply_language(qapp, language)
    try:
        window.resize(720, 520)
        for name in ("settings", "characters", "new_character", "memories", "welcome"):
            window.open_named(name)
            assert window.minimumSizeHint().width() <= 720, name
            window.pages.back()
    finally:
        apply_language(qapp, "en")
