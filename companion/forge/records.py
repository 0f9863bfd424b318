"""What the stages hand on, as JSON: one object a value, one value a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from companion.documents.document import Document, Heading
from companion.errors import StorageError
from companion.forge.cast import Cast, Merge, Person
from companion.forge.lines import Line, Source
from companion.forge.problems import Problem
from companion.forge.scenes import Scene, Turn

Value = TypeVar("Value")


def dumped(values: Iterable[object]) -> bytes:
    """Return dataclasses as JSON Lines."""
    return b"".join(json.dumps(_plain(one), ensure_ascii=False).encode() + b"\n" for one in values)


def loaded(path: Path, kind: type[Value]) -> list[Value]:
    """Return the values of a file of `dumped`, all of the dataclass `kind`. Raises StorageError, code `damaged`."""
    try:
        rows = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return [_built(kind, row) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error


def dumped_source(source: Source) -> bytes:
    """Return a source as one JSON object."""
    return json.dumps(_plain(source), ensure_ascii=False).encode()


def loaded_source(path: Path) -> Source:
    """Return the source of a file of `dumped_source`. Raises StorageError, code `damaged`."""
    try:
        row = json.loads(path.read_bytes())
        document = row["document"]
        return Source(
            Document(
                document["id"],
                document["file"],
                document["title"],
                document["text"],
                tuple(_built(Heading, one) for one in document["headings"]),
                _tupled(document["entries"]),
            ),
            row["form"],
            row["encoding"],
            tuple(_built(Line, one) for one in row["lines"]),
            tuple(_built(Problem, one) for one in row["problems"]),
            {form: (vote[0], vote[1]) for form, vote in row["votes"].items()},
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise _damaged(path) from error


def dumped_cast(cast: Cast) -> bytes:
    """Return a cast as one JSON object."""
    return json.dumps(_plain(cast), ensure_ascii=False, indent=1).encode()


def loaded_cast(path: Path) -> Cast:
    """Return the cast of a file of `dumped_cast`. Raises StorageError, code `damaged`."""
    try:
        row = json.loads(path.read_bytes())
        people = tuple(_built(Person, one) for one in row["people"])
        return Cast(people, tuple(_built(Merge, one) for one in row["doubts"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error


def loaded_scenes(path: Path) -> list[Scene]:
    """Return the scenes of a file of `dumped`. Raises StorageError, code `damaged`."""
    try:
        rows = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return [
            Scene(**{**_fields(row), "turns": tuple(_built(Turn, one) for one in row["turns"])})
            for row in rows
        ]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error


def _plain(value: object) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _built(kind: type[Value], row: dict[str, Any]) -> Value:
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in _fields(row).items() if name in known})


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _tupled(value) for name, value in row.items()}


def _tupled(value: Any) -> Any:
    return tuple(_tupled(one) for one in value) if isinstance(value, list) else value


def _damaged(path: Path) -> StorageError:
    return StorageError(
        f"{path.name} is missing or damaged.", "Run the stage that makes it again.", code="damaged"
    )
