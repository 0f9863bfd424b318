"""A job's process dies at system calls all over its work, or meets a full disk; it goes on and ends alike."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="needs strace to stop a process at a system call"
    ),
]

_SCRIPT = Path(__file__).parents[1] / "jobs" / "job_workload.py"
_SYSCALLS = ("write", "fsync", "rename", "unlink", "openat")
_N_KILLS = 50
_N_ERRORS = 16
_RESULT = re.compile(r"parts/\d\.txt|全部\.txt|stages/\w+/(report\.json|items\.jsonl)")

Point = tuple[str, int]


def _command(folder: Path, variant: str) -> list[str]:
    return [sys.executable, "-X", "utf8", "-B", str(_SCRIPT), str(folder), variant]


def _run(folder: Path, variant: str, *strace: str) -> subprocess.CompletedProcess[bytes]:
    command = _command(folder, variant)
    return subprocess.run(["strace", "-qq", *strace, *command], capture_output=True, timeout=60, check=False)


def _result(folder: Path) -> dict[str, bytes]:
    """Return the files that make up the result; events, times and left-overs are none."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and _RESULT.fullmatch(name):
            found[name] = path.read_bytes()
    return found


def _points(folder: Path, variant: str) -> list[Point]:
    """Return every system call between the opening of the job and its end, as (call, how manieth)."""
    trace = folder.with_suffix(".strace")
    _run(folder, variant, "-y", "-e", f"trace={','.join(_SYSCALLS)}", "-o", str(trace))
    counts: Counter[str] = Counter()
    points = []
    for line in trace.read_text(errors="replace").splitlines():
        call = line.partition("(")[0]
        if call in _SYSCALLS:
            counts[call] += 1
            if str(folder) in line:
                points.append((call, counts[call]))
    return points


def _kill(folder: Path, variant: str, point: Point) -> None:
    call, n = point
    inject = f"inject={call}:signal=SIGKILL:when={n}"
    _run(folder, variant, "-e", f"trace={call}", "-e", inject, "-o", "/dev/null")


def _finish(folder: Path, variant: str) -> None:
    subprocess.run(_command(folder, variant), capture_output=True, timeout=60, check=True)


def _spread(points: list[Point], n: int) -> list[Point]:
    return [points[len(points) * place // n] for place in range(n)]


@pytest.mark.timeout(300)
def test_a_job_killed_fifty_times_ends_as_one_that_was_not(tmp_path: Path) -> None:
    _finish(tmp_path / "whole", "good")
    whole = _result(tmp_path / "whole")
    assert len(whole) == 12
    points = _spread(_points(tmp_path / "counted", "good"), _N_KILLS)
    differing = []
    for n, point in enumerate(points):
        folder = tmp_path / f"{n} 号"
        _kill(folder, "good", point)
        _finish(folder, "good")
        if _result(folder) != whole:
            differing.append(point)
        shutil.rmtree(folder)
    assert differing == []


@pytest.mark.timeout(300)
def test_a_job_killed_again_and_again_comes_to_its_end(tmp_path: Path) -> None:
    _finish(tmp_path / "whole", "good")
    points = _points(tmp_path / "counted", "good")
    writes = [point for point in points if point[0] == "write"]
    folder = tmp_path / "job"
    for point in _spread(writes, 10):
        _kill(folder, "good", point)
    _finish(folder, "good")
    assert _result(folder) == _result(tmp_path / "whole")


def test_control_files_written_in_place_are_caught(tmp_path: Path) -> None:
    _finish(tmp_path / "whole", "in_place")
    points = [point for point in _points(tmp_path / "counted", "in_place") if point[0] == "write"]
    differing = 0
    for n, point in enumerate(_spread(points, 12)):
        folder = tmp_path / str(n)
        _kill(folder, "in_place", point)
        _finish(folder, "in_place")
        differing += _result(folder) != _result(tmp_path / "whole")
    assert differing > 0


@pytest.mark.timeout(300)
def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    _finish(tmp_path / "whole", "good")
    writes = [point for point in _points(tmp_path / "counted", "good") if point[0] == "write"]
    wrong = []
    for n, (call, k) in enumerate(_spread(writes, _N_ERRORS)):
        folder = tmp_path / str(n)
        inject = f"inject={call}:error=ENOSPC:when={k}"
        done = _run(folder, "good", "-e", f"trace={call}", "-e", inject, "-o", "/dev/null")
        # A lost line of the event log is none of the job's failures.
        if done.stdout.split() not in ([b"failed", b"disk_full"], [b"done"]) or done.returncode < 0:
            wrong.append((k, done.stdout, done.stderr[-300:]))
        _finish(folder, "good")
        if _result(folder) != _result(tmp_path / "whole"):
            wrong.append((k, b"differs", b""))
    assert wrong == []


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs Linux and root to mount a small file system")
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=900k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this system does not let root mount a tmpfs")
    try:
        done = subprocess.run(_command(small / "job", "good"), capture_output=True, timeout=60, check=False)
        assert done.stdout.split() == [b"failed", b"disk_full"]
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        _finish(small / "job", "good")
        _finish(tmp_path / "whole", "good")
        assert _result(small / "job") == _result(tmp_path / "whole")
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
