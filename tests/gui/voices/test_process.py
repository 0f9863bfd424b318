"""The training process is started, listened to and stopped by closing its standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from companion.gui.voices.process import Ended, TrainingProcess, home_arguments
from companion.jobs.events import JobEvent
from companion.paths import Paths

pytestmark = pytest.mark.gui
CHILD = Path(__file__).with_name("speaking_child.py")


class Heard:
    def __init__(self, how: str) -> None:
        self.events: list[JobEvent] = []
        self.ends: list[Ended] = []
        self.asked: list[str] = []
        self._how = how
        self.process = TrainingProcess(["--home", "/h"], command=self._command)
        self.process.told.connect(self.events.append)
        self.process.ended.connect(self.ends.append)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        self.asked = list(arguments)
        return [sys.executable, "-I", str(CHILD), self._how]


def test_events_and_the_end_arrive(qtbot: QtBot) -> None:
    heard = Heard("done")
    with qtbot.waitSignal(heard.process.ended, timeout=20_000):
        heard.process.start(["录音", "--review"])
    assert heard.asked == ["train-voice", "录音", "--review", "--json", "--until-closed", "--home", "/h"]
    assert [(one.stage, one.state) for one in heard.events if one.kind == "state"] == [
        ("import", "running"),
        ("import", "done"),
        ("train", "running"),
    ]
    assert heard.events[-1].eta_s == 600.0
    assert heard.ends[0].result.outcome == "done"
    assert heard.ends[0].folder == Path("/x")
    assert not heard.process.is_running


def test_stopping_lets_it_save(qtbot: QtBot) -> None:
    heard = Heard("waits_for_close")
    heard.process.start([])
    qtbot.waitUntil(lambda: len(heard.events) == 4, timeout=20_000)
    with qtbot.waitSignal(heard.process.ended, timeout=20_000):
        heard.process.stop()
    assert heard.ends[0].result.outcome == "cancelled"


def test_a_process_that_dies_is_told(qtbot: QtBot) -> None:
    heard = Heard("dies")
    with qtbot.waitSignal(heard.process.ended, timeout=20_000):
        heard.process.start([])
    assert heard.ends[0].result.outcome == "failed"
    assert heard.ends[0].result.what == "The training ended by itself."


def test_a_program_that_is_not_there_is_told(qtbot: QtBot) -> None:
    process = TrainingProcess([], command=lambda arguments: ["/nowhere/companion"])
    with qtbot.waitSignal(process.ended, timeout=20_000) as ended:
        process.start([])
    assert ended.args is not None
    assert ended.args[0].result.what == "The training could not be started."


def test_closing_waits_for_what_it_saves(qtbot: QtBot) -> None:
    heard = Heard("waits_for_close")
    heard.process.start([])
    qtbot.waitUntil(lambda: len(heard.events) == 4, timeout=20_000)
    heard.process.close()
    assert not heard.process.is_running


def test_the_command_finds_the_same_folders(tmp_path: Path) -> None:
    assert home_arguments(Paths.under(tmp_path)) == ["--home", str(tmp_path)]
    assert home_arguments(Paths.for_user()) == []
