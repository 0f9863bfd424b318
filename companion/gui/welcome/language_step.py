"""The first step: the window's language and whether it is light or dark."""

from __future__ import annotations

from typing import Literal, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.controls.choice import Segments
from companion.gui.inert import plain_label
from companion.gui.surface import Surface
from companion.gui.translation import Texts, chosen_language, tr
from companion.gui.welcome.step import step_box


class LanguageStep(QWidget):
    """`changed` tells that language or theme were set."""

    changed = Signal()

    def __init__(self, companion: Surface) -> None:
        super().__init__()
        self._general = companion.settings.general
        box = step_box(
            self,
            lambda: (
                tr("Glad you are here"),
                tr("A few small things first; every one can be skipped and changed later."),
            ),
        )
        row = QHBoxLayout()
        row.setSpacing(10)
        self._group = QButtonGroup(self)
        self.languages = {}
        for value, name in (("zh_CN", "简体中文"), ("en", "English")):
            button = push_button("option", self)
            button.setText(name)
            button.setCheckable(True)
            button.setMinimumHeight(64)
            button.setChecked(chosen_language(self._general.language) == value)
            button.clicked.connect(lambda _=False, value=value: self._set_language(value))
            self._group.addButton(button)
            self.languages[value] = button
            row.addWidget(button, 1)
        box.addLayout(row)
        box.addSpacing(10)
        self._theme_title = plain_label(strong=True)
        box.addWidget(self._theme_title)
        self.themes = Segments()
        self.themes.picked.connect(self._set_theme)
        box.addWidget(self.themes)
        box.addSpacing(10)
        self._private = plain_label(size="small", tone="muted", wrap=True)
        box.addWidget(self._private)
        box.addStretch(1)
        Texts(self).also(self._write)
        self._write()

    def _set_language(self, value: str) -> None:
        self._general.language = cast(Literal["zh_CN", "en"], value)
        self.changed.emit()

    def _set_theme(self, value: str) -> None:
        self._general.theme = cast(Literal["system", "light", "dark"], value)
        self.changed.emit()

    def _write(self) -> None:
        self._theme_title.setText(tr("Appearance"))
        self.themes.set_choices(
            [("system", tr("As the system has it")), ("light", tr("Light")), ("dark", tr("Dark"))]
        )
        self.themes.set_value(self._general.theme)
        self._private.setText(
            tr(
                "What you say here stays on this computer. Nothing is sent anywhere unless you name a server yourself."
            )
        )
