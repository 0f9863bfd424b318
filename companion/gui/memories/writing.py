"""A card of one's own: something she should know."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from companion.domain.memory import MemoryKind
from companion.gui.buttons import push_button
from companion.gui.characters.labelled import GrowingText
from companion.gui.controls.choice import Segments
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr

_LONGEST = 2_000


class Writing(QFrame):
    """`written` carries (text, kind); `left` that nothing is added. Hidden until `open`."""

    written = Signal(str, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._title = plain_label(strong=True)
        self.text = GrowingText(least=2, most=8)
        self.kind = Segments(self)
        self.save, self.leave = push_button("primary", self), push_button(parent=self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kind)
        row.addStretch(1)
        row.addWidget(self.leave)
        row.addWidget(self.save)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(8)
        box.addWidget(self._title)
        box.addWidget(self.text)
        box.addLayout(row)
        self.save.clicked.connect(self._save)
        self.leave.clicked.connect(self.left)
        self.text.edited.connect(self._on_edited)
        Texts(self).also(self._write)
        self._write()
        self.kind.set_value("fact")
        self._on_edited()
        self.hide()

    @property
    def is_begun(self) -> bool:
        """Whether something was written that is not saved."""
        return not self.isHidden() and bool(self.text.text().strip())

    def open(self) -> None:
        """Show the field, empty."""
        self.text.set_text("")
        self._on_edited()
        self.show()
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._save()
        else:
            super().keyPressEvent(event)

    def _on_edited(self) -> None:
        self.save.setEnabled(bool(self.text.text().strip()))

    def _save(self) -> None:
        text = self.text.text().strip()[:_LONGEST]
        kind: MemoryKind = "relationship" if self.kind.value() == "relationship" else "fact"
        if text:
            self.written.emit(text, kind)

    def _write(self) -> None:
        self._title.setText(tr("What should she know?"))
        self.text.setPlaceholderText(tr("For example: I am allergic to peanuts."))
        self.text.setAccessibleName(tr("What should she know?"))
        self.kind.set_choices([("fact", tr("About you")), ("relationship", tr("Between you"))])
        self.save.setText(tr("Remember"))
        self.leave.setText(tr("Cancel"))
