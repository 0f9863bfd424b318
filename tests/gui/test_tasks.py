from __future__ import annotations

import threading

import pytest
from pytestqt.qtbot import QtBot

from companion.errors import CompanionError, StorageError
from companion.gui.tasks import Tasks

pytestmark = pytest.mark.gui


def test_work_runs_elsewhere_and_its_result_arrives_here(qtbot: QtBot) -> None:
    tasks, got = Tasks(), []
    main = threading.get_ident()
    tasks.run(threading.get_ident, lambda result: got.append((result, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(got))
    assert got[0][0] != main
    assert got[0][1] == main
    tasks.close()


def test_an_error_goes_to_the_one_who_asked(qtbot: QtBot) -> None:
    tasks, got = Tasks(), []

    def fail() -> None:
        raise StorageError("The disk is full.", "Make room.", code="disk_full")

    tasks.run(fail, lambda _: got.append("done"), got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert isinstance(got[0], StorageError)
    tasks.close()


def test_an_unforeseen_error_becomes_one_a_person_can_read(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    tasks, got = Tasks(), []
    tasks.failed.connect(got.append)
    tasks.run(lambda: 1 / 0, got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert isinstance(got[0], CompanionError)
    assert got[0].code == "fault"
    tasks.close()


def test_close_waits_for_what_runs_and_delivers_nothing_any_more(qtbot: QtBot) -> None:
    tasks, got = Tasks(), []
    started, go = threading.Event(), threading.Event()
    ended: list[bool] = []

    def work() -> str:
        started.set()
        go.wait(5)
        ended.append(True)
        return "late"

    tasks.run(work, got.append)
    started.wait(5)
    threading.Timer(0.05, go.set).start()
    tasks.close()
    assert ended == [True]
    tasks.run(lambda: "never", got.append)
    tasks.close()
    other, marks = Tasks(), []
    other.run(lambda: 1, marks.append)
    qtbot.waitUntil(lambda: bool(marks))
    assert got == []
    other.close()
