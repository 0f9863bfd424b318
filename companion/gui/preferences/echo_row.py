"""The two-second test of loudspeaker and microphone: whether she may be talked over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Signal

from companion.errors import CompanionError
from companion.gui.notices import notice_text
from companion.gui.preferences.action_row import ActionRow
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import tr

if TYPE_CHECKING:
    from companion.ports import EchoTest


class EchoRow(ActionRow):
    """Does the test and sets `ears.duplex` by it, which `decided` tells."""

    decided = Signal()

    def __init__(self, companion: Surface, tasks: Tasks) -> None:
        super().__init__(
            lambda: (
                tr("Try talking over her"),
                tr(
                    "Plays two seconds of soft sound and listens how much of it comes back. Be quiet meanwhile."
                ),
                tr("Try"),
            )
        )
        self._companion, self._tasks = companion, tasks
        self.pressed.connect(self._try)

    def _try(self) -> None:
        self.button.setEnabled(False)
        self.say(tr("Listening…"))
        self._tasks.run(self._companion.test_echo, self._done, self._failed)

    def _done(self, test: EchoTest) -> None:
        self.button.setEnabled(True)
        self.say(_said(test.verdict))
        wanted: Literal["auto", "half"] = "auto" if test.verdict in ("good", "no_echo") else "half"
        ears = self._companion.settings.ears
        # Who chose to be heard at all times keeps that where it works.
        if ears.duplex != wanted and not (wanted == "auto" and ears.duplex == "full"):
            ears.duplex = wanted
            self.decided.emit()

    def _failed(self, error: CompanionError) -> None:
        self.button.setEnabled(True)
        self.say(notice_text(error.what, error.hint, error.code).whole)


def _said(verdict: str) -> str:
    if verdict == "good":
        return tr("What she says is kept out of the microphone well: you can talk over her.")
    if verdict == "no_echo":
        return tr("The microphone does not hear the loudspeaker: you can talk over her.")
    if verdict == "weak":
        return tr("The microphone hears her too well, so it stays closed while she speaks. Headphones help.")
    return tr("What is needed to talk over her is missing here, so she is listened to first.")
