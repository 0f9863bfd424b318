"""Widgets of one size in as many columns as fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget


class FlowGrid(QWidget):
    """Columns are at least `least` pixels wide; `stretched` shares what is left over among them."""

    def __init__(self, least: int, *, stretched: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least, self._stretched = least, stretched
        self._widgets: list[QWidget] = []
        self._n_columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)

    def set_widgets(self, widgets: Sequence[QWidget]) -> None:
        """Show these; the ones before are deleted."""
        for widget in self._widgets:
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self._widgets = list(widgets)
        self._n_columns = 0
        self._arrange()

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return tuple(self._widgets)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        n = max(1, (self.width() + 12) // (self._least + 12))
        if n == self._n_columns:
            return
        for column in range(self._n_columns + 1):
            self._grid.setColumnStretch(column, 0)
        self._n_columns = n
        for at, widget in enumerate(self._widgets):
            self._grid.addWidget(widget, at // n, at % n)
        for column in range(n):
            self._grid.setColumnStretch(column, 1 if self._stretched else 0)
        if not self._stretched:
            self._grid.setColumnStretch(n, 1)
