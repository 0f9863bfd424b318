"""`companion bench`: measured speed, latency and memory, each beside a reference of the same run."""

from __future__ import annotations

import argparse
import json
import shutil
from typing import Any

from companion.cli.benchmarks.figures import machine
from companion.engines.catalog import load_catalog, missing_packages
from companion.errors import ModelError, UsageError
from companion.paths import Paths, bundled

_PARTS = ("window", "language", "voice", "lorebook")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default=",".join(_PARTS), metavar="PARTS", help=f"of: {', '.join(_PARTS)}")
    parser.add_argument(
        "--model", action="append", metavar="ID", help="which mind; default: all that can be loaded"
    )
    parser.add_argument("--character", default="xiaoman", metavar="ID")
    parser.add_argument("--turns", type=int, default=6, help="spoken turns for each mind, 1 to 8")


def run(arguments: argparse.Namespace) -> int:
    parts = [part.strip() for part in arguments.only.split(",")]
    if unknown := set(parts) - set(_PARTS):
        raise UsageError(
            f"There is nothing called {', '.join(sorted(unknown))} to measure.", f"Choose of {_PARTS}."
        )
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    models = arguments.model or (_models() if set(parts) - {"lorebook"} else [])
    out: dict[str, Any] = {"machine": machine()}
    if "window" in parts:
        out["window"] = {"demo": _window(paths, ""), **{model: _window(paths, model) for model in models}}
    if "language" in parts:
        out["language"] = [_language(paths, model, arguments.character) for model in models]
    if "voice" in parts:
        out["voice"] = [_voice(arguments, model) for model in models]
    if "lorebook" in parts:
        out["lorebook"] = _lorebook()
    out["machine"]["load_1min_at_end"] = machine()["load_1min"]
    print(json.dumps(out, ensure_ascii=False, indent=None if arguments.json else 2))
    return 0


def _models() -> list[str]:
    catalog = load_catalog(bundled("models") / "catalog.toml")
    rows = [row for row in catalog.rows if row.role == "language" and "zh" in row.languages]
    found = [row.id for row in rows if not missing_packages(row)]
    if not found:
        raise ModelError("There is no model to measure.", "Run: uv run --extra starter companion bench")
    return found


def _window(paths: Paths, model: str) -> dict[str, Any]:
    from companion.cli.benchmarks.window import measure

    return measure(paths, model)


def _language(paths: Paths, model: str, character: str) -> dict[str, Any]:
    from companion import settings as settings_file
    from companion.cli.benchmarks.language import measure
    from companion.packs.library import Library

    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    catalog = load_catalog(bundled("models") / "catalog.toml")
    settings, _ = settings_file.load(paths.settings)
    return measure(settings, paths, catalog, library.get(character), model)


def _lorebook() -> dict[str, Any]:
    from companion.cli.benchmarks.lorebook import measure

    return measure()


def _voice(arguments: argparse.Namespace, model: str) -> dict[str, Any]:
    from companion.cli.benchmarks.voice import companion_for, measure

    companion = companion_for(arguments.home, model)
    home = companion.paths.data.parent
    try:
        character = companion.character(arguments.character)
        return {"model": model, **measure(companion, character, max(1, min(8, arguments.turns)))}
    finally:
        companion.close()
        shutil.rmtree(home, ignore_errors=True)
