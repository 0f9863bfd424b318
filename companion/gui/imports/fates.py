"""What became of every field of a card or lorebook: a line of counts, and the list behind it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from companion.domain.character import Fate, FieldFate
from companion.gui.buttons import push_button
from companion.gui.icons import icon
from companion.gui.imports.fields import field_name
from companion.gui.inert import plain_name
from companion.gui.lore.marked_text import MarkedText
from companion.gui.sentences import said
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr

_ORDER: Final[tuple[Fate, ...]] = ("refused", "unused", "mapped", "kept")
_MOST: Final = 400
_COUNT: Final = re.compile(r"1 entry|[\d,]+ entries")


class FateList(QWidget):
    """A line with the counts; pressed, it unfolds the fields."""

    def __init__(self, look: Look, fates: Sequence[FieldFate], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._fates = look, tuple(fates)
        self.fold = push_button("link", self)
        self.fold.setCheckable(True)
        self.text = MarkedText(look, grows=True)
        self.text.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(self.text)
        self.fold.toggled.connect(self._on_fold)
        look.changed.connect(self._draw)
        self.setVisible(bool(fates))
        Texts(self).also(self._write)
        self._write()

    def _on_fold(self, on: bool) -> None:
        self.text.setVisible(on)
        self._draw()

    def _write(self) -> None:
        self.fold.setText(counts_text(self._fates))
        self.text.setAccessibleName(tr("What became of each field"))
        lines, headings, at = [], [], 0
        for fate in _ORDER:
            mine = [one for one in self._fates if one.fate == fate]
            if not mine:
                continue
            for number, line in enumerate([_heading(fate), *_lines(fate, mine)]):
                if number == 0:
                    headings.append((at, at + len(line)))
                lines.append(line)
                at += len(line) + 1
        self.text.show_text("\n".join(lines), strong=headings)
        self._draw()

    def _draw(self) -> None:
        shape = "down" if self.fold.isChecked() else "right"
        self.fold.setIcon(icon(shape, self._look.tokens.accent, size=self._look.px(14)))


def counts_text(fates: Sequence[FieldFate]) -> str:
    """Return how many fields had each fate."""
    n = Counter(one.fate for one in fates)
    parts = [tr("{n} kept", n=n["kept"])] if n["kept"] else []
    if n["mapped"]:
        parts.append(tr("{n} translated", n=n["mapped"]))
    if n["unused"]:
        parts.append(tr("{n} kept, not used yet", n=n["unused"]))
    if n["refused"]:
        parts.append(tr("{n} refused", n=n["refused"]))
    return " · ".join(parts)


def _heading(fate: Fate) -> str:
    return {
        "kept": tr("Kept as it is"),
        "mapped": tr("Translated into our form"),
        "unused": tr("Kept for saving it again, without effect so far"),
        "refused": tr("Refused"),
    }[fate]


def _lines(fate: Fate, fates: Sequence[FieldFate]) -> list[str]:
    """Return a line for each field; those that came as they are and need no word stand in one."""
    plain = [one for one in fates if fate == "kept" and not told_more(one.note)]
    noted = [one for one in fates if one not in plain]
    names = dict.fromkeys(field_name(one.where) for one in plain)
    lines = [tr(", ").join(names)] if names else []
    return lines + [_line(one) for one in noted[:_MOST]]


def told_more(note: str) -> bool:
    """Tell whether a note says more than how many entries have the field."""
    return bool(note) and _COUNT.fullmatch(note) is None


def _line(one: FieldFate) -> str:
    note = plain_name(said(one.note), 200)
    return tr("{field}: {what}", field=field_name(one.where), what=note) if note else field_name(one.where)
