"""The one place that knows which widget stands on the stage."""

from __future__ import annotations

import importlib.util
from typing import Protocol, cast

from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.domain.character import FaceAssets
from companion.domain.emotion import Emotion
from companion.domain.events import SpeechReady
from companion.domain.state import State
from companion.gui.inert import plain_label


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


class PlainStage(QWidget):
    """A still stand-in without a face."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QVBoxLayout(self)
        box.addStretch(1)
        box.addWidget(plain_label(""))

    def set_character(self, face: FaceAssets, accent: str, name: str = "") -> None:
        pass

    def set_emotion(self, emotion: Emotion) -> None:
        pass

    def speech_ready(self, ready: SpeechReady) -> None:
        pass

    def heard_to(self, seconds: float) -> None:
        pass

    def speaking_finished(self) -> None:
        pass

    def set_state(self, state: State) -> None:
        pass

    def set_level(self, level_db: float) -> None:
        pass

    def set_reduced_motion(self, reduced: bool) -> None:
        pass

    def set_subtitles_visible(self, visible: bool) -> None:
        pass

    def close_tasks(self) -> None:
        pass


def make_stage(parent: QWidget | None = None) -> tuple[QWidget, Stage]:
    """Return the stage as a widget and as what it can do."""
    if importlib.util.find_spec("companion.gui.stage.widget") is None:
        plain = PlainStage(parent)
        return plain, plain
    from companion.gui.stage.widget import StageWidget

    widget = StageWidget(parent)
    return widget, cast(Stage, widget)
