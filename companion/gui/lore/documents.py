"""The documents of a character as cards: what they are, what is wrong with one, read and take away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.passages import DocumentInfo
from companion.gui.buttons import icon_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.words import passages_text
from companion.gui.notices import notice_text
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class DocumentCard(QFrame):
    """The signals carry the document."""

    read_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, look: Look, info: DocumentInfo) -> None:
        super().__init__()
        self.info = info
        self.setProperty("look", "card")
        texts = Texts(self)
        self._title = plain_label(strong=True, wrap=True)
        self._below = plain_label(size="small", tone="muted", wrap=True)
        self._error = plain_label(size="small", tone="danger", wrap=True)
        self.read = icon_button(texts, look, "pages", "Read")
        self.remove = icon_button(texts, look, "delete", "Take this document away")
        words = QVBoxLayout()
        words.setSpacing(2)
        for label in (self._title, self._below, self._error):
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 8, 10)
        row.addLayout(words, 1)
        row.addWidget(self.read)
        row.addWidget(self.remove)
        self.read.setVisible(not info.error)
        self.remove.setVisible(info.origin == "user")
        self.read.clicked.connect(lambda: self.read_wanted.emit(info))
        self.remove.clicked.connect(lambda: self.remove_wanted.emit(info))
        texts.also(self._write)
        self._write()

    def _write(self) -> None:
        info = self.info
        title = plain_name(info.title or info.file, 60)
        parts = [plain_name(info.file, 40)] if info.file != info.title else []
        if info.n_chapters > 1:
            parts.append(tr("{n} chapters", n=f"{info.n_chapters:,}"))
        parts.append(passages_text(info.n_passages))
        parts.append(tr("{n} characters of text", n=f"{info.n_chars:,}"))
        if info.origin != "user":
            parts.append(tr("from her card"))
        self._title.setText(title)
        self._below.setText(" · ".join(parts))
        self._error.setText(notice_text(info.error, "", "document").what if info.error else "")
        self._error.setVisible(bool(info.error))
        for button, verb in ((self.read, tr("Read")), (self.remove, tr("Take this document away"))):
            button.setAccessibleName(f"{verb}: {title}")


class DocumentList(QWidget):
    """The signals carry a document."""

    read_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.cards: list[DocumentCard] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(8)

    def show_documents(self, infos: Sequence[DocumentInfo]) -> None:
        """Show these; cards of documents that stay are kept."""
        if [card.info for card in self.cards] == list(infos):
            return
        for card in self.cards:
            self._box.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = [DocumentCard(self._look, info) for info in infos]
        for card in self.cards:
            card.read_wanted.connect(self.read_wanted)
            card.remove_wanted.connect(self.remove_wanted)
            self._box.addWidget(card)
