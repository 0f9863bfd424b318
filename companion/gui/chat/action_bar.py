"""The small bar of actions that appears beside a message."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from companion.gui.buttons import IconButton
from companion.gui.chat.actions import Action
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import tr


class ActionBar(QFrame):
    """Shows the time and the primary actions of one message; `chosen` carries an action's name, `menu_wanted` asks
    for all."""

    chosen = Signal(str)
    menu_wanted = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("look", "actions")
        self._look = look
        self._shown: tuple[Action, ...] = ()
        self._buttons: list[IconButton] = []
        self._time = plain_label(size="small", tone="muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 2, 2, 2)
        self._row.setSpacing(0)
        self._row.addWidget(self._time)
        self.hide()

    def show_actions(self, time: str, actions: Sequence[Action]) -> None:
        """Offer the primary ones of `actions`."""
        self._time.setText(time)
        primary = tuple(one for one in actions if one.primary)
        if primary != self._shown:
            self._shown = primary
            self._rebuild()
        self.adjustSize()

    def _rebuild(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        for action in self._shown:
            keys = f" ({action.keys})" if action.keys else ""
            button = self._add(action.icon, action.text + keys)
            button.clicked.connect(lambda _=False, name=action.name: self.chosen.emit(name))
        self._add("more", tr("More")).clicked.connect(lambda _=False: self.menu_wanted.emit())

    def _add(self, icon: str, text: str) -> IconButton:
        button = IconButton(self._look, icon, size=18, parent=self)
        button.say(text)
        self._row.addWidget(button)
        self._buttons.append(button)
        button.show()  # the layout counts only what is not hidden
        return button
