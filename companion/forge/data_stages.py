"""A character out of a data set: its rows, split, and a card from what they hold."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from companion.errors import DocumentError, PackError
from companion.forge.datasets.rows import Row, Split, dumped_rows
from companion.forge.datasets.splits import without_shared
from companion.forge.datasets.views import Dropped
from companion.forge.formats.reading import read_dataset
from companion.forge.formats.writing import said
from companion.forge.pack_draft import CardText
from companion.forge.records import dumped
from companion.forge.request import ForgeRequest
from companion.jobs.stage_run import StageRun
from companion.packs.card import data_of
from companion.packs.strict_json import load_json
from companion.text.language import language_of

IMPORTED: Final = "imported.jsonl"
PROBLEMS: Final = "import_problems.jsonl"
MENDS: Final = "mends.jsonl"
_DATA: Final = (".jsonl", ".csv", ".tsv")
_TEST, _VAL = 10, 15
_MOST_EXAMPLES: Final = 3
_MOST_SAID, _MOST_REPLY = 120, 200


def is_dataset(path: Path) -> bool:
    """Tell whether a file is a data set and no novel, script or card."""
    suffix = path.suffix.lower()
    if suffix != ".json":
        return suffix in _DATA
    try:
        data_of(load_json(path.read_bytes(), path.name))
    except (OSError, PackError, AttributeError):
        return True
    return False


def import_data(run: StageRun, request: ForgeRequest) -> dict[str, Any]:
    """Read the data set of `request`; every row that is left out stands in import_problems.jsonl with its reason."""
    found = read_dataset(request.file, fields=dict(request.fields), rejoin=request.rejoin, mend=request.mend)
    run.write(IMPORTED, dumped_rows(found.rows))
    run.write(PROBLEMS, dumped(found.problems))
    run.write(MENDS, dumped(found.mends))
    if not found.rows:
        raise DocumentError(
            f"No row of {found.file} can be used.",
            f"It looks like {found.form}; see why with: companion forge import {found.file} --preview",
            code="empty",
        )
    return {
        "form": found.form,
        "shape": found.shape,
        "encoding": found.encoding,
        "votes": {form: list(vote) for form, vote in found.votes.items()},
        "n_values": found.n_values,
        "n_rows": len(found.rows),
        "problems": Counter(one.kind for one in found.problems),
        "n_mends": len(found.mends),
    }


def split_rows(rows: Sequence[Row]) -> tuple[list[Row], list[Dropped]]:
    """Return `rows` split by a hash of what is asked first, so that variants of one question stay together.

    A tenth is `test`, a twentieth `val`; rows that repeat a held-out reply are dropped.
    """
    kept, dropped = without_shared([row.in_split(_split(row)) for row in rows])
    return kept, [Dropped(reason, row.source[0], row.lines[-1][:60]) for row, reason in dropped]


def data_card(rows: Sequence[Row], name: str) -> CardText:
    """Return a card whose description is the system text most rows have, and whose examples are rows of theirs."""
    language = language_of("\n".join(line for row in rows[:200] for line in row.lines))
    systems = Counter(row.system for row in rows if row.system)
    told = next((text for text, _ in systems.most_common(1)), "")
    description = told or (f"你是{name}。" if language == "zh" else f"You are {name}.")
    openings = Counter(row.turns[0].text for row in rows if row.turns[0].role == "character")
    greetings = [text for text, _ in openings.most_common(4)]
    blocks = []
    for row in rows:
        turns = said(row.turns)
        fits = len(turns) == 2 and len(turns[0][1]) <= _MOST_SAID and len(turns[1][1]) <= _MOST_REPLY
        if fits and _split(row) == "train":
            blocks.append(f"<START>\n{{{{user}}}}: {turns[0][1]}\n{{{{char}}}}: {turns[1][1]}")
        if len(blocks) == _MOST_EXAMPLES:
            break
    first = greetings[0] if greetings else ""
    return CardText(name, language, description, "", "", first, tuple(greetings[1:]), "\n".join(blocks), ())


def _split(row: Row) -> Split:
    first = next((turn.text for turn in row.turns if turn.role == "user"), row.turns[0].text)
    bucket = zlib.crc32(first.encode("utf-8", "surrogatepass")) % 100
    return "test" if bucket < _TEST else "val" if bucket < _VAL else "train"
