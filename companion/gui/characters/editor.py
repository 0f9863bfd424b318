"""The editor: a new character, or one that is changed, with a preview that follows every letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.character import FaceAssets, PackReport
from companion.engines.voices.styles import read_blends
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.characters.advanced_form import AdvancedForm
from companion.gui.characters.counting import Counting
from companion.gui.characters.form import Form
from companion.gui.characters.guard import LeaveGuard
from companion.gui.characters.labelled import Labelled
from companion.gui.characters.look_form import LookForm
from companion.gui.characters.lore_form import LoreForm
from companion.gui.characters.opening_form import OpeningForm
from companion.gui.characters.person_form import PersonForm
from companion.gui.characters.preview import Preview
from companion.gui.characters.tokens import Section, TokenCounts
from companion.gui.characters.voice_form import VoiceForm
from companion.gui.controls.save_bar import SaveBar
from companion.gui.controls.sections import Sections, in_column
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft, draft_of, problems_of, without_id
from companion.paths import bundled

_PREVIEW_MS: Final = 150
_WIDE_FROM: Final = 980
_COUNTED: Final[dict[str, Section]] = {
    "description": "person",
    "first_mes": "opening",
    "mes_example": "examples",
}


class EditorPage(QWidget):
    """`saved` carries the pack's report, `left` asks to close the page; `report` None begins a new character.

    `books_wanted` asks for the lorebooks, `entry_wanted` for an entry of one (ids). `chat` gives the open chat's text.
    """

    saved = Signal(object)
    left = Signal()
    books_wanted = Signal()
    entry_wanted = Signal(str, str)

    def __init__(
        self,
        companion: Surface,
        look: Look,
        tasks: Tasks,
        report: PackReport | None = None,
        parent: QWidget | None = None,
        *,
        chat: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._companion, self._tasks = companion, tasks
        self._draft, face, self._bundled = _opened(report)
        self._may_leave = False
        self._leave_after_save = False
        self.person, self.opening = PersonForm(), OpeningForm(look)
        self.lore = LoreForm(companion, look, tasks, chat=chat)
        self.voice = VoiceForm(read_blends(bundled("assets") / "voices"))
        self.looks, self.advanced = LookForm(look), AdvancedForm()
        self.looks.set_face(face)
        self._forms: tuple[tuple[str, Callable[[], str], Form], ...] = (
            ("person", lambda: tr("Who she is"), self.person),
            ("opening", lambda: tr("How she talks"), self.opening),
            ("lore", lambda: tr("Her world"), self.lore),
            ("voice", lambda: tr("Voice"), self.voice),
            ("look", lambda: tr("Looks"), self.looks),
            ("advanced", lambda: tr("Advanced"), self.advanced),
        )
        self.preview = Preview(look, tasks, face)
        self.parts = Sections(look, width=136)
        self.guard = LeaveGuard()
        self.copy_button = push_button(parent=self)
        self.bar = SaveBar(self.copy_button)
        self.save_button = self.bar.save
        self._later = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._later.timeout.connect(self._follow)
        self._counting = Counting(companion, tasks, self)
        self._counting.counted.connect(self._on_counted)
        self._build()
        self._connect()
        self._show(self._draft)
        Texts(self).also(self._write)
        self._write()

    # ---- reading

    @property
    def draft(self) -> CharacterDraft:
        """What stands in the editor now."""
        draft = self._draft
        for _, _, form in self._forms:
            draft = form.put_into(draft)
        return draft

    @property
    def is_changed(self) -> bool:
        return self.draft != self._clean

    @property
    def state_text(self) -> str:
        return self.bar.text

    def can_leave(self) -> bool:
        """Ask before unsaved changes are lost; called when the user goes back."""
        if self._may_leave or not self.is_changed:
            return True
        self.guard.ask()
        return False

    def show_entry(self, entry: str) -> None:
        """Go to a lorebook entry of her own by its id."""
        self.parts.show_part("lore")
        self.lore.entries.choose_id(entry)

    # ---- saving

    def save(self, *, copy: bool = False) -> None:
        """Save in a task; a draft that cannot be saved shows its problems at the fields."""
        draft = without_id(self.draft) if copy else self.draft
        if not self._show_problems(draft):
            self._leave_after_save = False
            self.bar.say(tr("Not saved yet: something is missing."), tone="danger")
            return
        self._set_busy(True)
        self.bar.say(tr("Saving…"))
        self._tasks.run(lambda: self._companion.save_character(draft), self._on_saved, self._on_failed)

    def _on_saved(self, report: PackReport) -> None:
        self._set_busy(False)
        if report.character is not None:
            self._draft, face, self._bundled = _opened(report)
            self.looks.set_face(face)
            self.preview.set_face(face)
            self._show(self._draft)
        self._write()
        self.guard.hide()
        self.bar.say(tr("Saved."))
        self.saved.emit(report)
        if self._leave_after_save:
            self._leave()

    def _on_failed(self, error: CompanionError) -> None:
        self._set_busy(False)
        self._leave_after_save = False
        said = notice_text(error.what, error.hint, error.code)
        self.bar.say(said.whole, tone="danger")

    def _save_and_leave(self) -> None:
        self._leave_after_save = True
        self.save()

    def _leave(self) -> None:
        self._may_leave = True
        self.left.emit()

    # ---- parts

    def _build(self) -> None:
        for key, title, form in self._forms:
            assert isinstance(form, QWidget)
            self.parts.add(key, title, form)
        self._preview_place = in_column(QWidget())
        self.parts.add("preview", lambda: tr("Preview"), self._preview_place)
        self._side = QFrame()
        self._side.setProperty("look", "raised")
        inside = QVBoxLayout(self._side)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.preview)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.parts, 1)
        middle.addWidget(self._side)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.guard)
        box.addLayout(middle, 1)
        box.addWidget(self.bar)
        self._place_preview(wide=True)

    def _connect(self) -> None:
        for _, _, form in self._forms:
            form.changed.connect(self._on_edited)
        self.lore.books_wanted.connect(self.books_wanted)
        self.lore.entry_wanted.connect(self.entry_wanted)
        self.save_button.clicked.connect(lambda: self.save())
        self.copy_button.clicked.connect(lambda: self.save(copy=True))
        self.guard.save_wanted.connect(self._save_and_leave)
        self.guard.drop_wanted.connect(self._leave)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(lambda: self.save())

    def _show(self, draft: CharacterDraft) -> None:
        for _, _, form in self._forms:
            form.show_draft(draft)
        # What the fields make of a draft, such as other line ends, is no change of the user's.
        self._clean = self.draft
        self._follow()

    def _on_edited(self) -> None:
        self._later.start()
        self.guard.hide()
        self._write_state()

    def _follow(self) -> None:
        draft = self.draft
        self.preview.show_draft(draft, self._companion.settings.general.user_name)
        self._counting.count(draft)
        if any(field.problem for name, field in self._all_fields().items() if name != "accent"):
            self._show_problems(draft)

    def _on_counted(self, counts: TokenCounts) -> None:
        self.preview.show_counts(counts)
        for name, section in _COUNTED.items():
            n = counts.by_section[section]
            said = f"{n:,}" if counts.is_exact else tr("about {n}", n=f"{n:,}")
            self._all_fields()[name].set_count(said if n else "")

    def _all_fields(self) -> dict[str, Labelled]:
        return {name: field for _, _, form in self._forms for name, field in form.fields.items()}

    def _show_problems(self, draft: CharacterDraft) -> bool:
        """Show each problem at its field and go to the first; True when there is none."""
        found = {field_of(problem): problem for problem in problems_of(draft)}
        for name, field in self._all_fields().items():
            if name != "accent":
                field.set_problem(problem_text(found[name]) if name in found else "")
        for key, _, form in self._forms:
            first = next((name for name in form.fields if name in found), None)
            if first is not None:
                if not self._later.isActive():
                    self.parts.show_part(key)
                    form.fields[first].setFocus()
                return False
        return not found

    def _set_busy(self, busy: bool) -> None:
        self.save_button.setEnabled(not busy)
        self.copy_button.setEnabled(not busy)

    def _write(self) -> None:
        self.copy_button.setText(tr("Save as a copy"))
        self.copy_button.setVisible(bool(self._draft.id))
        self._write_state()

    def _write_state(self) -> None:
        if self.is_changed:
            self.bar.say(tr("Not saved yet."))
        elif self._bundled:
            self.bar.say(tr("She came with the program; what you save becomes your own version of her."))
        else:
            self.bar.say("")

    # ---- width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= _WIDE_FROM
        if wide != self._is_wide:
            self._place_preview(wide=wide)
        self._side.setFixedWidth(max(300, min(420, round(event.size().width() * 0.32))))

    _is_wide = True

    def _place_preview(self, *, wide: bool) -> None:
        self._is_wide = wide
        self._side.setVisible(wide)
        if wide:
            side = self._side.layout()
            assert side is not None
            side.addWidget(self.preview)
        else:
            self._preview_place.takeWidget()
            self._preview_place.setWidget(self.preview)
        self.preview.stage.setMaximumHeight(16_777_215 if wide else 280)
        self.preview.show()
        self.parts.set_part_visible("preview", visible=not wide)


def field_of(problem: str) -> str:
    """Return the field that a sentence of `problems_of` is about."""
    for word, name in (("name", "name"), ("picture", "portrait"), ("who she is", "description")):
        if word in problem:
            return name
    return "description"


def problem_text(problem: str) -> str:
    """Return a sentence of `problems_of` in the window's language."""
    known = {
        "The character needs a name.": tr("The character needs a name."),
        "Write a few words about who she is.": tr("Write a few words about who she is."),
        "The picture must be a PNG, JPEG or WebP file.": tr("The picture must be a PNG, JPEG or WebP file."),
    }
    return known.get(problem, problem)


def _opened(report: PackReport | None) -> tuple[CharacterDraft, FaceAssets, bool]:
    if report is None or report.character is None:
        return CharacterDraft(), FaceAssets(), False
    character = report.character
    # A packed file was unpacked beside the cache; its assets are copied from there.
    source: Path = character.folder if report.path.suffix.lower() == ".charx" else report.path
    return draft_of(character, source), character.face, character.bundled
