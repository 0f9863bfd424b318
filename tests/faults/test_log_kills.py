"""The chat log's process dies, or one of its writes fails, at every system call that touches the disk.

Acknowledged steps must be there afterwards, the step in flight wholly or not at all, and every backup sound.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from companion.storage.backup import list_backups, problems
from companion.storage.chat_log import SqliteChatLog

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="needs strace to stop a process at a system call"
    ),
]

_SYSCALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "rename")
_SCRIPT = Path(__file__).with_name("log_workload.py")
_FAST_POINTS = 66
_FAST_ERRORS = 24


def _load_workloads() -> ModuleType:
    spec = importlib.util.spec_from_file_location("log_workload", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_WORKLOADS = _load_workloads()


@dataclass(frozen=True)
class Point:
    workload: str
    syscall: str
    k: int


@dataclass(frozen=True)
class Matrix:
    """The folder that runs start from, the states after 0, 1, ... steps, and every point to fail at."""

    start: Path
    states: dict[str, list[str]]
    points: list[Point]


def _run(folder: Path, workload: str, variant: str, *strace: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-X", "utf8", "-B", str(_SCRIPT), str(folder), workload, variant]
    return subprocess.run(["strace", "-qq", *strace, *command], capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    base = tmp_path_factory.mktemp("matrix")
    _WORKLOADS.prepare(base / "start")
    states: dict[str, list[str]] = {}
    points: list[Point] = []
    for workload in _WORKLOADS.WORKLOADS:
        states[workload] = _states(_fresh(base / "start", base / workload, workload), workload)
        counted = _fresh(base / "start", base / f"{workload}-counted", workload)
        trace = base / f"{workload}.strace"
        _run(counted, workload, "good", "-e", f"trace={','.join(_SYSCALLS)}", "-o", str(trace))
        counts = Counter(re.findall(r"^(\w+)\(", trace.read_text(), re.MULTILINE))
        points += [Point(workload, call, k) for call in _SYSCALLS for k in range(1, counts[call] + 1)]
    return Matrix(base / "start", states, points)


def _fresh(start: Path, folder: Path, workload: str) -> Path:
    """Return a folder to run in: `talk` creates its log, `mend` finds a damaged one, the others a sound one."""
    if workload == "talk":
        folder.mkdir(parents=True)
        return folder
    shutil.copytree(start, folder)
    if workload == "mend":
        path = folder / "chats.sqlite3"
        path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    return folder


def _states(folder: Path, workload: str) -> list[str]:
    found: list[str] = [_WORKLOADS.EMPTY]
    if workload != "talk":
        found = [_opened_state(folder, damaged=workload == "mend")]
    log, steps = _WORKLOADS.steps(folder, workload)
    for step in steps:
        step()
        found.append(_WORKLOADS.state(log) if workload != "go_back" else _opened_state(folder))
    log.close()
    return found


def _opened_state(folder: Path, *, damaged: bool = False) -> str:
    log = SqliteChatLog.open(folder / "chats.sqlite3")
    assert damaged or log.report.damaged is None
    assert log.check() == []
    found: str = _WORKLOADS.state(log)
    log.close()
    return found


def _violation(matrix: Matrix, point: Point, folder: Path, variant: str) -> str:
    """Kill one run at `point` and return what was lost, or an empty string."""
    _fresh(matrix.start, folder, point.workload)
    inject = f"inject={point.syscall}:signal=SIGKILL:when={point.k}"
    done = _run(
        folder, point.workload, variant, "-e", f"trace={point.syscall}", "-e", inject, "-o", "/dev/null"
    )
    acked = done.stdout.count(b".")
    states = matrix.states[point.workload]
    bad = [one.path.name for one in list_backups(folder / "backups") if problems(one.path)]
    found = _opened_state(folder, damaged=point.workload == "mend")
    shutil.rmtree(folder)
    if bad:
        return f"{point}: bad backups {bad}"
    return "" if found in states[acked : acked + 2] else f"{point}: {acked} acknowledged, not all there"


def _spread(points: list[Point], n: int) -> list[Point]:
    return [points[len(points) * place // n] for place in range(n)]


def _violations(matrix: Matrix, points: list[Point], folder: Path, variant: str) -> list[str]:
    found = [_violation(matrix, point, folder / str(n), variant) for n, point in enumerate(points)]
    return [one for one in found if one]


def test_a_kill_loses_nothing_that_was_acknowledged(matrix: Matrix, tmp_path: Path) -> None:
    assert _violations(matrix, _spread(matrix.points, _FAST_POINTS), tmp_path, "good") == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_kill_at_any_system_call_loses_nothing(matrix: Matrix, tmp_path: Path) -> None:
    assert len(matrix.points) > 300
    assert _violations(matrix, matrix.points, tmp_path, "good") == []


def test_control_acknowledging_before_the_commit_is_caught(matrix: Matrix, tmp_path: Path) -> None:
    points = [one for one in matrix.points if (one.workload, one.syscall) == ("change", "pwrite64")]
    assert _violations(matrix, _spread(points, 8), tmp_path, "early_ack") != []


def _error_violation(matrix: Matrix, point: Point, error: str, folder: Path) -> str:
    """Let one call fail once; the steps are tried again on the same connection and must all arrive."""
    _fresh(matrix.start, folder, point.workload)
    inject = f"inject={point.syscall}:error={error}:when={point.k}"
    done = _run(
        folder, point.workload, "good", "-e", f"trace={point.syscall}", "-e", inject, "-o", "/dev/null"
    )
    states = matrix.states[point.workload]
    codes = set(re.findall(rb"!(\w+);", done.stdout))
    found = _opened_state(folder)
    shutil.rmtree(folder)
    if done.returncode or found != states[-1] or done.stdout.count(b".") != len(states) - 1:
        return f"{point} {error}: {done.returncode} {done.stdout!r} {done.stderr[-300:]!r}"
    if not codes <= {b"disk_full", b"io", b"cannot_open", b"failed", b"read_only"}:
        return f"{point} {error}: {codes}"
    return ""


def _error_points(matrix: Matrix) -> list[tuple[Point, str]]:
    errors = {"pwrite64": ("ENOSPC", "EIO"), "fdatasync": ("EIO",), "fsync": ("EIO",), "ftruncate": ("EIO",)}
    return [
        (point, error)
        for point in matrix.points
        for error in errors.get(point.syscall, ())
        if point.workload in ("talk", "change", "remove", "remember", "take_in", "keep")
    ]


def test_a_failing_write_is_told_and_the_next_try_succeeds(matrix: Matrix, tmp_path: Path) -> None:
    points = _error_points(matrix)
    chosen = [points[len(points) * place // _FAST_ERRORS] for place in range(_FAST_ERRORS)]
    found = [_error_violation(matrix, *one, tmp_path / str(n)) for n, one in enumerate(chosen)]
    assert [one for one in found if one] == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_any_failing_write_is_told_and_the_next_try_succeeds(matrix: Matrix, tmp_path: Path) -> None:
    found = [_error_violation(matrix, *one, tmp_path / str(n)) for n, one in enumerate(_error_points(matrix))]
    assert [one for one in found if one] == []
