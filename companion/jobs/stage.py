"""What a stage is, and what is remembered of it between two runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from companion.errors import CompanionError
from companion.jobs.digests import Digest

if TYPE_CHECKING:
    from companion.jobs.stage_run import StageRun

State = Literal["pending", "running", "finalizing", "done", "stale", "failed", "cancelled"]
"""`stale`: done once, and its result is kept, but what it was made from has changed since."""


class NeedsAnswer(CompanionError):
    """The stage waits for the user: `what` is asked, `hint` says how to answer; nothing failed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a job.

    `run` does the work and returns what report.json shall hold. It may be called again after any death of the
    process, and must then give the same files. `code_version` grows when its results would differ; `config` is all
    that its result depends on beside its files: `inputs` (files, or folders with all below them; they may be missing)
    and the files that the stages it `needs` put down. `owns` are patterns, relative to the job's folder, of files
    that only this stage makes: those that its last run did not make are removed. `room_bytes` is what it will write.
    """

    name: str
    run: Callable[[StageRun], Mapping[str, object] | None]
    code_version: int = 1
    config: Mapping[str, object] = field(default_factory=dict, hash=False)
    needs: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()
    owns: tuple[str, ...] = ()
    room_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of a stage: its state, and the digests of everything it was made from and made.

    `inputs` are by path, `outputs` by path relative to the job's folder, `needs` the `output_sha` of earlier stages.
    `what` and `hint` say why it failed, is stale or waits. Times in seconds since the epoch.
    """

    stage: str
    state: State = "pending"
    code_version: int = 0
    config_sha: str = ""
    inputs: Mapping[str, Digest] = field(default_factory=dict, hash=False)
    needs: Mapping[str, str] = field(default_factory=dict, hash=False)
    outputs: Mapping[str, Digest] = field(default_factory=dict, hash=False)
    output_sha: str = ""
    done: int = 0
    total: int = 0
    started: float = 0.0
    finished: float = 0.0
    what: str = ""
    hint: str = ""
