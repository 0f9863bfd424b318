"""The power fails: of all that was not yet flushed, any subset of 512-byte sectors may be on the disk.

A run is recorded with strace. For points in time, disks are built from what was flushed and a random part
of what was written since; removals are certain only once the folder was flushed. After reopening, every
acknowledged step must be there. With `synchronous=NORMAL` the same model must find losses.
"""

from __future__ import annotations

import importlib.util
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from companion.storage.chat_log import SqliteChatLog

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to record writes and flushes"),
]

_SECTOR = 512
_SCRIPT = Path(__file__).with_name("log_workload.py")
_CALLS = "openat,close,pwrite64,write,fdatasync,fsync,ftruncate,unlink"
_CALL = re.compile(r'^(\w+)\((?:AT_FDCWD, )?(?:"([^"]*)"|(\d+))(?:, (.*))?\) += (\d+)', re.MULTILINE)
_SEED = 20260101


def _load_workloads() -> ModuleType:
    spec = importlib.util.spec_from_file_location("log_workload", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_WORKLOADS = _load_workloads()


@dataclass(frozen=True)
class Event:
    """One call on a file of the log: `written` at `at`, cut to `at`, flushed, removed; or an acknowledgement."""

    kind: str
    name: str = ""
    at: int = 0
    written: bytes = b""


@dataclass
class Disk:
    """What a disk is certain to hold, and what was written to it since."""

    flushed: dict[str, bytes]
    pending: dict[str, list[Event]] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def happen(self, event: Event) -> None:
        match event.kind:
            case "create":
                if event.name in self.removed:
                    self._forget(event.name)
                self.flushed.setdefault(event.name, b"")
            case "write" | "cut":
                self.pending.setdefault(event.name, []).append(event)
            case "flush":
                for one in self.pending.pop(event.name, []):
                    self.flushed[event.name] = _applied(self.flushed.get(event.name, b""), one)
            case "flush_folder":
                for name in list(self.removed):
                    self._forget(name)
            case "remove":
                self.removed.add(event.name)

    def _forget(self, name: str) -> None:
        self.removed.discard(name)
        self.flushed.pop(name, None)
        self.pending.pop(name, None)

    def after_power_loss(self, rng: random.Random) -> dict[str, bytes]:
        files = {}
        for name, content in self.flushed.items():
            if name in self.removed and rng.random() < 0.5:
                continue
            for event in self.pending.get(name, []):
                for sector in _sectors(event):
                    if rng.random() < 0.5:
                        content = _applied(content, sector)
            files[name] = content
        return files


def _sectors(event: Event) -> Iterator[Event]:
    if event.kind == "cut":
        yield event
        return
    at, end = event.at, event.at + len(event.written)
    while at < end:
        upto = min(end, (at // _SECTOR + 1) * _SECTOR)
        yield Event("write", event.name, at, event.written[at - event.at : upto - event.at])
        at = upto


def _applied(content: bytes, event: Event) -> bytes:
    if event.kind == "cut":
        return content[: event.at].ljust(event.at, b"\0")
    end = event.at + len(event.written)
    return content[: event.at].ljust(event.at, b"\0") + event.written + content[end:]


def _record(folder: Path, workload: str, variant: str) -> list[Event]:
    """Run the workload in `folder` and return what it did to the files of the log."""
    trace = folder.with_suffix(".strace")
    command = [sys.executable, "-X", "utf8", "-B", str(_SCRIPT), str(folder), workload, variant]
    strace = ["strace", "-qq", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}", "-o", str(trace)]
    subprocess.run([*strace, *command], check=True, capture_output=True, timeout=60)
    return list(_events(trace.read_text(), folder))


def _events(trace: str, folder: Path) -> Iterator[Event]:
    open_names: dict[str, str] = {}
    for call, quoted, descriptor, rest, result in _CALL.findall(trace):
        path = Path(bytes.fromhex(quoted.replace("\\x", "")).decode()) if quoted else None
        name = open_names.get(descriptor, "")
        if call == "openat" and path is not None:
            is_ours = path.parent == folder and re.fullmatch(r"chats\.sqlite3(-wal|-journal)?", path.name)
            open_names[result] = path.name if is_ours else "/" if path == folder else ""
            if is_ours and "O_CREAT" in rest:
                yield Event("create", path.name)
        elif call == "unlink" and path is not None and path.parent == folder:
            yield Event("remove", path.name)
        elif call == "write" and descriptor == "1":
            yield Event("ack")
        elif call in ("fsync", "fdatasync") and name:
            yield Event("flush_folder" if name == "/" else "flush", name)
        elif call == "ftruncate" and name:
            yield Event("cut", name, int(rest))
        elif call == "pwrite64" and name:
            text, _, at = re.fullmatch(r'"([^"]*)", (\d+), (\d+)', rest).groups()  # type: ignore[union-attr]
            yield Event("write", name, int(at), bytes.fromhex(text.replace("\\x", "")))


@dataclass(frozen=True)
class Recording:
    start: dict[str, bytes]
    events: list[Event]
    states: list[str]


def _recorded(base: Path, workload: str, variant: str) -> Recording:
    for name in ("expected", "run"):
        (base / name).mkdir(parents=True)
        if workload != "talk":
            _WORKLOADS.prepare(base / name)
    log, steps = _WORKLOADS.steps(base / "expected", workload)
    states = [_WORKLOADS.state(log)]
    for step in steps:
        step()
        states.append(_WORKLOADS.state(log))
    log.close()
    start = {one.name: one.read_bytes() for one in (base / "run").glob("chats.sqlite3")}
    return Recording(start, _record(base / "run", workload, variant), states)


def _losses(recording: Recording, base: Path, n_states: int) -> tuple[int, list[str]]:
    """Build `n_states` disks; return how many were tried and what was wrong with which."""
    rng = random.Random(_SEED)
    moments = sorted(rng.randrange(1, len(recording.events) + 1) for _ in range(n_states))
    disk, done, acked, found = Disk(dict(recording.start)), 0, 0, []
    for moment in moments:
        for event in recording.events[done:moment]:
            disk.happen(event)
            acked += event.kind == "ack"
        done = moment
        wrong = _wrong(disk.after_power_loss(rng), base / "disk", recording.states[acked : acked + 2])
        if wrong:
            found.append(
                f"seed {_SEED}, event {moment} of {len(recording.events)}, {acked} acknowledged: {wrong}"
            )
    return len(moments), found


def _wrong(files: dict[str, bytes], folder: Path, allowed: list[str]) -> str:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    log = SqliteChatLog.open(folder / "chats.sqlite3")
    try:
        if log.report.damaged is not None:
            return "the file was damaged"
        if problems := log.check():
            return problems[0]
        return "" if _WORKLOADS.state(log) in allowed else "something acknowledged is missing"
    finally:
        log.close()
        shutil.rmtree(folder)


@pytest.mark.parametrize("workload", ["talk", "change", "remove", "remember"])
def test_losing_power_loses_nothing_that_was_acknowledged(tmp_path: Path, workload: str) -> None:
    n, found = _losses(_recorded(tmp_path / workload, workload, "good"), tmp_path, 110)
    assert (n, found) == (110, [])


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workload", ["talk", "change", "remove", "take_in", "keep"])
def test_thousands_of_power_losses_lose_nothing(tmp_path: Path, workload: str) -> None:
    n, found = _losses(_recorded(tmp_path / workload, workload, "good"), tmp_path, 1200)
    assert (n, found) == (1200, [])


def test_control_the_model_finds_the_losses_of_a_weaker_setting(tmp_path: Path) -> None:
    _, found = _losses(_recorded(tmp_path / "talk", "talk", "normal"), tmp_path, 60)
    assert any("missing" in one for one in found)
