"""How this user speaks, kept from one launch to the next: numbers only, never what was said."""

from __future__ import annotations

import json
from pathlib import Path

from companion.domain.gate import Pauses
from companion.storage.atomic import write_atomic


def load_pauses(file: Path) -> Pauses:
    """Return what was kept in `file`; what is missing or damaged counts as never learnt."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Pauses()
    return Pauses.from_plain(plain) if isinstance(plain, dict) else Pauses()


def save_pauses(pauses: Pauses, file: Path) -> None:
    """Keep `pauses` in `file`. Raises StorageError."""
    write_atomic(file, json.dumps(pauses.as_plain()).encode())
