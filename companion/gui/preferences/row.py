"""One setting on the page: what it is, its control, what a change does, and the way back to the default."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from companion.gui.buttons import icon_button
from companion.gui.controls.language import shows_chinese
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label
from companion.gui.preferences.control import make_control
from companion.gui.preferences.fields import SettingField
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.settings import Effect

_NARROW_BELOW: Final = 600
_CONTROL_WIDTH: Final = 340


class SettingRow(QWidget):
    """Writes its setting at once and emits `changed` with the field; an impossible value is told at the row."""

    changed = Signal(object)

    def __init__(self, field: SettingField, companion: Surface, look: Look, tasks: Tasks) -> None:
        super().__init__()
        self.field, self._companion, self._look = field, companion, look
        self._limit = ""
        self._title = plain_label()
        self._mark = plain_label()
        self._help = plain_label(size="small", tone="muted", wrap=True)
        self._note = plain_label(size="small", tone="accent", wrap=True)
        self._note.hide()
        self.control = make_control(field, companion, look, tasks, self._set)
        texts = Texts(self)
        self._reset = icon_button(texts, look, "undo", "Back to the default", size=18)
        self._reset.clicked.connect(self.reset)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 10, 0, 10)
        self._box.setSpacing(8)
        self._box.addLayout(self._words(), 1)
        self._side = self._control_side()
        self._box.addWidget(self._side)
        texts.also(self._write)
        look.changed.connect(self._draw_mark)
        self._draw_mark()
        self._write()
        self.refresh()

    @property
    def value(self) -> Any:
        return getattr(self._section, self.field.name)

    @property
    def note(self) -> str:
        """What is said below the setting now; empty when nothing is."""
        return self._note.text() if self._note.isVisibleTo(self) else ""

    def refresh(self) -> None:
        """Show the setting's value."""
        self.control.show(self.value)
        self._reset.setVisible(self.value != self.field.default)

    def reset(self) -> None:
        """Go back to the default."""
        self._set(self.field.default)
        self.control.show(self.value)
        self.control.widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def limit(self, why: str) -> None:
        """Show the setting as one that cannot be used here, and why."""
        self._limit = why
        self.control.widget.setEnabled(False)
        self._write()

    def is_wanted(self) -> bool:
        """Return whether the setting means something with the others as they are."""
        if self.field.only_with is None:
            return True
        name, wanted = self.field.only_with
        return bool(getattr(self._section, name) == wanted)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < self._look.px(_NARROW_BELOW) and self.field.shape != "switch"
        wanted = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if self._box.direction() != wanted:
            self._box.setDirection(wanted)

    @property
    def _section(self) -> BaseModel:
        section = getattr(self._companion.settings, self.field.section)
        assert isinstance(section, BaseModel)
        return section

    def _words(self) -> QVBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._title)
        line.addWidget(self._mark)
        line.addStretch(1)
        box = QVBoxLayout()
        box.setSpacing(2)
        box.addStretch(1)
        box.addLayout(line)
        box.addWidget(self._help)
        box.addWidget(self._note)
        box.addStretch(1)
        return box

    def _control_side(self) -> QWidget:
        side = QWidget()
        is_small = self.field.shape == "switch"
        if not is_small:
            side.setFixedWidth(_CONTROL_WIDTH)
        row = QHBoxLayout(side)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        is_narrow = self.field.shape in ("number", "time")
        if not is_narrow:
            self.control.widget.setSizePolicy(
                QSizePolicy.Policy.Fixed if is_small else QSizePolicy.Policy.Expanding,
                QSizePolicy.Policy.Fixed,
            )
        row.addWidget(self.control.widget, 0 if is_narrow or is_small else 1)
        if is_narrow:
            row.addStretch(1)
        row.addWidget(self._reset)
        return side

    def _set(self, value: Any) -> None:
        if value == self.value:
            self._say("")
            return
        try:
            setattr(self._section, self.field.name, value)
        except ValidationError:
            self._say(tr("This value cannot be used."), tone="danger")
            return
        self._reset.setVisible(self.value != self.field.default)
        self._say(_effect_text(self.field.effect))
        self.changed.emit(self.field)

    def _say(self, text: str, *, tone: str = "accent") -> None:
        self._note.setProperty("tone", tone)
        self._note.style().polish(self._note)
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _write(self) -> None:
        chinese = shows_chinese()
        title, help_ = self.field.title(chinese=chinese), self._limit or self.field.help(chinese=chinese)
        self._title.setText(title)
        self._help.setText(help_)
        self._help.setVisible(bool(help_))
        self.control.translate()
        self.control.show(self.value)
        self.control.widget.setAccessibleName(title)
        self.control.widget.setAccessibleDescription(help_)
        self._mark.setToolTip(tr("Takes a few seconds to take effect"))
        self._say("")

    def _draw_mark(self) -> None:
        if self.field.effect is Effect.RELOAD:
            size = self._look.px(14)
            self._mark.setFixedSize(QSize(size, size))
            self._mark.setPixmap(
                pixmap("regenerate", self._look.tokens.muted.name(), size, self.devicePixelRatioF())
            )
        else:
            self._mark.hide()


def _effect_text(effect: Effect) -> str:
    if effect is Effect.RELOAD:
        return tr("Being taken up; this takes a few seconds.")
    if effect is Effect.NEXT_REPLY:
        return tr("From her next reply on.")
    return ""
