"""Read a document: a stretch of it around a place, its chapters, and earlier and later stretches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from companion.gui.buttons import push_button
from companion.gui.controls.choice import ChoiceBox
from companion.gui.inert import plain_label
from companion.gui.lore.chapters import Chapter
from companion.gui.lore.marked_text import MarkedText
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

STRETCH: Final = 12_000
_COLUMN: Final = 720


class ReaderPage(QWidget):
    """Shows `text` from `start` on, with `start` to `end` marked; only a stretch of a long one is laid out."""

    def __init__(
        self, look: Look, text: str, *, start: int = 0, end: int = 0, chapters: Sequence[Chapter] = ()
    ) -> None:
        super().__init__()
        self._text, self._start, self._end = text, start, end
        self._chapters = tuple(chapters)
        self._from = self._to = 0
        self.view = MarkedText(look)
        self.view.setMaximumWidth(look.px(_COLUMN))
        self.view.setProperty("look", "excerpt")
        self.chapter = ChoiceBox()
        self.chapter.setVisible(len(self._chapters) > 1)
        self.earlier, self.later = push_button(parent=self), push_button(parent=self)
        self._place = plain_label(size="small", tone="muted")
        bar = QFrame()
        bar.setProperty("look", "rail")
        row = QHBoxLayout(bar)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(10)
        row.addWidget(self.chapter, 2)
        row.addStretch(1)
        row.addWidget(self._place)
        row.addWidget(self.earlier)
        row.addWidget(self.later)
        middle = QHBoxLayout()
        middle.setContentsMargins(24, 8, 8, 0)
        middle.addStretch(1)
        middle.addWidget(self.view, 100)
        middle.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(middle, 1)
        box.addWidget(bar)
        self.setFocusProxy(self.view)
        self.chapter.picked.connect(lambda at: self.go_to(self._chapters[int(at)].start))
        self.earlier.clicked.connect(lambda: self._show_from(max(0, self._from - STRETCH), at_end=True))
        self.later.clicked.connect(lambda: self._show_from(self._to))
        Texts(self).also(self._write)
        self._write()
        self.go_to(start)

    @property
    def shown(self) -> tuple[int, int]:
        """The stretch of the text that is laid out."""
        return self._from, self._to

    def go_to(self, at: int) -> None:
        """Show the stretch around character `at` and scroll there."""
        self._show_from(max(0, at - STRETCH // 3), scroll_to=at)

    def _show_from(self, start: int, *, scroll_to: int | None = None, at_end: bool = False) -> None:
        # A stretch begins and ends at a line, if one ends near.
        start = _line_start(self._text, start)
        end = _line_start(self._text, min(len(self._text), start + STRETCH))
        end = end if end > start else min(len(self._text), start + STRETCH)
        self._from, self._to = start, end
        left, right = max(self._start, start), min(self._end, end)
        ground = ((left - start, right - start),) if left < right else ()
        self.view.show_text(self._text[start:end], ground=ground)
        self.earlier.setEnabled(start > 0)
        self.later.setEnabled(end < len(self._text))
        place = scroll_to if scroll_to is not None else end - 1 if at_end else start
        self._tell(place)
        # The place is known only after the page has its size.
        QTimer.singleShot(0, self.view, lambda: self.view.go_to(max(0, place - start)))

    def _tell(self, at: int) -> None:
        before = [number for number, one in enumerate(self._chapters) if one.start <= at + 1]
        if before:
            self.chapter.set_value(str(before[-1]))
        self._place.setText(f"{round(100 * at / max(1, len(self._text)))} %")

    def _write(self) -> None:
        names = [one.title or tr("the beginning") for one in self._chapters]
        self.chapter.set_choices([(str(at), name) for at, name in enumerate(names)])
        self.chapter.setAccessibleName(tr("Chapter"))
        self.view.setAccessibleName(tr("Whole text"))
        self.earlier.setText(tr("Earlier"))
        self.later.setText(tr("Later"))


def _line_start(text: str, at: int) -> int:
    """Return the first line start at or after `at`, at most a few hundred characters on; else `at`."""
    if at <= 0 or at >= len(text):
        return min(max(0, at), len(text))
    found = text.find("\n", at - 1, at + 600)
    return found + 1 if found >= 0 else at
