"""KV states on disk, one per character: derived data that may vanish or be damaged at any time.

A file is taken up only when its name, its tokens and its checksum are right; the native reader never sees another.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

MAX_FILES = 12
_MAGIC = b"COMPKV1\n"
_DIGEST_BYTES = 32


class KeptStates:
    """The states in one folder; `identity` covers everything but adapters and tokens that makes a state valid."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._folder = folder
        self._identity = identity

    def read(self, name: str, adapters: str, tokens: Sequence[int]) -> bytes | None:
        """Return the state kept for `name` under exactly these circumstances, or None. A broken file is removed."""
        path = self._path(name, adapters, tokens)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        body = memoryview(raw)[:-_DIGEST_BYTES]
        head = _head(tokens)
        is_whole = (
            len(raw) > len(head) + _DIGEST_BYTES and raw[-_DIGEST_BYTES:] == hashlib.sha256(body).digest()
        )
        if not is_whole or raw[: len(head)] != head:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return bytes(body[len(head) :])

    def write(self, name: str, adapters: str, tokens: Sequence[int], state: bytes) -> bool:
        """Keep `state`, mode 0600, and remove what it replaces; False when the disk refuses."""
        path = self._path(name, adapters, tokens)
        body = _head(tokens) + state
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp gives mode 0600.
            handle, beside = tempfile.mkstemp(dir=self._folder, suffix=".part")
        except OSError:
            return False
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.write(hashlib.sha256(body).digest())
            os.replace(beside, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(beside)
            return False
        self._tidy(path)
        return True

    def _path(self, name: str, adapters: str, tokens: Sequence[int]) -> Path:
        key = hashlib.sha256(f"{self._identity}\0{adapters}\0".encode() + _head(tokens)).hexdigest()
        return self._folder / f"{_short(name)}-{key[:40]}.kv"

    def _tidy(self, newest: Path) -> None:
        """Remove other states of the same name, left-overs, and the oldest above the limit."""
        with contextlib.suppress(OSError):
            own = newest.name.partition("-")[0]
            for path in self._folder.glob("*.part"):
                path.unlink(missing_ok=True)
            for path in self._folder.glob(f"{own}-*.kv"):
                if path != newest:
                    path.unlink(missing_ok=True)
            by_age = sorted(self._folder.glob("*.kv"), key=lambda path: path.stat().st_mtime)
            for path in by_age[:-MAX_FILES]:
                path.unlink(missing_ok=True)


def file_identity(path: Path) -> str:
    """Return a short hash of size, time and both ends of a file; large weights are not read through."""
    status = path.stat()
    digest = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode())
    with path.open("rb") as file:
        digest.update(file.read(1 << 16))
        file.seek(max(0, status.st_size - (1 << 16)))
        digest.update(file.read(1 << 16))
    return digest.hexdigest()[:32]


def _head(tokens: Sequence[int]) -> bytes:
    return _MAGIC + struct.pack(f"<I{len(tokens)}i", len(tokens), *tokens)


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]
