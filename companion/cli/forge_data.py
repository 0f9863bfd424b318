"""`companion forge import FILE` and `companion forge export JOB --as FORM`: ready-made data in and out."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from companion.errors import UsageError
from companion.forge.datasets.rows import Row, loaded_rows
from companion.forge.formats.reading import DATA_FORMS, DataSet, counted, read_dataset
from companion.forge.formats.writing import EXPORTS, written
from companion.forge.pipeline import DATASET
from companion.forge.request import JOBS, found_jobs
from companion.paths import Paths
from companion.storage.atomic import write_atomic

ACTIONS: Final = ("import", "export")
_WORDS: Final = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("import and export of data sets")
    group.add_argument("--preview", action="store_true", help="show how a data set is read, and do nothing")
    group.add_argument(
        "--as-form",
        dest="as_form_in",
        choices=DATA_FORMS,
        help="what the data set is, instead of what it looks like",
    )
    group.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="another name of a field, such as ask=question",
    )
    group.add_argument("--rejoin", action="store_true", help="take out the spaces between Chinese words")
    group.add_argument(
        "--mend", action="store_true", help="mend broken JSON where that is sure; changes are shown"
    )
    group.add_argument(
        "--as", dest="as_form", choices=EXPORTS, metavar="FORM", help=f"for export: {', '.join(EXPORTS)}"
    )
    group.add_argument("--split", choices=("train", "val", "test"), help="export this part alone")
    group.add_argument("--view", choices=("scene", "pair", "data"), help="export this view alone")


def fields_of(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the fields that are named otherwise. Raises UsageError."""
    pairs = [one.partition("=") for one in arguments.field]
    if any(not (theirs and sign and ours) for theirs, sign, ours in pairs):
        raise UsageError(
            "A field is written THEIRS=OURS.", "Example: --field ask=question --field say=answer"
        )
    return {theirs: ours for theirs, _, ours in pairs}


def preview(arguments: argparse.Namespace) -> int:
    """Show how a data set is read: its form, how many rows fit, what is wrong row by row, and the first rows."""
    found = read_dataset(
        Path(arguments.what[0]),
        form=arguments.as_form_in,
        fields=fields_of(arguments),
        rejoin=arguments.rejoin,
        mend=arguments.mend,
    )
    if arguments.json:
        print(json.dumps(_summary(found), ensure_ascii=False))
    else:
        _print(found, arguments.limit)
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the data set of a job, named by its character or as a file, in another form."""
    if arguments.as_form is None:
        raise UsageError("The form is missing.", f"--as one of: {', '.join(EXPORTS)}")
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    rows, name = _rows(arguments.what[0], paths)
    chosen = [
        row
        for row in rows
        if row.view != "other" and arguments.split in (None, row.split) and arguments.view in (None, row.view)
    ]
    made = written(chosen, arguments.as_form, character=name)
    target = (arguments.out or Path(f"{name}-{arguments.as_form}{made.suffix}")).expanduser().resolve()
    write_atomic(target, made.content)
    left_out = dict(made.left_out)
    if arguments.json:
        print(
            json.dumps({"file": str(target), "n_rows": made.n_rows, "left_out": left_out}, ensure_ascii=False)
        )
    else:
        print(f"{made.n_rows:,} of {len(chosen):,} rows: {target}")
        for reason, n in left_out.items():
            print(f"  {reason.replace('_', ' ')}: {n:,} rows; this form has no place for it")
    return 0


def _rows(what: str, paths: Paths) -> tuple[list[Row], str]:
    path = Path(what).expanduser()
    if path.is_file():
        return loaded_rows(path), path.stem
    if (path / DATASET).is_file():
        return loaded_rows(path / DATASET), path.name
    for folder, request in found_jobs(paths.data / JOBS):
        if what in (request.name, folder.name) and (folder / DATASET).is_file():
            return loaded_rows(folder / DATASET), request.name
    raise UsageError(
        f"There is no job '{what}' with a data set.", "See: companion forge status", code="no_job"
    )


def _summary(found: DataSet) -> dict[str, Any]:
    return {
        "file": found.file,
        "form": found.form,
        "shape": found.shape,
        "encoding": found.encoding,
        "votes": {form: list(vote) for form, vote in found.votes.items() if vote[0]},
        "n_values": found.n_values,
        "n_rows": len(found.rows),
        "n_dropped": found.n_dropped,
        "problems": [asdict(one) for one in found.problems],
        "mends": [asdict(one) for one in found.mends],
        "rows": [asdict(row) for row in found.rows],
    }


def _print(found: DataSet, limit: int) -> None:
    print(f"{found.file}: {found.form} ({found.shape}, {found.encoding})")
    for form, (n, of) in found.votes.items():
        if n:
            print(f"  {n} of {of} rows fit {form}")
    lines = Counter(turn.train for row in found.rows for turn in row.turns if turn.role == "character")
    print(
        f"{len(found.rows):,} of {found.n_values:,} rows can be used, {lines[True]:,} replies to learn from"
    )
    for kind, n, first in counted(found.problems):
        what = "left out" if first.dropped else "kept"
        print(f"  {kind.replace('_', ' ')}: {n:,} {what}, first in row {first.row}: {_short(first.what)}")
    for mend in found.mends:
        print(f"  mended ({mend.what}), row {mend.row}:\n    - {mend.before!r}\n    + {mend.after!r}")
    for row in found.rows[: limit or None]:
        print(f"row {row.source[0]}")
        for turn in row.turns:
            mark = "*" if turn.train else " "
            print(f"  {mark}{turn.role}: {_short(turn.text)}")


def _short(text: str) -> str:
    line = " ".join(text.split("\n"))
    return line if len(line) <= _WORDS else f"{line[:_WORDS]}…"
