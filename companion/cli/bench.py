"""`companion bench`: measured speed, latency and memory, each beside a reference of the same run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.cli.benchmarks.figures import machine
from companion.engines.catalog import load_catalog, missing_packages
from companion.errors import ModelError, UsageError
from companion.paths import Paths, bundled

_PARTS = ("window", "language", "voice", "memory", "lorebook", "lore")
_WITHOUT_MIND = {"lorebook", "lore"}
_ON_REQUEST = {"memory", "lore"}
_SOME_TURNS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "part", nargs="?", choices=_PARTS, metavar="PART", help=f"measure only this; of: {', '.join(_PARTS)}"
    )
    parser.add_argument(
        "--only",
        metavar="PARTS",
        help="several, with commas; default: all but memory, and lore only with --corpus; after voice: which turns "
        "(zh, en, pause, barge_in, cough, backchannel, or a turn's name)",
    )
    parser.add_argument(
        "--model", action="append", metavar="ID", help="which mind; default: all that can be loaded"
    )
    parser.add_argument("--character", default="xiaoman", metavar="ID")
    parser.add_argument("--corpus", type=Path, metavar="FILE", help="for lore and memory: a text of 红楼梦")
    parser.add_argument(
        "--scale", type=int, default=1, metavar="N", help="for lore: measure a text N times as long, too"
    )
    parser.add_argument(
        "--turns",
        type=int,
        metavar="N",
        help=f"for voice: turns; default: all, {_SOME_TURNS} beside other parts",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="for voice: who speaks, and her words"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="for voice: write each turn as a time line")
    parser.add_argument("--recordings", type=Path, metavar="DIR", help="for voice: keep what was recorded")
    parser.add_argument("--without-control", action="store_true", help="for voice: leave the naive build out")
    parser.add_argument(
        "--soak", type=int, metavar="N", help="for voice: N turns, then what is stuck, leaked or grown"
    )
    parser.add_argument("--busy", action="store_true", help="for voice: keep one core busy meanwhile")


def run(arguments: argparse.Namespace) -> int:
    usual = [
        part
        for part in _PARTS
        if part not in _ON_REQUEST or (part == "lore" and arguments.corpus is not None)
    ]
    if arguments.part != "voice" and (arguments.html or arguments.soak or arguments.recordings):
        raise UsageError("--html, --recordings and --soak belong to voice.", "Say: companion bench voice ...")
    wanted = arguments.part or arguments.only or ",".join(usual)
    parts = [part.strip() for part in wanted.split(",")]
    if unknown := set(parts) - set(_PARTS):
        raise UsageError(
            f"There is nothing called {', '.join(sorted(unknown))} to measure.", f"Choose of {_PARTS}."
        )
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    models = _models(arguments.model or []) if set(parts) - _WITHOUT_MIND else []
    out: dict[str, Any] = {"machine": machine()}
    if "window" in parts:
        out["window"] = {"demo": _window(paths, ""), **{model: _window(paths, model) for model in models}}
    if "language" in parts:
        out["language"] = [_language(paths, model, arguments.character) for model in models]
    if "voice" in parts:
        out["voice"] = [_voice(paths, model, arguments, many=len(models) > 1) for model in models]
    if "memory" in parts:
        out["memory"] = [_memory(paths, model, arguments) for model in models]
    if "lorebook" in parts:
        out["lorebook"] = _lorebook()
    if "lore" in parts:
        out["lore"] = _lore(paths, arguments)
    out["machine"]["load_1min_at_end"] = machine()["load_1min"]
    print(json.dumps(out, ensure_ascii=False, indent=None if arguments.json else 2))
    return 0


def _models(wanted: Sequence[str]) -> list[str]:
    """Return the minds to measure; a part of the name, such as 0.5b, is enough where it names one of the list."""
    catalog = load_catalog(bundled("models") / "catalog.toml")
    rows = [row for row in catalog.rows if row.role == "language" and "zh" in row.languages]
    if wanted:
        alike = {word: [row.id for row in rows if word.lower() in row.id.lower()] for word in wanted}
        return [found[0] if len(found) == 1 else word for word, found in alike.items()]
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


def _memory(paths: Paths, model: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from companion import settings as settings_file
    from companion.cli.benchmarks.memory import measure
    from companion.packs.library import Library

    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    catalog = load_catalog(bundled("models") / "catalog.toml")
    settings, _ = settings_file.load(paths.settings)
    character = library.get(arguments.character)
    out = {"without documents": measure(settings, paths, catalog, character, model)}
    if arguments.corpus is not None:
        out["with documents"] = measure(settings, paths, catalog, character, model, novel=arguments.corpus)
    return out


def _lorebook() -> dict[str, Any]:
    from companion.cli.benchmarks.lorebook import measure

    return measure()


def _lore(paths: Paths, arguments: argparse.Namespace) -> dict[str, Any]:
    from companion.cli.benchmarks.lore import measure

    if arguments.corpus is None:
        raise UsageError(
            "Finding passages is measured on a novel that is not part of the program.",
            "Name a text of 红楼梦: companion bench lore --corpus FILE",
        )
    return measure(paths, arguments.corpus, scale=arguments.scale)


def _voice(paths: Paths, model: str, arguments: argparse.Namespace, *, many: bool) -> dict[str, Any]:
    from companion.cli.benchmarks.voice.measure import Run, measure, soak

    is_alone, html = arguments.part == "voice", arguments.html
    if html is not None and many:
        html = html.with_stem(f"{html.stem}-{model}")
    names = arguments.only.split(",") if is_alone and arguments.only else []
    run_ = Run(
        paths,
        model,
        n_turns=arguments.soak or arguments.turns or (None if is_alone else _SOME_TURNS),
        only=tuple(name.strip() for name in names if name.strip()),
        seed=arguments.seed,
        naive=not arguments.without_control,
        busy=arguments.busy,
        html=html,
        recordings=arguments.recordings / model if arguments.recordings else None,
    )
    return soak(run_) if arguments.soak else measure(run_)
