"""What most people leave as it is: instructions, how freely she talks, notes and tags."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QSpinBox, QWidget

from companion.gui.characters.form import column
from companion.gui.characters.labelled import GrowingText, Labelled, Line
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft

Box = TypeVar("Box", QDoubleSpinBox, QSpinBox)
_TAGS = re.compile(r"[,，、;；]")


class AdvancedForm(QWidget):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.system_prompt, self.instructions = GrowingText(least=3), GrowingText(least=2)
        self.notes, self.creator, self.tags = GrowingText(least=2), Line(80), Line(300)
        self.numbers: dict[str, QDoubleSpinBox | QSpinBox] = {
            "temperature": _decimal(0.0, 2.0, 0.05),
            "top_p": _decimal(0.05, 1.0, 0.01),
            "min_p": _decimal(0.0, 1.0, 0.01),
            "repeat_penalty": _decimal(0.5, 2.0, 0.01),
            "top_k": _whole(0, 500),
            "max_tokens": _whole(16, 4096),
        }
        self._names = {name: plain_label(tone="muted") for name in self.numbers}
        self._fields = {
            "creator_notes": Labelled(
                self.notes, lambda: (tr("Notes for others"), tr("She does not read them."))
            ),
            "creator": Labelled(self.creator, lambda: (tr("Made by"), "")),
            "tags": Labelled(self.tags, lambda: (tr("Tags"), tr("Apart by commas."))),
            "sampling": Labelled(
                self._grid(),
                lambda: (tr("How freely she talks"), tr("Higher is livelier, lower is steadier.")),
            ),
            "system_prompt": Labelled(
                self.system_prompt,
                lambda: (
                    tr("Rules of her own"),
                    tr("Empty: the usual ones. {original} puts those in.", original="{{original}}"),
                ),
            ),
            "post_history_instructions": Labelled(
                self.instructions,
                lambda: (tr("Reminder before each reply"), tr("Short; it is read every time.")),
            ),
        }
        column(self, *self._fields.values())
        for field in (self.system_prompt, self.instructions, self.notes, self.creator, self.tags):
            field.edited.connect(self.changed)
        Texts(self).also(self._write)
        self._write()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        self.system_prompt.set_text(draft.system_prompt)
        self.instructions.set_text(draft.post_history_instructions)
        self.notes.set_text(draft.creator_notes)
        self.creator.set_text(draft.creator)
        if _tags_of(self.tags.text()) != draft.tags:
            self.tags.set_text("、".join(draft.tags) if draft.language == "zh" else ", ".join(draft.tags))
        for name, box in self.numbers.items():
            box.blockSignals(True)
            box.setValue(getattr(draft.sampling, name))
            box.blockSignals(False)

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here."""
        values = {
            name: round(box.value(), 2)
            for name, box in self.numbers.items()
            # A value finer than the box shows stays as it was.
            if round(getattr(draft.sampling, name), 2) != round(box.value(), 2)
        }
        return replace(
            draft,
            system_prompt=self.system_prompt.text(),
            post_history_instructions=self.instructions.text(),
            creator_notes=self.notes.text(),
            creator=self.creator.text(),
            tags=_tags_of(self.tags.text()),
            sampling=replace(draft.sampling, **values),  # type: ignore[arg-type]
        )

    def _grid(self) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        for at, (name, box) in enumerate(self.numbers.items()):
            grid.addWidget(self._names[name], at // 2, at % 2 * 2)
            grid.addWidget(box, at // 2, at % 2 * 2 + 1, Qt.AlignmentFlag.AlignLeft)
            box.valueChanged.connect(lambda _: self.changed.emit())
        return widget

    def _write(self) -> None:
        words = {
            "temperature": tr("Liveliness"),
            "top_p": tr("Breadth of choice"),
            "min_p": tr("Least likelihood"),
            "repeat_penalty": tr("Aversion to repeating"),
            "top_k": tr("Words to choose from"),
            "max_tokens": tr("Longest reply"),
        }
        for name, label in self._names.items():
            label.setText(words[name])
            self.numbers[name].setAccessibleName(words[name])
            self.numbers[name].setToolTip(name)


def _tags_of(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in _TAGS.split(text) if one.strip()))


def _decimal(least: float, most: float, step: float) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(least, most)
    box.setSingleStep(step)
    box.setDecimals(2)
    return _calm(box)


def _whole(least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    return _calm(box)


def _calm(box: Box) -> Box:
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setFixedWidth(110)
    # A styled box leaves no room before its text.
    box.lineEdit().setTextMargins(6, 0, 6, 0)
    return box
