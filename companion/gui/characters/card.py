"""A pack as a card: who she is, or what is wrong with it, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout

from companion.domain.character import Character, PackReport
from companion.gui.buttons import icon_button, push_button
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label, plain_name
from companion.gui.portraits import Portraits
from companion.gui.problems import problem_line
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_FACE = 72
_PROBLEMS_SHOWN = 2


class PackCard(QFrame):
    """The signals carry the report."""

    talk_wanted = Signal(object)
    edit_wanted = Signal(object)
    folder_wanted = Signal(object)
    problems_wanted = Signal(object)
    lore_wanted = Signal(object)
    books_wanted = Signal(object)
    voice_wanted = Signal(object)
    export_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, report: PackReport, look: Look, portraits: Portraits, *, present: bool) -> None:
        super().__init__()
        self.report, self._look, self._portraits = report, look, portraits
        self._present = present
        self.setProperty("look", "card")
        texts = Texts(self)
        self._face = plain_label()
        self._face.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name = plain_label(size="lead", strong=True)
        self._below = plain_label(size="small", tone="muted")
        self._about = plain_label(size="small", tone="muted", wrap=True)
        self._problems = plain_label(size="small", tone="danger", wrap=True)
        self.talk, self.edit = push_button("primary", self), push_button(parent=self)
        self.details = push_button(parent=self)
        self.folder = icon_button(texts, look, "pages", "Open folder")
        self.more = icon_button(texts, look, "more", "More")
        self._build()
        self.more.clicked.connect(
            lambda: self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))
        )
        self.talk.clicked.connect(lambda: self.talk_wanted.emit(report))
        self.edit.clicked.connect(lambda: self.edit_wanted.emit(report))
        self.folder.clicked.connect(lambda: self.folder_wanted.emit(report))
        self.details.clicked.connect(lambda: self.problems_wanted.emit(report))
        portraits.arrived.connect(self._on_portrait)
        look.changed.connect(self._draw)
        texts.also(self._write)
        self._write()
        self._draw()

    @property
    def problem_text(self) -> str:
        return self._problems.text()

    def menu(self) -> QMenu:
        """Return what else can be done with the pack, as a menu that is deleted when it closes."""
        menu = QMenu(self)
        choices = [(tr("Delete…"), self.remove_wanted)]
        if (character := self.report.character) is not None:
            choices = [
                (tr("Her world…"), self.lore_wanted),
                (tr("Lorebooks…"), self.books_wanted),
                (tr("Give her a voice…"), self.voice_wanted),
                (tr("Save to a file…"), self.export_wanted),
                *([] if character.bundled else choices),
            ]
        for text, wanted in choices:
            menu.addAction(text).triggered.connect(lambda _=False, wanted=wanted: wanted.emit(self.report))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._below)
        words.addWidget(self._about)
        words.addWidget(self._problems)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(self._face, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.talk, self.edit, self.details):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.folder)
        buttons.addWidget(self.more)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 12)
        box.setSpacing(12)
        box.addLayout(top, 1)
        box.addLayout(buttons)
        usable = self.report.character is not None
        self.talk.setVisible(usable)
        self.edit.setVisible(usable)
        self.details.setVisible(bool(self.report.problems))

    def _write(self) -> None:
        character = self.report.character
        self._name.setText(plain_name(character.shown_name if character is not None else self.report.id, 24))
        self._below.setText(_line_below(character, present=self._present))
        self._about.setText(
            plain_name(character.creator_notes.split("\n")[0], 90) if character is not None else ""
        )
        self._about.setVisible(bool(self._about.text()))
        shown = [
            problem_line(one)
            for one in sorted(self.report.problems, key=lambda one: not one.fatal)[:_PROBLEMS_SHOWN]
        ]
        self._problems.setText("\n".join(shown))
        self._problems.setVisible(bool(shown))
        self.talk.setText(tr("Talk"))
        self.edit.setText(tr("Edit"))
        self.details.setText(tr("What is wrong with it"))
        self.more.setAccessibleName(f"{tr('More')}: {self._name.text()}")
        for button in (self.talk, self.edit, self.details):
            button.setAccessibleName(f"{button.text()}: {self._name.text()}")

    def _on_portrait(self, id_: str) -> None:
        if id_ == self.report.id:
            self._draw()

    def _draw(self) -> None:
        side, ratio = self._look.px(_FACE), self.devicePixelRatioF()
        self._face.setFixedSize(QSize(side, side))
        self._face.setPixmap(self._picture(side, ratio))

    def _picture(self, side: int, ratio: float) -> QPixmap:
        if self.report.character is not None:
            return self._portraits.round(self.report.character, side, ratio)
        return pixmap("warning", self._look.tokens.danger.name(), round(side * 0.55), ratio)


def _line_below(character: Character | None, *, present: bool) -> str:
    if character is None:
        return tr("Cannot be used")
    parts = [tr("Speaks Chinese") if character.language == "zh" else tr("Speaks English")]
    if present:
        parts.append(tr("you are talking to her"))
    elif character.bundled:
        parts.append(tr("came with the program"))
    return " · ".join(parts)
