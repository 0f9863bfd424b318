"""How far has the story come: what lies after it is not told."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from companion.gui.controls.slider import ValueSlider
from companion.gui.inert import plain_label, plain_name
from companion.gui.lore.chapters import Chapter
from companion.gui.translation import Texts, tr


class Timeline(QFrame):
    """`chosen` carries the last order that may be told, or None for everything."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", "card")
        self._chapters: tuple[Chapter, ...] = ()
        self._title = plain_label(strong=True, wrap=True)
        self._said = plain_label(size="small", tone="muted", wrap=True)
        self.slider = ValueSlider(0, 1, step=1, shown=self._shown)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 12, 14, 12)
        box.setSpacing(4)
        box.addWidget(self._title)
        box.addWidget(self.slider)
        box.addWidget(self._said)
        self.slider.slider.sliderMoved.connect(self._say)
        self.slider.value_changed.connect(self._on_chosen)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        return self._said.text()

    def show_chapters(self, chapters: Sequence[Chapter], now: int | None) -> None:
        """Show the chapters of the story and, without telling, how far it has come; hidden for less than two."""
        self._chapters = tuple(chapters)
        self.setVisible(len(self._chapters) > 1)
        n = len(self._chapters)
        self.slider.slider.blockSignals(True)
        self.slider.slider.setRange(0, n)
        self.slider.slider.blockSignals(False)
        come = n if now is None else sum(one.last <= now for one in self._chapters)
        self.slider.set_value(come)
        self._say(come)

    def _on_chosen(self, value: int) -> None:
        self._say(value)
        n = len(self._chapters)
        self.chosen.emit(None if value >= n else self._chapters[value - 1].last if value else 0)

    def _shown(self, value: int) -> str:
        # What stands before the first title is no chapter to the reader.
        titled = [bool(one.title) for one in self._chapters]
        return f"{sum(titled[:value])} / {sum(titled)}" if any(titled) else f"{value} / {len(titled)}"

    def _say(self, value: int) -> None:
        n = len(self._chapters)
        if value >= n:
            self._said.setText(tr("She knows the whole story."))
        elif value <= 0:
            self._said.setText(tr("The story has not begun: she knows nothing of it yet."))
        else:
            self._said.setText(
                tr("Up to {chapter}. She tells nothing after it.", chapter=self._name(value - 1))
            )

    def _name(self, at: int) -> str:
        chapter = self._chapters[at]
        books = {one.document for one in self._chapters}
        title = plain_name(chapter.title, 40) or tr("the beginning")
        return f"{plain_name(chapter.book, 30)} · {title}" if len(books) > 1 else title

    def _write(self) -> None:
        self._title.setText(tr("How far has the story come?"))
        self.slider.setAccessibleName(self._title.text())
        self._say(self.slider.value())
