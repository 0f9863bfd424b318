"""Plays a sound file through the program's own loudspeaker, one at a time, beside the conversation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from companion.domain.audio import Speech
from companion.domain.messages import TurnId
from companion.errors import AudioError, CompanionError
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks

if TYPE_CHECKING:
    from companion.domain.audio import AudioClip
    from companion.ports import AudioIO

# Turns of the conversation count up from 1.
_TURNS: Final = itertools.count(-1, -1)
Read = Callable[[Path], "AudioClip"]


class Player(QObject):
    """`changed` carries the file that plays now, or an empty text; `failed` a CompanionError."""

    changed = Signal(str)
    failed = Signal(object)

    def __init__(self, companion: Surface, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._companion, self._tasks = companion, tasks
        self._turn: TurnId | None = None
        self.playing = ""
        self._end = QTimer(self, singleShot=True)
        self._end.timeout.connect(self._ended)

    def play(self, path: Path) -> None:
        """Play a WAV file instead of what plays now; the same one again stops it."""
        again = self.playing == str(path)
        self.stop()
        if again:
            return
        turn = self._turn = TurnId(next(_TURNS))
        self.playing = str(path)
        self.changed.emit(self.playing)

        def work() -> float:
            clip = _read(path)
            audio = self._audio()
            audio.enqueue(turn, Speech(clip, ""))
            audio.finish(turn)
            return clip.seconds

        def done(seconds: float) -> None:
            if self._turn == turn:
                self._end.start(round(seconds * 1000) + 200)

        def failed(error: CompanionError) -> None:
            if self._turn == turn:
                self._ended()
            self.failed.emit(error)

        self._tasks.run(work, done, failed)

    def stop(self) -> None:
        """Fall silent."""
        turn, audio = self._turn, self._companion.engines.audio.ready
        if turn is not None and audio is not None:
            audio.stop(turn)
        self._ended()

    def _audio(self) -> AudioIO:
        audio = self._companion.engines.audio.ready
        if audio is None:
            raise AudioError("There is no sound yet.", "Wait a moment, then try again.", code="no_sound")
        return audio

    def _ended(self) -> None:
        self._end.stop()
        self._turn = None
        if self.playing:
            self.playing = ""
            self.changed.emit("")


def _read(path: Path) -> AudioClip:
    from companion.audio.wav import read_wav

    return read_wav(path)
