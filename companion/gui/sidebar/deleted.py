"""The chats that were deleted, each with a way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from companion.domain.messages import ChatInfo
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.sidebar.chats import chat_day, chat_title
from companion.gui.translation import tr


class DeletedChats(QScrollArea):
    """`restored` carries the id of a chat that is wanted back."""

    restored = Signal(str)

    def __init__(self, chats: Sequence[ChatInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(32, 24, 32, 32)
        self._box.setSpacing(8)
        note = tr("Deleted chats are kept for 30 days.") if chats else tr("No chat was deleted.")
        self._box.addWidget(plain_label(note, tone="muted", wrap=True))
        for chat in sorted(chats, key=lambda one: -one.last_seq):
            self._box.addWidget(self._row(chat))
        self._box.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _row(self, chat: ChatInfo) -> QFrame:
        card = QFrame()
        card.setProperty("look", "card")
        words = QVBoxLayout()
        words.addWidget(plain_label(f"{chat_title(chat)} · {chat_day(chat)}", strong=True))
        words.addWidget(plain_label(plain_name(chat.preview, 80), size="small", tone="muted"))
        back = push_button(parent=card)
        back.setText(tr("Bring back"))
        back.setAccessibleName(tr("Bring back {title}", title=chat_title(chat)))
        back.clicked.connect(lambda: self._restore(chat.chat, card))
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 10, 12, 10)
        row.addLayout(words, 1)
        row.addWidget(back)
        return card

    def _restore(self, chat: str, card: QFrame) -> None:
        card.hide()
        self.restored.emit(chat)
