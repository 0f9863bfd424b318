"""What a stage is given to work with: its folder, its items, its voice, and the one way to put files down."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, StorageError
from companion.jobs.child import ChildPlan, run_child
from companion.jobs.digests import Digest, digest_of
from companion.jobs.events import Eta, EventLog, JobEvent
from companion.jobs.items import Items
from companion.jobs.stage import State
from companion.storage.atomic import beside_name, replace, storage_error, sync_file, write_atomic

REPORT = "report.json"
ITEMS = "items.jsonl"
ERRORS = "errors.jsonl"
_BETWEEN_S = 0.2


class StageRun:
    """One run of a stage. `folder` is its own, `job` that of the whole job; both exist."""

    def __init__(
        self,
        stage: str,
        folder: Path,
        job: Path,
        *,
        config: Mapping[str, object],
        scope: str,
        cancel: CancelToken,
        log: EventLog,
        on_state: Callable[[State], None],
        folder_of: Callable[[str], Path],
    ) -> None:
        self.stage, self.folder, self.job = stage, folder, job
        self.config, self.cancel = config, cancel
        self.outputs: dict[str, Digest] = {}
        self.done = self.total = 0
        self._scope, self._log, self._on_state, self._folder_of = scope, log, on_state, folder_of
        self._eta = Eta()
        self._told_s = 0.0

    # ---- telling

    def check(self) -> None:
        """Raise Cancelled if stopping was asked for; call it between units of work."""
        self._log.beat()
        if self.cancel.requested:
            raise Cancelled

    def progress(self, done: int, total: int, msg: str = "", **metrics: object) -> None:
        """Tell that `done` of `total` units are made, then do as `check`.

        Without `msg` and `metrics` it is told at most five times a second, and the last unit always.
        """
        now_s = time.monotonic()
        self.done, self.total = done, total
        left_s = self._eta.left_s(now_s, done, total)
        if msg or metrics or done == total or now_s - self._told_s >= _BETWEEN_S:
            self._told_s = now_s
            self._tell("progress", msg, left_s, metrics)
        self.check()

    def show(self, done: int, total: int, msg: str, *, eta_s: float | None, **metrics: object) -> None:
        """Tell progress that a child has counted itself. Never raises."""
        self.done, self.total = done, total
        self._tell("progress", msg, eta_s, metrics)

    def say(self, msg: str, **metrics: object) -> None:
        """Tell something that is no progress."""
        self._tell("message", msg, None, metrics)

    def finalizing(self, msg: str) -> None:
        """Name the phase after the last unit, such as "merging"."""
        self._on_state("finalizing")
        self._tell("message", msg, None, {})

    def refuse(self, key: str, what: str, hint: str = "") -> None:
        """Note in errors.jsonl what could not be done with one item; the stage goes on."""
        line = json.dumps({"key": key, "what": what, "hint": hint}, ensure_ascii=False)
        with (self.folder / ERRORS).open("ab") as file:
            file.write(line.encode() + b"\n")

    # ---- keeping

    def items(self, name: str = ITEMS, *, scope: str = "") -> Items:
        """Open the results that earlier runs with the same rules, settings and `scope` have left."""
        return Items(self.folder / name, self._scope + scope)

    def write(self, name: str, content: bytes) -> Path:
        """Put down a file of the job, whole or not at all. `name` is relative to the job's folder."""
        path = self._place_of(name)
        write_atomic(path, content)
        self.keep(name)
        return path

    def write_json(self, name: str, value: object) -> Path:
        """Put down a file of JSON."""
        return self.write(name, json.dumps(value, ensure_ascii=False, indent=1).encode())

    @contextlib.contextmanager
    def placing(self, name: str) -> Iterator[Path]:
        """Give a path to write to; afterwards it is flushed and renamed to `name`. Raises StorageError."""
        path = self._place_of(name)
        beside = beside_name(path, f"tmp{path.suffix}")
        try:
            yield beside
            sync_file(beside)
            replace(beside, path)
        except OSError as error:
            raise storage_error(error, path) from error
        finally:
            beside.unlink(missing_ok=True)
        self.keep(name)

    def keep(self, name: str) -> None:
        """Count a file that is there already among what this run has made. Raises StorageError if it is not."""
        digest = digest_of(self.job / name)
        if digest is None:
            raise _missing(name)
        self.outputs[name] = digest
        self._log.beat()

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file of the job. Raises StorageError if it is missing."""
        found = digest_of(self.job / name)
        if found is None:
            raise _missing(name)
        return found.sha256

    def report_of(self, stage: str) -> dict[str, Any]:
        """Return what an earlier stage has reported, or an empty object."""
        try:
            report = json.loads((self._folder_of(stage) / REPORT).read_bytes())
        except (OSError, ValueError):
            return {}
        return report if isinstance(report, dict) else {}

    def need_room(self, n_bytes: int) -> None:
        """Raise StorageError, code `disk_full`, if the disk has not that much room."""
        need_room(self.job, n_bytes)

    # ---- children

    def child(
        self,
        command: Sequence[str],
        on_line: Callable[[str], None],
        *,
        stop_file: Path | None = None,
        grace_s: float = 90.0,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run a command in the job's folder and return its exit code; see `child.run_child`.

        Its standard error goes to `child.log` of the stage. Every line is a sign of life.
        """

        def heard(line: str) -> None:
            self._log.beat()
            on_line(line)

        plan = ChildPlan(command, self.job, self.folder / "child.log", stop_file, grace_s, environment or {})
        return run_child(plan, self.cancel, heard)

    def _place_of(self, name: str) -> Path:
        path = self.job / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _tell(self, kind: str, msg: str, eta_s: float | None, metrics: Mapping[str, object]) -> None:
        self._log.tell(
            JobEvent(time.time(), self.stage, kind, None, self.done, self.total, eta_s, msg, metrics)
        )


def _missing(name: str) -> StorageError:
    return StorageError(f"{name} of the job is missing.", "Start the job again.", code="not_found")


def need_room(folder: Path, n_bytes: int) -> None:
    """Raise StorageError, code `disk_full`, if the disk of `folder` has less than `n_bytes` free."""
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise StorageError(
            f"The disk has {free / 1e6:,.0f} MB free; {n_bytes / 1e6:,.0f} MB are needed.",
            "Free some space and go on; nothing is lost.",
            code="disk_full",
        )
