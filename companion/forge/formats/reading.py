"""From a data set to rows: its form voted on by 200 of its values, each value read or told why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from companion.errors import DocumentError
from companion.forge.datasets.rows import Row
from companion.forge.formats.forms import FORMS, DataForm, Form
from companion.forge.formats.mending import Mend
from companion.forge.formats.spacing import is_spaced, rejoined
from companion.forge.formats.tavern import is_tavern, read_tavern
from companion.forge.formats.turns import Notes
from companion.forge.formats.values import RowProblem, Values, read_values

SNIFFED: Final = 200
_LEAST_SHARE: Final = 0.5
DATA_FORMS: Final[tuple[DataForm, ...]] = (*(form.name for form in FORMS), "sillytavern")


@dataclass(frozen=True, slots=True)
class DataSet:
    """A file as read. `votes`: of how many sniffed values each form could be, as (fitting, sniffed)."""

    file: str
    form: DataForm
    shape: str
    encoding: str
    rows: tuple[Row, ...]
    n_values: int
    votes: Mapping[str, tuple[int, int]]
    problems: tuple[RowProblem, ...] = ()
    mends: tuple[Mend, ...] = ()

    @property
    def n_dropped(self) -> int:
        return sum(one.dropped for one in self.problems)


def read_dataset(
    path: Path,
    *,
    form: DataForm | None = None,
    fields: Mapping[str, str] | None = None,
    rejoin: bool = False,
    mend: bool = False,
) -> DataSet:
    """Return the rows of a data set, as `form` if that is given, else as what most of its values look like.

    `fields` renames keys first, such as {"human_says": "question"}; `rejoin` takes the spaces out of spaced Chinese;
    `mend` repairs broken JSON and tells each change. Raises DocumentError, code `no_form` and those of `read_values`.
    """
    values = read_values(path, mend=mend)
    if fields:
        values = replace(values, rows=tuple((number, _renamed(one, fields)) for number, one in values.rows))
    votes = _votes(values.rows)
    chosen = form or _best(votes, values, path.name)
    if chosen == "sillytavern":
        rows, problems = read_tavern(values.rows)
    else:
        rows, problems = _read(values.rows, next(one for one in FORMS if one.name == chosen))
    rows, more = _without_copies(rows)
    problems += more
    spaced = [row for row in rows if any(is_spaced(turn.text) for turn in row.turns)]
    problems += (
        RowProblem(row.source[0], "spaced", row.turns[-1].text[:80], dropped=False) for row in spaced
    )
    if rejoin:
        rows = [_rejoined(row) for row in rows]
    if chosen == "kto" and rows and len({row.label for row in rows}) == 1:
        problems.append(RowProblem(0, "one_class", "all replies have the same label", dropped=False))
    return DataSet(
        path.name,
        chosen,
        values.shape,
        values.encoding,
        tuple(rows),
        len(values.rows) + sum(one.kind in ("no_json", "wrong_width") for one in values.problems),
        votes,
        tuple(sorted((*values.problems, *problems), key=lambda one: one.row)),
        values.mends,
    )


def _votes(rows: Sequence[tuple[int, Any]]) -> dict[str, tuple[int, int]]:
    """Return for each form how many of 200 values, spread over all, could be of it."""
    step = max(1, len(rows) // SNIFFED)
    sample = [value for _, value in rows[::step]][:SNIFFED]
    found: dict[str, tuple[int, int]] = {
        form.name: (sum(form.fits(value) for value in sample), len(sample)) for form in FORMS
    }
    found["sillytavern"] = (sum(map(is_tavern, sample)), len(sample))
    return found


def _best(votes: Mapping[str, tuple[int, int]], values: Values, file: str) -> DataForm:
    best = max(DATA_FORMS, key=lambda name: votes[name][0])
    n, of = votes[best]
    if n < _LEAST_SHARE * of:
        first = values.rows[0][1]
        keys = ", ".join(list(map(str, first))[:6]) if isinstance(first, Mapping) else type(first).__name__
        raise DocumentError(
            f"{file} has no form that is known: {n} of {of} rows look like {best}. Its first row has: {keys}.",
            "Name the fields: --field THEIRS=question --field THEIRS=answer; or the form: --as-form.",
            code="no_form",
        )
    return best


def _read(rows: Sequence[tuple[int, Any]], form: Form) -> tuple[list[Row], list[RowProblem]]:
    out: list[Row] = []
    problems: list[RowProblem] = []
    for number, value in rows:
        if not form.fits(value):
            problems.append(RowProblem(number, "no_fit", str(value)[:80]))
            continue
        notes = Notes()
        row = form.read(value, number, notes)
        problems += (RowProblem(number, kind, what, dropped=False) for kind, what in notes.kept)
        if row is not None:
            out.append(row)
        else:
            problems.append(RowProblem(number, *(notes.dropped or ("no_fit", ""))))
    return out, problems


def _without_copies(rows: Sequence[Row]) -> tuple[list[Row], list[RowProblem]]:
    seen: dict[str, int] = {}
    out: list[Row] = []
    problems: list[RowProblem] = []
    for row in rows:
        number = row.source[0]
        if row.id in seen:
            problems.append(RowProblem(number, "copy", f"the same as row {seen[row.id]}"))
        else:
            seen[row.id] = number
            out.append(row)
    return out, problems


def _rejoined(row: Row) -> Row:
    turns = tuple(replace(turn, text=rejoined(turn.text)) for turn in row.turns)
    return replace(row, turns=turns, system=rejoined(row.system), rejected=rejoined(row.rejected))


def _renamed(value: Any, fields: Mapping[str, str]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {fields.get(str(key), key): one for key, one in value.items()}


def counted(problems: Sequence[RowProblem]) -> Iterator[tuple[str, int, RowProblem]]:
    """Yield each kind of problem with how often it comes and the first one, most frequent first."""
    counts = Counter(one.kind for one in problems)
    for kind, n in counts.most_common():
        yield kind, n, next(one for one in problems if one.kind == kind)
