"""Save a character to a file: the forms, what each can hold, and what was left out."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.character import Character
from companion.errors import CompanionError
from companion.gui.buttons import push_button
from companion.gui.controls.choice import Segments
from companion.gui.controls.sections import in_column
from companion.gui.inert import plain_label, plain_name
from companion.gui.notices import notice_text
from companion.gui.problems import problem_line
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import Texts, tr
from companion.packs.export import ExportReport

_FORMS: Final = ("charx", "png", "json")
_MOST: Final = 12


class ExportPage(QWidget):
    """`saved` carries the report of what was written."""

    saved = Signal(object)

    def __init__(self, companion: Surface, tasks: Tasks, character: Character) -> None:
        super().__init__()
        self._companion, self._tasks, self._character = companion, tasks, character
        self.forms = Segments()
        self._intro = plain_label(tone="muted", wrap=True)
        self._holds, self._lacks = plain_label(wrap=True), plain_label(tone="muted", wrap=True)
        self.with_lore = QCheckBox()
        self.save_button = push_button("primary", self)
        self._result = plain_label(wrap=True)
        self._left_out = plain_label(size="small", tone="muted", wrap=True)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(14)
        row = QHBoxLayout()
        row.addWidget(self.forms)
        row.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addStretch(1)
        box.addWidget(self._intro)
        box.addLayout(row)
        for widget in (self._holds, self._lacks, self.with_lore):
            box.addWidget(widget)
        box.addLayout(buttons)
        box.addWidget(self._result)
        box.addWidget(self._left_out)
        box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(in_column(inner))
        self.forms.picked.connect(lambda _: self._write())
        self.save_button.clicked.connect(self.choose_target)
        self.setFocusProxy(self.save_button)
        self._result.hide()
        self._left_out.hide()
        Texts(self).also(self._write)
        self._write()

    @property
    def form(self) -> str:
        return self.forms.value()

    @property
    def result_text(self) -> str:
        return f"{self._result.text()}\n{self._left_out.text()}".strip()

    def choose_target(self) -> None:
        """Ask where the file is to be saved."""
        dialog = QFileDialog(self, tr("Save the character"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(self.form)
        dialog.setNameFilters([f"{self.form.upper()} (*.{self.form})"])
        dialog.selectFile(f"{self._character.id}.{self.form}")
        dialog.fileSelected.connect(self.save)
        dialog.open()

    def save(self, path: str) -> None:
        """Write the character in the form that is chosen; a name of another form gets the suffix."""
        target = Path(path)
        if target.suffix.lower() != f".{self.form}":
            target = target.with_name(f"{target.name}.{self.form}")
        companion, id_ = self._companion, self._character.id
        with_lore = self.with_lore.isChecked() and self.form != "json"
        self.save_button.setEnabled(False)
        self._say(tr("Saving…"), "")
        self._tasks.run(
            lambda: companion.export_character(id_, target, with_lore=with_lore),
            self._on_saved,
            self._on_failed,
        )

    def _on_saved(self, report: ExportReport) -> None:
        self.save_button.setEnabled(True)
        lines = [problem_line(one) for one in report.left_out[:_MOST]]
        if len(report.left_out) > _MOST:
            lines.append(tr("and {n} more", n=len(report.left_out) - _MOST))
        said = tr(
            "Saved as {name}: {greetings} greetings, {entries} lorebook entries, {assets} pictures and other parts.",
            name=plain_name(report.path.name),
            greetings=report.n_greetings,
            entries=report.n_entries,
            assets=report.n_assets,
        )
        head = tr("Left out, because the file cannot hold it:")
        self._say(said, "\n".join([head, *lines]) if lines else "")
        self.saved.emit(report)

    def _on_failed(self, error: CompanionError) -> None:
        self.save_button.setEnabled(True)
        said = notice_text(error.what, error.hint, error.code)
        self._say(said.whole, "", tone="danger")

    def _say(self, text: str, below: str, *, tone: str = "text") -> None:
        self._result.setProperty("tone", tone)
        self._result.style().polish(self._result)
        self._result.setText(text)
        self._left_out.setText(below)
        self._result.show()
        self._left_out.setVisible(bool(below))

    def _write(self) -> None:
        self._intro.setText(
            tr(
                "The original stays here. Everything of a card that this program does not use comes back in the file."
            )
        )
        names = (tr("Everything (CHARX)"), tr("Picture card (PNG)"), tr("Text only (JSON)"))
        self.forms.set_choices(list(zip(_FORMS, names, strict=True)))
        if not self.form:
            self.forms.set_value("charx")
        holds = {
            "charx": tr("Her whole pack in one file: text, lorebook, pictures, voice, documents."),
            "png": tr(
                "Her portrait with the card inside. Nearly every program reads it; it is easy to send."
            ),
            "json": tr("Her text and her lorebook alone."),
        }
        lacks = {
            "charx": tr("Older programs may not open it."),
            "png": tr("It cannot hold a voice, a layered figure or large files."),
            "json": tr("It cannot hold pictures, a voice or documents."),
        }
        self._holds.setText(holds[self.form])
        self._lacks.setText(lacks[self.form])
        self.with_lore.setText(tr("With the documents that you gave her"))
        self.with_lore.setVisible(self.form != "json")
        self.save_button.setText(tr("Save…"))
