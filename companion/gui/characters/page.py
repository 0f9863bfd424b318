"""All characters as cards; from here one talks, edits, makes a new one, or adds one from a file."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from companion.domain import events
from companion.domain.character import PackReport
from companion.gui.buttons import push_button
from companion.gui.characters.card import PackCard
from companion.gui.characters.removal import Removal
from companion.gui.controls.grid import FlowGrid
from companion.gui.icons import icon
from companion.gui.inert import plain_label
from companion.gui.portraits import Portraits
from companion.gui.preferences.folders import OpenFolder, open_folder
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr


class CharactersPage(QWidget):
    """The signals carry a report, but `new_wanted` and `add_wanted`."""

    talk_wanted = Signal(object)
    edit_wanted = Signal(object)
    problems_wanted = Signal(object)
    lore_wanted = Signal(object)
    books_wanted = Signal(object)
    voice_wanted = Signal(object)
    export_wanted = Signal(object)
    new_wanted = Signal()
    add_wanted = Signal()

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        portraits: Portraits,
        *,
        present: str = "",
        open_: OpenFolder = open_folder,
    ) -> None:
        super().__init__()
        self._companion, self._look, self._tasks, self._portraits = companion, look, tasks, portraits
        self._present, self._open = present, open_
        self._reports: list[PackReport] = []
        self.new, self.add = push_button("primary", self), push_button(parent=self)
        self._hint = plain_label(tone="muted", wrap=True)
        self.removal = Removal(companion, tasks)
        self.cards = FlowGrid(look.px(330), stretched=True)
        bar = QHBoxLayout()
        bar.setSpacing(10)
        bar.addWidget(self._hint, 1)
        bar.addWidget(self.add)
        bar.addWidget(self.new)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(28, 18, 28, 28)
        box.setSpacing(18)
        box.addLayout(bar)
        box.addWidget(self.removal)
        box.addWidget(self.cards)
        box.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.setFocusProxy(self.new)
        self.new.clicked.connect(self.new_wanted)
        self.add.clicked.connect(self.add_wanted)
        self.removal.removed.connect(self.refresh)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()
        self.refresh()

    def refresh(self) -> None:
        """Read the packs anew."""
        self._tasks.run(self._companion.characters, self._show)

    def take(self, event: events.Event) -> None:
        """Follow packs that appear, change or vanish."""
        if isinstance(event, events.CharactersChanged):
            self.refresh()

    def card(self, id_: str) -> PackCard:
        """Return the card of a pack."""
        return next(one for one in self.cards.widgets if isinstance(one, PackCard) and one.report.id == id_)

    def _show(self, reports: Sequence[PackReport]) -> None:
        if list(reports) == self._reports:
            return
        self._reports = list(reports)
        cards: list[QWidget] = []
        for report in reports:
            card = PackCard(report, self._look, self._portraits, present=report.id == self._present)
            card.talk_wanted.connect(self.talk_wanted)
            card.edit_wanted.connect(self.edit_wanted)
            card.problems_wanted.connect(self.problems_wanted)
            card.lore_wanted.connect(self.lore_wanted)
            card.books_wanted.connect(self.books_wanted)
            card.voice_wanted.connect(self.voice_wanted)
            card.export_wanted.connect(self.export_wanted)
            card.remove_wanted.connect(self.removal.ask)
            card.folder_wanted.connect(self._open_folder)
            cards.append(card)
        self.cards.set_widgets(cards)

    def _open_folder(self, report: PackReport) -> None:
        self._open(report.path if report.path.is_dir() else report.path.parent)

    def _write(self) -> None:
        self._hint.setText(tr("Character cards of other programs work too: drop one anywhere on the window."))
        self.new.setText(tr("New character"))
        self.add.setText(tr("Add from a file…"))
        self._draw()

    def _draw(self) -> None:
        size = self._look.px(16)
        self.new.setIcon(icon("add", self._look.tokens.on_accent, size=size))
        self.add.setIcon(icon("import", self._look.tokens.text, size=size))
