"""The training as a process of its own, which the window listens to; it saves and stops when the window is gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QProcess, Signal

from companion.gui.translation import tr
from companion.jobs.events import JobEvent
from companion.jobs.job import JobResult, Outcome
from companion.paths import Paths

_END_MS: Final = 3000
_FIELDS: Final = frozenset(field.name for field in fields(JobEvent))


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended, and the job's folder where it told."""

    result: JobResult
    folder: Path | None


def command_line(arguments: Sequence[str]) -> list[str]:
    """Return how this program's command line is started."""
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_name("companion-cli").with_suffix(Path(sys.executable).suffix)
        return [str(program), *arguments]
    return [sys.executable, "-P", "-m", "companion", *arguments]


def home_arguments(paths: Paths) -> list[str]:
    """Return what tells the command line where this user's folders are."""
    return [] if paths == Paths.for_user() else ["--home", str(paths.data.parent)]


class TrainingProcess(QObject):
    """Runs `companion train-voice`; `told` carries a JobEvent, `ended` an Ended."""

    told = Signal(object)
    ended = Signal(object)

    def __init__(
        self,
        home: Sequence[str],
        parent: QObject | None = None,
        *,
        command: Callable[[Sequence[str]], list[str]] = command_line,
    ) -> None:
        super().__init__(parent)
        self._home, self._command = list(home), command
        self._rest = b""
        self._ended: Ended | None = None
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    @property
    def is_running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self, arguments: Sequence[str]) -> None:
        """Start the command with `arguments`; one that runs already is left alone."""
        if self.is_running:
            return
        self._rest, self._ended = b"", None
        program, *rest = self._command(["train-voice", *arguments, "--json", "--until-closed", *self._home])
        self._process.start(program, rest)

    def stop(self) -> None:
        """Ask it to save and stop; `ended` follows."""
        if self.is_running:
            self._process.closeWriteChannel()

    def close(self) -> None:
        """Let go of it: it saves what it has and ends by itself. Waits a moment at most."""
        if not self.is_running:
            return
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(_END_MS):
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def _read(self) -> None:
        self._rest += bytes(self._process.readAllStandardOutput().data())
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            one = json.loads(line)
        except ValueError:
            return
        if not isinstance(one, dict):
            return
        if "t" in one and "stage" in one:
            self.told.emit(JobEvent(**{name: value for name, value in one.items() if name in _FIELDS}))
        elif "outcome" in one:
            self._ended = _ended(one)
        elif "error" in one:
            error = {"outcome": "failed", "what": one["error"], "hint": one.get("hint", "")}
            self._ended = _ended({**error, "code": one.get("code", "")})

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        del status
        self._read()
        unknown = JobResult("failed", what=tr("The training ended by itself."), code=str(code))
        self.ended.emit(self._ended or Ended(unknown, None))

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            what = tr("The training could not be started.")
            self.ended.emit(Ended(JobResult("failed", what=what, hint=self._process.errorString()), None))


def _ended(one: dict[str, Any]) -> Ended:
    words = {name: str(one.get(name) or "") for name in ("stage", "what", "hint", "code")}
    outcomes: dict[str, Outcome] = {"done": "done", "cancelled": "cancelled", "waiting": "waiting"}
    outcome = outcomes.get(str(one["outcome"]), "failed")
    folder = one.get("folder")
    return Ended(JobResult(outcome, **words), Path(folder) if folder else None)
