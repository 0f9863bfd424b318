"""Mutated packs and cards of every carrier: each loads or is refused with a sentence, quickly, inside its folders."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(os.name == "nt", reason="needs limits that only POSIX sets on a process"),
]

_SCRIPT = Path(__file__).with_name("mutate_child.py")
_MAX_RSS_MB = 300
_WRITING = re.compile(
    r'\b(?:openat|open|creat|mkdir|rename|unlink|symlink|link)\w*\(.*?"((?:[^"\\]|\\.)*)"(.*)'
)


def _run(
    folder: Path, first: int, count: int, *options: str, strace: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    command = [
        *strace,
        sys.executable,
        "-X",
        "utf8",
        "-B",
        str(_SCRIPT),
        str(folder),
        str(first),
        str(count),
        *options,
    ]
    done = subprocess.run(command, capture_output=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-800:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _wrong(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        one
        for one in cases
        if one["verdict"] in ("crash", "hang") or one["outside"] or one["left"] or one["rss_mb"] > _MAX_RSS_MB
    ]


def _fewest(cases: list[dict[str, Any]]) -> int:
    """Return how many of the cases had the rarer of the two good verdicts."""
    verdicts = [one["verdict"] for one in cases]
    return min(verdicts.count("loaded"), verdicts.count("refused"))


def test_mutated_packs_load_or_are_refused_with_a_sentence(tmp_path: Path) -> None:
    cases = _run(tmp_path, 0, 240)
    assert len(cases) == 240
    assert _wrong(cases) == []
    assert len({one["seed"] for one in cases}) >= 12
    assert _fewest(cases) > 48


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_thousands_of_mutated_packs_load_or_are_refused_with_a_sentence(tmp_path: Path) -> None:
    cases = [
        one for first in range(10_000, 13_000, 1_000) for one in _run(tmp_path / str(first), first, 1_000)
    ]
    assert len(cases) == 3_000
    assert _wrong(cases) == []
    assert _fewest(cases) > 600


def test_control_a_loader_that_writes_elsewhere_is_caught(tmp_path: Path) -> None:
    cases = _run(tmp_path, 0, 14, "leaky")
    assert all(one["outside"] for one in cases)


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see every file that is opened")
def test_no_system_call_writes_outside_the_target(tmp_path: Path) -> None:
    assert _written_outside(tmp_path, "trace", count=70) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to see every file that is opened")
def test_control_a_system_call_that_writes_elsewhere_is_seen(tmp_path: Path) -> None:
    assert _written_outside(tmp_path, "trace", "leaky", count=14) != []


def _written_outside(folder: Path, name: str, *options: str, count: int) -> list[str]:
    """Return the paths outside `source`, `characters` and `cache` that a run changed, as strace saw it."""
    base, trace = folder / "base", folder / name
    calls = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink,symlinkat,link,linkat"
    _run(base, 0, count, *options, strace=("strace", "-f", "-qq", "-e", f"trace={calls}", "-o", str(trace)))
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = _WRITING.search(line)
        if match is None or "= -1 " in line:
            continue
        path = match[1] if "symlink" not in line else line.rsplit('"', 2)[1]
        reads = line.split("(")[0].split()[-1].startswith("open") and not re.search(
            "O_WRONLY|O_RDWR|O_CREAT", match[2]
        )
        inside = any(path.startswith(f"{base / place}") for place in ("source", "characters", "cache"))
        if (
            not reads
            and not inside
            and os.path.isabs(path)
            and path not in (str(base), f"{base}/witness", "/dev/null")
        ):
            found.append(path)
    return found
