"""The question before everything is forgotten, which cannot be taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr


class Farewell(QFrame):
    """`confirmed` only after the word was typed; `left` keeps everything. Hidden until `ask`."""

    confirmed = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "banner")
        self._n = 0
        self._what = plain_label(strong=True, wrap=True)
        self._more = plain_label(size="small", tone="muted", wrap=True)
        self.word = QLineEdit()
        self.stay, self.forget = push_button(parent=self), push_button("danger", self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.word, 1)
        row.addWidget(self.stay)
        row.addWidget(self.forget)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 12, 14, 12)
        box.setSpacing(6)
        box.addWidget(self._what)
        box.addWidget(self._more)
        box.addLayout(row)
        self.word.textChanged.connect(self._check)
        self.word.returnPressed.connect(self._confirm)
        self.forget.clicked.connect(self._confirm)
        self.stay.clicked.connect(self.left)
        Texts(self).also(self._write)
        self._write()
        self.hide()

    def ask(self, n: int) -> None:
        """Show the question about `n` memories."""
        self._n = n
        self.word.clear()
        self._write()
        self.show()
        self.word.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _matches(self) -> bool:
        return self.word.text().strip().casefold() == tr("forget").casefold()

    def _check(self) -> None:
        self.forget.setEnabled(self._matches())

    def _confirm(self) -> None:
        if self._matches():
            self.confirmed.emit()

    def _write(self) -> None:
        self._what.setText(tr("She will forget everything: {n} memories. This cannot be undone.", n=self._n))
        self._more.setText(
            tr(
                "Her summaries of your chats go too, and what you switched off in her world is on again. "
                "The chats themselves stay; delete them in the list of chats."
            )
        )
        self.word.setPlaceholderText(tr("Type “{word}” to confirm", word=tr("forget")))
        self.word.setAccessibleName(tr("Type “{word}” to confirm", word=tr("forget")))
        self.stay.setText(tr("Keep everything"))
        self.forget.setText(tr("Forget everything"))
        self._check()
