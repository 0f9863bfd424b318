"""The extraction as stages of a job: import, units, quotes, cast, speakers, scenes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from companion.forge.choosing import chooser
from companion.forge.extraction import Extraction, advice, attributed_to, extracted, found_cast, spoken_quotes
from companion.forge.importing import read_source
from companion.forge.lines import Form
from companion.forge.overrides import read_overrides
from companion.forge.quotes import Quote
from companion.forge.records import (
    dumped,
    dumped_cast,
    dumped_source,
    loaded,
    loaded_cast,
    loaded_source,
)
from companion.forge.speakers import Attribution
from companion.forge.units import units_of
from companion.jobs.stage import Stage
from companion.jobs.stage_run import StageRun
from companion.ports import LanguageModel

SOURCE: Final = "source.json"
CHAPTERS: Final = "chapters.jsonl"
PARAGRAPHS: Final = "paragraphs.jsonl"
QUOTES: Final = "quotes.jsonl"
CAST: Final = "cast.json"
SPEAKERS: Final = "speakers.jsonl"
SCENES: Final = "scenes.jsonl"
PROBLEMS: Final = "problems.jsonl"
OVERRIDES: Final = "overrides.jsonl"
"""Corrections, in the job's folder; no stage writes it."""
RAW: Final = "raw"

OpenModel = Callable[[], AbstractContextManager[LanguageModel]]


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    """What to take apart, and for whom. `known` are names that belong to the cast, the wanted character's first."""

    file: Path
    known: tuple[str, ...] = ()
    form: Form | None = None


def extraction_stages(
    folder: Path, request: ExtractionRequest, open_model: OpenModel | None = None
) -> list[Stage]:
    """Return the stages that take `request` apart in the job's `folder`; `open_model` gives the one that may choose."""
    known: Mapping[str, object] = {"known": list(request.known)}
    corrections = (folder / OVERRIDES,)
    return [
        Stage(
            "import", lambda run: _import(run, request), config={"form": request.form}, inputs=(request.file,)
        ),
        Stage("units", _units, needs=("import",)),
        Stage("quotes", _quotes, needs=("units",)),
        Stage("cast", lambda run: _cast(run, request), config=known, needs=("quotes",), inputs=corrections),
        Stage(
            "speakers",
            lambda run: _speakers(run, open_model),
            config={**known, "model": open_model is not None},
            needs=("cast",),
        ),
        Stage(
            "scenes", lambda run: _scenes(run, request), config=known, needs=("speakers",), inputs=corrections
        ),
    ]


def read_extraction(folder: Path, request: ExtractionRequest) -> Extraction:
    """Return what the stages in `folder` have found, with the corrections as they are now. Raises StorageError."""
    source = loaded_source(folder / SOURCE)
    overrides = read_overrides(folder / OVERRIDES)
    if source.form != "novel":
        return extracted(source, known=request.known, overrides=overrides)
    kept = {one.quote: one for one in loaded(folder / SPEAKERS, Attribution)}
    quotes = loaded(folder / QUOTES, Quote)

    def choose(draft: Extraction) -> Sequence[Attribution]:
        # Corrections may take quotes out; what was found is by the number of the uncorrected ones.
        return [kept.get(one.quote, one) for one in draft.attributions]

    cast = loaded_cast(folder / CAST)
    return attributed_to(source, units_of(source.document), quotes, cast, overrides=overrides, choose=choose)


def _import(run: StageRun, request: ExtractionRequest) -> dict[str, Any]:
    source = read_source(request.file, form=request.form)
    with run.placing(f"{RAW}/{request.file.name}") as copy:
        shutil.copyfile(request.file, copy)
    run.write(SOURCE, dumped_source(source))
    for one in source.problems:
        run.refuse(f"{'row' if one.row else 'offset'} {one.at}", f"{one.kind}: {one.what}")
    return {
        "file": source.document.file,
        "form": source.form,
        "encoding": source.encoding,
        "votes": {form: list(vote) for form, vote in source.votes.items()},
        "n_chars": len(source.document.text),
        "n_lines": len(source.lines),
        "problems": Counter(one.kind for one in source.problems),
    }


def _units(run: StageRun) -> dict[str, Any]:
    units = units_of(loaded_source(run.job / SOURCE).document)
    run.write(CHAPTERS, dumped(units.chapters))
    run.write(PARAGRAPHS, dumped(units.paragraphs))
    return {
        "n_chapters": len(units.chapters),
        "n_paragraphs": len(units.paragraphs),
        "wrapped": units.wrapped,
        "problems": Counter(one.kind for one in units.problems),
    }


def _quotes(run: StageRun) -> dict[str, Any]:
    source = loaded_source(run.job / SOURCE)
    quotes = spoken_quotes(source, units_of(source.document)) if source.form == "novel" else []
    run.write(QUOTES, dumped(quotes))
    return {
        "n_quotes": len(quotes),
        "kinds": Counter(one.kind for one in quotes),
        "n_unclosed": sum(one.unclosed and not one.continues for one in quotes),
        "n_unopened": sum(one.unopened for one in quotes),
    }


def _cast(run: StageRun, request: ExtractionRequest) -> dict[str, Any]:
    source = loaded_source(run.job / SOURCE)
    overrides = read_overrides(run.job / OVERRIDES)
    if source.form == "novel":
        quotes = loaded(run.job / QUOTES, Quote)
        units = units_of(source.document)
        cast = found_cast(source, units, quotes, known=request.known, overrides=overrides)
    else:
        cast = extracted(source, overrides=overrides).cast
    run.write(CAST, dumped_cast(cast))
    missing = [name for name in request.known if cast.person(name) is None]
    for name in missing:
        run.say(f"{name} is not named in {source.document.file}.")
    return {"n_people": len(cast.people), "n_doubts": len(cast.doubts), "missing": missing}


def _speakers(run: StageRun, open_model: OpenModel | None) -> dict[str, Any]:
    source = loaded_source(run.job / SOURCE)
    if source.form != "novel":
        run.write(SPEAKERS, b"")
        return {"n_quotes": 0}
    units, quotes = units_of(source.document), loaded(run.job / QUOTES, Quote)
    cast = loaded_cast(run.job / CAST)
    if open_model is None:
        found = attributed_to(source, units, quotes, cast)
    else:
        with open_model() as model:
            choose = chooser(model, run.cancel, progress=run.progress, kept=run.items())
            found = attributed_to(source, units, quotes, cast, choose=choose)
            run.check()
    run.write(SPEAKERS, dumped(found.attributions))
    said = found.attributions
    return {
        "n_quotes": len(said),
        "n_open": sum(one.speaker is None for one in said),
        "methods": Counter(one.method for one in said),
        "forms": Counter(one.form for one in said),
    }


def _scenes(run: StageRun, request: ExtractionRequest) -> dict[str, Any]:
    found = read_extraction(run.job, request)
    run.write(SCENES, dumped(found.scenes))
    run.write(PROBLEMS, dumped(found.problems))
    names = request.known or tuple(one.id for one in found.cast.people[:1])
    return {
        "n_scenes": len(found.scenes),
        "lines": {name: found.lines_of(name) for name in names},
        "advice": {name: advice(found, name) for name in names},
        "noise": Counter(found.noise.values()),
        "problems": Counter(one.kind for one in found.problems),
        "lost_corrections": [asdict(one) for one in found.lost],
    }
