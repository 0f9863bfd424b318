"""What the parts of the editor have in common: they show a draft, and put what they hold into one."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.gui.characters.labelled import Labelled
from companion.packs.editor import CharacterDraft


class Form(Protocol):
    """`changed` tells of the user's changes alone; `fields` are named after the draft's."""

    changed: SignalInstance

    @property
    def fields(self) -> dict[str, Labelled]: ...
    def show_draft(self, draft: CharacterDraft) -> None: ...
    def put_into(self, draft: CharacterDraft) -> CharacterDraft: ...


def column(form: QWidget, *widgets: QWidget) -> QVBoxLayout:
    """Stack `widgets` in `form`, from the top."""
    box = QVBoxLayout(form)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(18)
    for widget in widgets:
        box.addWidget(widget)
    box.addStretch(1)
    return box
