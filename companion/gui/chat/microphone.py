"""The microphone button: its ring is drawn from the live stream, its shape tells open from closed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from companion.domain.state import ListenMode
from companion.gui.icons import pixmap
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_QUIET_DB, _LOUD_DB = -60.0, -15.0
_SIZE: Final = 36
MODES: Final[tuple[ListenMode, ...]] = ("off", "push_to_talk", "hands_free")


class MicrophoneButton(QToolButton):
    """`mode_chosen` carries the wish; `held` push-to-talk. What is shown follows `set_stream`, not the wish."""

    mode_chosen = Signal(str)
    held = Signal(bool)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._texts = Texts(self)
        self.mode: ListenMode = "off"
        self.wanted: ListenMode = "hands_free"
        """The mode a click switches to."""
        self.is_open, self._device = False, ""
        self._level = self._speech = 0.0
        self._is_held = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._texts.also(self._describe)
        look.changed.connect(self._redraw)
        self._redraw()
        self._describe()

    def set_mode(self, mode: ListenMode) -> None:
        """Show the mode that is wished for."""
        self.mode = mode
        if mode != "off":
            self.wanted = mode
        self._describe()
        self.update()

    def set_stream(self, *, is_open: bool, device: str) -> None:
        """Show whether the microphone is really open."""
        self.is_open, self._device = is_open, device
        if not is_open:
            self._level = self._speech = 0.0
        self._describe()
        self.update()

    def set_level(self, level_db: float, speech: float) -> None:
        """Move the ring with the sound that comes in."""
        if not self.is_open:
            return
        share = (level_db - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
        level = round(min(1.0, max(0.0, share)), 2)
        if (level, speech > 0.5) != (self._level, self._speech > 0.5):
            self._level, self._speech = level, speech
            self.update()

    def hold(self, held: bool) -> None:
        """Press or release the push-to-talk key; the mode is switched to it by the first press."""
        if held == self._is_held:
            return
        self._is_held = held
        if held and self.mode != "push_to_talk":
            self.mode_chosen.emit("push_to_talk")
        self.held.emit(held)
        self.update()

    def menu(self) -> QMenu:
        """Return a menu of the three modes."""
        menu = QMenu(self)
        group = QActionGroup(menu)
        for mode, text in zip(MODES, self._mode_words(), strict=True):
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(mode == self.mode)
            action.triggered.connect(lambda _=False, mode=mode: self.mode_chosen.emit(mode))
            group.addAction(action)
            menu.addAction(action)
        return menu

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(_SIZE), self._look.px(_SIZE))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.mode == "push_to_talk":
            self.hold(True)
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_held and event.button() == Qt.MouseButton.LeftButton:
            self.hold(False)
        else:
            super().mouseReleaseEvent(event)

    def nextCheckState(self) -> None:
        """Switch between off and the mode used last; a click in push-to-talk mode is a short hold instead."""
        if self.mode != "push_to_talk":
            self.mode_chosen.emit("off" if self.mode != "off" else self.wanted)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._look.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(self.width() / 2, self.height() / 2)
        inner = self._look.px(14.0)
        if self.is_open:
            painter.setPen(Qt.PenStyle.NoPen)
            halo = QColor(tokens.listening)
            halo.setAlphaF(0.22)
            painter.setBrush(halo)
            painter.drawEllipse(centre, inner + 3 + self._level * 4, inner + 3 + self._level * 4)
            painter.setBrush(tokens.listening)
            painter.drawEllipse(centre, inner, inner)
        elif self.mode != "off":
            pen = QPen(tokens.muted, 1.5)
            pen.setStyle(Qt.PenStyle.DotLine if self.mode == "hands_free" else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawEllipse(centre, inner, inner)
        self._paint_icon(painter, centre)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def _paint_icon(self, painter: QPainter, centre: QPointF) -> None:
        tokens = self._look.tokens
        name = "mic" if self.is_open or self.mode == "push_to_talk" else "mic_off"
        colour = tokens.surface if self.is_open else tokens.muted
        size = self._look.px(20)
        picture = pixmap(name, colour.name(), size, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(centre.x() - size / 2, centre.y() - size / 2), picture)

    def _redraw(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def _mode_words(self) -> tuple[str, str, str]:
        return tr("Microphone off"), tr("Hold to talk"), tr("Hands-free")

    def _describe(self) -> None:
        off, hold, free = self._mode_words()
        if self.is_open:
            said = tr("The microphone is open: {device}", device=self._device or tr("default"))
        elif self.mode == "push_to_talk":
            said = tr("{mode}: keep F8 or this button pressed", mode=hold)
        elif self.mode == "hands_free":
            said = tr("{mode}: the microphone is not open yet", mode=free)
        else:
            said = off
        self.setToolTip(said)
        self.setAccessibleName(tr("Microphone"))
        self.setAccessibleDescription(said)
