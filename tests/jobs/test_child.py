"""Child processes speak, stop when asked, and never outlive the job."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from companion.domain.cancel import CancelToken
from companion.errors import WorkerError
from companion.jobs.child import ChildPlan, last_words, run_child

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(os.name != "posix", reason="asserts on process groups and signals"),
]

_TALKS = "print('{\"a\": 1}'); print('你好'); import sys; print('oh', file=sys.stderr); sys.exit(3)"
_SAVES = """
import signal, sys, time
def stop(*_):
    print("saved", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""
_STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"])
print(grandchild.pid, flush=True)
time.sleep(600)
"""


def _plan(tmp_path: Path, code: str, *, stop_file: Path | None = None, grace_s: float = 30.0) -> ChildPlan:
    return ChildPlan([sys.executable, "-c", code], tmp_path, tmp_path / "child.log", stop_file, grace_s)


def test_lines_and_the_exit_code_arrive(tmp_path: Path) -> None:
    lines: list[str] = []
    assert run_child(_plan(tmp_path, _TALKS), CancelToken(), lines.append) == 3
    assert lines == ['{"a": 1}', "你好"]
    assert last_words(tmp_path / "child.log") == "oh"


def test_a_child_is_asked_to_save_before_it_is_stopped(tmp_path: Path) -> None:
    cancel = CancelToken()
    lines: list[str] = []

    def heard(line: str) -> None:
        lines.append(line)
        cancel.request()

    stop = tmp_path / "stop"
    assert run_child(_plan(tmp_path, _SAVES, stop_file=stop), cancel, heard) == 0
    assert lines == ["ready", "saved"]
    assert not stop.exists()


def test_one_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    cancel = CancelToken()
    pids: list[int] = []

    def heard(line: str) -> None:
        pids.append(int(line))
        cancel.request()

    assert run_child(_plan(tmp_path, _STUBBORN, grace_s=0.2), cancel, heard) != 0
    assert _is_gone(pids[0])


def test_an_error_here_leaves_no_child_behind(tmp_path: Path) -> None:
    pids: list[int] = []

    def heard(line: str) -> None:
        pids.append(int(line))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_child(_plan(tmp_path, _STUBBORN), CancelToken(), heard)
    assert _is_gone(pids[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere it takes half a second more")
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from companion.jobs.child import ChildPlan, run_child;"
        "from companion.domain.cancel import CancelToken; folder = Path(sys.argv[1]);"
        "child = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)';"
        "plan = ChildPlan([sys.executable, '-c', child], folder, folder / 'log');"
        "run_child(plan, CancelToken(), lambda line: print(line, flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        parent.kill()
        parent.wait()
    assert _is_gone(child)


def test_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    plan = ChildPlan([sys.executable, "-c", ""], tmp_path / "nowhere", tmp_path / "log")
    with pytest.raises(WorkerError, match="could not be started"):
        run_child(plan, CancelToken(), print)


def _is_gone(pid: int) -> bool:
    """Wait for a killed process to be gone; a zombie that nobody reaps counts as gone."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False
