"""What a forge is asked for, kept in the folder of its job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from companion.errors import StorageError, UsageError
from companion.forge.lines import Form
from companion.forge.pack import RIGHTS, Rights
from companion.packs.names import pack_id
from companion.storage.atomic import storage_error, write_atomic

REQUEST: Final = "request.json"
JOBS: Final = "forge"


@dataclass(frozen=True, slots=True)
class ForgeRequest:
    """A character out of a file. `known` are more names of hers; `out` the pack folder; `base` None trains nothing.

    `time_limit_s` bounds the training, 0 does not; `max_steps` for trials. `force` trains on few lines too.
    `fields`, `rejoin` and `mend` are for a data set, see `formats.reading`.
    """

    file: Path
    name: str
    out: Path
    base: Path | None = None
    rights: Rights = "private"
    known: tuple[str, ...] = ()
    form: Form | None = None
    seed: int = 1
    time_limit_s: float = 0.0
    max_steps: int = 0
    force: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    rejoin: bool = False
    mend: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.known)


def job_folder(jobs: Path, name: str, file: Path) -> Path:
    """Return the folder of the job that makes `name` out of `file`."""
    digest = hashlib.sha256(str(file.expanduser().resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return jobs / f"{pack_id(name)}-{digest}"


def save_request(folder: Path, request: ForgeRequest) -> None:
    """Keep `request`. Raises StorageError, and UsageError for rights that do not exist."""
    if request.rights not in RIGHTS:
        raise UsageError(f"There are no rights '{request.rights}'.", f"One of: {', '.join(RIGHTS)}.")
    row = {key: str(one) if isinstance(one, Path) else one for key, one in asdict(request).items()}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise storage_error(error, folder) from error
    write_atomic(folder / REQUEST, json.dumps(row, ensure_ascii=False, indent=1).encode())


def load_request(folder: Path) -> ForgeRequest:
    """Return the request of a job. Raises UsageError, code `no_job`, StorageError."""
    try:
        raw: dict[str, Any] = json.loads((folder / REQUEST).read_bytes())
        base = raw.pop("base")
        return ForgeRequest(
            **{
                **raw,
                "file": Path(raw["file"]),
                "out": Path(raw["out"]),
                "known": tuple(raw["known"]),
                "fields": tuple((one, other) for one, other in raw.get("fields", ())),
                "base": Path(base) if base else None,
            }
        )
    except FileNotFoundError as error:
        raise UsageError(
            "There is no such job.", "Begin one with: companion forge run FILE --name NAME", code="no_job"
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StorageError(
            f"{REQUEST} of the job is damaged.", "Begin the job again.", code="damaged"
        ) from error


def found_jobs(jobs: Path) -> Iterator[tuple[Path, ForgeRequest]]:
    """Yield the jobs below `jobs`, the last one begun first; what cannot be read is passed over."""
    files = sorted(jobs.glob(f"*/{REQUEST}"), key=lambda one: -one.stat().st_mtime)
    for file in files:
        try:
            yield file.parent, load_request(file.parent)
        except (StorageError, UsageError):
            continue
