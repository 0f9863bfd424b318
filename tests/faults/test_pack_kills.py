"""The process dies at every system call of installing, updating and removing a pack.

Afterwards each pack is the old one or the new one, whole; a pack that is installed or removed may be absent.
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

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="needs strace to stop a process at a system call"
    ),
]

_SYSCALLS = ("write", "rename", "mkdir", "unlink", "unlinkat", "rmdir", "fsync", "ftruncate")
_SCRIPT = Path(__file__).with_name("pack_workload.py")
_FAST_POINTS = 32


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pack_workload", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_WORKLOAD = _load()


@dataclass(frozen=True)
class Point:
    workload: str
    syscall: str
    k: int


@dataclass(frozen=True)
class Matrix:
    """The folder that runs start from, its state, the states they end in, and every point to die at."""

    start: Path
    before: dict[str, str]
    after: dict[str, dict[str, str]]
    points: list[Point]


def _run(folder: Path, workload: str, variant: str, *strace: str) -> None:
    command = [sys.executable, "-X", "utf8", "-B", str(_SCRIPT), str(folder), workload, variant]
    subprocess.run(["strace", "-qq", "-f", *strace, *command], capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    base = tmp_path_factory.mktemp("matrix")
    _WORKLOAD.prepare(base / "start")
    before = _WORKLOAD.state(_fresh(base / "start", base / "before"))
    after: dict[str, dict[str, str]] = {}
    points: list[Point] = []
    for workload in _WORKLOAD.WORKLOADS:
        folder, trace = _fresh(base / "start", base / workload), base / f"{workload}.strace"
        _run(folder, workload, "good", "-e", f"trace={','.join(_SYSCALLS)}", "-o", str(trace))
        after[workload] = _WORKLOAD.state(folder)
        counts = Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE))
        points += [Point(workload, call, k) for call in _SYSCALLS for k in range(1, counts[call] + 1)]
    return Matrix(base / "start", before, after, points)


def _fresh(start: Path, folder: Path) -> Path:
    return Path(shutil.copytree(start, folder))


def _violation(matrix: Matrix, point: Point, folder: Path, variant: str) -> str:
    """Kill one run at `point` and return what is neither old nor new, or an empty string."""
    _fresh(matrix.start, folder)
    inject = f"inject={point.syscall}:signal=SIGKILL:when={point.k}"
    _run(folder, point.workload, variant, "-e", f"trace={point.syscall}", "-e", inject, "-o", "/dev/null")
    found = _WORKLOAD.state(folder)
    shutil.rmtree(folder)
    # Replacing a dropped file may be cut off between the new folder and the file's removal: both are whole.
    both = matrix.before | matrix.after[point.workload]
    wanted = [matrix.before, matrix.after[point.workload]]
    if point.workload == "replace_file":
        wanted.append(both)
    return "" if found in wanted else f"{point}: {found}"


def _violations(matrix: Matrix, points: list[Point], folder: Path, variant: str) -> list[str]:
    found = [_violation(matrix, point, folder / str(n), variant) for n, point in enumerate(points)]
    return [one for one in found if one]


def test_the_workloads_end_as_they_should(matrix: Matrix) -> None:
    names = {name: sorted(set(state) - {"chats", "kept"}) for name, state in matrix.after.items()}
    assert names == {
        "install": ["file.charx", "new", "x"],
        "update": ["file.charx", "x"],
        "replace_file": ["file", "x"],
        "remove": ["file.charx"],
    }
    assert len(set(map(str, matrix.after.values()))) == len(matrix.after)
    assert all(state["kept"] == matrix.before["kept"] for state in matrix.after.values())


def test_a_kill_leaves_the_old_pack_or_the_new_one(matrix: Matrix, tmp_path: Path) -> None:
    points = [matrix.points[len(matrix.points) * place // _FAST_POINTS] for place in range(_FAST_POINTS)]
    renames = [point for point in matrix.points if point.syscall == "rename" and point not in points]
    assert _violations(matrix, [*points, *renames], tmp_path, "good") == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_kill_at_any_system_call_leaves_the_old_pack_or_the_new_one(matrix: Matrix, tmp_path: Path) -> None:
    assert len(matrix.points) > 80
    assert _violations(matrix, matrix.points, tmp_path, "good") == []


def test_control_copying_into_place_is_caught(matrix: Matrix, tmp_path: Path) -> None:
    points = [Point("update", "write", 2), Point("update", "mkdir", 2), Point("install", "mkdir", 2)]
    assert _violations(matrix, points, tmp_path, "naive") != []
