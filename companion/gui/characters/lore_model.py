"""The entries of a lorebook as a table."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from companion.domain.character import LoreEntry
from companion.gui.inert import plain_name
from companion.gui.translation import tr

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_SEPARATOR: Final = re.compile(r"[,，、;；\n]")
ENABLED, KEYS, CONTENT, CONSTANT = range(4)


class LoreModel(QAbstractTableModel):
    """Columns: enabled, keys, content, constant. `edited` tells of the user's changes."""

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[LoreEntry] = []

    @property
    def entries(self) -> tuple[LoreEntry, ...]:
        return tuple(self._entries)

    def show_entries(self, entries: tuple[LoreEntry, ...]) -> None:
        """Replace all without telling."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def entry(self, row: int) -> LoreEntry:
        return self._entries[row]

    def change(self, row: int, entry: LoreEntry) -> None:
        """Replace an entry by what the user made of it."""
        if self._entries[row] != entry:
            self._entries[row] = entry
            self.dataChanged.emit(self.index(row, 0), self.index(row, 3))
            self.edited.emit()

    def append(self) -> int:
        """Add an empty entry and return its row."""
        row = len(self._entries)
        self.beginInsertRows(_ROOT, row, row)
        self._entries.append(LoreEntry((), ""))
        self.endInsertRows()
        self.edited.emit()
        return row

    def remove(self, row: int) -> None:
        self.beginRemoveRows(_ROOT, row, row)
        del self._entries[row]
        self.endRemoveRows()
        self.edited.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("In use"), tr("Keywords"), tr("What she knows"), tr("Always"))[section]
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() in (ENABLED, CONSTANT) else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole and index.column() == KEYS:
            return plain_name(keys_text(entry) or entry.name, 80)
        if role == Qt.ItemDataRole.DisplayRole and index.column() == CONTENT:
            return plain_name(entry.content, 120)
        if role == Qt.ItemDataRole.CheckStateRole and index.column() in (ENABLED, CONSTANT):
            on = entry.enabled if index.column() == ENABLED else entry.constant
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() in (ENABLED, CONSTANT):
            return self.headerData(index.column(), Qt.Orientation.Horizontal)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() not in (ENABLED, CONSTANT):
            return False
        on = Qt.CheckState(value) == Qt.CheckState.Checked
        entry = self._entries[index.row()]
        changed = replace(entry, enabled=on) if index.column() == ENABLED else replace(entry, constant=on)
        self.change(index.row(), changed)
        return True


def keys_text(entry: LoreEntry) -> str:
    """Return the keys as one writes them: apart by a pause mark in Chinese, a comma else."""
    if entry.use_regex:
        return "\n".join(entry.keys)
    separator = "、" if any("\u4e00" <= one <= "\u9fff" for key in entry.keys for one in key) else ", "
    return separator.join(entry.keys)


def keys_of(text: str, *, use_regex: bool) -> tuple[str, ...]:
    """Return the keys in a text; an expression may hold any separator but the end of a line."""
    parts = text.split("\n") if use_regex else _SEPARATOR.split(text)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
