"""The rarer fields of a lorebook entry: conditions, place, order, timing, groups, and how entries call each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSpinBox, QVBoxLayout, QWidget

from companion.domain.character import LoreEntry
from companion.gui.characters.labelled import GrowingText, Labelled, Line
from companion.gui.characters.lore_model import keys_of, words_text
from companion.gui.controls.choice import ChoiceBox
from companion.gui.inert import plain_label
from companion.gui.translation import Texts, tr

_NONE: Final = -1
_MOST: Final = 999_999
_NARROW: Final = 640
# Field -> least, most; the least of `scan_depth` and `priority` stands for none.
_NUMBERS: Final[dict[str, tuple[int, int]]] = {
    "insertion_order": (-_MOST, _MOST),
    "priority": (_NONE, _MOST),
    "probability": (0, 100),
    "scan_depth": (_NONE, 1000),
    "depth": (0, 1000),
    "sticky": (0, _MOST),
    "cooldown": (0, _MOST),
    "delay": (0, _MOST),
    "group_weight": (0, _MOST),
    "delay_until_recursion": (0, 100),
}
_CHECKS: Final = (
    *("case_sensitive", "use_regex", "exclude_recursion", "prevent_recursion"),
    *("group_override", "use_group_scoring"),
)


class EntryMore(QWidget):
    """`edited` carries the entry with the one field that the user changed."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry = LoreEntry((), "")
        self.secondary, self.aliases = GrowingText(least=1, most=3), GrowingText(least=1, most=3)
        self.group = Line(80)
        self.choices = {
            name: ChoiceBox() for name in ("secondary_logic", "position", "role", "match_whole_words")
        }
        self.numbers = {name: _spin(*limits) for name, limits in _NUMBERS.items()}
        self.checks = {name: QCheckBox() for name in _CHECKS}
        self._names = {
            name: plain_label(tone="muted", wrap=True) for name in (*self.choices, *self.numbers, "group")
        }
        self._grids: list[tuple[QGridLayout, tuple[str, ...]]] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        for widget in self._parts():
            box.addWidget(widget)
        self._connect()
        self._arrange(2)
        Texts(self).also(self._write)
        self._write()

    def show_entry(self, entry: LoreEntry) -> None:
        """Show an entry without telling."""
        self._entry = entry
        for field, words in ((self.secondary, entry.secondary_keys), (self.aliases, entry.aliases)):
            if keys_of(field.text(), use_regex=entry.use_regex) != words:
                field.set_text(words_text(words, use_regex=entry.use_regex))
        self.group.set_text(entry.group)
        self.choices["secondary_logic"].set_value(entry.secondary_logic)
        self.choices["position"].set_value(entry.position)
        self.choices["role"].set_value(entry.role)
        whole = {None: "book", True: "yes", False: "no"}[entry.match_whole_words]
        self.choices["match_whole_words"].set_value(whole)
        for name, box in self.numbers.items():
            value = getattr(entry, name)
            box.blockSignals(True)
            box.setValue(_NONE if value is None else round(value))
            box.blockSignals(False)
        for name, check in self.checks.items():
            check.blockSignals(True)
            check.setChecked(getattr(entry, name))
            check.blockSignals(False)
        self._enable()

    def _parts(self) -> list[QWidget]:
        return [
            Labelled(
                self.aliases,
                lambda: (tr("Other names"), tr("They count as keywords, such as a nickname or an old name.")),
            ),
            Labelled(
                self.secondary,
                lambda: (tr("Further conditions"), tr("Words that must, or must not, be mentioned as well.")),
            ),
            self._grid("secondary_logic", "match_whole_words"),
            *(self.checks[name] for name in ("case_sensitive", "use_regex")),
            Labelled(
                self._grid("position", "role", "depth", "insertion_order", "priority", "scan_depth"),
                lambda: (
                    tr("Place and order"),
                    tr("Where it stands in what she reads, and what leaves first."),
                ),
            ),
            Labelled(
                self._grid("probability", "sticky", "cooldown", "delay"),
                lambda: (tr("Chance and time"), tr("Times are counted in messages; 0 is off.")),
            ),
            Labelled(
                self._grid("group", "group_weight"),
                lambda: (tr("Group"), tr("Of entries with the same group only one is remembered.")),
            ),
            *(self.checks[name] for name in ("group_override", "use_group_scoring")),
            Labelled(
                self._grid("delay_until_recursion"),
                lambda: (tr("Entries that call each other"), ""),
            ),
            *(self.checks[name] for name in ("exclude_recursion", "prevent_recursion")),
        ]

    def _grid(self, *names: str) -> QWidget:
        widget = QWidget()
        grid = QGridLayout(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self._grids.append((grid, names))
        return widget

    def _control(self, name: str) -> QWidget:
        return self.group if name == "group" else self.choices.get(name) or self.numbers[name]

    def _arrange(self, n_pairs: int) -> None:
        """Put the controls of each grid in `n_pairs` columns of a name and a control."""
        self._n_pairs = n_pairs
        for grid, names in self._grids:
            for column in (0, 1, 2, 3):
                grid.setColumnStretch(column, 1 if column % 2 and column < n_pairs * 2 else 0)
                grid.setColumnMinimumWidth(column, 0 if column % 2 or column >= n_pairs * 2 else 108)
            for at, name in enumerate(names):
                row, column = at // n_pairs, at % n_pairs * 2
                grid.addWidget(self._names[name], row, column)
                grid.addWidget(self._control(name), row, column + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        n_pairs = 1 if event.size().width() < _NARROW else 2
        if n_pairs != self._n_pairs:
            self._arrange(n_pairs)

    def _connect(self) -> None:
        self.secondary.edited.connect(self._on_secondary)
        self.aliases.edited.connect(lambda: self._put(aliases=self._words(self.aliases)))
        self.group.edited.connect(lambda: self._put(group=self.group.text().strip()))
        for name in ("secondary_logic", "position", "role"):
            self.choices[name].picked.connect(lambda value, name=name: self._put(**{name: value}))
        self.choices["match_whole_words"].picked.connect(
            lambda value: self._put(match_whole_words={"book": None, "yes": True, "no": False}[value])
        )
        for name, box in self.numbers.items():
            box.valueChanged.connect(lambda value, name=name: self._put(**{name: _number(name, value)}))
        for name, check in self.checks.items():
            check.toggled.connect(lambda on, name=name: self._put(**{name: on}))

    def _words(self, field: GrowingText) -> tuple[str, ...]:
        return keys_of(field.text(), use_regex=self._entry.use_regex)

    def _on_secondary(self) -> None:
        words = self._words(self.secondary)
        self._put(secondary_keys=words, selective=bool(words))

    def _put(self, **changed: Any) -> None:
        entry = replace(self._entry, **changed)
        if entry != self._entry:
            self._entry = entry
            self._enable()
            self.edited.emit(entry)

    def _enable(self) -> None:
        """Offer only what has an effect."""
        entry = self._entry
        self.numbers["depth"].setEnabled(entry.position == "at_depth")
        self.choices["role"].setEnabled(entry.position == "at_depth")
        self.choices["secondary_logic"].setEnabled(bool(entry.secondary_keys))
        self.choices["match_whole_words"].setEnabled(not entry.use_regex)
        for widget in (
            self.numbers["group_weight"],
            self.checks["group_override"],
            self.checks["use_group_scoring"],
        ):
            widget.setEnabled(bool(entry.group))

    def _write(self) -> None:
        self._write_choices()
        for name, label in self._names.items():
            label.setText(_titles()[name])
            self._control(name).setAccessibleName(label.text())
        for name, check in self.checks.items():
            check.setText(_check_texts()[name])
        self.numbers["scan_depth"].setSpecialValueText(tr("as the book says"))
        self.numbers["priority"].setSpecialValueText(tr("as the order"))
        self.numbers["probability"].setSuffix(" %")

    def _write_choices(self) -> None:
        words: dict[str, Callable[[], list[tuple[str, str]]]] = {
            "secondary_logic": lambda: [
                ("and_any", tr("one of them as well")),
                ("and_all", tr("all of them as well")),
                ("not_any", tr("none of them")),
                ("not_all", tr("not all of them")),
            ],
            "position": lambda: [
                ("before_char", tr("before her description")),
                ("after_char", tr("after her description")),
                ("before_examples", tr("before the examples")),
                ("after_examples", tr("after the examples")),
                ("note_top", tr("top of the note")),
                ("note_bottom", tr("bottom of the note")),
                ("at_depth", tr("inside the conversation")),
            ],
            "role": lambda: [
                ("system", tr("as a fact")),
                ("user", tr("as your words")),
                ("assistant", tr("as her words")),
            ],
            "match_whole_words": lambda: [
                ("book", tr("as usual")),
                ("yes", tr("whole words only")),
                ("no", tr("also inside words")),
            ],
        }
        for name, choices in words.items():
            self.choices[name].set_choices(choices())


def _titles() -> dict[str, str]:
    return {
        "secondary_logic": tr("How they count"),
        "match_whole_words": tr("Latin words"),
        "position": tr("Place"),
        "role": tr("In whose words"),
        "depth": tr("Messages from the end"),
        "insertion_order": tr("Order"),
        "priority": tr("Importance"),
        "scan_depth": tr("Looks back"),
        "probability": tr("Chance"),
        "sticky": tr("Stays for"),
        "cooldown": tr("Then rests for"),
        "delay": tr("Not before message"),
        "group": tr("Group"),
        "group_weight": tr("Weight"),
        "delay_until_recursion": tr("Only from round"),
    }


def _check_texts() -> dict[str, str]:
    return {
        "case_sensitive": tr("Capital letters matter"),
        "use_regex": tr("Keywords are patterns such as /tea|cup/i, one a line"),
        "exclude_recursion": tr("Not called by other entries"),
        "prevent_recursion": tr("Its text calls no other entries"),
        "group_override": tr("Wins in its group"),
        "use_group_scoring": tr("In its group the entry with most matching keywords wins"),
    }


def _number(name: str, value: int) -> int | float | None:
    if value == _NONE and name in ("scan_depth", "priority"):
        return None
    is_float = name in ("insertion_order", "priority", "probability", "group_weight")
    return float(value) if is_float else value


def _spin(least: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setMinimumWidth(110)
    # A styled box leaves no room before its text.
    box.lineEdit().setTextMargins(6, 0, 6, 0)
    return box
