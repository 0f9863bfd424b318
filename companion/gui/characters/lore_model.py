"""The entries of a lorebook as a table, and the part of it that a search leaves, in the order she reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)

from companion.domain.character import LoreEntry
from companion.engines.language_models.rough_tokens import count_rough
from companion.gui.inert import plain_name
from companion.gui.translation import tr

_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_SEPARATOR: Final = re.compile(r"[,，、;；\n]")
_COLUMNS: Final = 6
ENABLED, NAME, KEYS, CONTENT, CONSTANT, SIZE = range(_COLUMNS)


class LoreModel(QAbstractTableModel):
    """Columns: enabled, name, keys, content, constant, size. `edited` tells of the user's changes."""

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

    def row_of(self, id_: str) -> int:
        """Return the row of the entry that the book calls `id_`, or -1."""
        return next((row for row, one in enumerate(self._entries) if one.id == id_), -1)

    def change(self, row: int, entry: LoreEntry) -> None:
        """Replace an entry by what the user made of it."""
        if self._entries[row] != entry:
            self._entries[row] = entry
            self._tell(row)
            self.edited.emit()

    def append(self, entry: LoreEntry | None = None) -> int:
        """Add an entry, an empty one by default, and return its row."""
        row = len(self._entries)
        self.beginInsertRows(_ROOT, row, row)
        self._entries.append(entry or LoreEntry((), ""))
        self.endInsertRows()
        self.edited.emit()
        return row

    def remove(self, row: int) -> None:
        self.beginRemoveRows(_ROOT, row, row)
        del self._entries[row]
        self.endRemoveRows()
        self.edited.emit()

    def insert(self, row: int, entry: LoreEntry) -> None:
        """Put an entry back at its row."""
        self.beginInsertRows(_ROOT, row, row)
        self._entries.insert(row, entry)
        self.endInsertRows()
        self.edited.emit()

    def swap(self, row: int, other: int) -> None:
        """Let two entries change places in the order in which she reads them."""
        one, two = self._entries[row], self._entries[other]
        if one.insertion_order != two.insertion_order:
            self._entries[row] = replace(one, insertion_order=two.insertion_order)
            self._entries[other] = replace(two, insertion_order=one.insertion_order)
        else:
            self._entries[row], self._entries[other] = two, one
        self._tell(row)
        self._tell(other)
        self.edited.emit()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else _COLUMNS

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = (
                tr("In use"),
                tr("Name"),
                tr("Keywords"),
                tr("What she knows"),
                tr("Always"),
                tr("Size"),
            )
            return titles[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == SIZE:
            return tr("About how much of her memory it takes")
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() in (ENABLED, CONSTANT) else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self._entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _shown(entry, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == SIZE:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if column not in (ENABLED, CONSTANT):
            return None
        if role == Qt.ItemDataRole.CheckStateRole:
            on = entry.enabled if column == ENABLED else entry.constant
            return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.headerData(column, Qt.Orientation.Horizontal)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() not in (ENABLED, CONSTANT):
            return False
        on = Qt.CheckState(value) == Qt.CheckState.Checked
        entry = self._entries[index.row()]
        changed = replace(entry, enabled=on) if index.column() == ENABLED else replace(entry, constant=on)
        self.change(index.row(), changed)
        return True

    def _tell(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, _COLUMNS - 1))


class LoreOrder(QSortFilterProxyModel):
    """The entries whose name, keys or content hold the searched words, in the order she reads them."""

    def __init__(self, source: LoreModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source, self._wanted = source, ""
        self.setSourceModel(source)
        self.setDynamicSortFilter(True)
        self.sort(0)

    def set_wanted(self, text: str) -> None:
        """Show only what holds `text`; everything if it is empty."""
        wanted = text.strip().casefold()
        if wanted != self._wanted:
            self._wanted = wanted
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: _Index) -> bool:
        if not self._wanted:
            return True
        entry = self._source.entry(source_row)
        # A new entry that has no words yet stays in view.
        if not entry.keys and not entry.content:
            return True
        words = (entry.name, entry.comment, entry.content, *entry.keys, *entry.secondary_keys, *entry.aliases)
        return any(self._wanted in one.casefold() for one in words)

    def lessThan(self, left: _Index, right: _Index) -> bool:
        one, two = left.row(), right.row()
        return (self._source.entry(one).insertion_order, one) < (self._source.entry(two).insertion_order, two)


def _shown(entry: LoreEntry, column: int) -> str | None:
    columns: dict[int, Callable[[], str]] = {
        NAME: lambda: plain_name(entry.name or entry.comment, 60),
        KEYS: lambda: plain_name(keys_text(entry) or entry.name, 80),
        CONTENT: lambda: plain_name(entry.content, 120),
        SIZE: lambda: f"{size_of(entry.content):,}",
    }
    return columns[column]() if column in columns else None


@lru_cache(maxsize=4096)
def size_of(content: str) -> int:
    """Return about how many tokens a text takes."""
    return count_rough(content) if content.strip() else 0


def keys_text(entry: LoreEntry) -> str:
    """Return the keys as one writes them: apart by a pause mark in Chinese, a comma else."""
    return words_text(entry.keys, use_regex=entry.use_regex)


def words_text(words: tuple[str, ...], *, use_regex: bool = False) -> str:
    """Return `words` on one line, expressions on a line each."""
    if use_regex:
        return "\n".join(words)
    separator = "、" if any("\u4e00" <= one <= "\u9fff" for word in words for one in word) else ", "
    return separator.join(words)


def keys_of(text: str, *, use_regex: bool) -> tuple[str, ...]:
    """Return the keys in a text; an expression may hold any separator but the end of a line."""
    parts = text.split("\n") if use_regex else _SEPARATOR.split(text)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
