"""The chats that were deleted, each with a way back and a way to be rid of it for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from companion.domain.messages import ChatInfo
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.notices import notice_text
from companion.gui.sidebar.chats import chat_day, chat_title
from companion.gui.tasks import Tasks
from companion.gui.translation import tr

Purge = Callable[[str], Sequence[Path]]


class DeletedChats(QScrollArea):
    """`restored` carries the id of a chat that is wanted back.

    `purge` removes a chat for good and returns the copies that still hold it. `asking` is the chat for which the
    question about that is open.
    """

    restored = Signal(str)

    def __init__(
        self,
        chats: Sequence[ChatInfo],
        tasks: Tasks,
        purge: Purge,
        *,
        asking: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(32, 24, 32, 32)
        box.setSpacing(8)
        note = tr("Deleted chats stay here until you delete them for good.")
        box.addWidget(plain_label(note if chats else tr("No chat was deleted."), tone="muted", wrap=True))
        self.rows = [_Row(one, tasks, purge) for one in sorted(chats, key=lambda one: -one.last_seq)]
        for row in self.rows:
            row.restored.connect(self.restored)
            box.addWidget(row)
        box.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        asked = next((row for row in self.rows if row.chat == asking), None)
        if asked is not None:
            asked.ask()
            # Where it stands is known once the page is laid out.
            QTimer.singleShot(0, asked, lambda: self.ensureWidgetVisible(asked))


class _Row(QFrame):
    """A chat with its two ways, and the question before the second one."""

    restored = Signal(str)

    def __init__(self, chat: ChatInfo, tasks: Tasks, purge: Purge) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.chat, self._tasks, self._purge = chat.chat, tasks, purge
        title = chat_title(chat)
        self.back, self.rid = push_button(parent=self), push_button("link", self)
        self.back.setText(tr("Bring back"))
        self.back.setAccessibleName(tr("Bring back {title}", title=title))
        self.rid.setText(tr("Delete for good…"))
        self.rid.setAccessibleName(tr("Delete {title} for good", title=title))
        self.stay, self.confirm = push_button(parent=self), push_button("danger", self)
        self.stay.setText(tr("Keep"))
        self.confirm.setText(tr("Delete for good"))
        self._said = plain_label(wrap=True)
        words = QVBoxLayout()
        words.addWidget(plain_label(f"{title} · {chat_day(chat)}", strong=True))
        words.addWidget(plain_label(plain_name(chat.preview, 80), size="small", tone="muted"))
        ways, answers = QHBoxLayout(), QHBoxLayout()
        ways.addLayout(words, 1)
        ways.addWidget(self.rid)
        ways.addWidget(self.back)
        answers.addWidget(self._said, 1)
        answers.addWidget(self.stay)
        answers.addWidget(self.confirm)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 10, 12, 10)
        box.addLayout(ways)
        box.addLayout(answers)
        self.back.clicked.connect(self._restore)
        self.rid.clicked.connect(self.ask)
        self.stay.clicked.connect(self._leave)
        self.confirm.clicked.connect(self._delete)
        self._show_question(on=False)

    @property
    def said(self) -> str:
        """The question, or what became of the chat; empty before."""
        return self._said.text()

    def ask(self) -> None:
        """Ask whether the chat shall go for good, the safe answer in focus."""
        self._tell(
            tr(
                "Delete this chat for good? What she learnt from it goes too, and nothing brings it back. "
                "Backups keep it, and so do chats that were branched off from it."
            )
        )
        self._show_question(on=True)
        self.stay.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_question(self, *, on: bool) -> None:
        self.stay.setVisible(on)
        self.confirm.setVisible(on)
        self.confirm.setEnabled(on)
        self.rid.setVisible(not on)

    def _leave(self) -> None:
        self._tell("")
        self._show_question(on=False)
        self.rid.setFocus(Qt.FocusReason.OtherFocusReason)

    def _restore(self) -> None:
        self.hide()
        self.restored.emit(self.chat)

    def _delete(self) -> None:
        self.confirm.setEnabled(False)
        self.back.setEnabled(False)
        purge, chat = self._purge, self.chat
        self._tasks.run(lambda: purge(chat), self._deleted, self._failed)

    def _deleted(self, copies: Sequence[Path]) -> None:
        self._show_question(on=False)
        self.back.hide()
        self.rid.hide()
        if not copies:
            self._tell(tr("Deleted for good."))
        elif len(copies) == 1:
            self._tell(tr("Deleted for good. One backup still holds it: {file}", file=str(copies[0])))
        else:
            n, folder = len(copies), str(copies[0].parent)
            self._tell(tr("Deleted for good. {n} backups still hold it: {folder}", n=n, folder=folder))

    def _failed(self, error: CompanionError) -> None:
        self._show_question(on=True)
        self.back.setEnabled(True)
        self._tell(notice_text(error.what, error.hint, error.code).whole)

    def _tell(self, words: str) -> None:
        self._said.setText(words)
        self._said.setVisible(bool(words))
