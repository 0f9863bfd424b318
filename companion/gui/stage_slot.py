"""The one place that knows which widget stands on the stage."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QWidget

from companion.domain.character import FaceAssets
from companion.domain.emotion import Emotion
from companion.domain.events import SpeechReady
from companion.domain.state import State
from companion.gui.stage.widget import StageWidget
from companion.gui.tasks import Tasks


class Stage(Protocol):
    """What the window asks of the stage."""

    def set_character(self, face: FaceAssets, accent: str, name: str = "") -> None: ...
    def set_emotion(self, emotion: Emotion) -> None: ...
    def speech_ready(self, ready: SpeechReady) -> None: ...
    def heard_to(self, seconds: float) -> None: ...
    def speaking_finished(self) -> None: ...
    def set_state(self, state: State) -> None: ...
    def set_level(self, level_db: float) -> None: ...
    def set_reduced_motion(self, reduced: bool) -> None: ...
    def set_subtitles_visible(self, visible: bool) -> None: ...
    def close_tasks(self) -> None: ...


def make_stage(tasks: Tasks) -> tuple[QWidget, Stage]:
    """Return the stage as a widget and as what it can do; pictures are read in `tasks`."""
    widget = StageWidget(tasks=tasks)
    return widget, widget
