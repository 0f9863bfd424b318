"""`companion lore`: the documents a character knows, and what a question finds in them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from companion import settings as settings_file
from companion import wiring
from companion.cli.counts import counted
from companion.documents.passages import header
from companion.documents.reading import SUFFIXES
from companion.domain.cancel import CancelToken
from companion.domain.passages import FoundPassage
from companion.engines.catalog import load_catalog
from companion.errors import CompanionError, UsageError
from companion.lore_store import ALL_TIMES, LoreStore
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.ports import RecallIndex
from companion.text.language import language_of

_ACTIONS = ("add", "remove", "list", "build", "search", "explain")
_WITHOUT_INDEX = ("add", "list")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="FILE|ID|QUESTION",
        help="files or folders to add, a document's id, a question",
    )
    parser.add_argument("--character", default="xiaoman", metavar="ID")
    parser.add_argument(
        "--until", type=int, metavar="N", help="search up to passage N of the story; 0: all of it"
    )
    parser.add_argument("--limit", type=int, default=4, metavar="N", help="how much to show")


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    library.get(arguments.character)
    with _store(paths, library, with_index=arguments.action not in _WITHOUT_INDEX) as store:
        out = _do(store, arguments)
    if arguments.json:
        print(json.dumps(out, ensure_ascii=False))
    else:
        _print(arguments.action, out)
    refused = arguments.action == "add" and any("hint" in one for one in out)
    return 1 if refused else 0


def _do(store: LoreStore, arguments: argparse.Namespace) -> Any:
    character, what = arguments.character, arguments.what
    if arguments.action == "add":
        return [_added(store, character, file) for file in _files(_some(what, "a file or folder to add"))]
    if arguments.action == "remove":
        for document in _some(what, "the id of a document"):
            store.remove(character, document)
    if arguments.action in ("remove", "list"):
        return [asdict(one) for one in store.documents(character)]
    if arguments.action == "build" or store.is_stale(character):
        info = store.build(character, cancel=CancelToken(), progress=_progress)
        if arguments.action == "build":
            return asdict(info)
    query = " ".join(_some(what, "a question"))
    until = ALL_TIMES if arguments.until == 0 else arguments.until
    if arguments.action == "search":
        found = store.search(character, query, limit=arguments.limit, until=until)
        return [_as_json(one) for one in found]
    return asdict(store.explain(character, query, until=until, limit=arguments.limit))


def _files(names: Sequence[str]) -> list[Path]:
    """Return the files named, and those in the folders named that can be read as documents."""
    found: list[Path] = []
    for path in map(Path, names):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        readable = [one for one in inside if one.suffix.lower() in SUFFIXES and one.is_file()]
        if path.is_dir() and not readable:
            raise UsageError(
                f"{path.name} holds no documents.", "Name a folder with txt, md, epub ... files."
            )
        found += readable if path.is_dir() else inside
    return found


def _added(store: LoreStore, character: str, file: Path) -> dict[str, Any]:
    """Add a document; what fails is told and keeps no other from it."""
    try:
        return asdict(store.add(character, file))
    except CompanionError as error:
        return {"id": "", "origin": "", "file": file.name, "error": error.what, "hint": error.hint}


def _some(what: list[str], name: str) -> list[str]:
    if not what:
        raise UsageError(f"This needs {name}.", "See: companion lore --help")
    return what


@contextmanager
def _store(paths: Paths, library: Library, *, with_index: bool) -> Iterator[LoreStore]:
    index = _index(paths) if with_index else None
    store = LoreStore(paths, library.get, lambda: index)
    try:
        yield store
    finally:
        store.close()
        if index is not None:
            index.close()


def _index(paths: Paths) -> RecallIndex:
    from companion.workers.recall_client import RecallClient

    settings, _ = settings_file.load(paths.settings)
    catalog = load_catalog(bundled("models") / "catalog.toml")
    cancel = CancelToken()
    spec = wiring.recall_spec(settings, paths, catalog, progress=lambda done, total: None, cancel=cancel)
    return RecallClient(spec, cancel=cancel)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _as_json(one: FoundPassage) -> dict[str, Any]:
    return {**asdict(one), "header": header(one.passage, language_of(one.passage.text))}


def _print(action: str, out: Any) -> None:
    if action in ("add", "remove", "list"):
        for one in out:
            size = ", ".join(
                counted(one.get(key, 0), name)
                for key, name in (
                    ("n_chars", "character"),
                    ("n_chapters", "chapter"),
                    ("n_passages", "passage"),
                )
            )
            if "hint" in one:
                print(f"{one['error']} {one['hint']}".strip(), file=sys.stderr)
            else:
                print(f"{one['id'] or '-':<18}{one['origin']:<6}{one['file']}  {one['error'] or size}")
        if not out:
            print("There are no documents.")
    elif action == "build":
        n = counted(out["n_items"], "passage")
        print(f"{n} in {out['seconds']:.1f} s ({out['embedder']}, {out['store']})")
    elif action == "search":
        for one in out:
            sure = "" if one["confident"] else "  (probably no answer)"
            print(
                f"{one['header']}  [{one['passage']['file']} {one['start']}-{one['end']}]{sure}\n{one['text']}\n"
            )
        if not out:
            print("Nothing was found.")
    else:
        print(f"query: {out['text']}\nknown: {'、'.join(out['known'])}\nunknown: {'、'.join(out['unknown'])}")
        print(f"probably {'an answer' if out['confident'] else 'no answer'}")
        for one in out["candidates"]:
            ranks = f"words {one['bm25_rank'] or '-'}, meaning {one['dense_rank'] or '-'}"
            parts = f"{one['bm25']:.1f} + scene {one['scene_bm25']:.1f}, similar {one['similarity']:.2f}"
            text = " ".join(one["passage"]["text"][:60].split())
            print(f"{one['score']:6.1f}  {ranks} ({parts})  {one['passage']['chapter']}: {text}")
