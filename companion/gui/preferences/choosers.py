"""Choosers whose lists take time to read: devices and models. They show the present value until the list is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from companion.engines.weights_folder import ModelRole
from companion.gui.buttons import push_button
from companion.gui.controls.choice import ChoiceBox
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.translation import Texts, tr

Direction = Literal["input", "output"]
Entry = tuple[str, str]


class DeviceChooser(QWidget):
    """The system's device, or one by name; a device that is not there now stays in the list and says so."""

    picked = Signal(str)

    def __init__(self, companion: Surface, tasks: Tasks, direction: Direction) -> None:
        super().__init__()
        self._companion, self._tasks, self._direction = companion, tasks, direction
        self._wanted = ""
        self._names: list[str] = []
        self._is_read = False
        self.list = ChoiceBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.list, 1)
        self.setFocusProxy(self.list)
        self.list.picked.connect(self._pick)
        Texts(self).also(self._fill)
        self._fill()
        self.refresh()

    def refresh(self) -> None:
        """Ask for the devices again."""
        direction = self._direction
        self._tasks.run(lambda: self._companion.devices(direction), self._on_read)

    def value(self) -> str:
        return self._wanted

    def set_value(self, value: str) -> None:
        """Show `value` without telling."""
        self._wanted = value
        self._fill()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.list.setAccessibleName(name)

    def _pick(self, value: str) -> None:
        self._wanted = value
        self.picked.emit(value)

    def _on_read(self, names: Sequence[str]) -> None:
        self._names, self._is_read = list(dict.fromkeys(names)), True
        self._fill()

    def _fill(self) -> None:
        choices = [("", tr("As the system has it")), *((name, name) for name in self._names if name)]
        if self._wanted and self._wanted not in self._names:
            said = tr("{name} (not connected)", name=self._wanted) if self._is_read else self._wanted
            choices.append((self._wanted, said))
        self.list.set_choices(choices)
        self.list.set_value(self._wanted)


class ModelChooser(QWidget):
    """The best model by itself, one that is on this computer, or a file of the user's."""

    picked = Signal(str)

    def __init__(self, companion: Surface, tasks: Tasks, role: ModelRole) -> None:
        super().__init__()
        self._companion, self._tasks, self._role = companion, tasks, role
        self._wanted = ""
        self._models: list[Entry] = []
        self._is_read = False
        self.list = ChoiceBox()
        self._file = push_button(parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.list, 1)
        row.addWidget(self._file)
        self._file.setVisible(role == "language")
        self.setFocusProxy(self.list)
        self.list.picked.connect(self._pick)
        self._file.clicked.connect(self._ask)
        Texts(self).also(self._write)
        self._write()
        self.refresh()

    def refresh(self) -> None:
        """Ask for the models again."""
        role, companion = self._role, self._companion
        self._tasks.run(lambda: model_entries(companion, role), self._on_read)

    def value(self) -> str:
        return self._wanted

    def set_value(self, value: str) -> None:
        """Show `value` without telling."""
        self._wanted = value
        self._fill()

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.list.setAccessibleName(name)

    def _pick(self, value: str) -> None:
        self._wanted = value
        self.picked.emit(value)

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), tr("Choose a model file"), str(self._companion.paths.models))
        dialog.setNameFilters([tr("Model files (*.gguf)")])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._take_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_file(self, path: str) -> None:
        self.set_value(path)
        self.picked.emit(path)

    def _on_read(self, models: Sequence[Entry]) -> None:
        self._models, self._is_read = list(models), True
        self._fill()

    def _fill(self) -> None:
        choices = [("", tr("Automatic")), *self._models]
        if self._wanted and self._wanted not in dict(self._models):
            is_file = "/" in self._wanted or "\\" in self._wanted
            name = self._wanted.replace("\\", "/").rpartition("/")[2]
            lost = self._is_read and not is_file
            choices.append((self._wanted, tr("{name} (not found)", name=name) if lost else name))
        self.list.set_choices(choices)
        self.list.set_value(self._wanted)

    def _write(self) -> None:
        self._file.setText(tr("File…"))
        self._file.setAccessibleName(tr("Choose a model file"))
        self._fill()


def model_entries(companion: Surface, role: ModelRole) -> list[Entry]:
    """Return (id, label with size) of each model that can be loaded or made ready; reads folders."""
    found = {model.id: (model.label, model.bytes) for model in companion.models(role)}
    for row in companion.catalog.available(role):
        found.setdefault(row.id, (row.label, row.bytes))
    return [(id_, f"{label} · {size_text(n_bytes)}") for id_, (label, n_bytes) in found.items()]


def size_text(n_bytes: float) -> str:
    """Return a size as people write it, decimal units."""
    if n_bytes >= 1e9:
        return f"{n_bytes / 1e9:.1f} GB"
    return f"{max(1, round(n_bytes / 1e6)):,} MB"
