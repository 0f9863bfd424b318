"""Version, licence, and whose work the weights are."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from companion import __version__
from companion.engines.catalog import ModelRow
from companion.gui.buttons import push_button
from companion.gui.inert import InertBrowser, plain_label
from companion.gui.preferences.choosers import size_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import Texts, tr
from companion.paths import bundled


class AboutPart(QWidget):
    """What the program is; the notices are read in a task when they are asked for."""

    def __init__(self, companion: Surface, tasks: Tasks) -> None:
        super().__init__()
        self._rows, self._tasks = companion.catalog.rows, tasks
        self._name = plain_label("Companion", size="title", strong=True)
        self._version = plain_label(tone="muted")
        self._version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._private = plain_label(wrap=True)
        self._licence = plain_label(tone="muted", wrap=True)
        self._weights = plain_label(size="lead", strong=True)
        self._notices = push_button(parent=self)
        self._licence_text = push_button(parent=self)
        self.text = InertBrowser()
        self.text.setMinimumHeight(300)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.text.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        for widget in (self._name, self._version, self._private, self._licence):
            box.addWidget(widget)
        box.addSpacing(12)
        box.addWidget(self._weights)
        box.addWidget(_weights_card(self._rows))
        buttons = QHBoxLayout()
        buttons.addWidget(self._notices)
        buttons.addWidget(self._licence_text)
        buttons.addStretch(1)
        box.addLayout(buttons)
        box.addWidget(self.text, 1)
        box.addStretch(1)
        self._notices.clicked.connect(self._show_notices)
        self._licence_text.clicked.connect(self._show_licence)
        Texts(self).also(self._write)
        self._write()

    def _show_notices(self) -> None:
        root = bundled("docs").parent
        self._read([root / "docs" / "weights.md", bundled("assets") / "voices" / "NOTICE"])

    def _show_licence(self) -> None:
        root = bundled("docs").parent
        self._read([root / "LICENSE"])

    def _read(self, files: list[Path]) -> None:
        rows = self._rows
        self._tasks.run(lambda: _texts(files) or _listed(rows), self._show)

    def _show(self, text: str) -> None:
        self.text.setPlainText(text)
        self.text.show()

    def _write(self) -> None:
        python = ".".join(str(part) for part in sys.version_info[:3])
        self._version.setText(
            tr(
                "Version {version}, Python {python}, Qt {qt}",
                version=__version__,
                python=python,
                qt=qVersion(),
            )
        )
        self._private.setText(
            tr(
                "What you say here stays on this computer. Nothing is sent anywhere unless you name a server yourself."
            )
        )
        self._licence.setText(tr("Free software under the Apache License 2.0."))
        self._weights.setText(tr("Models and whose work they are"))
        self._notices.setText(tr("Show the notices"))
        self._licence_text.setText(tr("Show the licence"))
        self.text.setAccessibleName(tr("Whole text"))


def _weights_card(rows: tuple[ModelRow, ...]) -> QFrame:
    card = QFrame()
    card.setProperty("look", "card")
    box = QVBoxLayout(card)
    box.setContentsMargins(18, 10, 18, 10)
    box.setSpacing(6)
    for row in rows:
        line = QHBoxLayout()
        line.addWidget(plain_label(row.label), 1)
        line.addWidget(plain_label(f"{size_text(row.bytes)} · {row.licence}", size="small", tone="muted"))
        box.addLayout(line)
    return card


def _texts(files: list[Path]) -> str:
    return "\n\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def _listed(rows: tuple[ModelRow, ...]) -> str:
    """Return the catalogue's own words, for programs that are shipped without the documents."""
    return "\n\n".join(f"{row.label}\n{row.licence}\n{row.upstream}" for row in rows)
