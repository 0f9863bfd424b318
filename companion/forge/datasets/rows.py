"""Rows: a conversation that a character learns from, in words; every format is read into it and written from it.

`dataset.jsonl` of a job holds one row a line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from companion.errors import StorageError

TurnRole = Literal["user", "character", "other", "env"]
Split = Literal["train", "val", "test", "replay"]
View = Literal["scene", "pair", "other", "data", "greeting"]


@dataclass(frozen=True, slots=True)
class RowTurn:
    """What `name` says. An `other` is neither user nor character; `env` is narration; `train`: it is learnt."""

    role: TurnRole
    text: str
    name: str = ""
    train: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation. `who` is whose lines are learnt; `source` is a span of the document, or (row, row) of a file.

    `rejected` is a worse last turn of a preference pair; `label` says of a single reply whether it was liked.
    """

    id: str
    turns: tuple[RowTurn, ...]
    view: View = "data"
    who: str = ""
    system: str = ""
    split: Split = "train"
    weight: float = 1.0
    rejected: str = ""
    label: bool | None = None
    source: tuple[int, int] = (0, 0)
    chapter: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        """What is learnt."""
        return tuple(turn.text for turn in self.turns if turn.train)

    def in_split(self, split: Split) -> Row:
        return replace(self, split=split)


def row_id(turns: Iterable[RowTurn], *more: str) -> str:
    """Return an id by content: the same words give the same id."""
    digest = hashlib.sha256()
    for part in (*((f"{turn.role}\0{turn.text}") for turn in turns), *more):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\1")
    return digest.hexdigest()[:16]


def dumped_rows(rows: Iterable[Row]) -> bytes:
    """Return rows as JSON Lines."""
    return b"".join(json.dumps(asdict(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def loaded_rows(path: Path) -> list[Row]:
    """Return the rows of a file of `dumped_rows`. Raises StorageError, code `damaged`."""
    try:
        return [_row(json.loads(line)) for line in path.read_bytes().splitlines() if line.strip()]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StorageError(
            f"{path.name} is missing or damaged.", "Run the stage that makes it again.", code="damaged"
        ) from error


def _row(raw: Mapping[str, Any]) -> Row:
    turns = tuple(RowTurn(**turn) for turn in raw["turns"])
    return Row(**{**raw, "turns": turns, "source": tuple(raw["source"])})
