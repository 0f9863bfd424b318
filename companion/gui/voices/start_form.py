"""Where a voice begins: which recordings, how long it may take, and whose voice it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.characters.labelled import Labelled
from companion.gui.controls.choice import ChoiceBox
from companion.gui.icons import pixmap
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.voice_training.request import CONSENT

_ICON = 36


class FolderField(QFrame):
    """A folder is dropped here or chosen; `chosen` carries its path."""

    chosen = Signal(str)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.path = ""
        self.setProperty("look", "card")
        self.setAcceptDrops(True)
        self._icon = plain_label()
        self._title = plain_label(strong=True, wrap=True)
        self._hint = plain_label(size="small", tone="muted", wrap=True)
        self.choose = push_button(parent=self)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 18, 18, 18)
        row.setSpacing(16)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self.choose)
        self.setFocusProxy(self.choose)
        self.choose.clicked.connect(self._ask)
        look.changed.connect(self._draw)
        Texts(self).also(self._write)
        self._write()

    @property
    def title(self) -> str:
        return self._title.text()

    def set_path(self, path: str) -> None:
        """Take a folder; a file stands for the folder it lies in."""
        place = Path(path)
        self.path = str(place if place.is_dir() else place.parent)
        self._write()
        self.chosen.emit(self.path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            event.acceptProposedAction()
            self.set_path(local[0])

    def _ask(self) -> None:
        dialog = QFileDialog(self, tr("Where are the recordings?"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.set_path)
        dialog.open()

    def _write(self) -> None:
        chosen = plain_name(Path(self.path).name) if self.path else ""
        self._title.setText(chosen or tr("Drop a folder of recordings here"))
        self._hint.setText(
            tr("One person, a quiet room, 5 to 30 minutes. Any common sound files, with or without texts.")
        )
        self.choose.setText(tr("Choose another…") if self.path else tr("Choose a folder…"))
        self.setAccessibleName(self._title.text())
        self._draw()

    def _draw(self) -> None:
        size = self._look.px(_ICON)
        tokens = self._look.tokens
        colour = tokens.accent if self.path else tokens.muted
        self._icon.setPixmap(pixmap("mic", colour.name(), size, self.devicePixelRatioF()))


class StartForm(QWidget):
    """`started` carries the command's arguments, without the character."""

    started = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.folder = FolderField(look)
        self.language, self.length = ChoiceBox(), ChoiceBox()
        self.review, self.clean, self.styles = QCheckBox(), QCheckBox(), QCheckBox()
        self.consent = QCheckBox()
        self._consent_words = plain_label(wrap=True)
        self.start = push_button("primary", self)
        self._fields = [
            Labelled(self.language, lambda: (tr("What is spoken"), "")),
            Labelled(
                self.length,
                lambda: (tr("How long it may take"), tr("It can be stopped and gone on with at any time.")),
            ),
        ]
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(18)
        box.addWidget(self.folder)
        pair = QHBoxLayout()
        pair.setSpacing(16)
        for field in self._fields:
            pair.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        box.addLayout(pair)
        box.addWidget(self.review)
        box.addWidget(self.clean)
        box.addWidget(self.styles)
        consent = QHBoxLayout()
        consent.setSpacing(10)
        consent.addWidget(self.consent, 0, Qt.AlignmentFlag.AlignTop)
        consent.addWidget(self._consent_words, 1)
        box.addLayout(consent)
        box.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeft)
        box.addStretch(1)
        self.setFocusProxy(self.folder)
        self.folder.chosen.connect(lambda _: self._enable())
        self.consent.toggled.connect(lambda _: self._enable())
        self.start.clicked.connect(lambda: self.started.emit(self.arguments()))
        self.review.setChecked(True)
        Texts(self).also(self._write)
        self._write()
        self._enable()

    def arguments(self) -> list[str]:
        """Return what is chosen as arguments of the command."""
        out = [self.folder.path, "--yes-i-have-permission", "--lang", self.language.value()]
        if self.length.value() == "smoke":
            out += ["--profile", "smoke"]
        elif self.length.value():
            out += ["--time", self.length.value()]
        out += ["--review"] if self.review.isChecked() else []
        out += ["--clean"] if self.clean.isChecked() else []
        return [*out, *(["--style-folders"] if self.styles.isChecked() else [])]

    def _enable(self) -> None:
        self.start.setEnabled(bool(self.folder.path) and self.consent.isChecked())

    def _write(self) -> None:
        self.language.set_choices(
            [("auto", tr("Find out by listening")), ("zh", tr("Chinese")), ("en", tr("English"))]
        )
        self.length.set_choices(
            [
                ("", tr("Until it gets no better")),
                ("45min", tr("At most 45 minutes")),
                ("8h", tr("At most a night")),
                ("smoke", tr("Only a quick trial")),
            ]
        )
        self.review.setText(tr("Let me go through the pieces before she learns from them"))
        self.clean.setText(tr("Take the noise out of noisy pieces where that helps"))
        self.styles.setText(tr("Each sub-folder is a mood, such as “happy” or “sad”"))
        self._consent_words.setText(_consent())
        self.consent.setAccessibleName(_consent())
        self.start.setText(tr("Begin with these"))


def _consent() -> str:
    """Return the sentence that is agreed to; in English it is the one that is kept."""
    said = tr(
        "The voice in these recordings is my own, or its owner has agreed that I make a voice for a computer of it."
    )
    return said or CONSENT
