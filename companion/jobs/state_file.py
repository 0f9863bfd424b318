"""`state.json` of a job: every stage's record, replaced whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from companion.errors import StorageError
from companion.jobs.digests import Digest
from companion.jobs.stage import Record
from companion.storage.atomic import write_atomic

STATE = "state.json"
_FORMAT = 1


def read_state(folder: Path) -> dict[str, Record]:
    """Return the records of a job by stage; none if there is no job. Raises StorageError if it cannot be read."""
    path = folder / STATE
    try:
        raw = json.loads(path.read_bytes())
        if raw["format"] != _FORMAT:
            raise StorageError(
                f"This job was made by another version ({raw['format']}).",
                "Start it anew in another folder.",
                code="format",
            )
        return {one["stage"]: _record(one) for one in raw["stages"]}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{STATE} of the job cannot be read ({type(error).__name__}).",
            "Rename that file; the stages are then done anew from what they have kept.",
            code="damaged",
        ) from error


def write_state(folder: Path, records: Mapping[str, Record]) -> None:
    """Replace the records of a job. Raises StorageError; the old ones stay then."""
    state = {"format": _FORMAT, "stages": [asdict(one) for one in records.values()]}
    write_atomic(folder / STATE, json.dumps(state, ensure_ascii=False, indent=1).encode())


def _record(raw: dict[str, Any]) -> Record:
    digests = {
        name: {path: Digest(**one) for path, one in raw[name].items()} for name in ("inputs", "outputs")
    }
    return Record(**{**raw, **digests})
