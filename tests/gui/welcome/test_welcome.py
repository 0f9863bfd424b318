from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from companion.domain import commands as do
from companion.domain import events
from companion.domain.messages import TurnId
from companion.gui.portraits import Portraits
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.gui.welcome.page import Place, WelcomePage

pytestmark = pytest.mark.gui
LAST = 4


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


@pytest.fixture
def page(qtbot: QtBot, look: Look, companion: Any, tasks: Tasks) -> WelcomePage:
    companion.settings.general.first_run_done = False
    made = WelcomePage(companion, look, tasks, Portraits(look, tasks), Place())
    qtbot.addWidget(made)
    made.resize(900, 640)
    made.show()
    qtbot.waitUntil(lambda: made.character.character is not None)
    return made


def test_return_walks_through_all_steps_and_ends_with_her(
    qtbot: QtBot, page: WelcomePage, companion: Any
) -> None:
    for step in range(LAST):
        assert page.step == step
        qtbot.keyClick(page, Qt.Key.Key_Return)
    assert "顾小满" in page.ready._head._title.text()
    assert page.ready.bubble.text == companion.people[0].first_mes
    with qtbot.waitSignal(page.finished):
        qtbot.keyClick(page, Qt.Key.Key_Return)
    assert companion.settings.general.first_run_done is True
    assert companion.saved == 1


def test_back_returns_and_the_first_step_has_no_back(qtbot: QtBot, page: WelcomePage) -> None:
    assert not page.back.isVisible()
    qtbot.keyClick(page, Qt.Key.Key_PageDown)
    assert page.back.isVisible()
    page.back.click()
    assert page.step == 0


def test_skipping_ends_the_first_steps(qtbot: QtBot, page: WelcomePage, companion: Any) -> None:
    with qtbot.waitSignal(page.finished):
        page.skip.click()
    assert companion.settings.general.first_run_done is True


def test_leaving_keeps_the_place_for_the_session(
    qtbot: QtBot, look: Look, companion: Any, tasks: Tasks
) -> None:
    place = Place()
    first = WelcomePage(companion, look, tasks, Portraits(look, tasks), place)
    qtbot.addWidget(first)
    first.go_to(2)
    again = WelcomePage(companion, look, tasks, Portraits(look, tasks), place)
    qtbot.addWidget(again)
    assert again.step == 2
    assert companion.settings.general.first_run_done is True or companion.saved == 0


def test_the_language_is_switched_at_once(qtbot: QtBot, page: WelcomePage, qapp: QApplication) -> None:
    page.applied.connect(lambda: apply_language(qapp, "en"))
    apply_language(qapp, "zh_CN")
    qtbot.waitUntil(lambda: page.next.text() == "下一步")
    page.language.languages["en"].click()
    qtbot.waitUntil(lambda: page.next.text() == "Next")


def test_the_chosen_character_stands_on_the_stage_and_is_opened(page: WelcomePage, companion: Any) -> None:
    page.go_to(1)
    wren = next(one for one in page.character.people.widgets if one.accessibleName() == "Wren")
    wren.click()  # type: ignore[attr-defined]
    assert companion.posted[-1] == do.OpenCharacter("wren")
    assert page.stage.accessibleName() == "Wren"


def test_her_name_for_the_user_is_kept(qtbot: QtBot, page: WelcomePage, companion: Any) -> None:
    page.go_to(1)
    page.character.name.setFocus()
    page.character.name.textEdited.emit(" 阿远 ")
    assert companion.settings.general.user_name == "阿远"
    qtbot.waitUntil(lambda: companion.saved == 1)


def test_the_microphone_test_shows_the_live_level_and_answers_nothing(
    page: WelcomePage, companion: Any
) -> None:
    page.go_to(2)
    page.take(events.HearingLevel(-20.0, 0.9))
    assert page.sound.meter.n_lit == 0
    page.sound.test.click()
    assert companion.posted[-2:] == [do.Listen("push_to_talk"), do.Talk(True)]
    page.take(events.ListeningChanged("push_to_talk", True, "USB"))
    assert "USB" in page.sound.listened.text()
    page.take(events.HearingLevel(-20.0, 0.9))
    assert page.sound.meter.n_lit > 12
    page.sound.test.click()
    assert companion.posted[-3:] == [do.Listen("off"), do.Talk(False), do.Listen("off")]
    assert page.sound.meter.n_lit == 0


def test_leaving_the_step_closes_the_microphone(page: WelcomePage, companion: Any) -> None:
    companion.settings.ears.mode = "hands_free"
    page.go_to(2)
    page.sound.test.click()
    page.go_to(3)
    assert not page.sound.is_testing
    assert companion.posted[-1] == do.Listen("hands_free")


def test_a_lost_microphone_is_told(page: WelcomePage) -> None:
    page.go_to(2)
    page.sound.test.click()
    page.take(events.DeviceChanged("input", "", "It was unplugged."))
    assert not page.sound.is_testing
    assert page.sound.listened.text() == "No microphone can be used."


def test_she_speaks_only_when_she_can(page: WelcomePage, companion: Any) -> None:
    page.go_to(2)
    n_posted = len(companion.posted)
    page.sound.play.click()
    assert "getting ready" in page.sound.spoken.text()
    assert len(companion.posted) == n_posted


def test_her_sentence_is_the_last_one_of_the_open_chat(
    page: WelcomePage, companion: Any, make_message: Any
) -> None:
    companion.engines.voice.put(object())
    companion.engines.audio.put(object())
    companion.posted.clear()
    chat = companion.log.create_chat("xiaoman")
    page.take(
        events.ChatOpened(chat, (make_message(7, "assistant", "你来啦。"), make_message(8, "user", "嗯")))
    )
    page.sound.play.click()
    assert companion.posted == [do.Replay(7)]
    page.take(events.HeardTo(TurnId(1), 0.4, 2))
    assert page.sound.spoken.text() == "She is speaking now."


def test_the_computer_is_looked_at_when_its_step_is_shown(qtbot: QtBot, page: WelcomePage) -> None:
    assert page.computer.said == []
    page.go_to(3)
    qtbot.waitUntil(lambda: bool(page.computer.said))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_page_fits_the_smallest_window(
    qtbot: QtBot, page: WelcomePage, qapp: QApplication, language: Any
) -> None:
    apply_language(qapp, language)
    try:
        page.resize(720, 460)
        for step in range(LAST + 1):
            page.go_to(step)
            assert page.minimumSizeHint().width() <= 720
            assert page.next.geometry().right() <= page.width()
    finally:
        apply_language(qapp, "en")
