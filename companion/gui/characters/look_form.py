"""How she looks: her picture and the colour of the window while one talks to her."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from companion.domain.character import FaceAssets
from companion.gui.buttons import push_button
from companion.gui.characters.form import column
from companion.gui.characters.labelled import Labelled, Line
from companion.gui.inert import plain_label
from companion.gui.theme import DEFAULT_ACCENT, Look
from companion.gui.translation import Texts, tr
from companion.packs.editor import CharacterDraft

SWATCHES: Final = ("#5f8f6a", "#456a96", "#8a5a9c", "#b2566b", "#b5703c", "#8c7a2f", "#3f8587", "#6b6f7a")


class Swatch(QAbstractButton):
    """A colour; an empty one stands for the colour that is found in her picture."""

    def __init__(self, look: Look, colour: str) -> None:
        super().__init__()
        self._look, self.colour = look, colour
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(colour)
        self.setToolTip(colour)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(36), self._look.px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = self._look.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outer = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        if self.isChecked() or self.hasFocus():
            painter.setPen(QPen(tokens.text, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(outer)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        painter.drawEllipse(outer.adjusted(5, 5, -5, -5))
        painter.end()


class LookForm(QWidget):
    changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._portrait: Path | None = None
        self._face = FaceAssets()
        self.swatches = [Swatch(look, colour) for colour in SWATCHES]
        self.accent = Line(7)
        self.accent.setFixedWidth(110)
        self.accent.setPlaceholderText(DEFAULT_ACCENT)
        colours = QWidget()
        row = QHBoxLayout(colours)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for swatch in self.swatches:
            swatch.clicked.connect(lambda _=False, swatch=swatch: self._pick(swatch.colour))
            row.addWidget(swatch)
        row.addSpacing(8)
        row.addWidget(self.accent)
        row.addStretch(1)
        self.choose = push_button(parent=self)
        self.choose.clicked.connect(self._ask)
        self.undo = push_button("link", self)
        self.undo.clicked.connect(lambda: self.take_picture(None))
        self._file = plain_label(tone="muted", wrap=True)
        self.warning = plain_label(size="small", tone="danger", wrap=True)
        picture = QWidget()
        inside = QVBoxLayout(picture)
        inside.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout()
        line.addWidget(self.choose)
        line.addWidget(self._file, 1)
        line.addWidget(self.undo)
        inside.addLayout(line)
        inside.addWidget(self.warning)
        self._fields = {
            "portrait": Labelled(
                picture,
                lambda: (
                    tr("Picture"),
                    tr("PNG, JPEG or WebP. One with a transparent background stands freely on the stage."),
                ),
            ),
            "accent": Labelled(
                colours, lambda: (tr("Colour"), tr("Empty: the colour that is found in her picture."))
            ),
        }
        column(self, *self._fields.values())
        self.accent.edited.connect(self._on_typed)
        Texts(self).also(self._write)
        self._write()

    @property
    def fields(self) -> dict[str, Labelled]:
        return self._fields

    def set_face(self, face: FaceAssets) -> None:
        """Tell what the pack has to draw now, for the warning."""
        self._face = face
        self._write()

    def show_draft(self, draft: CharacterDraft) -> None:
        """Show the draft without telling."""
        self._portrait = draft.portrait
        self.accent.set_text(draft.accent)
        self._mark()
        self._write()

    def put_into(self, draft: CharacterDraft) -> CharacterDraft:
        """Return the draft with what stands here; a colour that is none is left out."""
        accent = self.accent.text().strip()
        valid = accent if not accent or QColor.isValidColorName(accent) else draft.accent
        return replace(draft, accent=valid, portrait=self._portrait)

    def take_picture(self, path: Path | None) -> None:
        """Use a picture from now on, or the pack's own again."""
        self._portrait = path
        self._write()
        self.changed.emit()

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), tr("Choose a picture"))
        dialog.setNameFilters([tr("Pictures (*.png *.jpg *.jpeg *.webp)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.take_picture(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _pick(self, colour: str) -> None:
        self.accent.set_text(colour)
        self._mark()
        self.changed.emit()

    def _on_typed(self) -> None:
        self._mark()
        text = self.accent.text().strip()
        bad = bool(text) and not QColor.isValidColorName(text)
        self._fields["accent"].set_problem(tr("A colour is written like #5f8f6a.") if bad else "")
        self.changed.emit()

    def _mark(self) -> None:
        for swatch in self.swatches:
            swatch.setChecked(swatch.colour == self.accent.text().strip().lower())

    def _write(self) -> None:
        self.choose.setText(tr("Choose a picture…"))
        self.undo.setText(tr("Keep the old one"))
        self.undo.setVisible(self._portrait is not None)
        has = self._face.portrait is not None
        self._file.setText(
            self._portrait.name
            if self._portrait is not None
            else tr("She has one.")
            if has
            else tr("None yet.")
        )
        loses = self._portrait is not None and bool(self._face.rig or self._face.emotions)
        self.warning.setText(
            tr("The new picture takes the place of her drawn figure: her face will not move any more.")
            if loses
            else ""
        )
        self.warning.setVisible(loses)
        self.accent.setAccessibleName(tr("Colour"))
