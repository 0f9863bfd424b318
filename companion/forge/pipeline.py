"""The whole way from a text to a character as one job: its stages in order, with what each is made from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.engines.language_models.vocabulary import Vocabulary
from companion.errors import DocumentError, UsageError
from companion.forge.data_stages import IMPORTED, data_card, import_data, is_dataset, split_rows
from companion.forge.datasets.rows import Row, dumped_rows, loaded_rows
from companion.forge.datasets.training_rows import dumped_token_rows, histogram, token_rows
from companion.forge.datasets.views import views_of
from companion.forge.extraction import LEAST_LINES, Extraction, advice
from companion.forge.lines import Source
from companion.forge.pack import Mind, card_of, write_pack
from companion.forge.pack_draft import CardText, card_text
from companion.forge.records import dumped, loaded_source
from companion.forge.replay import PREFIX, replay_rows
from companion.forge.request import ForgeRequest
from companion.forge.stages import (
    OVERRIDES,
    SOURCE,
    ExtractionRequest,
    OpenModel,
    extraction_stages,
    read_extraction,
)
from companion.forge.trainer import measure_gates, train
from companion.forge.training_files import (
    ADAPTER,
    FOLDER,
    GATES,
    MESSAGES,
    PREFIXES,
    ROWS,
    training_settings,
)
from companion.jobs.events import Listener
from companion.jobs.job import Job
from companion.jobs.stage import Stage
from companion.jobs.stage_run import StageRun
from companion.jobs.torch_home import VARIABLE, TorchHome
from companion.model_files.gguf_check import check_gguf
from companion.packs.library import report_on
from companion.packs.names import pack_id
from companion.ports import LanguageModel

TITLES: Final[Mapping[str, str]] = {
    "import": "Reading the file",
    "units": "Finding chapters and paragraphs",
    "quotes": "Finding what is said",
    "cast": "Finding who is there",
    "speakers": "Finding who says what",
    "scenes": "Cutting into scenes",
    "card": "Drafting the card",
    "dataset": "Choosing what to learn from",
    "rows": "Turning it into tokens",
    "train": "Learning her manner",
    "gates": "Measuring what was learnt",
    "pack": "Making the pack",
}
STOPS: Final[Mapping[str, str]] = {"dataset": "dataset", "train": "train", "pack": "pack"}
CARD: Final = "card/card.json"
CARD_EDITS: Final = "card_edits.json"
"""Fields of the card that a person has written, in the job's folder; no stage writes it."""
DATASET: Final = "dataset.jsonl"
DROPPED: Final = "dropped.jsonl"
_MOST_TOKENS: Final = 900


def forge_job(
    folder: Path,
    request: ForgeRequest,
    *,
    cache: Path,
    listeners: Sequence[Listener] = (),
    cancel: CancelToken | None = None,
    open_model: OpenModel | None = None,
    home: TorchHome | None = None,
) -> Job:
    """Return the job of `request` in `folder`; `open_model` gives the model that may choose between speakers.

    Without a base, or without a `home` for the training, the pack has a card and lore alone.
    """
    taken = ExtractionRequest(request.file, request.names, request.form)
    of_data = is_dataset(request.file)
    work = _Work(folder, request, taken, cache, home, of_data=of_data)
    fields: dict[str, object] = {
        "fields": dict(request.fields),
        "rejoin": request.rejoin,
        "mend": request.mend,
    }
    first = (
        [Stage("import", lambda run: import_data(run, request), config=fields, inputs=(request.file,))]
        if of_data
        else extraction_stages(folder, taken, open_model)
    )
    return Job(
        folder,
        [*first, *work.stages()],
        listeners=listeners,
        cancel=cancel,
    )


class _Work:
    """The stages behind the extraction."""

    def __init__(
        self,
        folder: Path,
        request: ForgeRequest,
        taken: ExtractionRequest,
        cache: Path,
        home: TorchHome | None,
        *,
        of_data: bool,
    ) -> None:
        self._folder, self._request, self._taken, self._cache = folder, request, taken, cache
        self._home, self._of_data = home, of_data

    def stages(self) -> list[Stage]:
        asked = self._request
        who: dict[str, object] = {"name": asked.name, "known": list(asked.known)}
        corrections = (self._folder / OVERRIDES,)
        told: dict[str, object] = {**who, "rights": asked.rights}
        out = [
            Stage(
                "card",
                self._card,
                config=told,
                needs=("import",) if self._of_data else ("import", "cast", "speakers", "scenes"),
                inputs=(*corrections, self._folder / CARD_EDITS),
            ),
            Stage(
                "dataset",
                self._dataset,
                config=who,
                needs=("import",) if self._of_data else ("scenes",),
                inputs=corrections,
            ),
        ]
        if asked.base is not None:
            learnt = {
                "seed": asked.seed,
                "max_steps": asked.max_steps,
                "packages": self._home is not None,
            }
            out += [
                Stage(
                    "rows",
                    self._rows,
                    config={"force": asked.force},
                    needs=("card", "dataset"),
                    inputs=(asked.base,),
                ),
                Stage("train", self._train, config=learnt, needs=("rows",), owns=(ADAPTER,)),
                Stage("gates", self._gates, needs=("train",), owns=(GATES,)),
            ]
        last = ("card", "dataset") if asked.base is None else ("card", "dataset", "train", "gates")
        out.append(Stage("pack", self._pack, config={**told, "out": str(asked.out)}, needs=last))
        return out

    # ---- card and dataset

    def _card(self, run: StageRun) -> dict[str, Any]:
        if self._of_data:
            rows = loaded_rows(self._folder / IMPORTED)
            text, n = data_card(rows, self._request.name), sum(len(row.lines) for row in rows)
            verdict = "train" if n >= LEAST_LINES else "prompt"
        else:
            found, who = self._found()
            text, n, verdict = (
                self._text(found, who),
                found.lines_of(who),
                advice(found, who),
            )
        edits = _edits(self._folder / CARD_EDITS)
        run.write_json(CARD, self._card_json(text, edits))
        if n < LEAST_LINES:
            run.say(
                f"{self._request.name} says {n} lines: below {LEAST_LINES} a card with examples and lore does better "
                "than training."
            )
        return {
            "n_lines": n,
            "advice": verdict,
            "cited": Counter(one.field for one in text.citations),
            "edited": sorted(edits),
        }

    def _text(self, found: Extraction, who: str) -> CardText:
        """Return the drafted words; a card that was given speaks for itself."""
        drafted = card_text(found, who, name=self._request.name)
        if found.source.form != "card":
            return drafted
        given = report_on(self._request.file, cache=self._cache).character
        if given is None:
            return drafted
        kept = ("description", "personality", "scenario", "first_mes", "alternate_greetings", "mes_example")
        return replace(drafted, citations=(), **{name: getattr(given, name) for name in kept})

    def _card_json(self, text: CardText, edits: Mapping[str, Any]) -> dict[str, Any]:
        card = card_of(text, self._mind())
        card["data"].update(edits)
        return card

    def _dataset(self, run: StageRun) -> dict[str, Any]:
        if self._of_data:
            rows, left_out = split_rows(loaded_rows(self._folder / IMPORTED))
            chapters: dict[str, int] = {}
        else:
            found, who = self._found()
            views = views_of(found, who)
            rows, left_out = list(views.rows), list(views.dropped)
            chapters = {
                split: len({unit[0] for unit, one in views.units.items() if one == split})
                for split in ("train", "val", "test")
            }
        run.write(DATASET, dumped_rows(rows))
        run.write(DROPPED, dumped(left_out))
        return {
            "n_rows": len(rows),
            "views": _counted(rows),
            "lines": Counter(row.split for row in rows for _ in row.lines if row.view in ("scene", "data")),
            "dropped": Counter(one.reason for one in left_out),
            "chapters": chapters,
        }

    # ---- training

    def _rows(self, run: StageRun) -> dict[str, Any]:
        report = run.report_of("card")
        n_lines = int(report.get("n_lines") or 0)
        if n_lines < LEAST_LINES and not self._request.force:
            return {"skipped": "few_lines", "n_lines": n_lines}
        base = self._base()
        vocabulary = Vocabulary.load(base)
        try:
            made = token_rows(
                loaded_rows(self._folder / DATASET),
                self._character(),
                vocabulary,
                most_tokens=_MOST_TOKENS,
                progress=run.progress,
            )
            replay = replay_rows(run, vocabulary, lambda: _opened(base))
            prefixes = {self._request_id(): list(made.prefix), PREFIX: vocabulary.tokens([])}
        finally:
            vocabulary.close()
        run.write(ROWS, dumped_token_rows([*made.rows, *replay]))
        run.write(MESSAGES, dumped_token_rows(made.told))
        run.write(PREFIXES, json.dumps(prefixes).encode())
        learnt = [len(row["ids"]) for row in made.rows if row["split"] == "train"]
        if not learnt:
            raise DocumentError(
                f"There is nothing of {self._request.name} to learn from.", "Add a longer text.", code="empty"
            )
        return {
            "n_rows": len(made.rows),
            "n_train": len(learnt),
            "n_prefix": len(made.prefix),
            "n_tokens": sum(learnt),
            "longest": made.longest,
            "histogram": histogram(made.n_tokens),
            "left_out": Counter(reason for _, reason in made.left_out),
            "n_replay": len(replay),
            "n_lines": n_lines,
        }

    def _train(self, run: StageRun) -> dict[str, Any]:
        rows = run.report_of("rows")
        if rows.get("skipped"):
            return {"skipped": rows["skipped"]}
        if self._home is None:
            run.say(
                "The packages for training are not installed: the pack stays without an adapter. Install them with "
                f"uv sync --extra train, or name a Python that has them in {VARIABLE}, and run this again."
            )
            return {"skipped": "no_packages"}
        settings = training_settings(
            self._request,
            self._folder / FOLDER,
            n_lines=int(rows["n_lines"]),
            n_prefix=int(rows["n_prefix"]),
            n_tokens=int(rows["n_tokens"]),
            longest=int(rows["longest"]),
        )
        found = train(run, self._home, settings)
        figures = {
            **found.figures,
            "evaluations": found.evaluations,
            "step_s": found.step_s,
            "memory_gb": found.memory_gb,
        }
        if not found.figures.get("step"):
            run.say("Nothing was gained on held-out lines: the pack stays without an adapter.")
            return {**figures, "skipped": "no_gain"}
        run.keep(ADAPTER)
        return figures

    def _gates(self, run: StageRun) -> dict[str, Any]:
        if self._home is None or run.report_of("train").get("skipped"):
            return {"skipped": "no_adapter"}
        found = measure_gates(run, self._home)
        failed = [f"{number} ({one['name']})" for number, one in found.items() if not one["pass"]]
        if failed:
            run.say(f"These gates were not passed: {', '.join(failed)}.")
        return {
            "gates": {number: {"value": one["value"], "pass": one["pass"]} for number, one in found.items()}
        }

    # ---- pack

    def _pack(self, run: StageRun) -> dict[str, Any]:
        card = json.loads((self._folder / CARD).read_bytes())
        trained = run.report_of("train") if self._request.base is not None else {}
        has_adapter = bool(trained) and not trained.get("skipped")
        mind = self._mind()
        if has_adapter:
            figures = {key: trained.get(key) for key in ("step", "val_bpc", "base_bpc")}
            figures["gates"] = run.report_of("gates").get("gates")
            mind = replace(mind, base=self._base_card(), figures=figures)
        report = write_pack(
            self._request.out,
            card,
            mind,
            lore=self._lore(),
            adapter=self._folder / ADAPTER if has_adapter else None,
            cache=self._cache,
        )
        for one in report.problems:
            run.say(f"{one.where}: {one.what}")
        return {
            "pack": str(report.path),
            "adapter": has_adapter,
            "rights": self._request.rights,
            "problems": [asdict(one) for one in report.problems],
        }

    def _lore(self) -> dict[str, str]:
        source = None if self._of_data else self._source()
        if source is None or source.form == "card":
            return {}
        return {source.document.title or source.document.file: source.document.text}

    def _source(self) -> Source:
        return loaded_source(self._folder / SOURCE)

    # ---- what the stages share

    def _found(self) -> tuple[Extraction, str]:
        """Return the extraction and the character's id in its cast. Raises DocumentError where she says nothing."""
        found = read_extraction(self._folder, self._taken)
        ids = [one.id for name in self._request.names if (one := found.cast.person(name)) is not None]
        who = next((one for one in ids if found.lines_of(one)), self._request.name)
        if not found.lines_of(who):
            most = sorted(found.cast.people, key=lambda one: -found.lines_of(one.id))[:5]
            names = ", ".join(
                f"{one.id} ({found.lines_of(one.id)})" for one in most if found.lines_of(one.id)
            )
            raise DocumentError(
                f"{self._request.name} says nothing in {found.source.document.file}.",
                f"Who speaks most: {names}." if names else "No speech was found in it.",
                code="nobody",
            )
        return found, who

    def _character(self) -> Character:
        report = report_on(self._folder / "card", cache=self._cache)
        if report.character is None:
            raise UsageError("The card that was drafted cannot be used.", f"Mend {CARD_EDITS} of the job.")
        return replace(report.character, id=self._request_id())

    def _request_id(self) -> str:
        return pack_id(self._request.name)

    def _base(self) -> Path:
        assert self._request.base is not None
        return self._request.base

    def _base_card(self) -> dict[str, object]:
        header = check_gguf(self._base())
        return {
            "name": header.name,
            "file": header.path.name,
            "architecture": header.architecture,
            "n_layers": header.n_layers,
            "n_embd": header.n_embd,
            "file_type": header.file_type,
        }

    def _mind(self) -> Mind:
        title = self._request.file.stem if self._of_data else self._source().document.title
        return Mind(title or self._request.file.stem, self._request.rights, self._folder.name)


def _counted(rows: Sequence[Row]) -> dict[str, int]:
    counts = Counter(f"{row.view}/{row.split}" for row in rows)
    return dict(sorted(counts.items()))


def _edits(path: Path) -> dict[str, Any]:
    """Return what a person has written of the card. Raises UsageError for what is no object."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}", "Mend it.") from error
    if not isinstance(raw, dict):
        raise UsageError(f"{path.name} holds no fields.", 'Example: {"personality": "..."}')
    return raw


@contextmanager
def _opened(base: Path) -> Iterator[LanguageModel]:
    from companion.engines.language_models.llama_cpp import LlamaCpp

    model = LlamaCpp.load(base, context_tokens=1024, threads=2, threads_batch=2)
    try:
        yield model
    finally:
        model.close()
