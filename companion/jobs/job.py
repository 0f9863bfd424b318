"""A job: stages in their order, in one folder, with one process at work; ends, dies and goes on where it was."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from companion.domain.cancel import CancelToken
from companion.errors import Cancelled, CompanionError, StorageError, UsageError
from companion.jobs.digests import Digest, digest_of, digests_of, sha_of
from companion.jobs.events import EventLog, JobEvent, Listener, Watchdog
from companion.jobs.stage import NeedsAnswer, Record, Stage, State
from companion.jobs.stage_run import REPORT, StageRun, need_room
from companion.jobs.state_file import read_state, write_state
from companion.storage.atomic import storage_error, write_atomic
from companion.storage.database import lock_for_writing

_LOCK_TRIES = 5
_LOCK_PAUSE_S = 0.05

Outcome = Literal["done", "cancelled", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a run of a job ended, at which stage, and why in a user's words."""

    outcome: Outcome
    stage: str = ""
    what: str = ""
    hint: str = ""
    code: str = ""


class Job:
    """Stages in `folder`; `run` is for one process at a time, `status` for any.

    A stage's own folder is `<folder>/<stages_in>/<name>`. `silence_s` is how long nothing need be heard before it
    is told. Stages stand in an order in which each comes after those it needs.
    """

    def __init__(
        self,
        folder: Path,
        stages: Sequence[Stage],
        *,
        stages_in: str = "stages",
        listeners: Sequence[Listener] = (),
        cancel: CancelToken | None = None,
        silence_s: float = 60.0,
    ) -> None:
        self._folder, self._stages = folder, tuple(stages)
        self._stages_in = stages_in
        self._listeners = tuple(listeners)
        self._silence_s = silence_s
        self.cancel = cancel or CancelToken()
        self._records: dict[str, Record] = {}
        _check_order(self._stages)

    def folder_of(self, stage: str) -> Path:
        """Return the folder of a stage."""
        return self._folder / self._stages_in / stage

    def status(self) -> list[Record]:
        """Return every stage as it stands now: `stale` where something it was made from has changed since.

        A stage that says `running` while nobody holds the job was cut off. Raises StorageError.
        """
        records = read_state(self._folder)
        found = []
        for stage in self._stages:
            record = records.get(stage.name, Record(stage.name))
            if record.state == "done" and (why := self._why_stale(stage, record, records)):
                record = replace(record, state="stale", what=why)
            records[stage.name] = record
            found.append(record)
        return found

    def run(self, *, to: str = "", again: str = "") -> JobResult:
        """Do what is not done, in order, up to the stage `to`; do the stage `again` in any case.

        Stages that are done and not stale are skipped. Raises StorageError, code `in_use`, while another process is
        at work here, and UsageError for a stage that does not exist. What fails inside a stage is in the result.
        """
        for name in (to, again):
            if name and name not in {stage.name for stage in self._stages}:
                names = ", ".join(stage.name for stage in self._stages)
                raise UsageError(f"There is no stage '{name}'.", f"There are: {names}.")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise storage_error(error, self._folder) from error
        with held(self._folder):
            self._records = read_state(self._folder)
            log = EventLog(self._folder, self._listeners)
            for stage in self._stages:
                if stage.name == again or not self._is_good(stage):
                    result = self._do(stage, log)
                    if result.outcome != "done":
                        return result
                if stage.name == to:
                    break
        return JobResult("done")

    def _is_good(self, stage: Stage) -> bool:
        record = self._records.get(stage.name)
        return (
            record is not None
            and record.state == "done"
            and not self._why_stale(stage, record, self._records)
        )

    def _do(self, stage: Stage, log: EventLog) -> JobResult:
        """Run one stage and remember how it ended."""
        run: StageRun | None = None
        try:
            need_room(self._folder, stage.room_bytes)
            record = self._fresh(stage)
            self._remember(record)
            _tell_state(log, record)
            run = self._stage_run(stage, record, log)
            with Watchdog(log, stage.name, self._silence_s):
                run.check()
                report = stage.run(run) or {}
                self._finish(stage, run, report)
        except (CompanionError, OSError) as error:
            if isinstance(error, CompanionError):
                told = error
            else:
                told = storage_error(error, Path(error.filename or stage.name))
            return self._ended(stage, run, log, told)
        # Whatever ends the process, Ctrl-C too, is written down before it goes on its way.
        except BaseException:
            self._ended(stage, run, log, CompanionError("An error of the program ended it.", code="crash"))
            raise
        _tell_state(log, self._records[stage.name])
        return JobResult("done", stage.name)

    def _fresh(self, stage: Stage) -> Record:
        old = self._records.get(stage.name, Record(stage.name))
        return Record(
            stage.name,
            "running",
            stage.code_version,
            sha_of(stage.config),
            digests_of(stage.inputs, old.inputs),
            {name: self._records[name].output_sha for name in stage.needs},
            started=time.time(),
        )

    def _stage_run(self, stage: Stage, record: Record, log: EventLog) -> StageRun:
        folder = self.folder_of(stage.name)
        folder.mkdir(parents=True, exist_ok=True)
        return StageRun(
            stage.name,
            folder,
            self._folder,
            config=stage.config,
            scope=sha_of({"code_version": record.code_version, "config": record.config_sha}),
            cancel=self.cancel,
            log=log,
            on_state=lambda state: self._in_state(stage, log, state),
            folder_of=self.folder_of,
        )

    def _finish(self, stage: Stage, run: StageRun, report: Mapping[str, object]) -> None:
        self._remember(replace(self._records[stage.name], state="finalizing"))
        self._remove_old(stage, run.outputs)
        report_path = self.folder_of(stage.name) / REPORT
        write_atomic(report_path, json.dumps(dict(report), ensure_ascii=False, indent=1).encode())
        shas: dict[str, object] = {name: one.sha256 for name, one in run.outputs.items()}
        self._remember(
            replace(
                self._records[stage.name],
                state="done",
                outputs=dict(run.outputs),
                output_sha=sha_of(shas),
                done=run.done,
                total=run.total,
                finished=time.time(),
            )
        )

    def _remove_old(self, stage: Stage, outputs: Mapping[str, Digest]) -> None:
        for pattern in stage.owns:
            for path in self._folder.glob(pattern):
                if path.is_file() and path.relative_to(self._folder).as_posix() not in outputs:
                    path.unlink()

    def _ended(self, stage: Stage, run: StageRun | None, log: EventLog, error: CompanionError) -> JobResult:
        """Remember that a stage has not come to its end; on a full disk the state on it stays `running`."""
        outcome: Outcome = "failed"
        state: State = "failed"
        if isinstance(error, Cancelled):
            outcome = state = "cancelled"
        elif isinstance(error, NeedsAnswer):
            outcome, state = "waiting", "pending"
        old = self._records.get(stage.name, Record(stage.name))
        done, total = (run.done, run.total) if run is not None else (old.done, old.total)
        record = replace(old, state=state, done=done, total=total, what=error.what, hint=error.hint)
        with contextlib.suppress(StorageError):
            self._remember(record)
        _tell_state(log, record, "question" if outcome == "waiting" else "state", error.code)
        return JobResult(outcome, stage.name, error.what, error.hint, error.code)

    def _in_state(self, stage: Stage, log: EventLog, state: State) -> None:
        record = replace(self._records[stage.name], state=state)
        self._remember(record)
        _tell_state(log, record)

    def _remember(self, record: Record) -> None:
        self._records[record.stage] = record
        order = [stage.name for stage in self._stages]
        # Records of stages that this version does not know are kept.
        ranked = sorted(
            self._records.values(),
            key=lambda one: order.index(one.stage) if one.stage in order else len(order),
        )
        write_state(self._folder, {one.stage: one for one in ranked})

    def _why_stale(self, stage: Stage, record: Record, records: Mapping[str, Record]) -> str:
        """Return what has changed since a stage was done, as a sentence, or an empty string."""
        if record.code_version != stage.code_version:
            return "The program's rules for it have changed."
        if record.config_sha != sha_of(stage.config):
            return "Its settings have changed."
        for name in stage.needs:
            earlier = records.get(name, Record(name))
            if earlier.state != "done":
                return f"'{name}' must be done first."
            if record.needs.get(name) != earlier.output_sha:
                return f"'{name}' came out differently."
        now = digests_of(stage.inputs, record.inputs)
        if changed := _difference(record.inputs, now):
            return changed
        for name, digest in record.outputs.items():
            found = digest_of(self._folder / name, digest)
            if found is None or found.sha256 != digest.sha256:
                return f"{name} is {'missing' if found is None else 'not what was made'}."
        return ""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Be the one process at work in `folder`, which exists. Raises StorageError, code `in_use`."""
    try:
        lock = _locked(folder)
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF
        if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageError(
                f"The job's folder {folder.name} cannot be used ({error}).",
                "Check the disk and the permissions of the folder.",
                code="io",
            ) from error
        raise StorageError(
            f"Another process is at work on the job {folder.name}.",
            "Wait for it, or stop it first.",
            code="in_use",
        ) from error
    try:
        yield
    finally:
        lock.close()


def _locked(folder: Path) -> sqlite3.Connection:
    for _ in range(_LOCK_TRIES):
        try:
            return lock_for_writing(folder / "job")
        except sqlite3.OperationalError:
            # `is_held` of another process takes it for a moment.
            time.sleep(_LOCK_PAUSE_S)
    return lock_for_writing(folder / "job")


def is_held(folder: Path) -> bool:
    """Tell whether a process is at work in `folder`."""
    if not (folder / "job.lock").exists():
        return False
    try:
        with held(folder):
            return False
    except StorageError as error:
        return error.code == "in_use"


def _difference(before: Mapping[str, Digest], now: Mapping[str, Digest]) -> str:
    for path, digest in now.items():
        if path not in before:
            return f"{Path(path).name} is new."
        if before[path].sha256 != digest.sha256:
            return f"{Path(path).name} has changed."
    for path in before:
        if path not in now:
            return f"{Path(path).name} is gone."
    return ""


def _tell_state(log: EventLog, record: Record, kind: str = "state", code: str = "") -> None:
    msg = f"{record.what} {record.hint}".strip()
    metrics = {"what": record.what, "hint": record.hint, "code": code} if record.what else {}
    log.tell(
        JobEvent(time.time(), record.stage, kind, record.state, record.done, record.total, None, msg, metrics)
    )


def _check_order(stages: Sequence[Stage]) -> None:
    known: set[str] = set()
    for stage in stages:
        missing = [name for name in stage.needs if name not in known]
        if missing or stage.name in known:
            raise ValueError(f"stage {stage.name} stands before {missing} or twice")
        known.add(stage.name)
