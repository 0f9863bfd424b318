"""`companion characters`: who is there, and what is wrong with a pack."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from companion.domain.character import PackReport
from companion.errors import UsageError
from companion.packs.library import Library, report_on
from companion.paths import Paths, bundled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "check"))
    parser.add_argument("pack", nargs="?", metavar="ID_OR_PATH", help="for check; default: all")


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    reports = library.reports()
    if arguments.action == "check" and arguments.pack:
        reports = [_one(arguments.pack, reports, paths)]
    if arguments.json:
        print(json.dumps([_as_json(report) for report in reports], ensure_ascii=False))
    else:
        for report in reports:
            _print(report, with_problems=arguments.action == "check")
    broken = any(problem.fatal for report in reports for problem in report.problems)
    return 1 if arguments.action == "check" and broken else 0


def _one(name: str, reports: list[PackReport], paths: Paths) -> PackReport:
    for report in reports:
        if report.id == name:
            return report
    if Path(name).exists():
        return report_on(Path(name), cache=paths.cache / "packs")
    raise UsageError(f"There is no character and no file '{name}'.", "See: companion characters list")


def _as_json(report: PackReport) -> dict[str, Any]:
    out: dict[str, Any] = {"id": report.id, "path": str(report.path), "usable": report.character is not None}
    if report.character is not None:
        one = report.character
        out |= {
            "name": one.shown_name,
            "language": one.language,
            "greetings": 1 + len(one.alternate_greetings),
        }
        out |= {"lore_entries": len(one.lore.entries), "voice": one.voice.engine, "bundled": one.bundled}
    out["problems"] = [
        {"where": one.where, "what": one.what, "hint": one.hint, "fatal": one.fatal}
        for one in report.problems
    ]
    return out


def _print(report: PackReport, *, with_problems: bool) -> None:
    name = report.character.shown_name if report.character else "cannot be used"
    print(f"{report.id}\t{name}\t{report.path}")
    if with_problems:
        for problem in report.problems:
            print(
                f"  {'! ' if problem.fatal else '- '}{problem.where}: {problem.what} {problem.hint}".rstrip()
            )
        if not report.problems:
            print("  nothing wrong")
