"""The report after files were taken in: what came, what became of every part, what was refused and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.domain.character import PackReport
from companion.errors import CompanionError
from companion.gui.controls.sections import in_column
from companion.gui.imports.intake import Taken
from companion.gui.imports.taken_card import Names, TakenCard
from companion.gui.inert import plain_label
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class ImportPage(QWidget):
    """The signals are those of the cards; giving a book to a character and
    putting a character in the place of another, told by `replaced`, are done here."""

    talk_wanted = Signal(object)
    edit_wanted = Signal(object)
    book_wanted = Signal(str)
    lore_wanted = Signal()
    chat_wanted = Signal(object)
    replaced = Signal(object)

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        taken: Sequence[Taken],
        *,
        names: Names,
        present: str,
    ) -> None:
        super().__init__()
        self._companion, self._tasks = companion, tasks
        self._n_taken = sum(one.error is None for one in taken)
        self._n_refused = len(taken) - self._n_taken
        self._sum = plain_label(tone="muted", wrap=True)
        self._problem = plain_label(tone="danger", wrap=True)
        self._problem.hide()
        # What was refused stands first: it asks for something to be done.
        self.cards = [
            TakenCard(look, one, names, present) for one in sorted(taken, key=lambda one: one.error is None)
        ]
        inner = QWidget()
        inside = QVBoxLayout(inner)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        for widget in (self._sum, self._problem, *self.cards):
            inside.addWidget(widget)
        inside.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(in_column(inner))
        for card in self.cards:
            card.talk_wanted.connect(self.talk_wanted)
            card.edit_wanted.connect(self.edit_wanted)
            card.book_wanted.connect(self.book_wanted)
            card.lore_wanted.connect(self.lore_wanted)
            card.chat_wanted.connect(self.chat_wanted)
            card.given.connect(self._give)
            card.replace_wanted.connect(self._replace)
        if self.cards:
            self.setFocusProxy(self.cards[0].first)
        Texts(self).also(self._write)
        self._write()

    @property
    def sum_text(self) -> str:
        return self._sum.text()

    def _give(self, book: str, character: str) -> None:
        books = self._companion.books
        self._tasks.run(lambda: books.attach(book, character, on=True), self._on_given, self._on_failed)

    def _replace(self, card: TakenCard) -> None:
        companion, report = self._companion, card.taken.report
        if report is None:
            return
        old, new = card.taken.twin, report.id
        card.replace.setEnabled(False)

        def done(now: PackReport) -> None:
            self._problem.hide()
            card.show_replaced(now)
            self.replaced.emit(now)

        def failed(error: CompanionError) -> None:
            card.replace.setEnabled(True)
            self._on_failed(error)

        self._tasks.run(lambda: companion.replace_character(old, new), done, failed)

    def _on_given(self, _: None) -> None:
        self._problem.hide()

    def _on_failed(self, error: CompanionError) -> None:
        said = notice_text(error.what, error.hint, error.code)
        self._problem.setText(said.whole)
        self._problem.show()

    def _write(self) -> None:
        if self._n_refused:
            self._sum.setText(tr("{n} taken in, {refused} not.", n=self._n_taken, refused=self._n_refused))
        else:
            self._sum.setText(tr("{n} taken in. The files themselves stay where they were.", n=self._n_taken))
