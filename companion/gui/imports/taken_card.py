"""One file that was taken in, or not: what it is, what it holds, what became of its fields, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.character import FieldFate, PackReport, Problem
from companion.gui.buttons import push_button
from companion.gui.controls.choice import ChoiceBox
from companion.gui.icons import pixmap
from companion.gui.imports.fates import FateList
from companion.gui.imports.intake import Taken
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.words import entries_text, passages_text
from companion.gui.notices import notice_text
from companion.gui.problems import problem_line
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_PROBLEMS: Final = 6
Names = Sequence[tuple[str, str]]


class TakenCard(QFrame):
    """The signals carry what was taken in; `given` the book's and the character's id."""

    talk_wanted = Signal(object)
    edit_wanted = Signal(object)
    given = Signal(str, str)
    book_wanted = Signal(str)
    lore_wanted = Signal()
    chat_wanted = Signal(object)
    replace_wanted = Signal(object)

    def __init__(self, look: Look, taken: Taken, names: Names, present: str) -> None:
        super().__init__()
        self._look, self.taken, self._names = look, taken, names
        self.setProperty("look", "card")
        self._mark = plain_label()
        self._title = plain_label(size="lead", strong=True, wrap=True)
        self._below = plain_label(size="small", tone="muted", wrap=True)
        self._said = plain_label(tone="danger" if taken.error is not None else "text", wrap=True)
        self._problems = plain_label(size="small", tone="muted", wrap=True)
        self.fates = FateList(look, _fates(taken))
        self.who = ChoiceBox()
        self._ask = plain_label(wrap=True)
        self.first, self.second = push_button("primary", self), push_button(parent=self)
        self._twin, self.replace = plain_label(wrap=True), push_button(parent=self)
        self._is_given = self._is_replaced = False
        self._build()
        self._connect()
        self.who.set_choices(names)
        self.who.set_value(present)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        return self._said.text()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._below)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        self._question = QWidget()
        ask = QHBoxLayout(self._question)
        ask.setContentsMargins(0, 0, 0, 0)
        ask.addWidget(self._ask)
        ask.addWidget(self.who, 1)
        self._choice = QWidget()
        choice = QHBoxLayout(self._choice)
        choice.setContentsMargins(0, 0, 0, 0)
        choice.setSpacing(12)
        choice.addWidget(self._twin, 1)
        choice.addWidget(self.replace)
        self._choice.setVisible(bool(self.taken.twin))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.first)
        buttons.addWidget(self.second)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 14, 16, 14)
        box.setSpacing(8)
        box.addLayout(top)
        for widget in (self._said, self._problems, self._choice, self.fates, self._question):
            box.addWidget(widget)
        box.addLayout(buttons)
        taken = self.taken
        self._question.setVisible(taken.book is not None and bool(self._names))
        self.first.setVisible(taken.error is None and (taken.book is None or bool(self._names)))
        self.second.setVisible(taken.report is not None or taken.book is not None)

    def _connect(self) -> None:
        self.first.clicked.connect(self._on_first)
        self.second.clicked.connect(self._on_second)
        self.replace.clicked.connect(lambda: self.replace_wanted.emit(self))
        self.who.picked.connect(lambda _: self._take_back())

    def _on_first(self) -> None:
        taken = self.taken
        if taken.report is not None:
            self.talk_wanted.emit(taken.report)
        elif taken.book is not None:
            self._is_given = True
            self.given.emit(taken.book.id, self.who.value())
            self._write()
        elif taken.chat is not None:
            self.chat_wanted.emit(taken.chat.chat)
        else:
            self.lore_wanted.emit()

    def _on_second(self) -> None:
        if self.taken.report is not None:
            self.edit_wanted.emit(self.taken.report)
        elif self.taken.book is not None:
            self.book_wanted.emit(self.taken.book.id)

    def show_replaced(self, report: PackReport) -> None:
        """Show that the new character stands for the old one now, as `report` tells."""
        self.taken = replace(self.taken, report=report)
        self._is_replaced = True
        self._write()

    def _take_back(self) -> None:
        self._is_given = False
        self._write()

    def _write(self) -> None:
        taken = self.taken
        self._title.setText(_title(taken))
        file = plain_name(taken.file, 60)
        self._below.setText(" · ".join([_kind(taken), *([file] if file != self._title.text() else [])]))
        self._said.setText(_summary(taken))
        problems = _problems(taken)
        lines = [problem_line(one) for one in problems[:_PROBLEMS]]
        if len(problems) > _PROBLEMS:
            lines.append(tr("and {n} more", n=len(problems) - _PROBLEMS))
        self._problems.setText("\n".join(lines))
        self._problems.setVisible(bool(lines))
        self._twin.setText(
            tr("It stands in the place of the old one now; their chats go on.")
            if self._is_replaced
            else tr("There was one of this name already; both are here now.")
        )
        self.replace.setText(tr("Replace the old one"))
        self.replace.setHidden(self._is_replaced)
        self._ask.setText(tr("Who uses it?"))
        self.who.setAccessibleName(self._ask.text())
        self._write_buttons()
        self._draw()

    def _write_buttons(self) -> None:
        taken = self.taken
        if taken.report is not None:
            self.first.setText(tr("Talk"))
            self.second.setText(tr("Edit"))
        elif taken.book is not None:
            name = next((name for id_, name in self._names if id_ == self.who.value()), "")
            given, offered = tr("{name} uses it now", name=name), tr("Let {name} use it", name=name)
            self.first.setText(given if self._is_given else offered)
            self.first.setEnabled(not self._is_given)
            self.second.setText(tr("Edit"))
        elif taken.chat is not None:
            self.first.setText(tr("Open the chat"))
        else:
            self.first.setText(tr("Open her world"))
        for button in (self.first, self.second):
            button.setAccessibleName(f"{button.text()}: {self._title.text()}")

    def _draw(self) -> None:
        bad = self.taken.error is not None
        tokens = self._look.tokens
        colour, size = tokens.danger if bad else tokens.accent, self._look.px(24)
        shape = "warning" if bad else _ICONS[self.taken.kind]
        self._mark.setPixmap(pixmap(shape, colour.name(), size, self.devicePixelRatioF()))


_ICONS: Final = {
    "character": "people",
    "book": "book",
    "chat": "chats",
    "document": "pages",
    "unknown": "warning",
}


def _title(taken: Taken) -> str:
    if taken.report is not None and taken.report.character is not None:
        return plain_name(taken.report.character.shown_name, 40)
    if taken.book is not None:
        return plain_name(taken.book.name or taken.book.id, 60)
    if taken.document is not None:
        return plain_name(taken.document.title or taken.document.file, 60)
    if taken.chat is not None:
        return plain_name(taken.chat.chat.title, 60) or tr("A chat")
    return plain_name(taken.file, 60)


def _kind(taken: Taken) -> str:
    kinds = {
        "character": tr("A character"),
        "book": tr("Lorebook"),
        "chat": tr("Chat"),
        "document": tr("Document"),
        "unknown": tr("File"),
    }
    return tr("Not taken in") if taken.error is not None else kinds[taken.kind]


def _summary(taken: Taken) -> str:
    """Return what a file holds, in counts, or why it was refused."""
    if taken.error is not None:
        said = notice_text(taken.error.what, taken.error.hint, taken.error.code)
        return said.whole
    if taken.report is not None:
        return _character_summary(taken.report)
    if taken.book is not None:
        return entries_text(taken.book.n_entries)
    if taken.chat is not None:
        return tr("{n} messages", n=f"{taken.chat.n_messages:,}")
    if taken.document is not None:
        return passages_text(taken.document.n_passages)
    return ""


def _character_summary(report: PackReport) -> str:
    one = report.character
    if one is None:
        return ""
    n_assets = sum(
        fate.fate != "refused" and fate.where.rpartition(".")[2].startswith("assets[")
        for fate in report.fields
    )
    n_greetings = bool(one.first_mes) + len(one.alternate_greetings) + len(one.group_only_greetings)
    n_entries, n_documents = len(one.lore.entries), len(one.documents)
    parts = (
        (n_greetings, tr("1 greeting") if n_greetings == 1 else tr("{n} greetings", n=n_greetings)),
        (
            n_entries,
            tr("1 lorebook entry") if n_entries == 1 else tr("{n} lorebook entries", n=f"{n_entries:,}"),
        ),
        (
            n_assets,
            tr("1 picture or other part")
            if n_assets == 1
            else tr("{n} pictures and other parts", n=n_assets),
        ),
        (n_documents, tr("1 document") if n_documents == 1 else tr("{n} documents", n=n_documents)),
    )
    return " · ".join(words for n, words in parts if n)


def _problems(taken: Taken) -> Sequence[Problem]:
    if taken.report is not None:
        # That it got a name of its own is told with the choice to replace the other one.
        return [one for one in taken.report.problems if not (taken.twin and one.where == "id")]
    if taken.chat is not None:
        return [Problem(taken.file, one) for one in taken.chat.problems]
    return taken.book.problems if taken.book is not None else ()


def _fates(taken: Taken) -> Sequence[FieldFate]:
    if taken.report is not None:
        return taken.report.fields
    return taken.book.fields if taken.book is not None else ()
