"""How well passages of a novel are found: recall of hand-written questions, and what building and searching take.

The questions name their answers by quotations, looked up in the text that is measured. A passage is a hit if it
overlaps one, as the index returns it: not joined, not widened. Every third question is for tuning (`dev`).
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from companion import settings as settings_file
from companion import wiring
from companion.cli.benchmarks.figures import summary
from companion.documents.document import Document
from companion.documents.reading import read_document
from companion.documents.search import Collections, PassageSearch, Shelf, passage_items
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.passages import Passage
from companion.engines.catalog import load_catalog
from companion.errors import UsageError
from companion.lore_store import LoreStore, collections_of
from companion.paths import Paths, bundled
from companion.ports import RecallIndex, SearchMode
from companion.workers.recall_client import RecallClient

_QUESTIONS: Final = "hongloumeng_questions.jsonl"
_WHO: Final = "bench"
_DEPTH: Final = 50
_AT: Final = (1, 3, 5, 10)
_PLAIN: Final = "bench_passages_without_header"
_MARK_EVERY: Final = 40

Span = tuple[int, int]
Find = Callable[[str], Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Question:
    """`kind` is `plain`; `named`, people by their names and the rest in other words; `paraphrase`, nothing by its name;
    `english`; or `none`, which no passage answers. `gold` are places in the text.
    """

    id: str
    split: str
    kind: str
    text: str
    gold: tuple[Span, ...]


def measure(paths: Paths, corpus: Path, *, scale: int = 1) -> dict[str, Any]:
    """Index `corpus` in a folder of its own and ask all questions; with `scale`, a text so many times as long, too.

    Raises DocumentError, and UsageError if it is not the novel that the questions are about.
    """
    home = Path(tempfile.mkdtemp(prefix="companion-bench-"))
    try:
        return _measured(replace(Paths.under(home), models=paths.models), paths, corpus, scale)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def questions_of(document: Document) -> list[Question]:
    """Return the questions with their places in `document`. Raises UsageError where a quotation is not in it."""
    raw = files("companion.cli.benchmarks").joinpath("data").joinpath(_QUESTIONS).read_text(encoding="utf-8")
    out = []
    for line in raw.splitlines():
        row = json.loads(line)
        # The novel repeats a few sentences: each place counts.
        gold = [match.span() for one in row["gold"] for match in re.finditer(re.escape(one), document.text)]
        if row["gold"] and not gold:
            raise UsageError(
                f"{document.file} is not the text that the questions are about: {row['gold'][0]!r} is not in it.",
                "Name a text of 红楼梦 in 120 chapters.",
            )
        out.append(Question(row["id"], row["split"], row["kind"], row["question"], tuple(gold)))
    return out


def table(questions: Sequence[Question], find: Find) -> dict[str, Any]:
    """Return recall at 1, 3, 5 and 10 and the mean reciprocal rank for each split, and recall at 5 for each kind."""
    ranks = [(one, _rank(one, find(one.text))) for one in questions if one.gold]
    out: dict[str, Any] = {
        split: _recall([rank for one, rank in ranks if split in ("all", one.split)])
        for split in ("dev", "test", "all")
    }
    for kind in ("plain", "named", "paraphrase", "english"):
        out[f"recall@5 {kind}"] = _recall([rank for one, rank in ranks if one.kind == kind])["recall@5"]
    return out


def _rank(question: Question, spans: Sequence[Span]) -> int | None:
    for rank, (start, end) in enumerate(spans[:_DEPTH], 1):
        if any(start < gold_end and end > gold_start for gold_start, gold_end in question.gold):
            return rank
    return None


def _recall(ranks: Sequence[int | None]) -> dict[str, float | int]:
    n = len(ranks)
    out: dict[str, float | int] = {"n": n}
    for k in _AT:
        out[f"recall@{k}"] = round(sum(rank is not None and rank <= k for rank in ranks) / max(1, n), 3)
    out["mrr"] = round(sum(1 / rank for rank in ranks if rank is not None) / max(1, n), 3)
    return out


def _measured(bench: Paths, user: Paths, corpus: Path, scale: int) -> dict[str, Any]:
    bench.make()
    settings, _ = settings_file.load(user.settings)
    catalog = load_catalog(bundled("models") / "catalog.toml")
    cancel = CancelToken()
    spec = wiring.recall_spec(settings, bench, catalog, progress=lambda done, total: None, cancel=cancel)
    index = RecallClient(spec)
    store = LoreStore(bench, lambda id_: Character(id_, id_, bench.data), lambda: index)
    try:
        return _run(store, index, corpus, scale)
    finally:
        store.close()
        index.close()


def _run(store: LoreStore, index: RecallIndex, corpus: Path, scale: int) -> dict[str, Any]:
    document = store.add(_WHO, corpus)
    questions = questions_of(read_document(corpus))
    info = store.build(_WHO, cancel=CancelToken())
    passages = store.passages(_WHO)
    cold = [_timed(store, one) for one in questions]
    warm = [_timed(store, one) for one in questions]
    out: dict[str, Any] = {
        "characters": document.n_chars,
        "passages": document.n_passages,
        "embedder": info.embedder,
        "store": info.store,
        "build_s": round(info.seconds, 1),
        "search_ms": summary([1000 * one for one in cold], 1),
        "search_again_ms": summary([1000 * one for one in warm], 1),
        "recall": _tables(store, index, passages, questions),
        "unanswerable": _confidence(store, questions),
    }
    if scale > 1:
        out[f"{scale}x"] = _scaled(store, corpus, questions, scale, info.seconds, warm)
    return out


def _timed(store: LoreStore, question: Question, who: str = _WHO) -> float:
    began = time.perf_counter()
    store.search(who, question.text)
    return time.perf_counter() - began


def _tables(
    store: LoreStore, index: RecallIndex, passages: Sequence[Passage], questions: Sequence[Question]
) -> dict[str, Any]:
    names = collections_of(_WHO)
    plain = [replace(item, context="") for item in passage_items(passages)]
    index.sync(_PLAIN, plain, CancelToken())
    places = {one.id: (one.start, one.end) for one in passages}
    shelf = store.shelf(_WHO)

    def single(collection: str, mode: SearchMode) -> Find:
        return lambda text: [
            places[hit.id] for hit in index.search(collection, text, limit=_DEPTH, mode=mode)
        ]

    def ours(collections: Collections, shelf: Shelf) -> Find:
        search = PassageSearch(shelf, collections)
        return lambda text: [places[one.passage.id] for one in search.find(index, text)[:_DEPTH]]

    def shown(text: str) -> list[Span]:
        return [(one.start, one.end) for one in store.search(_WHO, text, limit=_AT[-1])]

    bare = replace(names, passages=_PLAIN)
    rows: dict[str, Find] = {
        "bm25": single(names.passages, "bm25"),
        "bm25, no header": single(_PLAIN, "bm25"),
        "dense": single(names.passages, "dense"),
        "dense, no header": single(_PLAIN, "dense"),
        "ranks fused": single(names.passages, "fused"),
        "fused": ours(names, shelf),
        "fused, no header": ours(bare, shelf),
        "as shown: joined and widened": shown,
    }
    return {name: table(questions, find) for name, find in rows.items()}


def _confidence(store: LoreStore, questions: Sequence[Question]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for split in ("dev", "test"):
        some = [one for one in questions if one.split == split]
        sure = {one.id: store.explain(_WHO, one.text).confident for one in some}
        without = [sure[one.id] for one in some if not one.gold]
        answered = [sure[one.id] for one in some if one.gold]
        out[split] = {
            "n": len(without),
            "false_answer_rate": round(sum(without) / max(1, len(without)), 3),
            "n_answerable": len(answered),
            "held_for_unanswerable": round(1 - sum(answered) / max(1, len(answered)), 3),
        }
    return out


def _scaled(
    store: LoreStore,
    corpus: Path,
    questions: Sequence[Question],
    scale: int,
    build_s: float,
    once: Sequence[float],
) -> dict[str, Any]:
    """Copies of the text that differ everywhere, so that no vector is found in the cache."""
    text = read_document(corpus).text
    who = f"{_WHO}-{scale}"
    for copy in range(scale):
        mark = chr(0x3447 + copy)
        pieces = [text[i : i + _MARK_EVERY] for i in range(0, len(text), _MARK_EVERY)]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{copy}.txt"
            file.write_text(mark.join(pieces), encoding="utf-8")
            store.add(who, file)
    info = store.build(who, cancel=CancelToken())
    for one in questions:
        _timed(store, one, who)
    times = [_timed(store, one, who) for one in questions]
    base, long = summary([1000 * one for one in once], 1), summary([1000 * one for one in times], 1)
    return {
        "passages": info.n_items,
        "build_s": round(info.seconds, 1),
        "build_ratio": round(info.seconds / build_s, 2),
        "search_again_ms": long,
        "search_p50_ratio": round(long["p50"] / base["p50"], 2),
        "search_p95_ratio": round(long["p95"] / base["p95"], 2),
    }
