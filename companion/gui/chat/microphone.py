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
MODES: Final[tuple[ListenMode, ...]] = ("off", "push_to_talk", "on_call", "hands_free")


def mode_words() -> tuple[str, str, str, str]:
    """Return what each of `MODES` is called."""
    return tr("Microphone off"), tr("Hold to talk"), tr("Call her by name"), tr("Hands-free")


def mode_helps() -> tuple[str, str, str, str]:
    """Return a sentence on each of `MODES`."""
    return (
        tr("Nothing is heard."),
        tr("Open only while you hold the key or this button."),
        tr("Open all the time; she answers when you call her, and a little while after she has spoken."),
        tr("Open all the time; she answers all that is said."),
    )


class MicrophoneButton(QToolButton):
    """`mode_chosen` carries the wish; `held` push-to-talk. What is shown follows `set_stream`, not the wish.

    `quiet_chosen` asks to be left in peace, or for the end of that; `refused` tells that the key was pressed then.
    """

    mode_chosen = Signal(str)
    held = Signal(bool)
    quiet_chosen = Signal(bool)
    refused = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._texts = Texts(self)
        self.mode: ListenMode = "off"
        self.wanted: ListenMode = "hands_free"
        """The mode a click switches to."""
        self.is_open, self._device = False, ""
        self.is_quiet = self._awaits_name = False
        self._key = "F8"
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

    def set_quiet(self, on: bool) -> None:
        """Show that she neither speaks nor listens; a click ends it."""
        self.is_quiet = on
        self._describe()
        self.update()

    def set_awaits_name(self, on: bool) -> None:
        """Show that she answers only if she is called."""
        if on != self._awaits_name:
            self._awaits_name = on
            self._describe()
            self.update()

    def set_key(self, key: str) -> None:
        """Say which key is held to talk."""
        self._key = key
        self._describe()

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
        if held and self.is_quiet:
            self.refused.emit()
            return
        self._is_held = held
        if held and self.mode != "push_to_talk":
            self.mode_chosen.emit("push_to_talk")
        self.held.emit(held)
        self.update()

    def menu(self) -> QMenu:
        """Return a menu of the modes, and of being left in peace."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        group = QActionGroup(menu)
        for mode, text, help_ in zip(MODES, mode_words(), mode_helps(), strict=True):
            action = QAction(text, menu)
            action.setToolTip(help_)
            action.setCheckable(True)
            action.setChecked(mode == self.mode and not self.is_quiet)
            action.triggered.connect(lambda _=False, mode=mode: self.mode_chosen.emit(mode))
            group.addAction(action)
            menu.addAction(action)
        menu.addSeparator()
        quiet = QAction(tr("Do not disturb"), menu)
        quiet.setToolTip(tr("She neither speaks nor listens; what you write is answered in writing."))
        quiet.setCheckable(True)
        quiet.setChecked(self.is_quiet)
        quiet.triggered.connect(self.quiet_chosen)
        menu.addAction(quiet)
        return menu

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(_SIZE), self._look.px(_SIZE))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and self.mode == "push_to_talk" and not self.is_quiet:
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
        if self.is_quiet:
            self.quiet_chosen.emit(False)
        elif self.mode != "push_to_talk":
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
            self._paint_open(painter, centre, inner)
        elif self.mode != "off" and not self.is_quiet:
            pen = QPen(tokens.muted, 1.5)
            is_wish = self.mode in ("hands_free", "on_call")
            pen.setStyle(Qt.PenStyle.DotLine if is_wish else Qt.PenStyle.SolidLine)
            painter.setPen(pen)
            painter.drawEllipse(centre, inner, inner)
        self._paint_icon(painter, centre)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def _paint_open(self, painter: QPainter, centre: QPointF, inner: float) -> None:
        """Draw the live ring: filled where all is answered, hollow where her name is waited for."""
        listening = self._look.tokens.listening
        halo = QColor(listening)
        halo.setAlphaF(0.22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(halo)
        painter.drawEllipse(centre, inner + 3 + self._level * 4, inner + 3 + self._level * 4)
        if self._awaits_name:
            painter.setBrush(self._look.tokens.raised)
            painter.setPen(QPen(listening, 2))
        else:
            painter.setBrush(listening)
        painter.drawEllipse(centre, inner, inner)

    def _paint_icon(self, painter: QPainter, centre: QPointF) -> None:
        tokens = self._look.tokens
        name = "mic" if self.is_open or self.mode == "push_to_talk" else "mic_off"
        colour = tokens.surface if self.is_open else tokens.muted
        if self.is_open and self._awaits_name:
            colour = tokens.listening
        elif self.is_quiet and not self.is_open:
            name = "moon"
        size = self._look.px(20)
        picture = pixmap(name, colour.name(), size, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(centre.x() - size / 2, centre.y() - size / 2), picture)

    def _redraw(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def _describe(self) -> None:
        off, hold, name, free = mode_words()
        device = self._device or tr("default")
        if self.is_open and self._awaits_name:
            said = tr("The microphone is open: {device}. Call her by name.", device=device)
        elif self.is_open:
            said = tr("The microphone is open: {device}", device=device)
        elif self.is_quiet:
            said = tr("Do not disturb: she neither speaks nor listens. Click to end it.")
        elif self.mode == "push_to_talk":
            said = tr("{mode}: keep {key} or this button pressed", mode=hold, key=self._key)
        elif self.mode == "off":
            said = off
        else:
            said = tr("{mode}: the microphone is not open yet", mode=name if self.mode == "on_call" else free)
        self.setToolTip(said)
        self.setAccessibleName(tr("Microphone"))
        self.setAccessibleDescription(said)
