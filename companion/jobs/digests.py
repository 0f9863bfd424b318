"""What files and settings hold, as SHA-256; a file whose size and time are unchanged is not read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """A file's content as `sha256` in hex, with the size in bytes and time in ns it was read at."""

    sha256: str
    size: int
    mtime_ns: int


def digest_of(path: Path, known: Digest | None = None) -> Digest | None:
    """Return the digest of a file, None if it is not there; `known` spares reading what has not changed.

    Raises OSError when it cannot be read.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if known is not None and (known.size, known.mtime_ns) == (status.st_size, status.st_mtime_ns):
        return known
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
    return Digest(sha.hexdigest(), status.st_size, status.st_mtime_ns)


def digests_of(paths: Iterable[Path], known: Mapping[str, Digest]) -> dict[str, Digest]:
    """Return the digests of files, and of all files below folders, by their path; what is not there is left out.

    Hidden files and folders below a folder are passed over. Raises OSError.
    """
    found = {}
    for path in paths:
        for file in _files(path):
            digest = digest_of(file, known.get(str(file)))
            if digest is not None:
                found[str(file)] = digest
    return found


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for one in sorted(path.rglob("*")):
        is_hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
        if not is_hidden and one.is_file():
            yield one


def sha_of(value: Json | Mapping[str, object]) -> str:
    """Return the SHA-256 of a JSON value, whatever the order of its keys. Raises TypeError for anything else."""
    canonical = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
