"""A child process that does long work: it speaks in lines, can be asked to stop, and never outlives the job."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from companion.errors import WorkerError
from companion.jobs import tethered
from companion.ports import Cancel

_LOOK_S = 0.2
_LAST_LOOKS = 10
_END_S = 10.0
_TAIL_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """`command` is run in `folder`; its standard error goes to the file `log`.

    When stopping is asked for, `stop_file` is made if one is named, the process group gets SIGTERM, and whoever is
    still there after `grace_s` is killed.
    """

    command: Sequence[str]
    folder: Path
    log: Path
    stop_file: Path | None = None
    grace_s: float = 90.0
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)


def run_child(plan: ChildPlan, cancel: Cancel, on_line: Callable[[str], None]) -> int:
    """Run to the end, hand every line of standard output to `on_line` on this thread, and return the exit code.

    The whole process group is gone when this returns or raises. The calling thread must live as long as the child.
    Raises WorkerError if it cannot be started.
    """
    if plan.stop_file is not None:
        plan.stop_file.unlink(missing_ok=True)
    with plan.log.open("ab") as log:
        process = _start(plan, log)
        lines: queue.Queue[str | None] = queue.Queue()
        reader = threading.Thread(target=_read, args=(process, lines), name="job-child-reader")
        reader.start()
        try:
            _follow(process, plan, cancel, lines, on_line)
        finally:
            _kill_group(process)
            process.wait()
            reader.join(_END_S)
            if plan.stop_file is not None:
                plan.stop_file.unlink(missing_ok=True)
    return process.returncode


def last_words(log: Path) -> str:
    """Return the last line of a child's standard error, at most 300 characters, or an empty string."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "")


def _start(plan: ChildPlan, log: IO[bytes]) -> subprocess.Popen[str]:
    launcher = Path(tethered.__file__)
    start = [sys.executable, "-I", str(launcher), str(os.getpid())] if launcher.is_file() else []
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        return subprocess.Popen(
            [*start, *plan.command],
            cwd=plan.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **plan.environment},
            # A Ctrl-C in the terminal reaches us alone; we ask the child to save and stop.
            start_new_session=True,
            creationflags=flags,
        )
    except OSError as error:
        raise WorkerError(
            f"{Path(plan.command[0]).name} could not be started: {error.strerror}.",
            "Install the program again.",
            code="start",
        ) from error


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line.rstrip("\r\n"))
    lines.put(None)


def _follow(
    process: subprocess.Popen[str],
    plan: ChildPlan,
    cancel: Cancel,
    lines: queue.Queue[str | None],
    on_line: Callable[[str], None],
) -> None:
    timer: threading.Timer | None = None
    n_empty = 0
    try:
        # Somebody the child started may hold its pipe open for ever after it has ended.
        while process.poll() is None or n_empty < _LAST_LOOKS:
            try:
                line = lines.get(timeout=_LOOK_S)
            except queue.Empty:
                n_empty = n_empty + 1 if process.poll() is not None else 0
            else:
                if line is None:
                    break
                on_line(line)
            if cancel.requested and timer is None:
                _ask_to_stop(process, plan)
                timer = threading.Timer(plan.grace_s, _kill_group, (process,))
                timer.start()
        # The pipe may close before the process ends.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
    finally:
        if timer is not None:
            timer.cancel()
            timer.join()


def _ask_to_stop(process: subprocess.Popen[str], plan: ChildPlan) -> None:
    if plan.stop_file is not None:
        plan.stop_file.touch()
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    elif plan.stop_file is None:
        process.terminate()


def _kill_group(process: subprocess.Popen[str]) -> None:
    """Kill the child and all it started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    import psutil

    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                one.kill()
    process.kill()
