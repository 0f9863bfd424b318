"""The rows of a conversation and the model that holds them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from companion.domain.messages import StoredMessage, TurnId
from companion.gui.chat.markup import shown_text
from companion.gui.notices import NoticeText
from companion.gui.translation import tr

Kind = Literal["message", "partial", "waiting", "notice"]
EntryRole: Final = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()
_ACCESSIBLE: Final = 600


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `key` is a message's id, negative for the other kinds; `turn` of a reply that is being written."""

    kind: Kind
    key: int
    text: str = ""
    message: StoredMessage | None = None
    thought: str = ""
    turn: TurnId | None = None
    notice: NoticeText | None = None
    starts_group: bool = True
    day: date | None = None
    """Set on the first message of a day."""

    @property
    def mine(self) -> bool:
        return self.kind == "partial" or (self.message is not None and self.message.role == "user")

    @property
    def streaming(self) -> bool:
        return self.turn is not None


class ConversationModel(QAbstractListModel):
    """Messages of the open chat, then what is under way: words being heard, waiting, notices."""

    grew = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages: list[Entry] = []
        self._tail: list[Entry] = []
        self._keys = itertools.count(-1, -1)
        self.names: tuple[str, str] = ("", "")
        """How the character and the user are called, for screen readers."""

    # ---- Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._messages) + len(self._tail)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= self.rowCount():
            return None
        entry = self.entry(index.row())
        if role == EntryRole:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._accessible(entry)
        return None

    # ---- reading

    @property
    def n_messages(self) -> int:
        return len(self._messages)

    def entry(self, row: int) -> Entry:
        """Return the entry of a row that exists."""
        n = len(self._messages)
        return self._messages[row] if row < n else self._tail[row - n]

    def row_of(self, key: int) -> int:
        """Return the row of a message or other entry, -1 if it is not here."""
        return next((row for row in range(self.rowCount()) if self.entry(row).key == key), -1)

    def last(self, *, mine: bool) -> StoredMessage | None:
        """Return the user's (`mine`) or the character's last message."""
        found = (one.message for one in reversed(self._messages) if one.mine == mine)
        return next((one for one in found if one is not None), None)

    # ---- changes

    def show(self, messages: Sequence[StoredMessage], *, fresh: bool) -> None:
        """Show this path; rows at the beginning that stay are kept unless the chat is `fresh`."""
        entries = _entries(messages)
        if fresh:
            self.beginResetModel()
            self._messages, self._tail = entries, []
            self.endResetModel()
            return
        kept = 0
        for old, new in zip(self._messages, entries, strict=False):
            if old.key != new.key:
                break
            kept += 1
        self._remove(kept, len(self._messages) - kept)
        for row in range(kept):
            if self._messages[row] != entries[row]:
                self._put(row, entries[row])
        self._insert(entries[kept:])

    def add_user(self, message: StoredMessage) -> None:
        """Append the user's message; notices of earlier turns go."""
        self.clear_notices()
        self._replace_from_parent(message, None)

    def start_reply(self, turn: TurnId, message: StoredMessage) -> None:
        """A reply is being written: a new row, or one that is continued."""
        self.set_waiting(on=False)
        row = self.row_of(message.message)
        if row < 0:
            self._replace_from_parent(message, turn)
            return
        text = message.text + message.unheard
        self._put(
            row, replace(self._messages[row], text=text, message=replace(message, unheard=""), turn=turn)
        )

    def append(self, turn: TurnId, text: str, *, thought: bool) -> None:
        """Add streamed text to the reply of `turn`; text of a turn that is not here is dropped."""
        row = self._row_of_turn(turn)
        if row < 0:
            return
        entry = self._messages[row]
        grown = (
            replace(entry, thought=entry.thought + text)
            if thought
            else replace(entry, text=entry.text + text)
        )
        self._put(row, grown)
        self.grew.emit()

    def finish(self, turn: TurnId, message: StoredMessage) -> None:
        """The reply of `turn` is on disk as `message`."""
        row = self._row_of_turn(turn)
        if row < 0:
            row = self.row_of(message.message)
        if row < 0:
            return
        old = self._messages[row]
        self._put(row, replace(_entry(message), starts_group=old.starts_group, day=old.day))
        self.grew.emit()

    def set_partial(self, text: str) -> None:
        """Show the words that are being heard; empty text takes them back."""
        self._set_tail("partial", Entry("partial", next(self._keys), text) if text else None)

    def set_waiting(self, *, on: bool, reason: str = "") -> None:
        """Show that a reply is awaited, with a reason once there is one."""
        self._set_tail("waiting", Entry("waiting", next(self._keys), reason) if on else None)

    def add_notice(self, notice: NoticeText) -> None:
        """Append a notice; the same one is not shown twice."""
        if any(one.notice == notice for one in self._tail):
            return
        self._insert_tail(len(self._tail), Entry("notice", next(self._keys), notice.what, notice=notice))
        self.grew.emit()

    def remove(self, key: int) -> None:
        """Take a notice away."""
        at = next((i for i, one in enumerate(self._tail) if one.key == key), -1)
        if at >= 0:
            self._remove_tail(at)

    def clear_notices(self) -> None:
        for entry in [one for one in self._tail if one.kind == "notice"]:
            self.remove(entry.key)

    # ---- rows

    def _row_of_turn(self, turn: TurnId) -> int:
        for row in range(len(self._messages) - 1, -1, -1):
            if self._messages[row].turn == turn:
                return row
        return -1

    def _replace_from_parent(self, message: StoredMessage, turn: TurnId | None) -> None:
        """Put `message` right below its parent; what followed there is another branch now."""
        row = self.row_of(message.message)
        at = row if row >= 0 else self.row_of(message.parent) + 1 if message.parent is not None else 0
        self._remove(at, len(self._messages) - at)
        before = self._messages[-1] if self._messages else None
        self._insert([replace(_entry(message, before), turn=turn, thought=message.thought)])
        self.grew.emit()

    def _put(self, row: int, entry: Entry) -> None:
        self._messages[row] = entry
        index = self.index(row)
        self.dataChanged.emit(index, index)

    def _insert(self, entries: list[Entry]) -> None:
        if entries:
            first = len(self._messages)
            self.beginInsertRows(_ROOT, first, first + len(entries) - 1)
            self._messages += entries
            self.endInsertRows()

    def _remove(self, first: int, n: int) -> None:
        if n > 0:
            self.beginRemoveRows(_ROOT, first, first + n - 1)
            del self._messages[first : first + n]
            self.endRemoveRows()

    def _set_tail(self, kind: Kind, entry: Entry | None) -> None:
        at = next((i for i, one in enumerate(self._tail) if one.kind == kind), -1)
        if entry is None:
            if at >= 0:
                self._remove_tail(at)
        elif at < 0:
            self._insert_tail(0, entry)
            self.grew.emit()
        else:
            self._tail[at] = replace(entry, key=self._tail[at].key)
            index = self.index(len(self._messages) + at)
            self.dataChanged.emit(index, index)

    def _insert_tail(self, at: int, entry: Entry) -> None:
        row = len(self._messages) + at
        self.beginInsertRows(_ROOT, row, row)
        self._tail.insert(at, entry)
        self.endInsertRows()

    def _remove_tail(self, at: int) -> None:
        row = len(self._messages) + at
        self.beginRemoveRows(_ROOT, row, row)
        del self._tail[at]
        self.endRemoveRows()

    def _accessible(self, entry: Entry) -> str:
        if entry.notice is not None:
            return f"{entry.notice.what} {entry.notice.hint}".strip()
        if entry.kind == "waiting":
            return entry.text or tr("{name} is thinking", name=self.names[0])
        who = self.names[1] if entry.mine else self.names[0]
        said = shown_text(entry.text)[:_ACCESSIBLE]
        when = clock(entry.message.created_at) if entry.message is not None else ""
        return tr("{who}: {said} {when}", who=who or tr("You"), said=said, when=when).strip()


def clock(seconds: float) -> str:
    """Return a Unix time as hours and minutes of this computer's time zone."""
    return datetime.fromtimestamp(seconds).strftime("%H:%M")


def _entries(messages: Sequence[StoredMessage]) -> list[Entry]:
    out: list[Entry] = []
    for message in messages:
        out.append(_entry(message, out[-1] if out else None))
    return out


def _entry(message: StoredMessage, before: Entry | None = None) -> Entry:
    today = datetime.fromtimestamp(message.created_at).date()
    earlier = before.message if before is not None else None
    new_day = earlier is None or datetime.fromtimestamp(earlier.created_at).date() != today
    return Entry(
        "message",
        message.message,
        message.text,
        message,
        message.thought,
        starts_group=new_day or earlier is None or earlier.role != message.role,
        day=today if new_day else None,
    )
