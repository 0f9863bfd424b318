"""The third step: hear her, and be heard. What is shown is measured; nothing is sent into the chat."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from companion.domain import commands as do
from companion.domain import events
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.notices import notice_text
from companion.gui.preferences.choosers import DeviceChooser
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.welcome.meter import LevelMeter
from companion.gui.welcome.step import step_box

_TEST_MS: Final = 20_000
_SPEECH: Final = 0.5


class SoundStep(QWidget):
    """`sample_wanted` asks for a spoken sentence; `changed` tells that a device was chosen."""

    sample_wanted = Signal()
    changed = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks) -> None:
        super().__init__()
        self._companion = companion
        self._tested = False
        self._heard = False
        self._limit = QTimer(self, singleShot=True, interval=_TEST_MS)
        self._limit.timeout.connect(self.stop_test)
        box = step_box(
            self,
            lambda: (
                tr("Hear each other"),
                tr("Without sound you can simply write. You can come back to this in the settings."),
            ),
        )
        settings = companion.settings
        self.output = DeviceChooser(companion, tasks, "output")
        self.output.set_value(settings.voice.device)
        self.output.picked.connect(self._set_output)
        self.input = DeviceChooser(companion, tasks, "input")
        self.input.set_value(settings.ears.device)
        self.input.picked.connect(self._set_input)
        self.play = push_button(parent=self)
        self.play.clicked.connect(self._play)
        self.test = push_button(parent=self)
        self.test.setCheckable(True)
        self.test.clicked.connect(self._toggle)
        self.spoken = plain_label(size="small", tone="muted", wrap=True)
        self.listened = plain_label(size="small", tone="muted", wrap=True)
        self.meter = LevelMeter(look)
        self._titles = (plain_label(strong=True), plain_label(strong=True))
        box.addWidget(_card(self._titles[0], self.output, self.play, self.spoken))
        box.addWidget(_card(self._titles[1], self.input, self.test, self.listened, self.meter))
        box.addStretch(1)
        Texts(self).also(self._write)
        self._write()

    @property
    def is_testing(self) -> bool:
        return self._tested

    def take(self, event: events.Event) -> None:
        """Show what the devices tell."""
        match event:
            case events.HeardTo():
                self.spoken.setText(tr("She is speaking now."))
            case events.SpeakingFinished():
                self.spoken.setText(tr("Did you hear her? If not, choose another loudspeaker."))
            case events.TurnFailed(_, stage, what, hint, code) if stage in ("voice", "audio"):
                said = notice_text(what, hint, code, stage=stage)
                self.spoken.setText(said.whole)
            case events.ListeningChanged(_, is_open, device) if self._tested:
                if is_open:
                    name = device or tr("default")
                    self.listened.setText(tr("Open: {device}. Say something.", device=name))
                else:
                    self.meter.clear()
            case events.HearingLevel(level_db, speech) if self._tested:
                self._on_level(level_db, speech)
            case events.DeviceChanged("input", "", why) if self._tested and why:
                self.stop_test()
                self.listened.setText(tr("No microphone can be used."))
            case _:
                pass

    def stop_test(self) -> None:
        """Close the microphone again, as the settings have it; what was recorded is dropped."""
        if not self._tested:
            return
        self._tested = False
        self._limit.stop()
        self.test.setChecked(False)
        # Off first: a key that is let go would end an utterance, and it would be answered.
        self._companion.post(do.Listen("off"))
        self._companion.post(do.Talk(False))
        self._companion.post(do.Listen(self._companion.settings.ears.mode))
        self.meter.clear()
        self._write()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop_test()

    def _toggle(self) -> None:
        if self._tested:
            self.stop_test()
            return
        self._tested, self._heard = True, False
        self.test.setChecked(True)
        self._companion.post(do.Listen("push_to_talk"))
        self._companion.post(do.Talk(True))
        self._limit.start()
        self._write()
        self.listened.setText(tr("Opening the microphone…"))

    def _on_level(self, level_db: float, speech: float) -> None:
        self.meter.set_level(level_db, speech=speech >= _SPEECH)
        if speech >= _SPEECH and not self._heard:
            self._heard = True
            self.listened.setText(tr("You come through well."))

    def _play(self) -> None:
        if self._companion.engines.voice.ready is None or self._companion.engines.audio.ready is None:
            self.spoken.setText(tr("Her voice is still getting ready. Try again in a moment."))
            return
        self.spoken.setText(tr("A moment…"))
        self.sample_wanted.emit()

    def _set_output(self, name: str) -> None:
        self._companion.settings.voice.device = name
        self.changed.emit()

    def _set_input(self, name: str) -> None:
        self._companion.settings.ears.device = name
        self.changed.emit()

    def _write(self) -> None:
        self._titles[0].setText(tr("Her voice"))
        self._titles[1].setText(tr("Your microphone"))
        self.play.setText(tr("Hear her"))
        self.test.setText(tr("Stop") if self._tested else tr("Try it"))
        self.test.setAccessibleName(tr("Try the microphone"))
        self.output.setAccessibleName(tr("Loudspeaker"))
        self.input.setAccessibleName(tr("Microphone"))
        self.spoken.setText(tr("She says a sentence through the chosen loudspeaker."))
        self.listened.setText(
            tr("You come through well.")
            if self._heard
            else tr("Only the level is looked at; nothing is recorded or answered.")
        )


def _card(title: QLabel, chooser: QWidget, button: QPushButton, status: QLabel, *more: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("look", "card")
    box = QVBoxLayout(card)
    box.setContentsMargins(16, 12, 16, 12)
    box.setSpacing(8)
    box.addWidget(title)
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addWidget(chooser, 1)
    row.addWidget(button)
    box.addLayout(row)
    for widget in more:
        box.addWidget(widget)
    box.addWidget(status)
    return card
