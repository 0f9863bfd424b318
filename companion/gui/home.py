"""The home page: characters, conversation and stage; the stage moves above the conversation when it is narrow."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from companion.gui.buttons import icon_button
from companion.gui.chat.panel import ChatPanel
from companion.gui.search.panel import SearchPanel
from companion.gui.sidebar.panel import Sidebar
from companion.gui.theme import Look
from companion.gui.translation import Texts

NARROW_BELOW: Final = 900
_STAGE_LEAST, _STRIP_LEAST, _STRIP = 320, 120, 168
_TALK_LEAST: Final = 380


class Home(QWidget):
    """Holds the three parts; knows widths, nothing else."""

    compact_left = Signal()

    def __init__(
        self, look: Look, sidebar: Sidebar, panel: ChatPanel, search: SearchPanel, stage: QWidget
    ) -> None:
        super().__init__()
        self.sidebar, self.panel, self.search, self.stage = sidebar, panel, search, stage
        self._narrow = self.is_compact = False
        self._stage_wanted = True
        self._sizes: list[int] = []
        self._middle = QStackedWidget(self)
        self._middle.addWidget(panel)
        self._middle.addWidget(search)
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(5)
        self._split.addWidget(self._middle)
        self._split.addWidget(stage)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(sidebar)
        row.addWidget(self._split, 1)
        self._leave = icon_button(
            Texts(self), look, "stage", "Back to the whole window (Ctrl+Shift+M)", size=18
        )
        self._leave.setProperty("look", "floating")
        self._leave.setParent(self)
        self._leave.hide()
        panel.installEventFilter(self)
        self._leave.clicked.connect(lambda: self.compact_left.emit())
        self._arrange()

    def set_compact(self, on: bool) -> None:
        """Show only the stage and the line to write in, or everything again."""
        if on and not self._narrow:
            self._sizes = self._split.sizes()
        self.is_compact = on
        self.show_search(on=False)
        self.sidebar.setVisible(not on)
        self.panel.set_compact(on)
        self._leave.setVisible(on)
        self._leave.adjustSize()
        self._leave.move(8, 8)
        self._leave.raise_()
        self._arrange()
        self._limit_line()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.panel and event.type() == QEvent.Type.LayoutRequest:
            self._limit_line()
        return False

    def _limit_line(self) -> None:
        """Give the line to write in no more height than it needs."""
        high = self.panel.sizeHint().height() if self.is_compact else 16_777_215
        if high != self._middle.maximumHeight():
            self._middle.setMaximumHeight(high)
            if self.is_compact:
                self._split.setSizes([10_000, high])

    @property
    def is_searching(self) -> bool:
        return self._middle.currentWidget() is self.search

    def show_search(self, *, on: bool) -> None:
        """Show the search, or the conversation again."""
        self._middle.setCurrentWidget(self.search if on else self.panel)

    @property
    def stage_shown(self) -> bool:
        return self._stage_wanted

    def show_stage(self, shown: bool) -> None:
        """Unfold or fold the stage."""
        self._stage_wanted = shown
        self.stage.setVisible(shown)

    def save(self, settings: QSettings) -> None:
        """Keep what the user arranged."""
        settings.setValue("stage", self._stage_wanted)
        settings.setValue("sidebar", self.sidebar.is_open)
        settings.setValue("widths", self._sizes if self._narrow else self._split.sizes())

    def restore(self, settings: QSettings) -> None:
        """Arrange as it was; nonsense in the file is passed over."""
        self.show_stage(settings.value("stage", True, type=bool) is not False)
        self.sidebar.set_open(settings.value("sidebar", False, type=bool) is True)
        kept = settings.value("widths", [])
        if isinstance(kept, list) and len(kept) == 2 and all(str(one).isdigit() for one in kept):
            self._sizes = [int(one) for one in kept]
            if not self._narrow and min(self._sizes) > 0:
                self._split.setSizes(self._sizes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = event.size().width() < NARROW_BELOW
        if self.is_compact:
            self._split.setSizes([10_000, self._middle.maximumHeight()])
            return
        if narrow != self._narrow:
            self._narrow = narrow
            self._arrange()
        if narrow and self.sidebar.is_open and event.size().width() < 2 * _TALK_LEAST:
            self.sidebar.set_open(False)

    def _arrange(self) -> None:
        if self._narrow or self.is_compact:
            if not self.is_compact:
                self._sizes = self._split.sizes()
            self._split.setOrientation(Qt.Orientation.Vertical)
            self._split.insertWidget(0, self.stage)
            self.stage.setMinimumSize(0, _STRIP_LEAST)
            self._middle.setMinimumWidth(0)
            self._split.setStretchFactor(0, int(self.is_compact))
            self._split.setStretchFactor(1, int(not self.is_compact))
            self._split.setSizes([10_000, 1] if self.is_compact else [_STRIP, 10_000])
        else:
            self._split.setOrientation(Qt.Orientation.Horizontal)
            self._split.addWidget(self.stage)
            self.stage.setMinimumSize(_STAGE_LEAST, 0)
            self._middle.setMinimumWidth(_TALK_LEAST)
            self._split.setStretchFactor(0, 1)
            self._split.setStretchFactor(1, 0)
            wide = max(_TALK_LEAST, self.width() - self.sidebar.width() - 400)
            self._split.setSizes(self._sizes if min(self._sizes or [0]) > 0 else [wide, 400])
        self.stage.setVisible(self._stage_wanted or self.is_compact)
