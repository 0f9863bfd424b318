"""Her world: the documents she knows, how far the story has come, and a place to ask them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from companion.documents.reading import SUFFIXES
from companion.domain import events
from companion.domain.character import Character
from companion.domain.passages import DocumentInfo, FoundPassage, Passage
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.controls.choice import Segments
from companion.gui.controls.invitation import Invitation
from companion.gui.controls.undo_strip import UndoStrip
from companion.gui.icons import icon
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.building import BuildStrip
from companion.gui.lore.chapters import Chapter, chapters_of
from companion.gui.lore.documents import DocumentList
from companion.gui.lore.lookup import Lookup
from companion.gui.lore.timeline import Timeline
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_WIDE_FROM: Final = 900
_LEFT: Final = 400
_WIDEST: Final = 720


@dataclass(frozen=True, slots=True)
class _Shelf:
    documents: tuple[DocumentInfo, ...]
    chapters: tuple[Chapter, ...]
    now: int | None


class LorePage(QWidget):
    """`source_wanted` carries document id, start, end and the chapters; `books_wanted` asks for the lorebooks."""

    source_wanted = Signal(str, int, int, object)
    books_wanted = Signal()

    def __init__(self, companion: Surface, look: Look, tasks: Tasks, character: Character) -> None:
        super().__init__()
        self._companion, self._look, self._tasks, self._character = companion, look, tasks, character
        self._shelf = _Shelf((), (), None)
        self._removed: DocumentInfo | None = None
        self.add, self.books = push_button("primary", self), push_button("link", self)
        self.documents, self.timeline = DocumentList(look), Timeline()
        self.lookup = Lookup(companion, look, tasks, character.id)
        self.undo, self.building = UndoStrip(look), BuildStrip(companion, tasks, character.id)
        self.parts = Segments()
        self._intro = plain_label(tone="muted", wrap=True)
        self._problems = plain_label(tone="danger", wrap=True)
        self._empty = Invitation(look, "book")
        self._formats = plain_label(size="small", tone="muted", wrap=True)
        self._left, self._right = _scrolled(self._make_left()), _scrolled(self._make_right())
        self._is_wide, self._gets_focus = True, False
        self._build()
        self._connect()
        self.setAcceptDrops(True)
        self.setFocusProxy(self.add)
        Texts(self).also(self._write)
        self._write()
        self.timeline.hide()
        self._problems.hide()
        self.refresh()

    # ---- what is there

    def refresh(self) -> None:
        """Read the documents anew."""
        lore, id_ = self._companion.lore, self._character.id
        self._tasks.run(lambda: _read(lore.documents(id_), lore.passages(id_), lore.now(id_)), self._show)

    def take(self, event: events.Event) -> None:
        """Follow the documents and their index; called on the GUI thread."""
        match event:
            case events.LoreChanged(character) if character == self._character.id:
                self.refresh()
            case events.LoreBuilding(character, fraction) if character == self._character.id:
                self.building.show_fraction(fraction)
            case _:
                pass

    def can_leave(self) -> bool:
        """Carry out what could still be undone, and stop building; the rest is built when it is next needed."""
        self._remove_now()
        self.building.stop()
        return True

    # ---- doing

    def choose_files(self) -> None:
        """Ask for documents."""
        dialog = QFileDialog(self, tr("Add documents"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([f"{tr('Documents')} ({' '.join(f'*{one}' for one in SUFFIXES)})"])
        dialog.filesSelected.connect(self.add_files)
        dialog.open()

    def add_files(self, paths: Sequence[str]) -> None:
        """Read files in a task and take in what can be read; then the index is built."""
        self._remove_now()
        self._problems.hide()
        self._gets_focus = self.add.hasFocus()
        self.add.setEnabled(False)
        self.building.say_reading(len(paths))
        lore, id_ = self._companion.lore, self._character.id

        def work() -> list[CompanionError]:
            failed = []
            for path in paths:
                try:
                    lore.add(id_, Path(path))
                except CompanionError as error:
                    failed.append(error)
            return failed

        self._tasks.run(work, self._on_added, self._on_failed)

    def _on_added(self, failed: list[CompanionError]) -> None:
        self._let_add()
        self._say_problems(failed)
        self.refresh()
        self.building.start()

    def _let_add(self) -> None:
        self.add.setEnabled(True)
        if self._gets_focus:
            self.add.setFocus()

    def _on_failed(self, error: CompanionError) -> None:
        self._let_add()
        self.building.hide()
        self._say_problems([error])
        self.refresh()

    def _say_problems(self, failed: Sequence[CompanionError]) -> None:
        told = [notice_text(one.what, one.hint, one.code) for one in failed]
        self._problems.setText("\n".join(one.whole for one in told))
        self._problems.setVisible(bool(told))

    def _remove(self, info: DocumentInfo) -> None:
        """Hide a document; it is taken away when the way back is no longer offered."""
        self._remove_now()
        self._removed = info
        self.undo.offer(
            tr("{title} was taken away.", title=plain_name(info.title or info.file, 40)), self._bring_back
        )
        self._show(self._shelf)

    def _bring_back(self) -> None:
        self._removed = None
        self._show(self._shelf)

    def _remove_now(self) -> None:
        info, self._removed = self._removed, None
        self.undo.hide()
        if info is not None:
            lore, id_ = self._companion.lore, self._character.id
            self._tasks.run(lambda: lore.remove(id_, info.id), lambda _: self.refresh(), self._on_failed)

    def _set_now(self, order: int | None) -> None:
        lore, id_ = self._companion.lore, self._character.id

        def done(_: None) -> None:
            self._shelf = replace(self._shelf, now=order)
            self.lookup.run()

        self._tasks.run(lambda: lore.set_now(id_, order), done, self._on_failed)

    def _open_found(self, found: FoundPassage) -> None:
        self._open(found.passage.document, found.start, found.end)

    def _open(self, document: str, start: int, end: int) -> None:
        chapters = tuple(one for one in self._shelf.chapters if one.document == document)
        self.source_wanted.emit(document, start, end, chapters)

    def _show(self, shelf: _Shelf) -> None:
        self._shelf = shelf
        gone = self._removed.id if self._removed is not None else ""
        infos = [one for one in shelf.documents if one.id != gone]
        self.documents.show_documents(infos)
        self.timeline.show_chapters([one for one in shelf.chapters if one.document != gone], shelf.now)
        self._empty.setVisible(not infos)
        self._place()

    # ---- parts

    def _make_left(self) -> QWidget:
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addStretch(1)
        buttons.addWidget(self.books)
        left = QWidget()
        box = QVBoxLayout(left)
        box.setContentsMargins(24, 16, 16, 24)
        box.setSpacing(12)
        box.addWidget(self._intro)
        box.addLayout(buttons)
        for widget in (self._problems, self.building, self.undo, self.documents, self.timeline):
            box.addWidget(widget)
        box.addWidget(self._empty, 100)
        box.addWidget(self._formats)
        box.addStretch(1)
        return left

    def _make_right(self) -> QWidget:
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(16, 16, 24, 24)
        self.lookup.setMaximumWidth(_WIDEST)
        row.addWidget(self.lookup, 100)
        row.addStretch(1)
        return right

    def _build(self) -> None:
        self._line = QFrame()
        self._line.setProperty("look", "rail")
        self._line.setFixedWidth(1)
        self._sides = QHBoxLayout()
        self._sides.setSpacing(0)
        self._sides.addWidget(self._left)
        self._sides.addWidget(self._line)
        self._sides.addWidget(self._right, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(24, 10, 24, 0)
        top.addWidget(self.parts)
        top.addStretch(1)
        box.addLayout(top)
        box.addLayout(self._sides, 1)

    def _connect(self) -> None:
        self.add.clicked.connect(self.choose_files)
        self.books.clicked.connect(self.books_wanted)
        self.documents.read_wanted.connect(lambda info: self._open(info.id, 0, 0))
        self.documents.remove_wanted.connect(self._remove)
        self.timeline.chosen.connect(self._set_now)
        self.lookup.source_wanted.connect(self._open_found)
        self.building.finished.connect(self._on_built)
        self.parts.picked.connect(lambda _: self._place())
        self._look.changed.connect(self._draw)

    def _on_built(self) -> None:
        self.refresh()
        self.lookup.run()

    def _shows_right(self) -> bool:
        there = bool(self.documents.cards)
        return there and (self._is_wide or self.parts.value() == "ask")

    def _place(self) -> None:
        self._right.setVisible(self._shows_right())
        self._line.setVisible(self._is_wide and self._shows_right())
        self._left.setVisible(self._is_wide or not self._shows_right())
        alone = not self._is_wide or not self._shows_right()
        self._left.setMinimumWidth(0 if alone else _LEFT)
        self._left.setMaximumWidth(16_777_215 if alone else _LEFT)
        self.parts.setVisible(not self._is_wide and bool(self.documents.cards))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._is_wide = event.size().width() >= _WIDE_FROM
        self._place()

    # ---- drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if documents_in(event):
            event.acceptProposedAction()
            self.building.say(tr("Let go to add the documents."))

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.building.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.building.hide()
        if paths := documents_in(event):
            event.acceptProposedAction()
            self.add_files(paths)

    # ---- words

    def _write(self) -> None:
        name = plain_name(self._character.shown_name, 24)
        self._intro.setText(
            tr("Novels, scripts, notes: what {name} looks up when you talk about it.", name=name)
        )
        self.add.setText(tr("Add documents…"))
        self.books.setText(tr("Lorebooks…"))
        self._empty.show_words(
            tr("Nothing here yet"),
            tr("Give her the book she comes from, and she can talk with you about every scene."),
        )
        self._formats.setText(
            tr(
                "Text, Markdown, EPUB, Word, PDF, web pages and subtitles; drop them here. They stay on this computer."
            )
        )
        self.parts.set_choices([("documents", tr("Documents")), ("ask", tr("Look it up"))])
        if not self.parts.value():
            self.parts.set_value("documents")
        self._draw()

    def _draw(self) -> None:
        self.add.setIcon(icon("add", self._look.tokens.on_accent, size=self._look.px(16)))


def documents_in(event: QDropEvent) -> list[str]:
    """Return the dropped files that can be read as a document."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [str(path) for path in paths if path.suffix.lower() in SUFFIXES and path.is_file()]


def _read(documents: Sequence[DocumentInfo], passages: Sequence[Passage], now: int | None) -> _Shelf:
    return _Shelf(tuple(documents), chapters_of(passages), now)


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    return area
