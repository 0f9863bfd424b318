"""Text views that load nothing and obey no markup: documents, labels and browsers for text of any origin.

Reply, card and lore text is data. A document of Qt reads local files for images on its own, and a label guesses
that its text is HTML; what is made here does neither.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QLabel, QTextBrowser, QWidget

LONGEST_WORD: Final = 2_000
LONGEST_SHOWN: Final = 8_000
LONGEST_READ: Final = 100_000
_LONG_RUN: Final = re.compile(rf"\S{{{LONGEST_WORD}}}")
# Overrides, isolates, marks, zero-width characters and tag characters can make a name look like another one.
_HIDDEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
Tone = Literal["text", "muted", "danger", "accent"]


class InertDocument(QTextDocument):
    """A document that opens no file, image or address, whatever its text says."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setUndoRedoEnabled(False)
        self.setDocumentMargin(0)

    def loadResource(self, kind: int, name: QUrl | str) -> QImage:
        """Return an empty picture. None would make Qt open the path itself."""
        return QImage()


class InertBrowser(QTextBrowser):
    """A read-only view of plain text that can be selected; links neither open nor load anything."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setPlainText(tame(text, LONGEST_READ))

    def loadResource(self, kind: int, name: QUrl | str) -> QImage:
        """Return an empty picture, see InertDocument."""
        return QImage()


def plain_label(
    text: str = "",
    *,
    size: str = "body",
    tone: Tone = "text",
    strong: bool = False,
    wrap: bool = False,
    parent: QWidget | None = None,
) -> QLabel:
    """Return a label that shows its text as it is; the only way to make one."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    label.setProperty("scale", size)
    label.setProperty("tone", tone)
    if strong:
        label.setProperty("weight", "strong")
    label.setWordWrap(wrap)
    return label


def tame(text: str, limit: int = LONGEST_SHOWN) -> str:
    """Return `text` cut to `limit` characters, control characters shown as U+FFFD, endless words broken."""
    shown = _CONTROL.sub("\ufffd", text[:limit].replace("\r\n", "\n").replace("\r", "\n"))
    return _LONG_RUN.sub(lambda run: run.group() + "\n", shown)


def plain_name(name: str, limit: int = 60) -> str:
    """Return a name on one line without invisible or direction-changing characters, at most `limit` long."""
    cleaned = _HIDDEN.sub("", _CONTROL.sub(" ", name.replace("\n", " "))).strip()
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"
