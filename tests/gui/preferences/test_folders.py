from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from companion.gui.preferences.about import AboutPart
from companion.gui.preferences.folders import FoldersPart
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.paths import Paths

pytestmark = pytest.mark.gui


def test_each_folder_opens_and_one_that_is_not_there_opens_its_parent(qtbot: QtBot, tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    paths.make()
    opened: list[Path] = []
    part = FoldersPart(paths, open_=opened.append)
    qtbot.addWidget(part)
    for row in part.rows:
        row.button.click()
    assert opened == [paths.characters, paths.models, paths.data, paths.data, paths.config, paths.logs]


def test_the_notices_of_the_weights_can_be_read(qtbot: QtBot, look: Look, companion: object) -> None:
    tasks = Tasks()
    part = AboutPart(companion, tasks)  # type: ignore[arg-type]
    qtbot.addWidget(part)
    part._show_notices()
    qtbot.waitUntil(lambda: "Apache-2.0" in part.text.toPlainText())
    assert "Kokoro" in part.text.toPlainText()
    tasks.close()
