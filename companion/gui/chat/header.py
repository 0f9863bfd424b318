"""The bar above the conversation: who, in which chat, doing what; and what can be done with the chat."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from companion.domain.state import State
from companion.gui.buttons import icon_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class StateMark(QWidget):
    """A small sign with a shape for each state, so that colour is never alone."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._state = look, "asleep"
        self._is_quiet = self._awaits_name = False
        look.changed.connect(self._resize)
        self._resize()

    def set_state(self, state: State) -> None:
        self._state = state
        self.update()

    def set_ears(self, *, is_quiet: bool, awaits_name: bool) -> None:
        self._is_quiet, self._awaits_name = is_quiet, awaits_name
        self.update()

    def _resize(self) -> None:
        side = self._look.px(14)
        self.setFixedSize(QSize(side, side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._look.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self.width() / 14, self.height() / 14)
        centre = QPointF(7, 7)
        match self._state:
            case "listening" | "hearing":
                style = Qt.PenStyle.DotLine if self._awaits_name else Qt.PenStyle.SolidLine
                painter.setPen(QPen(tokens.listening, 1.6, style))
                painter.drawEllipse(centre, 5.5, 5.5)
                if self._state == "hearing":
                    painter.setBrush(tokens.listening)
                    painter.drawEllipse(centre, 2.5, 2.5)
            case "speaking":
                painter.setPen(QPen(tokens.speaking, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                for x, half in ((3.0, 2.0), (7.0, 5.0), (11.0, 3.0)):
                    painter.drawLine(QPointF(x, 7 - half), QPointF(x, 7 + half))
            case "thinking" | "loading":
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.muted)
                for x in (2.5, 7.0, 11.5):
                    painter.drawEllipse(QPointF(x, 7.0), 1.6, 1.6)
            case _ if self._is_quiet:
                moon, bite = QPainterPath(), QPainterPath()
                moon.addEllipse(centre, 5.5, 5.5)
                bite.addEllipse(QPointF(9.6, 5.0), 4.6, 4.6)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.muted)
                painter.drawPath(moon.subtracted(bite))
            case _:
                painter.setPen(QPen(tokens.muted, 1.4))
                painter.drawRoundedRect(QRectF(3.5, 3.5, 7, 7), 2, 2)
        painter.end()


class ChatHeader(QFrame):
    """Shows character, chat and state; its buttons are connected by the window."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "bar")
        texts = Texts(self)
        self._state: State = "asleep"
        self._why, self._chat = "", ""
        self._is_quiet = self._awaits_name = False
        self._name = plain_label(size="lead", strong=True)
        self._line = plain_label(size="small", tone="muted")
        self._mark = StateMark(look, self)
        for label in (self._name, self._line):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.memories = icon_button(texts, look, "memory", "What she remembers (Ctrl+Shift+R)")
        self.search = icon_button(texts, look, "search", "Search in chats (Ctrl+F)")
        self.new_chat = icon_button(texts, look, "new_chat", "New chat (Ctrl+N)")
        self.stage = icon_button(texts, look, "stage", "Show or hide the stage (Ctrl+E)")
        self.more = icon_button(texts, look, "more", "More")
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._name)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self._mark)
        second.addWidget(self._line, 1)
        names.addLayout(second)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 12, 8)
        row.setSpacing(4)
        row.addLayout(names, 1)
        for button in (self.memories, self.search, self.new_chat, self.stage, self.more):
            row.addWidget(button)
        texts.also(self._write)

    def set_chat(self, name: str, title: str) -> None:
        self._name.setText(plain_name(name))
        self._chat = plain_name(title)
        self._write()

    def set_state(self, state: State, why: str) -> None:
        self._state, self._why = state, why
        self._mark.set_state(state)
        self._write()

    def set_ears(self, *, is_quiet: bool, awaits_name: bool) -> None:
        """Show that she is not to be disturbed, or answers only to her name."""
        self._is_quiet, self._awaits_name = is_quiet, awaits_name
        self._mark.set_ears(is_quiet=is_quiet, awaits_name=awaits_name)
        self._write()

    def _write(self) -> None:
        said = state_words(self._state, self._why)
        if self._awaits_name and self._state == "listening":
            said = tr("Waiting for her name")
        elif self._is_quiet and self._state == "idle":
            said = tr("Do not disturb")
        self._line.setText(" · ".join(part for part in (said, self._chat) if part))
        self._line.setAccessibleName(said)


def state_words(state: State, why: str = "") -> str:
    """Return what she is doing, in words."""
    if state in ("loading", "thinking") and why:
        return waiting_reason(why)
    return {
        "asleep": tr("Waking up"),
        "loading": tr("Getting ready"),
        "idle": tr("Here for you"),
        "listening": tr("Listening"),
        "hearing": tr("Hearing you"),
        "thinking": tr("Thinking"),
        "speaking": tr("Speaking"),
    }[state]


def waiting_reason(why: str) -> str:
    """Return why a state lasts, in words, or an empty string."""
    return {
        "persona": tr("Reading her persona for the first time"),
        "model": tr("Waking up"),
        "worker": tr("Starting again"),
    }.get(why, "")
