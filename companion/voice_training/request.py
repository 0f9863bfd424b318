"""What a user asked for: whose voice, from which recordings, how; kept in the job's folder with the consent."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from companion.errors import StorageError, UsageError
from companion.packs.names import pack_id
from companion.storage.atomic import write_atomic

RequestLanguage = Literal["zh", "en", "auto"]
Profile = Literal["auto", "cpu", "gpu", "smoke"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
JOBS = "voice_jobs"
_FILE = "request.json"
CONSENT = "The voice in these recordings is my own, or its owner has agreed that I make a voice for a computer of it."


@dataclass(frozen=True, slots=True)
class Consent:
    """Who may be imitated: the `sentence` that was agreed to, when (seconds since the epoch), and how it was asked."""

    sentence: str
    given_at: float
    how: Literal["question", "option", "window"]


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """`base` is a Piper voice's file, `auto` or `none`; `time_limit_s` bounds the training itself; None: no bound.

    `clean`: noise is taken out of noisy clips where that helps.
    """

    recordings: Path
    character: str
    consent: Consent
    language: RequestLanguage = "auto"
    base: str = "auto"
    profile: Profile = "auto"
    time_limit_s: float | None = None
    style_folders: bool = False
    review: bool = False
    clean: bool = False
    seed: int = 1


@dataclass(frozen=True, slots=True)
class FoundJob:
    """A job as it lies in its folder."""

    folder: Path
    request: VoiceRequest
    changed_at: float


def consent_now(how: Literal["question", "option", "window"]) -> Consent:
    """Return the consent as it is given now."""
    return Consent(CONSENT, time.time(), how)


def job_folder(jobs: Path, character: str, recordings: Path) -> Path:
    """Return where the job of these recordings for this character lies: the same question, the same folder."""
    place = hashlib.sha256(str(recordings.expanduser().resolve()).encode()).hexdigest()[:8]
    return jobs / f"{pack_id(character)}-{place}"


def save_request(folder: Path, request: VoiceRequest) -> None:
    """Keep a request in the job's folder, which is made. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The folder {folder.name} for the job cannot be made ({error.strerror}).",
            "Check that the disk has room and may be written.",
            code="read_only",
        ) from error
    plain = asdict(replace(request, recordings=Path())) | {"recordings": str(request.recordings)}
    write_atomic(folder / _FILE, json.dumps({"format": 1, **plain}, ensure_ascii=False, indent=1).encode())


def load_request(folder: Path) -> VoiceRequest:
    """Return the request of a job. Raises UsageError if there is no job, StorageError if it cannot be read."""
    try:
        return _request(json.loads((folder / _FILE).read_bytes()))
    except FileNotFoundError as error:
        raise UsageError(
            "There is no voice training to go on with.",
            "Start one: companion train-voice FOLDER --character ID",
            code="no_job",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{_FILE} of the job cannot be read ({type(error).__name__}).", "Start it anew.", code="damaged"
        ) from error


def found_jobs(jobs: Path) -> list[FoundJob]:
    """Return the jobs below `jobs`, the one worked at last first; folders that are none are passed over."""
    found = []
    for folder in jobs.iterdir() if jobs.is_dir() else []:
        try:
            request = load_request(folder)
            states = [one.stat().st_mtime for one in (folder / "state.json", folder / _FILE) if one.exists()]
        except (UsageError, StorageError, OSError):
            continue
        found.append(FoundJob(folder, request, max(states)))
    return sorted(found, key=lambda one: one.changed_at, reverse=True)


def _request(raw: Mapping[str, Any]) -> VoiceRequest:
    known = {name: raw[name] for name in VoiceRequest.__slots__ if name in raw}
    consent = Consent(**known["consent"])
    return VoiceRequest(**{**known, "recordings": Path(known["recordings"]), "consent": consent})
