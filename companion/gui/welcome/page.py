"""First steps: art on one side, one question at a time on the other. Each step can be skipped and come back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character
from companion.errors import CompanionError
from companion.gui.banner import Banner
from companion.gui.buttons import push_button
from companion.gui.notices import notice_text
from companion.gui.portraits import Portraits
from companion.gui.stage.widget import StageWidget
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.welcome.character_step import CharacterStep
from companion.gui.welcome.computer_step import ComputerStep
from companion.gui.welcome.dots import ProgressDots
from companion.gui.welcome.language_step import LanguageStep
from companion.gui.welcome.ready_step import ReadyStep
from companion.gui.welcome.sound_step import SoundStep

_SAVE_MS: Final = 400
_COLUMN: Final = 600


@dataclass(slots=True)
class Place:
    """Where one was when the page was left; kept by the window for the session."""

    step: int = 0


class WelcomePage(QWidget):
    """`finished` tells that all is done or was skipped; `applied` that settings of the window changed."""

    finished = Signal()
    applied = Signal()
    models_wanted = Signal()

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        portraits: Portraits,
        place: Place,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._companion, self._look, self._place, self._portraits = companion, look, place, portraits
        self._last_reply: int | None = None
        self._opened = ""
        self._save = QTimer(self, singleShot=True, interval=_SAVE_MS)
        self._save.timeout.connect(self.save)
        self.stage = StageWidget(tasks=tasks)
        self.stage.set_reduced_motion(look.reduced_motion)
        self.language = LanguageStep(companion)
        self.character = CharacterStep(companion, look, tasks, portraits)
        self.sound = SoundStep(companion, look, tasks)
        self.computer = ComputerStep(companion, look, tasks)
        self.ready = ReadyStep(look)
        self._steps = (self.language, self.character, self.sound, self.computer, self.ready)
        self._banner = Banner(look)
        self._banner.chosen.connect(lambda _: self.save())
        self.dots = ProgressDots(look, len(self._steps))
        self._pages = QStackedWidget()
        for step in self._steps:
            self._pages.addWidget(_scrolled(step))
        self.back = push_button(parent=self)
        self.next = push_button("primary", self)
        self.skip = push_button("link", self)
        self._build()
        self._connect()
        Texts(self).also(self._write)
        self.go_to(min(place.step, len(self._steps) - 1))

    @property
    def step(self) -> int:
        return self._pages.currentIndex()

    def go_to(self, step: int) -> None:
        """Show a step, 0 to 4."""
        self._place.step = step
        self._pages.setCurrentIndex(step)
        self.dots.show_step(step)
        if step == len(self._steps) - 1:
            self.ready.meet(self.character.character, self._companion.settings.general.user_name)
        self.stage.set_emotion(("neutral", "happy", "neutral", "thinking", "happy")[step])
        self._write()

    def take(self, event: events.Event) -> None:
        """Take in what happens while the page is open."""
        self.sound.take(event)
        match event:
            case events.ChatOpened(_, messages) | events.ChatChanged(_, messages):
                hers = [one.message for one in messages if one.role == "assistant"]
                self._last_reply = hers[-1] if hers else None
            case events.SpeechReady():
                self.stage.speech_ready(event)
            case events.HeardTo(_, seconds, _):
                self.stage.heard_to(seconds)
            case events.SpeakingFinished():
                self.stage.speaking_finished()
            case _:
                pass

    def save(self) -> None:
        """Keep what was set; a failure is told here."""
        self._save.stop()
        try:
            self._companion.save_settings()
        except CompanionError as error:
            said = notice_text(error.what, error.hint, error.code)
            self._banner.say("save", said.whole, button=tr("Try again"))
        else:
            self._banner.clear("save")

    def finish(self) -> None:
        """End the first steps; they are not shown again by themselves."""
        self._companion.settings.general.first_run_done = True
        self._place.step = 0
        self.save()
        self.finished.emit()

    # ---- events of Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_PageDown):
            self._forward()
        elif event.key() == Qt.Key.Key_PageUp and self.step:
            self.go_to(self.step - 1)
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._save.isActive():
            self.save()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width()
        self.stage.setFixedWidth(max(220, min(460, round(wide * (0.38 if wide >= 900 else 0.32)))))
        side = 32 if wide >= 900 else 20
        self._column.setContentsMargins(side, 20, side, 16)

    # ---- parts

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(8)
        bar.addWidget(self.skip)
        bar.addStretch(1)
        bar.addWidget(self.back)
        bar.addWidget(self.next)
        column = QWidget()
        column.setMaximumWidth(_COLUMN)
        box = QVBoxLayout(column)
        box.setContentsMargins(32, 20, 32, 16)
        box.setSpacing(14)
        self._column = box
        box.addWidget(self.dots)
        box.addWidget(self._banner)
        box.addWidget(self._pages, 1)
        box.addLayout(bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.stage)
        row.addStretch(1)
        row.addWidget(column, 100)
        row.addStretch(1)
        self.setFocusProxy(self.next)

    def _connect(self) -> None:
        self.language.changed.connect(self._on_changed)
        self.character.changed.connect(self._save.start)
        self.character.chosen.connect(self._on_chosen)
        self.sound.changed.connect(self.save)
        self.sound.sample_wanted.connect(self._speak)
        self.computer.models_wanted.connect(self.models_wanted)
        self._portraits.arrived.connect(self._on_portrait)
        self._look.changed.connect(self._on_look)
        self.next.clicked.connect(self._forward)
        self.back.clicked.connect(lambda: self.go_to(max(0, self.step - 1)))
        self.skip.clicked.connect(self.finish)

    def _on_look(self) -> None:
        self.stage.set_reduced_motion(self._look.reduced_motion)

    def _on_changed(self) -> None:
        self._save.start()
        self.applied.emit()

    def _on_chosen(self, character: Character) -> None:
        self._show_on_stage(character)
        if self._opened != character.id:
            self._opened = character.id
            self._companion.post(do.OpenCharacter(character.id))

    def _show_on_stage(self, character: Character) -> None:
        accent = self._portraits.accent(character)
        self.stage.set_character(character.face, accent, character.shown_name)
        self._look.set(accent=accent)

    def _on_portrait(self, id_: str) -> None:
        character = self.character.character
        if character is not None and character.id == id_ and not character.accent:
            self._show_on_stage(character)

    def _speak(self) -> None:
        if self._last_reply is not None:
            self._companion.post(do.Replay(self._last_reply))

    def _forward(self) -> None:
        if self.step == len(self._steps) - 1:
            self.finish()
        else:
            self.go_to(self.step + 1)
            self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _write(self) -> None:
        last = self.step == len(self._steps) - 1
        self.back.setText(tr("Back"))
        self.back.setVisible(self.step > 0)
        self.next.setText(tr("Begin") if last else tr("Next"))
        self.skip.setText(tr("Skip the first steps"))
        self.skip.setVisible(not last)
        self.dots.show_step(self.step)


def _scrolled(step: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(step)
    return area
