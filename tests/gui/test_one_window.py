from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from companion.gui.one_window import OneWindow, show_running
from companion.paths import Paths

pytestmark = pytest.mark.gui


def test_a_second_start_asks_the_running_program(tmp_path: Path, qapp: QApplication, qtbot: QtBot) -> None:
    paths = Paths.under(tmp_path)
    one = OneWindow(paths)
    for _ in range(2):
        with qtbot.waitSignal(one.asked):
            assert show_running(paths)
    one.close()
    assert not show_running(paths)


def test_programs_with_other_chats_do_not_meet(tmp_path: Path, qapp: QApplication) -> None:
    one = OneWindow(Paths.under(tmp_path / "one"))
    assert not show_running(Paths.under(tmp_path / "other"))
    one.close()


def test_a_name_that_a_crash_left_behind_is_taken_over(
    tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    paths = Paths.under(tmp_path)
    crashed, one = OneWindow(paths), OneWindow(paths)
    with qtbot.waitSignal(one.asked):
        assert show_running(paths)
    for each in (crashed, one):
        each.close()
