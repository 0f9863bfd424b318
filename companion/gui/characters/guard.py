"""The question before unsaved changes are lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr


class LeaveGuard(QWidget):
    """A strip with three answers; staying only hides it."""

    save_wanted = Signal()
    drop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        strip = QFrame()
        strip.setProperty("look", "banner")
        self._text = plain_label(wrap=True)
        self.save = push_button("primary", self)
        self.drop = push_button("danger", self)
        self.stay = push_button(parent=self)
        row = QHBoxLayout(strip)
        row.setContentsMargins(14, 8, 10, 8)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        for button in (self.stay, self.drop, self.save):
            row.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 16, 8)
        box.addWidget(strip)
        self.save.clicked.connect(self.save_wanted)
        self.drop.clicked.connect(self.drop_wanted)
        self.stay.clicked.connect(self.hide)
        Texts(self).also(self._write)
        self._write()
        self.hide()

    def ask(self) -> None:
        """Show the question, the safe answer in focus."""
        self.show()
        self.save.setFocus(Qt.FocusReason.OtherFocusReason)

    def _write(self) -> None:
        self._text.setText(tr("There are changes that are not saved."))
        self.save.setText(tr("Save and go back"))
        self.drop.setText(tr("Go back without them"))
        self.stay.setText(tr("Stay here"))
