"""What an empty chat shows: her name, a line of invitation, three things to say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class ChatWelcome(QWidget):
    """`suggested` carries a sentence to say."""

    suggested = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._name, self._language = look, "", "zh"
        self._title: QLabel = plain_label(size="title", wrap=True)
        self._line: QLabel = plain_label(tone="muted", wrap=True)
        self._buttons: list[QPushButton] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 24, 24, 24)
        box.setSpacing(8)
        box.addStretch(2)
        for label in (self._title, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            box.addWidget(label)
        box.addSpacing(16)
        for _ in range(3):
            button = push_button("suggestion", self)
            button.clicked.connect(lambda _=False, button=button: self.suggested.emit(button.text()))
            box.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._buttons.append(button)
        box.addStretch(3)
        Texts(self).also(self._write)
        self._write()

    def set_character(self, name: str, language: str) -> None:
        """Invite to talk with `name`; what is suggested is in her language."""
        self._name, self._language = plain_name(name), language
        self._write()

    def _write(self) -> None:
        self._title.setText(self._name)
        invitation = tr("Write, or press the microphone and speak.")
        self._line.setText(invitation if self._name else tr("Drop a character file here, or press the plus."))
        sentences = _SAYINGS[self._language if self._language in _SAYINGS else "en"]
        for button, sentence in zip(self._buttons, sentences, strict=True):
            button.setText(sentence)
            button.setVisible(bool(self._name))
        widest = max(button.sizeHint().width() for button in self._buttons)
        for button in self._buttons:
            button.setFixedWidth(min(self._look.px(420), widest + self._look.px(24)))


# Said to the character, so in her language and not in the window's.
_SAYINGS = {
    "zh": ("今天过得怎么样？", "给我讲讲你自己吧。", "陪我聊一会儿，好吗？"),
    "en": ("How was your day?", "Tell me about yourself.", "Keep me company for a while?"),
}
