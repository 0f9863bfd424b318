"""What one does with a row: the bar beside it, its menu, keys and clicks, and the commands they become."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from companion.domain import commands as do
from companion.gui.chat.action_bar import ActionBar
from companion.gui.chat.actions import Action, ActionName, actions_for
from companion.gui.chat.entries import ConversationModel, Entry, clock
from companion.gui.chat.markup import shown_text
from companion.gui.chat.view import ConversationView
from companion.gui.theme import Look

Post = Callable[[do.Command], None]


class RowActions(QObject):
    """`read_wanted` carries a text to show whole, `why_wanted` a reply to explain, `notice_pressed` the key of a
    notice whose button was pressed."""

    read_wanted = Signal(str)
    why_wanted = Signal(object)
    notice_pressed = Signal(int)

    def __init__(self, view: ConversationView, model: ConversationModel, look: Look, post: Post) -> None:
        super().__init__(view)
        self._view, self._model, self._post = view, model, post
        self._bar = ActionBar(look, view.viewport())
        self._shown_row = -1
        self.can_speak = True
        view.row_wanted.connect(self.show_bar)
        view.target_clicked.connect(self._on_target)
        view.menu_wanted.connect(self._show_menu)
        view.key_pressed.connect(self._on_key)
        view.opened.connect(lambda key: self.act("select", key))
        view.selectionModel().currentChanged.connect(lambda now, _: self.show_bar(now.row()))
        view.verticalScrollBar().valueChanged.connect(lambda _: self.show_bar(-1))
        self._bar.chosen.connect(lambda name: self.act(name, self._shown_key()))
        self._bar.menu_wanted.connect(self._menu_at_bar)

    # ---- acting

    def act(self, name: str, key: int) -> None:
        """Do an action with a row; one that is not here is passed over."""
        row = self._model.row_of(key)
        if row < 0:
            return
        entry = self._model.entry(row)
        match cast(ActionName, name):
            case "copy":
                QGuiApplication.clipboard().setText(shown_text(entry.text))
            case "edit":
                self._edit(entry)
            case "select":
                if entry.message is not None and not entry.streaming:
                    self._view.open_inline(key, entry.text, editable=False)
            case "stop":
                self._post(do.Interrupt())
            case "why":
                if entry.message is not None and not entry.mine and not entry.streaming:
                    self.why_wanted.emit(entry.message)
            case _:
                if entry.message is not None:
                    self._post_for(name, entry.message.message)

    def act_on_current(self, name: str) -> None:
        """Do an action with the focused row, else with the last reply."""
        index = self._view.currentIndex()
        if self._view.hasFocus() and index.isValid():
            self.act(name, self._model.entry(index.row()).key)
        elif (message := self._model.last(mine=False)) is not None:
            self.act(name, message.message)

    def edit_last(self) -> None:
        """Open the user's last message for editing."""
        if (message := self._model.last(mine=True)) is not None:
            self.act("edit", message.message)

    def _edit(self, entry: Entry) -> None:
        if entry.message is None or entry.streaming:
            return
        field = self._view.open_inline(entry.key, entry.message.text, editable=True)
        if field is not None:
            field.saved.connect(self._on_edited)

    def _on_edited(self, message: int, text: str) -> None:
        self._view.inline.close()
        row = self._model.row_of(message)
        if row >= 0 and self._model.entry(row).text != text:
            self._post(do.Edit(message, text))

    def _post_for(self, name: str, message: int) -> None:
        commands: dict[str, do.Command] = {
            "replay": do.Replay(message),
            "regenerate": do.Regenerate(message),
            "continue": do.Continue(),
            "branch": do.Branch(message),
            "delete": do.Delete(message),
            "previous": do.SelectVariant(message, -1),
            "next": do.SelectVariant(message, 1),
        }
        self._post(commands[name])

    # ---- clicks and keys

    def _on_target(self, key: int, target: str) -> None:
        row = self._model.row_of(key)
        if row < 0:
            return
        match target:
            case "thought" | "unheard":
                self._view.toggle(key, target)
            case "whole":
                self.read_wanted.emit(self._model.entry(row).text)
            case "previous" | "next":
                self.act(target, key)
            case "dismiss":
                self._model.remove(key)
            case "help":
                self.notice_pressed.emit(key)
            case _:
                pass

    def _on_key(self, key: int, event: QKeyEvent) -> None:
        entry = self._model.entry(self._model.row_of(key))
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        actions = {Qt.Key.Key_Delete: "delete", Qt.Key.Key_F2: "edit"}
        event.accept()
        if entry.notice is not None and (enter or event.key() == Qt.Key.Key_Delete):
            self._on_target(key, "help" if entry.notice.label and enter else "dismiss")
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.act("copy", key)
        elif event.key() in actions and entry.message is not None:
            self.act(actions[Qt.Key(event.key())], key)
        elif enter:
            at = self._view.bubble_rect(self._model.row_of(key)).center()
            self._show_menu(key, self._view.viewport().mapToGlobal(at))
        elif event.key() == Qt.Key.Key_T:
            self._on_target(key, "thought" if entry.thought else "unheard")
        else:
            event.ignore()

    # ---- bar and menu

    def show_bar(self, row: int) -> None:
        """Show the bar beside a row; a row that has none, or -1, hides it."""
        if not 0 <= row < self._model.rowCount() or self._model.entry(row).kind != "message":
            self._shown_row = -1
            self._bar.hide()
            return
        entry = self._model.entry(row)
        self._shown_row = row
        time = clock(entry.message.created_at) if entry.message is not None else ""
        self._bar.show_actions(time, self._actions(entry))
        self._bar.move(self._bar_place(row, entry))
        self._bar.show()
        self._bar.raise_()

    def _actions(self, entry: Entry) -> list[Action]:
        last = self._model.last(mine=False)
        return actions_for(
            entry,
            is_last_reply=last is not None and last.message == entry.key,
            can_speak=self.can_speak,
            can_regenerate=self._model.row_of(entry.key) > 0,
        )

    def _shown_key(self) -> int:
        shown = 0 <= self._shown_row < self._model.rowCount()
        return self._model.entry(self._shown_row).key if shown else 0

    def _bar_place(self, row: int, entry: Entry) -> QPoint:
        """Return a place beside the bubble's lower edge, or across that edge where there is no room."""
        bubble, view, gap = self._view.bubble_rect(row), self._view.viewport().rect(), 6
        wide, high = self._bar.width(), self._bar.height()
        x = bubble.left() - wide - gap if entry.mine else bubble.right() + gap
        y = bubble.bottom() - high
        if x < 4 or x + wide > view.right() - 4:
            x = bubble.left() + 8 if entry.mine else bubble.right() - wide - 8
            y = bubble.bottom() - 8
        return QPoint(min(max(4, x), view.right() - wide), min(max(2, y), view.bottom() - high - 2))

    def _menu_at_bar(self) -> None:
        if key := self._shown_key():
            self._show_menu(key, self._bar.mapToGlobal(self._bar.rect().bottomLeft()))

    def _show_menu(self, key: int, at: QPoint) -> None:
        row = self._model.row_of(key)
        actions = self._actions(self._model.entry(row)) if row >= 0 else []
        if not actions:
            return
        menu = QMenu(self._view)
        for action in actions:
            if action.name == "delete":
                menu.addSeparator()
            item = menu.addAction(f"{action.text}\t{action.keys}" if action.keys else action.text)
            item.triggered.connect(lambda _=False, name=action.name: self.act(name, key))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
