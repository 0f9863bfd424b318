"""What a window shows of a voice job, read from its folder while another process works in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.errors import StorageError, UsageError
from companion.jobs.job import is_held
from companion.jobs.state_file import read_state
from companion.storage.atomic import write_atomic
from companion.voice_training.clip import Clip, clips_from_json
from companion.voice_training.request import VoiceRequest, load_request
from companion.voice_training.review import Edits, read_edits

STAGES = (
    "preflight",
    "import",
    "cut",
    "check",
    "label",
    "review",
    "verdict",
    "train",
    "choose",
    "export",
    "install",
)
LABELLED = "labelled.json"
VERDICT = "verdict.json"
FIGURES = "figures.json"
REAL = "real.wav"
SPEAKER = "speaker.json"
SPEAKERS = "speakers.json"


@dataclass(frozen=True, slots=True)
class JobView:
    """`states` by stage; `waits_at` is the stage that asks something, with `question` and `hint`, or empty.

    `verdict` and `figures` are as the stages of that name wrote them; empty before. `speakers` are the names of the
    clips of each of two people, where the job asks whose voice is wanted. `previews` are sound files of the new voice,
    `real` a recording to hold beside them, if they are there.
    """

    folder: Path
    request: VoiceRequest
    states: Mapping[str, str]
    is_running: bool
    waits_at: str = ""
    question: str = ""
    hint: str = ""
    clips: tuple[Clip, ...] = ()
    edits: Edits = field(default_factory=lambda: Edits({}))
    verdict: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    speakers: tuple[tuple[str, ...], ...] = ()
    previews: tuple[Path, ...] = ()
    real: Path | None = None
    report: Path | None = None

    @property
    def is_done(self) -> bool:
        return self.states.get("install") == "done"


def view_of(folder: Path) -> JobView | None:
    """Return a job as it stands; None if there is none. Raises StorageError for what cannot be read."""
    try:
        request = load_request(folder)
    except UsageError:
        return None
    records = read_state(folder)
    running = is_held(folder)
    states = {stage: records[stage].state if stage in records else "pending" for stage in STAGES}
    if not running:
        # One that died while it worked is one that was stopped.
        states = {
            stage: "cancelled" if state in ("running", "finalizing") else state
            for stage, state in states.items()
        }
    waiting = next((one for one in records.values() if one.state == "pending" and one.what), None)
    previews = sorted((folder / "voice").glob("preview-*.wav"))
    real, report = folder / "voice" / REAL, folder / "report.html"
    return JobView(
        folder,
        request,
        states,
        running,
        waiting.stage if waiting is not None and not running else "",
        waiting.what if waiting is not None else "",
        waiting.hint if waiting is not None else "",
        _clips(folder),
        read_edits(folder),
        _object(folder / VERDICT),
        _object(folder / FIGURES),
        _speakers(folder),
        tuple(previews),
        real if real.is_file() else None,
        report if report.is_file() else None,
    )


def answer(folder: Path, speaker: int) -> None:
    """Keep which of two speakers is wanted, 0 the more frequent one. Raises StorageError."""
    write_atomic(folder / SPEAKER, json.dumps({"speaker": speaker}).encode())


def _clips(folder: Path) -> tuple[Clip, ...]:
    try:
        return tuple(clips_from_json((folder / LABELLED).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageError(
            f"{LABELLED} of the job cannot be read ({error.strerror}).", "Check the disk.", code="io"
        ) from error


def _speakers(folder: Path) -> tuple[tuple[str, ...], ...]:
    try:
        groups = json.loads((folder / SPEAKERS).read_bytes())
        return tuple(tuple(str(name) for name in group) for group in groups)
    except (OSError, ValueError, TypeError):
        return ()


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
