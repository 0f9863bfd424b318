"""The rows of the memories page: titles of groups and the cards below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from companion.gui.memories.collection import GROUPS, Card, Group
from companion.gui.memories.words import earlier_words, group_title, place
from companion.gui.translation import tr

RowRole: Final = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Row:
    """The title of a group with its number of cards, or a card. `opened`: what can be folded is not."""

    group: Group
    card: Card | None = None
    n: int = 0
    opened: bool = False

    @property
    def folds(self) -> bool:
        """Whether it is a title that folds its cards."""
        return self.card is None and self.group == "forgotten"


class MemoryModel(QAbstractListModel):
    """All cards of a character, or those that hold the words searched for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cards: list[Card] = []
        self._rows: list[Row] = []
        self._words = ""
        self._opened: set[int] = set()
        self._forgotten_open = False

    # ---- reading

    @property
    def cards(self) -> tuple[Card, ...]:
        """All cards, whether they are searched for or not."""
        return tuple(self._cards)

    @property
    def n_known(self) -> int:
        """How many cards are not forgotten."""
        return sum(card.group != "forgotten" for card in self._cards)

    @property
    def n_found(self) -> int:
        """How many cards hold the words searched for."""
        return sum(card.holds(self._words) for card in self._cards)

    def row(self, at: int) -> Row:
        return self._rows[at]

    def row_of(self, memory: int) -> int:
        """Return the row of a card, -1 if it is not shown."""
        found = (at for at, row in enumerate(self._rows) if row.card and row.card.memory.memory == memory)
        return next(found, -1)

    # ---- changes

    def show(self, cards: Sequence[Card]) -> None:
        """Show these cards."""
        if list(cards) != self._cards:
            self._cards = list(cards)
            self._build()

    def search(self, words: str) -> None:
        """Show only the cards that hold `words`."""
        if words.strip() != self._words:
            self._words = words.strip()
            self._build()

    def toggle(self, at: int) -> None:
        """Fold or unfold a title's cards, or the earlier forms of a card."""
        row = self._rows[at]
        if row.folds:
            self._forgotten_open = not self._forgotten_open
            self._build()
        elif row.card is not None and row.card.earlier:
            self._opened ^= {row.card.memory.memory}
            self._rows[at] = Row(row.group, row.card, opened=not row.opened)
            self.dataChanged.emit(self.index(at), self.index(at))

    def _build(self) -> None:
        self.beginResetModel()
        self._rows = []
        shown = [card for card in self._cards if card.holds(self._words)]
        for group in GROUPS:
            members = [card for card in shown if card.group == group]
            if not members:
                continue
            opened = group != "forgotten" or self._forgotten_open or bool(self._words)
            self._rows.append(Row(group, n=len(members), opened=opened))
            if opened:
                self._rows += [
                    Row(group, card, opened=card.memory.memory in self._opened) for card in members
                ]
        self.endResetModel()

    # ---- Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        reachable = index.isValid() and (self._rows[index.row()].card or self._rows[index.row()].folds)
        return super().flags(index) if reachable else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == RowRole:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.card.text if row.card else group_title(row.group)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _accessible(row)
        return None


def _accessible(row: Row) -> str:
    if row.card is None:
        return f"{group_title(row.group)} {row.n}"
    parts = [row.card.text, tr("pinned") if row.card.memory.pinned else "", place(row.card)]
    if row.card.earlier:
        parts.append(earlier_words(len(row.card.earlier)))
    return " · ".join(part for part in parts if part)
