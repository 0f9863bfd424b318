from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from companion.errors import StorageError
from companion.gui.controls.choice import ChoiceBox, Segments
from companion.gui.controls.slider import ValueSlider
from companion.gui.controls.switch import Switch
from companion.gui.preferences.choosers import DeviceChooser, ModelChooser, size_text
from companion.gui.preferences.echo_row import EchoRow
from companion.gui.preferences.page import PreferencesPage
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import apply_language
from companion.ports import EchoTest

pytestmark = pytest.mark.gui


@pytest.fixture
def page(qtbot: QtBot, look: Look, companion: Any) -> Iterator[PreferencesPage]:
    tasks = Tasks()
    made = PreferencesPage(companion, look, tasks)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    yield made
    tasks.close()


def control(page: PreferencesPage, section: str, name: str) -> Any:
    return page.cards[section].row(name).control.widget


def test_a_switch_is_taken_up_at_once_and_saved_a_moment_later(
    qtbot: QtBot, page: PreferencesPage, companion: Any
) -> None:
    switch = control(page, "general", "reduced_motion")
    assert isinstance(switch, Switch)
    with qtbot.waitSignal(page.applied):
        switch.click()
    assert companion.settings.general.reduced_motion is True
    assert companion.saved == 0
    qtbot.waitUntil(lambda: companion.saved == 1)


def test_several_changes_are_saved_once(qtbot: QtBot, page: PreferencesPage, companion: Any) -> None:
    for _ in range(3):
        control(page, "general", "reduced_motion").click()
    qtbot.waitUntil(lambda: companion.saved > 0)
    page.hide()
    assert companion.saved == 1


def test_leaving_the_page_saves_what_waits(page: PreferencesPage, companion: Any) -> None:
    control(page, "voice", "subtitles").click()
    page.hide()
    assert companion.saved == 1


def test_a_choice_and_a_slider_change_their_settings(page: PreferencesPage, companion: Any) -> None:
    theme, zoom = control(page, "general", "theme"), control(page, "general", "zoom")
    assert isinstance(theme, Segments)
    assert isinstance(zoom, ValueSlider)
    theme.button("dark").click()
    zoom.slider.triggerAction(zoom.slider.SliderAction.SliderSingleStepAdd)
    assert companion.settings.general.theme == "dark"
    assert companion.settings.general.zoom == 105


def test_bounds_hold_in_the_control(page: PreferencesPage, companion: Any) -> None:
    zoom, pause = control(page, "general", "zoom"), control(page, "ears", "end_silence_ms")
    assert isinstance(pause, QSpinBox)
    pause.setValue(99_999)
    zoom.slider.setValue(900)
    assert companion.settings.ears.end_silence_ms == 3000
    assert companion.settings.general.zoom == 200


def test_a_text_that_restarts_a_worker_is_taken_up_when_it_is_finished(
    qtbot: QtBot, page: PreferencesPage, companion: Any
) -> None:
    companion.settings.mind.engine = "remote"
    page.refresh()
    page.open_part("mind")
    row = page.cards["mind"].row("remote_url")
    line = row.control.widget
    assert isinstance(line, QLineEdit)
    qtbot.keyClicks(line, "http://127.0.0.1:8080/v1")
    assert companion.settings.mind.remote_url == ""
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert companion.settings.mind.remote_url == "http://127.0.0.1:8080/v1"
    assert row.note


def test_rows_that_mean_nothing_now_are_not_shown(page: PreferencesPage, companion: Any) -> None:
    card = page.cards["mind"]
    page.open_part("mind")
    assert card.row("model").isVisible()
    assert not card.row("remote_url").isVisible()
    box = control(page, "mind", "engine")
    assert isinstance(box, ChoiceBox)
    box.picked.emit("remote")
    assert card.row("remote_url").isVisible()
    assert not card.row("model").isVisible()


def test_advanced_settings_are_folded_until_they_are_asked_for(page: PreferencesPage) -> None:
    page.open_part("mind")
    row = page.cards["mind"].row("context_tokens")
    assert not row.isVisible()
    page.cards["mind"].unfold()
    assert row.isVisible()


def test_reset_goes_back_to_the_default(page: PreferencesPage, companion: Any) -> None:
    companion.settings.voice.volume = 30
    page.refresh()
    row = page.cards["voice"].row("volume")
    row.reset()
    assert companion.settings.voice.volume == 100
    assert control(page, "voice", "volume").value() == 100


def test_a_failed_save_is_told_and_can_be_tried_again(
    qtbot: QtBot, page: PreferencesPage, companion: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = companion.save_settings

    def full() -> None:
        raise StorageError("The settings could not be saved (No space left on device).", "Make room.")

    monkeypatch.setattr(companion, "save_settings", full)
    control(page, "general", "reduced_motion").click()
    qtbot.waitUntil(lambda: page.trouble)
    assert companion.settings.general.reduced_motion is True
    monkeypatch.setattr(companion, "save_settings", works)
    page.save()
    assert not page.trouble


def test_devices_are_read_in_a_task_and_a_lost_one_stays_chosen(
    qtbot: QtBot, page: PreferencesPage, companion: Any
) -> None:
    chooser = control(page, "voice", "device")
    assert isinstance(chooser, DeviceChooser)
    qtbot.waitUntil(lambda: chooser.list.count() == 3)
    chooser.set_value("Bluetooth")
    assert chooser.value() == "Bluetooth"
    assert "not connected" in chooser.list.currentText()
    chooser.list.setCurrentIndex(2)
    chooser.list.activated.emit(2)
    assert companion.settings.voice.device == "HDMI"


def test_a_model_can_be_automatic_or_a_file(page: PreferencesPage, companion: Any, qtbot: QtBot) -> None:
    chooser = control(page, "mind", "model")
    assert isinstance(chooser, ModelChooser)
    assert chooser.list.currentText() == "Automatic"
    chooser._take_file("/somewhere/我的模型.gguf")
    assert companion.settings.mind.model == "/somewhere/我的模型.gguf"
    assert chooser.list.currentText() == "我的模型.gguf"


def test_the_page_speaks_the_other_language_while_it_is_open(
    qtbot: QtBot, page: PreferencesPage, qapp: QApplication
) -> None:
    assert page.parts.names.item(0).text() == "General"
    apply_language(qapp, "zh_CN")
    try:
        qtbot.waitUntil(lambda: page.parts.names.item(0).text() == "通用")
        assert control(page, "general", "theme").button("dark").text() == "深色"
        assert control(page, "general", "zoom").accessibleName() == "文字大小"
    finally:
        apply_language(qapp, "en")


def test_every_control_has_an_accessible_name_and_takes_the_focus(page: PreferencesPage) -> None:
    for card in page.cards.values():
        for row in card.rows:
            widget = row.control.widget
            assert widget.accessibleName(), row.field.key
            if not isinstance(widget, Segments):
                focus = widget.focusProxy() or widget
                assert focus.focusPolicy() & Qt.FocusPolicy.TabFocus, row.field.key


def test_changes_from_elsewhere_are_shown(page: PreferencesPage, companion: Any, look: Look) -> None:
    companion.settings.general.zoom = 120
    look.set(zoom=120)
    assert control(page, "general", "zoom").value() == 120


@pytest.mark.parametrize(("n", "said"), [(1_117_320_768, "1.1 GB"), (491_400_064, "491 MB"), (10, "1 MB")])
def test_sizes_are_written_as_people_write_them(n: int, said: str) -> None:
    assert size_text(n) == said


def test_what_this_desktop_cannot_do_is_told_and_cannot_be_set(page: PreferencesPage) -> None:
    # Offscreen there is neither a tray nor a keyboard to share.
    for section, name in (
        ("background", "tray"),
        ("background", "keep_running"),
        ("ears", "talk_key_everywhere"),
    ):
        assert not control(page, section, name).isEnabled()
    assert control(page, "background", "do_not_disturb").isEnabled()


def test_the_hours_are_shown_only_where_they_count(page: PreferencesPage, companion: Any) -> None:
    row = page.cards["background"].row("quiet_from")
    assert not row.isVisibleTo(page.cards["background"])
    control(page, "background", "quiet_hours").click()
    assert row.isVisibleTo(page.cards["background"])
    row.control.widget.stepUp()
    assert companion.settings.background.quiet_from == "00:00"


def test_a_key_that_is_pressed_becomes_the_setting(page: PreferencesPage, companion: Any) -> None:
    page.open_part("ears")
    field = control(page, "ears", "talk_key")
    QTest.mouseClick(field.button, Qt.MouseButton.LeftButton)
    QTest.keyClick(field.button, Qt.Key.Key_F9)
    assert companion.settings.ears.talk_key == "F9"


def test_the_echo_test_decides_whether_she_may_be_talked_over(
    qtbot: QtBot, page: PreferencesPage, companion: Any
) -> None:
    row = page.findChild(EchoRow)
    companion.echo = EchoTest(120.0, 3.0, "weak")
    with qtbot.waitSignal(row.decided):
        row.button.click()
    assert companion.settings.ears.duplex == "half"
    qtbot.waitUntil(lambda: companion.saved == 1)
    companion.echo = EchoTest(120.0, 32.0, "good")
    with qtbot.waitSignal(row.decided):
        row.button.click()
    assert companion.settings.ears.duplex == "auto"


def test_an_echo_test_that_cannot_be_done_says_so(
    qtbot: QtBot, page: PreferencesPage, companion: Any
) -> None:
    row = page.findChild(EchoRow)
    row.button.click()
    qtbot.waitUntil(row.button.isEnabled)
    assert companion.settings.ears.duplex == "auto"
    assert "sound" in row.said
