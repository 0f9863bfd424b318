"""The settings of one section as a card, the advanced ones folded."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.controls.language import shows_chinese
from companion.gui.icons import icon
from companion.gui.inert import plain_label
from companion.gui.preferences.fields import SettingSection
from companion.gui.preferences.row import SettingRow
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.settings import Effect


class SectionCard(QWidget):
    """`changed` carries the field that was set; `extras` are further rows at the end of the card."""

    changed = Signal(object)

    def __init__(
        self,
        section: SettingSection,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        *,
        extras: Sequence[QWidget] = (),
    ) -> None:
        super().__init__()
        self._section, self._look = section, look
        self.rows = [SettingRow(field, companion, look, tasks) for field in section.fields]
        self._title = plain_label(size="lead", strong=True)
        self._foot = plain_label(size="small", tone="muted", wrap=True)
        self._foot.setVisible(any(one.effect is Effect.RELOAD for one in section.fields))
        plain = [row for row in self.rows if not row.field.is_advanced]
        hidden = [row for row in self.rows if row.field.is_advanced]
        self._more = push_button("link", self)
        self._more.setCheckable(True)
        self._more.setVisible(bool(hidden))
        self._folded = _Card(hidden)
        self._folded.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self._title)
        self._card = _Card([*plain, *extras])
        box.addWidget(self._card)
        box.addWidget(self._more)
        box.addWidget(self._folded)
        box.addWidget(self._foot)
        box.addStretch(1)
        for row in self.rows:
            row.changed.connect(self._on_changed)
        self._more.toggled.connect(self._unfold)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()
        self._arrange()

    def row(self, name: str) -> SettingRow:
        """Return the row of the setting `name` of this section."""
        return next(row for row in self.rows if row.field.name == name)

    def refresh(self) -> None:
        """Show the values as they are now."""
        for row in self.rows:
            row.refresh()
        self._arrange()

    def unfold(self) -> None:
        """Show the advanced settings too."""
        self._more.setChecked(True)

    def _on_changed(self, field: object) -> None:
        self._arrange()
        self.changed.emit(field)

    def _arrange(self) -> None:
        for row in self.rows:
            row.setVisible(row.is_wanted())
        self._card.draw_lines()
        self._folded.draw_lines()

    def _unfold(self, on: bool) -> None:
        self._folded.setVisible(on)
        self._draw()

    def _write(self) -> None:
        self._title.setText(self._section.titles[shows_chinese()])
        self._more.setText(tr("Advanced"))
        self._foot.setText(tr("What bears the round arrow takes a few seconds to take effect."))
        self._draw()

    def _draw(self) -> None:
        name = "down" if self._more.isChecked() else "right"
        self._more.setIcon(icon(name, self._look.tokens.accent, size=self._look.px(18)))


class _Card(QFrame):
    """Rows with a line between each two that are shown."""

    def __init__(self, rows: Sequence[QWidget]) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._pairs: list[tuple[QFrame, QWidget]] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(18, 6, 14, 6)
        box.setSpacing(0)
        for row in rows:
            line = QFrame()
            line.setProperty("look", "line")
            box.addWidget(line)
            box.addWidget(row)
            self._pairs.append((line, row))
        self.draw_lines()

    def draw_lines(self) -> None:
        """Show a line above every shown row but the first."""
        seen = False
        for line, row in self._pairs:
            shown = row.isVisibleTo(self)
            line.setVisible(shown and seen)
            seen = seen or shown
