"""Why the program cannot start is said in a window, as plain text."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from companion.gui.failure import failure_dialog

pytestmark = pytest.mark.gui


def test_the_reason_and_what_to_do_are_shown_as_they_are(qtbot: QtBot) -> None:
    dialog = failure_dialog("The folder <b>x</b> cannot be written.", "Free some space.", "read_only_home")
    qtbot.addWidget(dialog)
    labels = dialog.findChildren(QLabel)
    assert [label.text() for label in labels] == [
        "The folder <b>x</b> cannot be written.",
        "Free some space.",
    ]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
