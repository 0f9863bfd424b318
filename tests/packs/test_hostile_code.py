"""Nothing in a pack is ever run: no code, no pickle, no process, no connection, and such files are not even opened."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.fault

_SCRIPT = Path(__file__).with_name("audit_child.py")
needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="needs strace to see every open file"
)


def _run(base: Path, count: int, *options: str, strace: tuple[str, ...] = ()) -> dict[str, Any]:
    command = [*strace, sys.executable, "-X", "utf8", "-B", str(_SCRIPT), str(base), str(count), *options]
    done = subprocess.run(command, capture_output=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-800:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_loading_packs_runs_nothing(tmp_path: Path) -> None:
    found = _run(tmp_path / "base", 54)
    assert (found["events"], found["modules"], found["canary"]) == ([], [], False)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_loading_a_thousand_packs_runs_nothing(tmp_path: Path) -> None:
    found = _run(tmp_path / "base", 1_000)
    assert (found["events"], found["modules"], found["canary"]) == ([], [], False)


def test_control_a_careless_loader_is_seen(tmp_path: Path) -> None:
    found = _run(tmp_path / "base", 0, "careless")
    assert found["canary"]
    assert {
        "pickle.find_class",
        "compile",
        "exec",
        "socket.connect",
        "subprocess.Popen",
        "os.system",
        "open",
    } <= {event for event, _ in found["events"]}


def _opened(folder: Path, *options: str) -> list[str]:
    """Return the runnable files of the baited packs that were opened for reading, as strace saw it."""
    trace = folder / "trace"
    _run(
        folder / "base",
        0,
        *options,
        strace=("strace", "-f", "-qq", "-e", "trace=openat,open", "-o", str(trace)),
    )
    baits = re.compile(r'"([^"]*bait\.(?:pkl|pickle|pt|pth|bin|ckpt|npy|npz|joblib|py|so|exe|sh))", O_RDONLY')
    return baits.findall(trace.read_text(errors="replace"))


@needs_strace
def test_no_system_call_opens_a_runnable_file(tmp_path: Path) -> None:
    assert _opened(tmp_path) == []


@needs_strace
def test_control_a_system_call_that_opens_one_is_seen(tmp_path: Path) -> None:
    assert _opened(tmp_path, "careless") != []
