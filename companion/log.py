"""Logging: ids, lengths and durations only, never what a person said, never a path below their home."""

from __future__ import annotations

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_MAX_BYTES = 1_000_000


def set_up(level: str = "WARNING", folder: Path | None = None) -> None:
    """Send records of `companion.*` to standard error and, if given, to `folder`/companion.log (mode 0600)."""
    root = logging.getLogger("companion")
    root.setLevel(level.upper())
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:
        handlers.append(logging.StreamHandler(sys.stderr))
    if folder is not None and os.access(folder, os.W_OK):
        path = folder / "companion.log"
        path.touch(mode=0o600, exist_ok=True)
        handlers.append(RotatingFileHandler(path, maxBytes=_MAX_BYTES, backupCount=2, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    root.propagate = False


class Private(str):
    """Text that a log may hold only by its length."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<private {len(self)} chars>"
