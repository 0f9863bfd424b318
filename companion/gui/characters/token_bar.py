"""How full her memory is before the first word, as a bar in parts with a line for each."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from companion.gui.characters.tokens import ALWAYS, Section, TokenCounts
from companion.gui.colours import mix
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_SHARES: Final[dict[Section, float]] = {
    "person": 1.0,
    "lore": 0.78,
    "examples": 0.58,
    "opening": 0.4,
    "reminder": 0.26,
}


class TokenBar(QWidget):
    """`show_counts` takes what was counted."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: TokenCounts | None = None
        self._bar = _Bar(look)
        self.total = plain_label(strong=True, wrap=True)
        self.details: QLabel = plain_label(size="small", tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addWidget(self.total)
        box.addWidget(self._bar)
        box.addWidget(self.details)
        Texts(self).also(self._write)

    def show_counts(self, counts: TokenCounts) -> None:
        self._counts = counts
        self._bar.counts = counts
        self._bar.update()
        self._write()

    def _write(self) -> None:
        counts = self._counts
        if counts is None:
            return
        used, context = f"{counts.always:,}", f"{counts.context:,}"
        if counts.left <= 0:
            said = tr(
                "Too long: {used} of {context}. Shorten it, or give her a longer memory.",
                used=used,
                context=context,
            )
        elif counts.is_exact:
            said = tr("Her memory: {used} of {context}", used=used, context=context)
        else:
            said = tr("Her memory: about {used} of {context}", used=used, context=context)
        self.total.setText(said)
        self.total.setProperty("tone", "danger" if counts.left <= 0 else "text")
        self.total.style().polish(self.total)
        words = section_words()
        lines = [f"{words[name]} {counts.by_section[name]:,}" for name in ALWAYS if counts.by_section[name]]
        if counts.by_section["on_mention"]:
            lines.append(f"{words['on_mention']} {counts.by_section['on_mention']:,}")
        if counts.left > 0:
            lines.append(tr("left for the conversation {n}", n=f"{counts.left:,}"))
        self.details.setText(" · ".join(lines))
        self._bar.setAccessibleName(f"{said} {self.details.text()}")


class _Bar(QWidget):
    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.counts: TokenCounts | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(200), self._look.px(12))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._look.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        rect = QRectF(self.rect())
        painter.setBrush(tokens.outline)
        painter.drawRoundedRect(rect, 4, 4)
        if self.counts is not None and self.counts.context > 0:
            per = rect.width() / max(self.counts.context, self.counts.always)
            x = 0.0
            base = tokens.danger if self.counts.left <= 0 else tokens.accent
            for name, share in _SHARES.items():
                wide = self.counts.by_section[name] * per
                painter.setBrush(QColor(mix(base, tokens.raised, share)))
                if wide >= 1:
                    painter.drawRoundedRect(QRectF(x, 0, max(2.0, wide - 1), rect.height()), 3, 3)
                x += wide
        painter.end()


def section_words() -> dict[Section, str]:
    """Return what the sections are called."""
    return {
        "person": tr("About her"),
        "lore": tr("Always known"),
        "examples": tr("Example dialogues"),
        "opening": tr("First words"),
        "reminder": tr("Reminder"),
        "on_mention": tr("When mentioned"),
    }
