"""The conversation column: header, banner, messages or welcome, composer; events in, intentions out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character
from companion.domain.state import State
from companion.gui.banner import Banner
from companion.gui.buttons import IconButton
from companion.gui.chat.action_bar import ActionBar
from companion.gui.chat.actions import Action, ActionName, actions_for
from companion.gui.chat.composer import Composer
from companion.gui.chat.entries import ConversationModel, Entry, clock
from companion.gui.chat.header import ChatHeader, waiting_reason
from companion.gui.chat.markup import shown_text
from companion.gui.chat.view import ConversationView
from companion.gui.chat.welcome import ChatWelcome
from companion.gui.notices import NoticeText, notice_text
from companion.gui.theme import Look
from companion.gui.translation import tr

_DOTS_AFTER_MS: Final = 600
_REASON_AFTER_MS: Final = 4_000
Post = Callable[[do.Command], None]


class ChatPanel(QWidget):
    """Shows the open chat. `post` takes commands; `help_wanted` carries what a notice's button asks for."""

    help_wanted = Signal(str)
    read_wanted = Signal(str)

    def __init__(self, look: Look, post: Post, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look, self._post = look, post
        self._state: State = "asleep"
        self._why = ""
        self._chat = ""
        self._retry: do.Command | None = None
        self.can_speak = True
        self.model = ConversationModel(self)
        self.header = ChatHeader(look, self)
        self.banner = Banner(look, self)
        self.view = ConversationView(self.model, look, self)
        self.composer = Composer(look, self)
        self._welcome = ChatWelcome(look, self)
        self._bar = ActionBar(look, self.view.viewport())
        self._to_end = IconButton(look, "down", size=22, parent=self.view)
        self._shown_row = -1
        self._dots = QTimer(self, singleShot=True, interval=_DOTS_AFTER_MS)
        self._reason = QTimer(self, singleShot=True, interval=_REASON_AFTER_MS)
        self._middle = QStackedWidget(self)
        self._middle.addWidget(self._welcome)
        self._middle.addWidget(self.view)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.header)
        box.addWidget(self.banner)
        box.addWidget(self._middle, 1)
        box.addWidget(self.composer)
        self._connect()

    def _connect(self) -> None:
        self.view.setAccessibleName(tr("Conversation"))
        self.view.viewport().installEventFilter(self)
        self.view.row_wanted.connect(self._show_bar)
        self.view.target_clicked.connect(self._on_target)
        self.view.menu_wanted.connect(self._show_menu)
        self.view.key_pressed.connect(self._on_key)
        self.view.opened.connect(lambda key: self.act("select", key))
        self.view.end_left.connect(self._show_to_end)
        self.view.selectionModel().currentChanged.connect(lambda now, _: self._show_bar(now.row()))
        self.view.verticalScrollBar().valueChanged.connect(lambda _: self._show_bar(-1))
        self._bar.chosen.connect(lambda name: self.act(name, self._shown_key()))
        self._bar.menu_wanted.connect(self._menu_at_bar)
        self._to_end.clicked.connect(self.view.go_to_end)
        self._to_end.setAutoRaise(False)
        self._to_end.say(tr("To the latest message"))
        self._to_end.hide()
        self.composer.said.connect(self.say)
        self.composer.stopped.connect(lambda: self._post(do.Interrupt()))
        self.composer.field.undo_wanted.connect(lambda: self._post(do.Undo()))
        self._welcome.suggested.connect(self.say)
        self._dots.timeout.connect(self._show_dots)
        self._reason.timeout.connect(self._show_reason)
        for changed in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            changed.connect(self._choose_page)

    # ---- what the window tells

    @property
    def chat(self) -> str:
        """The id of the open chat, or an empty string."""
        return self._chat

    def set_character(self, character: Character | None, user_name: str) -> None:
        """Show whom one talks to."""
        name = character.shown_name if character is not None else ""
        self.model.names = (name, user_name or tr("You"))
        self.composer.set_name(name)
        self._welcome.set_character(name, character.language if character is not None else "zh")
        self.header.set_chat(name, "")

    def take(self, event: events.Event) -> None:
        """Show an event."""
        match event:
            case events.ChatOpened(chat, messages):
                fresh = chat.chat != self._chat
                self._chat = chat.chat
                self._stop_waiting()
                self.view.close_inline()
                self.model.show(messages, fresh=fresh)
                self.header.set_chat(self.model.names[0], chat.title)
                self._choose_page()
            case events.ChatChanged(chat, messages):
                if chat.chat == self._chat:
                    self.model.show(messages, fresh=False)
                    self.header.set_chat(self.model.names[0], chat.title)
            case events.StateChanged(_, new, why):
                self._set_state(new, why)
            case events.UserPartial(text):
                self.model.set_partial(text)
            case events.UserSaid(_, message):
                self.model.set_partial("")
                self.model.add_user(message)
                self.view.go_to_end()
            case events.TurnFailed():
                self._on_failed(event)
            case events.Notice(what, hint, code):
                self.show_notice(what, hint, code)
            case _:
                self._take_reply(event)

    def _take_reply(self, event: events.Event) -> None:
        match event:
            case events.ReplyStarted(turn, message):
                self._stop_waiting()
                self.model.start_reply(turn, message)
            case events.ReplyDelta(turn, text, thought):
                self.model.append(turn, text, thought=thought)
            case events.ReplyFinished(turn, message):
                self.model.finish(turn, message)
                self._announce(message.text)
            case _:
                pass

    # ---- intentions

    def say(self, text: str) -> None:
        """Send the user's words."""
        self.view.go_to_end()
        self._retry = None
        self._post(do.Say(text))

    def edit_last(self) -> None:
        """Open the user's last message for editing."""
        if (message := self.model.last(mine=True)) is not None:
            self.act("edit", message.message)

    def act(self, name: str, key: int) -> None:
        """Do an action with a row."""
        row = self.model.row_of(key)
        if row < 0:
            return
        entry = self.model.entry(row)
        match cast(ActionName, name):
            case "copy":
                QGuiApplication.clipboard().setText(shown_text(entry.text))
            case "edit":
                field = self.view.open_inline(key, entry.text, editable=True)
                if field is not None:
                    field.saved.connect(self._on_edited)
            case "select":
                if entry.message is not None and not entry.streaming:
                    self.view.open_inline(key, entry.text, editable=False)
            case "stop":
                self._post(do.Interrupt())
            case _:
                if entry.message is not None:
                    self._post_for(name, entry.message.message)

    def show_notice(self, what: str, hint: str, code: str) -> None:
        """Add a notice to the flow."""
        self.model.add_notice(notice_text(what, hint, code))

    def say_done(self, text: str) -> None:
        """Tell in the flow that something was done."""
        self.model.add_notice(NoticeText(text, ""))

    def enter(self) -> None:
        """Put the keyboard focus on the last row of the conversation."""
        n = self.model.rowCount()
        if n and not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(n - 1))
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def act_on_current(self, name: str) -> None:
        """Do an action with the focused row, else with the last reply."""
        index = self.view.currentIndex()
        if self.view.hasFocus() and index.isValid():
            self.act(name, self.model.entry(index.row()).key)
        elif (message := self.model.last(mine=False)) is not None:
            self.act(name, message.message)

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

    def _on_edited(self, message: int, text: str) -> None:
        self.view.close_inline()
        row = self.model.row_of(message)
        if row >= 0 and self.model.entry(row).text != text:
            self._post(do.Edit(message, text))

    # ---- states and failures

    def _set_state(self, state: State, why: str) -> None:
        self._state, self._why = state, why
        self.header.set_state(state, why)
        self.composer.set_busy(state in ("thinking", "speaking"))
        if state == "thinking":
            if not self._dots.isActive() and not self._reason.isActive():
                self._dots.start()
                self._reason.start()
            elif why and not self._reason.isActive():
                self._show_reason()
        else:
            self._stop_waiting()

    def _stop_waiting(self) -> None:
        self._dots.stop()
        self._reason.stop()
        self.model.set_waiting(on=False)

    def _show_dots(self) -> None:
        if self._state == "thinking":
            self.model.set_waiting(on=True)

    def _show_reason(self) -> None:
        if self._state == "thinking":
            said = waiting_reason(self._why) or tr("This takes a moment on this computer")
            self.model.set_waiting(on=True, reason=said)

    def _on_failed(self, event: events.TurnFailed) -> None:
        if event.code == "cancelled":
            return
        self._stop_waiting()
        self.model.set_partial("")
        if event.stage == "storage":
            self.composer.take_back()
        notice = notice_text(event.what, event.hint, event.code, stage=event.stage)
        if notice.help == "retry":
            self._retry = do.Regenerate()
        self.model.add_notice(notice)

    def _announce(self, text: str) -> None:
        if QAccessible.isActive() and text:
            said = f"{self.model.names[0]}: {shown_text(text)}"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, said))

    # ---- rows: bar, menu, targets, keys

    def _on_target(self, key: int, target: str) -> None:
        entry = self.model.entry(self.model.row_of(key))
        match target:
            case "thought" | "unheard":
                self.view.toggle(key, target)
            case "whole":
                self.read_wanted.emit(entry.text)
            case "previous" | "next":
                self.act(target, key)
            case "dismiss":
                self.model.remove(key)
            case "help" if entry.notice is not None:
                self.model.remove(key)
                if entry.notice.help == "retry" and self._retry is not None:
                    self._post(self._retry)
                else:
                    self.help_wanted.emit(entry.notice.help)
            case _:
                pass

    def _on_key(self, key: int, event: QKeyEvent) -> None:
        entry = self.model.entry(self.model.row_of(key))
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if entry.notice is not None:
            if enter or event.key() == Qt.Key.Key_Space:
                self._on_target(key, "help" if entry.notice.label else "dismiss")
                event.accept()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.act("copy", key)
            event.accept()
        elif event.key() == Qt.Key.Key_Delete:
            self.act("delete", key)
            event.accept()
        elif event.key() == Qt.Key.Key_F2:
            self.act("edit", key)
            event.accept()
        elif enter:
            at = self.view.bubble_rect(self.model.row_of(key)).center()
            self._show_menu(key, self.view.viewport().mapToGlobal(at))
            event.accept()
        elif event.key() == Qt.Key.Key_T:
            self._on_target(key, "thought" if entry.thought else "unheard")
            event.accept()

    def _actions(self, entry: Entry) -> list[Action]:
        last = self.model.last(mine=False)
        return actions_for(
            entry,
            is_last_reply=last is not None and last.message == entry.key,
            can_speak=self.can_speak,
            can_regenerate=self.model.n_messages > 1 and self.model.row_of(entry.key) > 0,
        )

    def _shown_key(self) -> int:
        shown = 0 <= self._shown_row < self.model.rowCount()
        return self.model.entry(self._shown_row).key if shown else 0

    def _show_bar(self, row: int) -> None:
        if not 0 <= row < self.model.rowCount() or self.model.entry(row).kind != "message":
            self._shown_row = -1
            self._bar.hide()
            return
        entry = self.model.entry(row)
        self._shown_row = row
        time = clock(entry.message.created_at) if entry.message is not None else ""
        self._bar.show_actions(time, self._actions(entry))
        self._bar.move(self._bar_place(row, entry))
        self._bar.show()
        self._bar.raise_()

    def _bar_place(self, row: int, entry: Entry) -> QPoint:
        """Return a place beside the bubble's lower edge, or across its upper edge where there is no room."""
        bubble, view, gap = self.view.bubble_rect(row), self.view.viewport().rect(), 6
        wide, high = self._bar.width(), self._bar.height()
        x = bubble.left() - wide - gap if entry.mine else bubble.right() + gap
        y = bubble.bottom() - high
        if x < 4 or x + wide > view.right() - 4:
            x = bubble.left() + 8 if entry.mine else bubble.right() - wide - 8
            y = bubble.bottom() - high // 2
        return QPoint(min(max(4, x), view.right() - wide), min(max(2, y), view.bottom() - high - 2))

    def _menu_at_bar(self) -> None:
        if key := self._shown_key():
            self._show_menu(key, self._bar.mapToGlobal(self._bar.rect().bottomLeft()))

    def _show_menu(self, key: int, at: QPoint) -> None:
        row = self.model.row_of(key)
        if row < 0:
            return
        menu = QMenu(self)
        for action in self._actions(self.model.entry(row)):
            if action.name == "delete":
                menu.addSeparator()
            item = menu.addAction(f"{action.text}\t{action.keys}" if action.keys else action.text)
            item.triggered.connect(lambda _=False, name=action.name: self.act(name, key))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _choose_page(self) -> None:
        self._middle.setCurrentWidget(self.view if self.model.rowCount() else self._welcome)
        self._show_bar(-1)

    def _show_to_end(self, left: bool) -> None:
        self._to_end.setVisible(left)
        self._place_to_end()

    def _place_to_end(self) -> None:
        self._to_end.adjustSize()
        area = self.view.viewport().geometry()
        self._to_end.move(area.right() - self._to_end.width() - 12, area.bottom() - self._to_end.height() - 8)
        self._to_end.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place_to_end()
        return False
