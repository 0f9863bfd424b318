"""What is known to stand in a collection's folder and in the vector store: `manifest.json`.

It says `changing` from before the store is touched until both hold the same. A manifest that is missing, says
`changing` or has another digest than the items means: the store is filled anew.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final, Literal

from companion.errors import StoreError

_FILE: Final = "manifest.json"
_VERSION: Final = 1
_MAX_BYTES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """`digest` is of all items; `place` is the collection's name in the store."""

    state: Literal["changing", "complete"]
    embedder: str
    dimensions: int
    n_items: int
    digest: str
    store: str
    place: str
    rebuilt: str = ""
    seconds: float = 0.0
    version: int = _VERSION


def read_manifest(folder: Path) -> Manifest | None:
    """Return what the folder's manifest says, None if that is nothing sensible."""
    file = folder / _FILE
    try:
        if file.stat().st_size > _MAX_BYTES:
            return None
        found = json.loads(file.read_text(encoding="utf-8"))
        names = {field.name for field in fields(Manifest)}
        if found.get("version") != _VERSION or found.keys() != names:
            return None
        manifest = Manifest(**found)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return None
    texts = (manifest.embedder, manifest.digest, manifest.store, manifest.place, manifest.rebuilt)
    numbers = (manifest.dimensions, manifest.n_items, manifest.seconds)
    is_right = all(isinstance(one, str) for one in texts) and all(
        isinstance(one, int | float) for one in numbers
    )
    return manifest if is_right and manifest.state in ("changing", "complete") else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest, whole or not at all. Raises StoreError, code `disk` or `disk_full`.

    It is not flushed: after a power cut an older one has another digest than the items.
    """
    beside = folder / f"{_FILE}.tmp"
    try:
        beside.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
        os.replace(beside, folder / _FILE)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise disk_error(error) from error


def disk_error(error: OSError) -> StoreError:
    """Return what a user can understand of `error`."""
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        return StoreError(
            "The disk is full; the index of what can be recalled was not changed.",
            "Make room, then try again.",
            code="disk_full",
        )
    return StoreError(
        f"The index of what can be recalled cannot be written: {error.strerror}.",
        "Check the rights of the cache folder.",
        code="disk",
    )
