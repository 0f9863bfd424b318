"""`companion voices`: whose voice is what, try it, go back to the one before."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from companion.cli.speaking import speak
from companion.errors import UsageError
from companion.packs.library import Library
from companion.packs.voice import voice_of
from companion.paths import Paths, bundled
from companion.voice_training.install import Place, copy_out, find_report, kept_voices, roll_back
from companion.voice_training.request import JOBS, found_jobs

_ACTIONS = ("list", "rollback", "try", "export", "jobs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="ID",
        help="rollback ID: give a character the voice it had before, again gives the newer one;"
        " try ID [TEXT]: speak; export ID: copy the voice's files; jobs: trainings that were begun",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="try: a WAV file; export: a folder to write into"
    )


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    place = place_of(paths)
    library = Library([paths.characters], bundled=bundled("characters"), cache=place.cache)
    if arguments.action == "list":
        return _list(library, place, as_json=arguments.json)
    if arguments.action == "jobs":
        return _jobs(paths, as_json=arguments.json)
    if not arguments.names:
        raise UsageError("No character was named.", f"Example: companion voices {arguments.action} xiaoman")
    report = find_report(arguments.names[0], library.reports())
    if arguments.action == "rollback":
        done = roll_back(report, place)
        _tell({"id": done.id, "path": str(done.path)}, f"{done.id} has her other voice.", arguments.json)
        return 0
    if arguments.output is None:
        raise UsageError("No place to write to was named.", "Add: -o PATH")
    if arguments.action == "export":
        files = [str(path) for path in copy_out(report, arguments.output, place)]
        _tell({"files": files}, "\n".join(files), arguments.json)
        return 0
    assert report.character is not None
    text = " ".join(arguments.names[1:]) or _greeting(report.character.first_mes, report.character.language)
    spoken = speak(arguments.home, text, report.character.voice, arguments.output)
    if spoken.problem is not None and not arguments.json:
        print(f"{spoken.problem.what} The default voice spoke instead.")
    _tell(spoken.as_json(), f"{arguments.output}: {spoken.seconds:.1f} s", arguments.json)
    return 0


def place_of(paths: Paths) -> Place:
    """Return where voices go for the user's folders."""
    return Place(paths.characters, paths.cache / "packs", paths.data / "voices_kept")


def _list(library: Library, place: Place, *, as_json: bool) -> int:
    rows: list[dict[str, Any]] = []
    for report in library.reports():
        if report.character is None:
            continue
        card = voice_of(report.path, cache=place.cache).card
        kept = kept_voices(report.id, place)
        voice = report.character.voice
        row = {"id": report.id, "engine": voice.engine, "kind": card.get("kind", "")}
        row |= {"styles": dict(voice.styles), "minutes": card.get("minutes"), "base": card.get("base")}
        row["kept"] = [{"label": one.label, "kept_at": one.kept_at} for one in kept]
        rows.append(row)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        what = row["kind"] or ", ".join(row["styles"]) or row["engine"]
        more = f", from {row['minutes']:.1f} min of recordings" if row["minutes"] else ""
        print(f"{row['id']}\t{what}{more}")
        for one in row["kept"]:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["kept_at"]))
            print(f"  before {when}: {one['label']}")
    return 0


def _jobs(paths: Paths, *, as_json: bool) -> int:
    jobs = found_jobs(paths.data / JOBS)
    rows = [
        {"folder": str(one.folder), "character": one.request.character, "changed_at": one.changed_at}
        for one in jobs
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    for one in [] if as_json else jobs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.changed_at))
        print(f"{one.request.character}\t{when}\t{one.folder}")
    return 0


def _greeting(text: str, language: str) -> str:
    if "{{" in text or not text.strip():
        return (
            "你好，很高兴见到你。今天过得怎么样？"
            if language == "zh"
            else "Hello, good to see you. How was your day?"
        )
    return text.strip()[:120]


def _tell(row: dict[str, Any], line: str, as_json: bool) -> None:
    print(json.dumps(row, ensure_ascii=False) if as_json else line)
