"""One worker process: its pipes, its threads, and in words why it ended."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from companion.errors import WorkerError
from companion.workers.frames import Frame, FrameReader, pack, write_all

_log = logging.getLogger(__name__)

_STDERR_BYTES: Final = 4096
_OUTBOX_LENGTH: Final = 256
_LINGER_S: Final = 1.0
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_TELLING: Final = re.compile(
    r"error|assert|abort|fail|terminate|exception|memory|cannot|no module", re.IGNORECASE
)
_ACCESS_VIOLATION: Final = 0xC0000005


@dataclass(frozen=True, slots=True)
class Launch:
    """How a worker is started. `network` False: it reaches no one, where the system can see to that.

    `memory_limit` bytes of private memory make allocations fail; 0 is no limit. `allow_targets` lets engines
    be named as `module:Class`, for tests.
    """

    network: bool = False
    memory_limit: int = 0
    allow_targets: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


LAUNCH: Final = Launch()


class WorkerProcess:
    """Starts the worker at once. The thread that makes it must outlive it: Linux ends a child with that thread.

    `on_frame` is called on the reader thread and may raise WorkerError, which ends the process; `on_end` is
    called once on that thread when the process is gone.
    """

    def __init__(
        self, role: str, launch: Launch, on_frame: Callable[[Frame], None], on_end: Callable[[], None]
    ) -> None:
        self.role = role
        self.started_s = time.monotonic()
        self.ended = threading.Event()
        self._on_frame, self._on_end = on_frame, on_end
        self._fault = ""
        self._stderr = bytearray()
        self._outbox: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._popen = _start(role, launch)
        self._threads = [
            threading.Thread(target=run, name=f"{role}-{name}")
            for name, run in (("reader", self._read), ("writer", self._write), ("stderr", self._drain))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    def send(self, frame: Frame) -> bool:
        """Queue a frame; False when there is no room, or no process any more. Never blocks.

        Raises WorkerError, code `frame`, for a frame that is too large.
        """
        data = pack(frame)
        with self._changed:
            if self.ended.is_set() or len(self._outbox) >= _OUTBOX_LENGTH:
                return False
            self._outbox.append(data)
            self._changed.notify()
        return True

    def kill(self, why: str) -> None:
        """End the process now; `why` becomes its cause."""
        self._fault = self._fault or why
        self._popen.kill()

    def close(self, timeout_s: float) -> None:
        """Ask the process to end, kill it after `timeout_s`, and wait for the threads."""
        self.send(Frame({"op": "close"}))
        if not self.ended.wait(timeout_s):
            self.kill("closed")
        self.join()

    def join(self) -> None:
        """Wait for the threads of an ended process."""
        for thread in self._threads:
            thread.join(_LINGER_S * 5)
            if thread.is_alive():
                _log.error("thread %s did not end", thread.name)

    @property
    def cause(self) -> str:
        """Why the process ended, to be read after `the language worker`."""
        cause = self._fault or _words(self._popen.returncode)
        line = self.last_words
        return f"{cause}: {line}" if line and _TELLING.search(line) and not self._fault else cause

    @property
    def last_words(self) -> str:
        """The last line on standard error, at most 200 characters."""
        lines = self._stderr.decode("utf-8", "replace").splitlines()
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")

    def _read(self) -> None:
        reader = FrameReader(cast(BinaryIO, self._popen.stdout))
        try:
            while (frame := reader.read()) is not None:
                self._on_frame(frame)
        except WorkerError as error:
            self.kill(error.what)
        except Exception:  # noqa: BLE001 - thread top: without a reader the process is of no use
            _log.exception("a frame of the %s worker was not understood", self.role)
            self.kill("sent what was not understood")
        self._bury()

    def _bury(self) -> None:
        try:
            self._popen.wait(_LINGER_S)
        except subprocess.TimeoutExpired:
            self.kill("closed its pipe")
            self._popen.wait()
        self._threads[2].join(_LINGER_S)
        with self._changed:
            self.ended.set()
            self._changed.notify_all()
        self._threads[1].join(_LINGER_S)
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()
        self._on_end()

    def _write(self) -> None:
        descriptor = cast(BinaryIO, self._popen.stdin).fileno()
        while True:
            with self._changed:
                while not self._outbox and not self.ended.is_set():
                    self._changed.wait()
                if self.ended.is_set():
                    return
                data = self._outbox.popleft()
            try:
                write_all(descriptor, data)
            except OSError:
                # The reader meets the end of the process and tells.
                return

    def _drain(self) -> None:
        pipe = cast(BinaryIO, self._popen.stderr)
        with pipe:
            while chunk := os.read(pipe.fileno(), 4096):
                self._stderr += chunk
                del self._stderr[:-_STDERR_BYTES]


def command(role: str, *, network: bool) -> list[str]:
    """Return the command line that starts a worker of `role`."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_name("companion-cli")
        start = [str(program.with_suffix(Path(sys.executable).suffix)), "worker"]
    else:
        # -P: a file json.py in the folder the user happens to be in is not the library.
        start = [sys.executable, "-P", "-m", "companion.workers.serve"]
    return [*start, role, *(["--network"] if network else [])]


def _environment(launch: Launch) -> dict[str, str]:
    """Return our environment without what looks like a key, and with explicit thread counts."""
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    defaults = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return {
        **defaults,
        **kept,
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "COMPANION_PARENT": str(os.getpid()),
        "COMPANION_MEMORY_LIMIT": str(launch.memory_limit),
        **launch.environment,
    }


def _start(role: str, launch: Launch) -> subprocess.Popen[bytes]:
    arguments: Sequence[str] = command(role, network=launch.network)
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(launch),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise WorkerError(
            f"The {role} worker could not be started: {error.strerror}.",
            "Install the program again.",
            code="start",
        ) from error


def _words(returncode: int | None) -> str:
    if returncode is None:
        return "is still running"
    if returncode >= 0:
        return (
            "crashed (access violation)"
            if returncode == _ACCESS_VIOLATION
            else f"ended with code {returncode}"
        )
    if -returncode in (signal.SIGTERM, signal.SIGINT, getattr(signal, "SIGKILL", 9)):
        return f"stopped by the system (signal {-returncode})"
    return f"crashed (signal {-returncode})"
