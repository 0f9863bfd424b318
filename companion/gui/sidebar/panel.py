"""The rail on the left: characters, and when it is open their chats."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from companion.gui.buttons import icon_button, push_button
from companion.gui.inert import plain_label
from companion.gui.portraits import Portraits
from companion.gui.sidebar.characters import CharacterList
from companion.gui.sidebar.chats import ChatList
from companion.gui.theme import Look
from companion.gui.translation import Texts

NARROW, WIDE = 72, 240
_ROW: Final = 64


class Sidebar(QFrame):
    """72 px of portraits, or 240 with names, search and chats."""

    settings_wanted = Signal()
    add_wanted = Signal()
    search_wanted = Signal(str)
    new_chat_wanted = Signal()
    restore_wanted = Signal(str)
    opened = Signal(bool)

    def __init__(self, look: Look, portraits: Portraits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "rail")
        self._look, self._texts = look, Texts(self)
        self._open = False
        self._deleted = ""
        self.characters = CharacterList(look, portraits, self)
        self.chats = ChatList(look, self)
        self._find = QLineEdit(self)
        self._toggle = icon_button(self._texts, look, "sidebar", "Show or hide names and chats (Ctrl+\\)")
        self._chats_part = self._chats_box()
        self._undo = self._undo_strip()
        self._fill()
        self._find.textChanged.connect(self.characters.rows.set_filter)
        self._find.returnPressed.connect(self._search)
        self._toggle.clicked.connect(lambda: self.set_open(not self._open))
        look.changed.connect(self._resize)
        self.characters.rows.modelReset.connect(self._resize)
        self._resize()

    @property
    def is_open(self) -> bool:
        return self._open

    def set_open(self, is_open: bool) -> None:
        """Open or close the rail."""
        if is_open != self._open:
            self._open = is_open
            self._resize()
            self.opened.emit(is_open)

    def offer_undo(self, chat: str) -> None:
        """Show that a chat was deleted, with a way back."""
        self._deleted = chat
        self._undo.setVisible(bool(chat))

    def _fill(self) -> None:
        self._texts.put(self.setAccessibleName, "Characters and chats")
        self._texts.put(self._find.setPlaceholderText, "Find")
        self._texts.put(self._find.setAccessibleName, "Find a character; Enter searches the chats")
        top = QHBoxLayout()
        top.setContentsMargins(12, 10, 12, 6)
        top.addWidget(self._find, 1)
        top.addWidget(self._toggle)
        add = icon_button(self._texts, self._look, "add", "Add a character")
        settings = icon_button(self._texts, self._look, "settings", "Settings (Ctrl+,)")
        add.clicked.connect(self.add_wanted)
        settings.clicked.connect(self.settings_wanted)
        self._bottom = QHBoxLayout()
        self._bottom.setContentsMargins(12, 6, 12, 12)
        for button in (add, settings):
            self._bottom.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addWidget(self.characters, 1)
        box.addWidget(self._chats_part, 2)
        undo = QHBoxLayout()
        undo.setContentsMargins(8, 0, 8, 0)
        undo.addWidget(self._undo)
        box.addLayout(undo)
        box.addLayout(self._bottom)

    def _chats_box(self) -> QWidget:
        part = QWidget(self)
        line = QFrame(part)
        line.setProperty("look", "line")
        title = plain_label(size="small", tone="muted", strong=True)
        self._texts.put(title.setText, "Chats")
        new = icon_button(self._texts, self._look, "add", "New chat (Ctrl+N)", size=18)
        new.clicked.connect(self.new_chat_wanted)
        row = QHBoxLayout()
        row.setContentsMargins(18, 6, 12, 2)
        row.addWidget(title, 1)
        row.addWidget(new)
        box = QVBoxLayout(part)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(line)
        box.addLayout(row)
        box.addWidget(self.chats, 1)
        return part

    def _undo_strip(self) -> QWidget:
        strip = QFrame(self)
        strip.setProperty("look", "strip")
        row = QHBoxLayout(strip)
        row.setContentsMargins(12, 2, 4, 2)
        label = plain_label(size="small")
        back = push_button("link", strip)
        self._texts.put(label.setText, "Chat deleted")
        self._texts.put(back.setText, "Undo")
        back.clicked.connect(self._restore)
        row.addWidget(label, 1)
        row.addWidget(back)
        strip.hide()
        return strip

    def _restore(self) -> None:
        chat = self._deleted
        self.offer_undo("")
        self.restore_wanted.emit(chat)

    def _search(self) -> None:
        self.search_wanted.emit(self._find.text())

    def _resize(self) -> None:
        self.setFixedWidth(self._look.px(WIDE if self._open else NARROW))
        self._find.setVisible(self._open)
        self._chats_part.setVisible(self._open)
        self._undo.setVisible(self._open and bool(self._deleted))
        self._bottom.setDirection(
            QHBoxLayout.Direction.LeftToRight if self._open else QHBoxLayout.Direction.TopToBottom
        )
        most = self._look.px(_ROW) * max(1, self.characters.rows.rowCount()) + 4
        self.characters.setMaximumHeight(most if self._open else 16_777_215)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(WIDE if self._open else NARROW), 400)
