"""What she and the microphone are doing now: the one place that header, button and tray icon draw from."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from companion.domain import events
from companion.domain.name_call import ATTENTION_S
from companion.domain.state import ListenMode, State
from companion.gui.translation import tr

_ATTENTION_MS: Final = round(ATTENTION_S * 1000)


class Attention(QObject):
    """Follows the events; `changed` tells that something of it is new."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: State = "asleep"
        self.mode: ListenMode = "off"
        self.is_open, self.is_quiet = False, False
        self.device, self.name = "", ""
        self._talking = QTimer(self, singleShot=True, interval=_ATTENTION_MS)
        self._talking.timeout.connect(self.changed)

    @property
    def awaits_name(self) -> bool:
        """Whether what is said now is answered only if she is called."""
        is_waiting = self.state in ("listening", "hearing") and not self._talking.isActive()
        return self.mode == "on_call" and self.is_open and is_waiting

    def take(self, event: events.Event) -> None:
        """Take in what happened."""
        before = self._now
        match event:
            case events.StateChanged(_, new, _):
                self.state = new
            case events.ListeningChanged(_, is_open, device):
                self.is_open, self.device = is_open, device
            case events.ReplyFinished() | events.SpeakingFinished():
                self._talking.start()
            case _:
                return
        self._tell(before)

    def set_mode(self, mode: ListenMode) -> None:
        """Take in how the microphone is meant to be used."""
        before, self.mode = self._now, mode
        self._tell(before)

    def set_quiet(self, on: bool) -> None:
        before, self.is_quiet = self._now, on
        self._tell(before)

    def set_name(self, name: str) -> None:
        before, self.name = self._now, name
        self._tell(before)

    @property
    def words(self) -> str:
        """What the microphone does, in a sentence."""
        if self.is_open and self.awaits_name:
            said = tr("The microphone is open: {device}. Call her by name.", device=self._device)
        elif self.is_open:
            said = tr("The microphone is open: {device}", device=self._device)
        elif self.is_quiet:
            said = tr("Do not disturb: she neither speaks nor listens")
        elif self.mode == "push_to_talk":
            said = tr("Microphone closed until you hold the key")
        elif self.mode == "off":
            said = tr("Microphone off")
        else:
            said = tr("The microphone is not open yet")
        return said

    @property
    def _device(self) -> str:
        return self.device or tr("default")

    @property
    def _now(self) -> tuple[object, ...]:
        return self.state, self.mode, self.is_open, self.device, self.is_quiet, self.name, self.awaits_name

    def _tell(self, before: tuple[object, ...]) -> None:
        if before != self._now:
            self.changed.emit()
