"""From a file to values: JSON as a list, in lines, under a key or keyed; CSV; what is broken is told or mended."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion.documents.decoding import decoded_as
from companion.documents.reading import MOST_BYTES
from companion.errors import DocumentError
from companion.forge.formats.mending import Mend, mended

SUFFIXES: Final = (".json", ".jsonl", ".csv", ".tsv", ".txt")
_UNDER: Final = ("data", "rows", "conversations", "dialogues", "items", "examples", "records", "train")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row, counted from 1; `dropped`: it is not in the data. `kind` is a word such as `empty`."""

    row: int
    kind: str
    what: str
    dropped: bool = True


@dataclass(frozen=True, slots=True)
class Values:
    """`rows` as (number from 1, value); `mends` were made in broken JSON and must be shown."""

    rows: tuple[tuple[int, Any], ...]
    shape: str
    encoding: str
    problems: tuple[RowProblem, ...] = ()
    mends: tuple[Mend, ...] = ()


def read_values(path: Path, *, mend: bool = False) -> Values:
    """Return the values in a file; with `mend` broken JSON is mended where that is sure, and each change told.

    Raises DocumentError: `io`, `too_large`, `empty`, `binary`, `unsupported`, `damaged`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DocumentError(
            f"{path.name} is no data set that can be read.",
            f"These can: {', '.join(one.lstrip('.') for one in SUFFIXES)}; save a table as CSV.",
            code="unsupported",
        )
    found = decoded_as(_bytes(path), path.name)
    odd = tuple(
        RowProblem(line, "mixed_encoding", found.other or "unreadable", dropped=False)
        for line in found.odd_lines
    )
    text = found.text.lstrip("\ufeff")
    if path.suffix.lower() in (".csv", ".tsv"):
        rows, problems = _table(text, "\t" if path.suffix.lower() == ".tsv" else "")
        made = Values(tuple(rows), "table", found.encoding, (*odd, *problems))
    else:
        made = _json(text, path.name, found.encoding, odd, mend=mend)
    if not made.rows:
        raise DocumentError(f"{path.name} holds no rows.", "Choose another file.", code="empty")
    return made


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DocumentError(
                f"{path.name} has {size / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB can be read.",
                "Split it.",
                code="too_large",
            )
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{path.name} cannot be read ({error.strerror or type(error).__name__}).",
            "Check the file.",
            code="io",
        ) from error
    if not data.strip():
        raise DocumentError(f"{path.name} is empty.", "Choose another file.", code="empty")
    return data


def _json(text: str, file: str, encoding: str, odd: tuple[RowProblem, ...], *, mend: bool) -> Values:
    try:
        whole = json.loads(text)
    except RecursionError as error:
        raise _damaged(file) from error
    except ValueError:
        return _lines(text, file, encoding, odd, mend=mend)
    rows, shape = _unwrapped(whole)
    return Values(tuple(enumerate(rows, 1)), shape, encoding, odd)


def _unwrapped(whole: Any) -> tuple[list[Any], str]:
    """Return the rows of a JSON value: of a list, of the list under a usual key, or of an object that is keyed."""
    if isinstance(whole, list):
        return whole, "list"
    if not isinstance(whole, Mapping):
        return [whole], "value"
    for key in _UNDER:
        inner = whole.get(key)
        if isinstance(inner, list) and inner and isinstance(inner[0], Mapping) and not _is_turn(inner[0]):
            return inner, f"under {key}"
        if isinstance(inner, Mapping) and inner and all(isinstance(one, Mapping) for one in inner.values()):
            return list(inner.values()), f"keyed under {key}"
    values = list(whole.values())
    if len(values) > 1 and all(isinstance(one, Mapping) for one in values):
        return values, "keyed"
    return [whole], "object"


def _is_turn(value: Mapping[str, Any]) -> bool:
    return bool({"role", "from", "content", "value"} & set(value)) and "messages" not in value


def _lines(text: str, file: str, encoding: str, odd: tuple[RowProblem, ...], *, mend: bool) -> Values:
    rows: list[tuple[int, Any]] = []
    broken: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append((number, json.loads(line)))
        except (ValueError, RecursionError):
            broken.append((number, line))
    if len(rows) <= len(broken) and (one := _mended_whole(text) if mend else None) is not None:
        value, mends = one
        values, shape = _unwrapped(value)
        return Values(tuple(enumerate(values, 1)), shape, encoding, odd, tuple(mends))
    if not rows:
        raise _damaged(file)
    mends_made: list[Mend] = []
    problems = list(odd)
    for number, line in broken:
        done = mended(line) if mend else None
        if done is None:
            problems.append(RowProblem(number, "no_json", line.strip()[:80]))
            continue
        value, mends = done
        rows.append((number, value))
        mends_made += (Mend(number, one.before, one.after, one.what) for one in mends)
        problems.append(RowProblem(number, "mended", mends[0].what if mends else "", dropped=False))
    rows.sort(key=lambda row: row[0])
    return Values(tuple(rows), "lines", encoding, tuple(problems), tuple(mends_made))


def _mended_whole(text: str) -> tuple[Any, list[Mend]] | None:
    done = mended(text)
    return done if done is not None and isinstance(done[0], (list, dict)) and done[0] else None


def _table(text: str, delimiter: str) -> tuple[list[tuple[int, Any]], list[RowProblem]]:
    if not delimiter:
        head = text.split("\n", 1)[0]
        delimiter = max((",", ";", "\t"), key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[int, Any]] = []
    problems: list[RowProblem] = []
    heads: list[str] = []
    for cells in _cells(reader):
        if not heads:
            heads = [cell.strip() for cell in cells]
        elif not any(cell.strip() for cell in cells):
            continue
        elif len(cells) != len(heads):
            what = f"{len(cells)} cells instead of {len(heads)}"
            problems.append(RowProblem(reader.line_num, "wrong_width", what))
        else:
            rows.append((reader.line_num, dict(zip(heads, cells, strict=True))))
    return rows, problems


def _cells(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A field of more than 128 kB; what is behind it is still read.
            continue


def _damaged(file: str) -> DocumentError:
    return DocumentError(
        f"{file} is no JSON that can be read.",
        "Check the file, or have it mended with --mend.",
        code="damaged",
    )
