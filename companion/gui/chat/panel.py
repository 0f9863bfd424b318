"""The conversation column: header, banner, messages or welcome, composer; events in, intentions out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Character
from companion.domain.state import State
from companion.gui.banner import Banner
from companion.gui.buttons import IconButton
from companion.gui.chat.composer import Composer
from companion.gui.chat.entries import ConversationModel
from companion.gui.chat.header import ChatHeader, waiting_reason
from companion.gui.chat.markup import shown_text
from companion.gui.chat.row_actions import RowActions
from companion.gui.chat.view import ConversationView
from companion.gui.chat.welcome import ChatWelcome
from companion.gui.notices import NoticeText, notice_text
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

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
        self._told: set[tuple[str, str]] = set()
        self.model = ConversationModel(self)
        self.header = ChatHeader(look, self)
        self.banner = Banner(look, self)
        self.view = ConversationView(self.model, look, self)
        self.composer = Composer(look, self)
        self._welcome = ChatWelcome(look, self)
        self.rows = RowActions(self.view, self.model, look, post)
        self._texts = Texts(self)
        self._to_end = IconButton(look, "down", size=22, parent=self.view)
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
        self._texts.put(self.view.setAccessibleName, "Conversation")
        self._texts.put(self._to_end.say, "To the latest message")
        self.view.viewport().installEventFilter(self)
        self.view.end_left.connect(self._show_to_end)
        self.rows.read_wanted.connect(self.read_wanted)
        self.rows.notice_pressed.connect(self._help)
        self._to_end.clicked.connect(self.view.go_to_end)
        self._to_end.setProperty("look", "floating")
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

    def set_compact(self, on: bool) -> None:
        """Show only the line to write in, or everything again."""
        self.header.setVisible(not on)
        self._middle.setVisible(not on)

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
                self.view.inline.close()
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
            case events.EngineChanged() | events.WorkerReady():
                self._told.clear()
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

    def show_notice(self, what: str, hint: str, code: str) -> None:
        """Add a notice to the flow."""
        self.model.add_notice(notice_text(what, hint, code))

    def say_done(self, text: str) -> None:
        """Tell in the flow that something was done."""
        self.model.add_notice(NoticeText(text, "", icon="check", calm=True))

    def say_calmly(self, text: str) -> None:
        """Tell in the flow of something that is no failure and was not done either."""
        self.model.add_notice(NoticeText(text, "", calm=True))

    def enter(self) -> None:
        """Put the keyboard focus on the last row of the conversation."""
        n = self.model.rowCount()
        if n and not self.view.currentIndex().isValid():
            self.view.setCurrentIndex(self.model.index(n - 1))
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

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
        if event.stage in ("voice", "audio"):
            # Without a voice every reply fails in the same way; once is enough.
            if (event.stage, event.code) in self._told:
                return
            self._told.add((event.stage, event.code))
        if event.stage == "storage":
            self.composer.take_back()
        notice = notice_text(event.what, event.hint, event.code, stage=event.stage)
        if notice.help == "retry":
            self._retry = do.Regenerate()
        self.model.add_notice(notice)

    def _help(self, key: int) -> None:
        row = self.model.row_of(key)
        notice = self.model.entry(row).notice if row >= 0 else None
        if notice is None:
            return
        self.model.remove(key)
        if notice.help == "retry" and self._retry is not None:
            self._post(self._retry)
        else:
            self.help_wanted.emit(notice.help)

    def _announce(self, text: str) -> None:
        if QAccessible.isActive() and text:
            said = f"{self.model.names[0]}: {shown_text(text)}"
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.view, said))

    # ---- layout

    def _choose_page(self) -> None:
        self._middle.setCurrentWidget(self.view if self.model.rowCount() else self._welcome)
        self.rows.show_bar(-1)

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
