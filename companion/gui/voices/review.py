"""Going through the pieces: hear them, correct the text, keep or drop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.voices.clips_model import DOUBTS, KEEP, LENGTH, TEXT, ClipsModel
from companion.gui.voices.player import Player
from companion.gui.voices.words import duration_words
from companion.voice_training.clip import Clip
from companion.voice_training.review import Edits


class ClipTable(QTableView):
    """Space keeps or drops, Return plays, F2 or a double click edits; `play_wanted` carries the row."""

    play_wanted = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row, model = self.currentIndex().row(), self.model()
        is_editing = self.state() == QAbstractItemView.State.EditingState
        if row >= 0 and not is_editing and isinstance(model, ClipsModel):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.play_wanted.emit(row)
                return
            if event.key() == Qt.Key.Key_Space:
                model.keep(row, not model.is_kept(row))
                return
        super().keyPressEvent(event)


class ReviewView(QWidget):
    """`changed` carries the Edits after each decision, `finished` those at the end."""

    changed = Signal(object)
    finished = Signal(object)

    def __init__(self, look: Look, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._player, self._folder = look, player, Path()
        self.model = ClipsModel(self)
        self.table = ClipTable()
        self._intro = plain_label(tone="muted", wrap=True)
        self._sum = plain_label(size="small", tone="muted")
        self.play, self.go_on = push_button(parent=self), push_button("primary", self)
        self._set_up_table()
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self._sum, 1)
        foot.addWidget(self.play)
        foot.addWidget(self.go_on)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self._intro)
        box.addWidget(self.table, 1)
        box.addLayout(foot)
        self.setFocusProxy(self.table)
        self.model.edited.connect(self._on_edited)
        self.table.play_wanted.connect(self._play)
        self.play.clicked.connect(lambda: self._play(self.table.currentIndex().row()))
        self.go_on.clicked.connect(lambda: self.finished.emit(self.model.edits))
        player.changed.connect(lambda _: self._write())
        Texts(self).also(self._write)
        self._write()

    @property
    def sum_text(self) -> str:
        return self._sum.text()

    def show_clips(self, folder: Path, clips: Sequence[Clip], edits: Edits) -> None:
        """Show the clips of the job in `folder`."""
        self._folder = folder
        self.model.show(clips, edits)
        if clips:
            self.table.setCurrentIndex(self.model.index(0, TEXT))
        self._write()

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setProperty("look", "table")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(self._look.px(40))
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(TEXT, QHeaderView.ResizeMode.Stretch)
        for column, width in ((KEEP, 64), (DOUBTS, 200), (LENGTH, 76)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, self._look.px(width))
        table.doubleClicked.connect(self._on_double_click)

    def _on_double_click(self, index: QModelIndex) -> None:
        if index.column() != TEXT:
            self._play(index.row())

    def _play(self, row: int) -> None:
        if row >= 0:
            self._player.play(self._folder / "clips" / f"{self.model.clip(row).name}.wav")

    def _on_edited(self) -> None:
        self._write()
        self.changed.emit(self.model.edits)

    def _write(self) -> None:
        self._intro.setText(
            tr(
                "What is doubtful comes first. Listen, correct the words, and leave out what is not her voice."
            )
        )
        self.table.setAccessibleName(tr("Pieces of the recordings"))
        self.play.setText(tr("Stop") if self._player.playing else tr("Listen"))
        self.go_on.setText(tr("These are right, go on"))
        self._sum.setText(
            tr(
                "{n} of {all} kept, {time}",
                n=self.model.n_kept,
                all=self.model.rowCount(),
                time=duration_words(self.model.kept_s),
            )
            if self.model.rowCount()
            else ""
        )
        self.go_on.setEnabled(self.model.n_kept > 0)
        self.model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, LENGTH)
