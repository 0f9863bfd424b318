"""The pieces of the recordings as a table: play, keep, text, what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from companion.gui.inert import plain_name
from companion.gui.translation import tr
from companion.gui.voices.words import doubt_words, reason_words
from companion.voice_training.clip import Clip
from companion.voice_training.review import Edit, Edits, key_of, worst_first

Index = QModelIndex | QPersistentModelIndex
KEEP, TEXT, DOUBTS, LENGTH = range(4)
_ROOT: Final = QModelIndex()
_LONGEST: Final = 2_000


class ClipsModel(QAbstractTableModel):
    """`edited` tells that a decision was made; `edits` are all of them."""

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clips: list[Clip] = []
        self.edits = Edits({})

    def show(self, clips: Sequence[Clip], edits: Edits) -> None:
        """Show clips, those with the most doubts first."""
        self.beginResetModel()
        self._clips, self.edits = worst_first(clips), edits
        self.endResetModel()

    def clip(self, row: int) -> Clip:
        return self._clips[row]

    def is_kept(self, row: int) -> bool:
        clip = self._clips[row]
        keep = self._edit(clip).keep
        return clip.dropped is None if keep is None else keep

    @property
    def kept_s(self) -> float:
        """How many seconds are kept as things stand."""
        return sum(clip.seconds for row, clip in enumerate(self._clips) if self.is_kept(row))

    @property
    def n_kept(self) -> int:
        return sum(self.is_kept(row) for row in range(len(self._clips)))

    def keep(self, row: int, on: bool) -> None:
        """Keep a clip or drop it."""
        clip = self._clips[row]
        # What is as the checks decided needs no word of the user.
        self._decide(clip, replace(self._edit(clip), keep=None if on == (clip.dropped is None) else on))
        self.dataChanged.emit(self.index(row, 0), self.index(row, LENGTH))

    # ---- for Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._clips)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (tr("Keep"), tr("What is said"), tr("What speaks against it"), tr("Length"))[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == KEEP:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() == TEXT:
            found |= Qt.ItemFlag.ItemIsEditable
        return found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        clip, column = self._clips[index.row()], index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == KEEP:
            kept = self.is_kept(index.row())
            return (Qt.CheckState.Checked if kept else Qt.CheckState.Unchecked).value
        if role == Qt.ItemDataRole.EditRole and column == TEXT:
            return self._text(clip)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == KEEP:
            return f"{tr('Keep')}: {plain_name(self._text(clip), 80)}"
        if role == Qt.ItemDataRole.ToolTipRole and column == DOUBTS:
            return "\n".join(filter(None, (clip.detail, *clip.flags)))
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                None,
                plain_name(self._text(clip), 200),
                _against(clip),
                tr("{n} s", n=f"{clip.seconds:.1f}"),
            )[column]
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if not index.isValid():
            return False
        clip = self._clips[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == KEEP:
            self.keep(index.row(), Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and index.column() == TEXT:
            text = str(value).strip()[:_LONGEST]
            self._decide(clip, replace(self._edit(clip), text=None if text == clip.text else text))
            self.dataChanged.emit(index, index)
            return True
        return False

    def _decide(self, clip: Clip, edit: Edit) -> None:
        by_clip = {key: one for key, one in self.edits.by_clip.items() if key != key_of(clip)}
        if edit != Edit():
            by_clip[key_of(clip)] = edit
        self.edits = replace(self.edits, by_clip=by_clip)
        self.edited.emit()

    def _edit(self, clip: Clip) -> Edit:
        return self.edits.by_clip.get(key_of(clip), Edit())

    def _text(self, clip: Clip) -> str:
        text = self._edit(clip).text
        return clip.text if text is None else text


def _against(clip: Clip) -> str:
    if clip.dropped is not None:
        return reason_words(clip.dropped)
    return plain_name(tr("; ").join(doubt_words(one) for one in clip.flags), 120)
