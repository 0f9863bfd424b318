"""Where everything lies, and a button that shows each folder in the system's own file window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr
from companion.paths import Paths

OpenFolder = Callable[[Path], None]
_LONGEST: Final = 64


def open_folder(folder: Path) -> None:
    """Show a folder of ours in the system's file window."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


class FoldersPart(QWidget):
    """The user's folders; nothing is kept anywhere else."""

    def __init__(self, paths: Paths, *, open_: OpenFolder = open_folder) -> None:
        super().__init__()
        self._title = plain_label(size="lead", strong=True)
        self._intro = plain_label(tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        box.addWidget(self._title)
        box.addWidget(self._intro)
        self.rows = [
            _FolderRow(paths.characters, lambda: tr("Characters"), open_),
            _FolderRow(paths.models, lambda: tr("Models"), open_),
            _FolderRow(paths.data, lambda: tr("Chats"), open_),
            _FolderRow(paths.backups, lambda: tr("Backups"), open_),
            _FolderRow(paths.config, lambda: tr("Settings"), open_),
            _FolderRow(paths.logs, lambda: tr("Logs"), open_),
        ]
        card = QFrame()
        card.setProperty("look", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(18, 6, 14, 6)
        inside.setSpacing(0)
        for at, row in enumerate(self.rows):
            if at:
                line = QFrame()
                line.setProperty("look", "line")
                inside.addWidget(line)
            inside.addWidget(row)
        box.addWidget(card)
        box.addStretch(1)
        Texts(self).also(self._write)
        self._write()

    def _write(self) -> None:
        self._title.setText(tr("Folders"))
        self._intro.setText(
            tr("Everything stays on this computer, in these folders. Copy them to take it along.")
        )


class _FolderRow(QWidget):
    def __init__(self, folder: Path, title: Callable[[], str], open_: OpenFolder) -> None:
        super().__init__()
        self._title_of, self._folder = title, folder
        self._title = plain_label()
        shown = str(folder)
        if len(shown) > _LONGEST:
            shown = f"{shown[:20]}…{shown[-(_LONGEST - 21) :]}"
        path = plain_label(shown, size="small", tone="muted", wrap=True)
        path.setToolTip(str(folder))
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = push_button(parent=self)
        self.button.clicked.connect(lambda: self._open(open_))
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addWidget(self._title)
        text.addWidget(path)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        row.addLayout(text, 1)
        row.addWidget(self.button)
        Texts(self).also(self._write)
        self._write()

    def _open(self, open_: OpenFolder) -> None:
        # A folder that is made late, such as that of the backups, may not be there yet.
        folder = next((one for one in (self._folder, *self._folder.parents) if one.is_dir()), self._folder)
        open_(folder)

    def _write(self) -> None:
        self._title.setText(self._title_of())
        self.button.setText(tr("Open folder"))
        self.button.setAccessibleName(f"{tr('Open folder')}: {self._title_of()}")
