"""The home page: characters, conversation and stage; the stage moves above the conversation when it is narrow."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from companion.gui.chat.panel import ChatPanel
from companion.gui.search.panel import SearchPanel
from companion.gui.sidebar.panel import Sidebar

NARROW_BELOW: Final = 900
_STAGE_LEAST, _STRIP_LEAST, _STRIP = 320, 120, 168
_TALK_LEAST: Final = 380


class Home(QWidget):
    """Holds the three parts; knows widths, nothing else."""

    def __init__(self, sidebar: Sidebar, panel: ChatPanel, search: SearchPanel, stage: QWidget) -> None:
        super().__init__()
        self.sidebar, self.panel, self.search, self.stage = sidebar, panel, search, stage
        self._narrow = False
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
        self._arrange()

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
        if narrow != self._narrow:
            self._narrow = narrow
            self._arrange()
        if narrow and self.sidebar.is_open and event.size().width() < 2 * _TALK_LEAST:
            self.sidebar.set_open(False)

    def _arrange(self) -> None:
        if self._narrow:
            self._sizes = self._split.sizes()
            self._split.setOrientation(Qt.Orientation.Vertical)
            self._split.insertWidget(0, self.stage)
            self.stage.setMinimumSize(0, _STRIP_LEAST)
            self._middle.setMinimumWidth(0)
            self._split.setStretchFactor(0, 0)
            self._split.setStretchFactor(1, 1)
            self._split.setSizes([_STRIP, 10_000])
        else:
            self._split.setOrientation(Qt.Orientation.Horizontal)
            self._split.addWidget(self.stage)
            self.stage.setMinimumSize(_STAGE_LEAST, 0)
            self._middle.setMinimumWidth(_TALK_LEAST)
            self._split.setStretchFactor(0, 1)
            self._split.setStretchFactor(1, 0)
            wide = max(_TALK_LEAST, self.width() - self.sidebar.width() - 400)
            self._split.setSizes(self._sizes if min(self._sizes or [0]) > 0 else [wide, 400])
        self.stage.setVisible(self._stage_wanted)
