"""`companion characters`: who is there, what is wrong with a pack; cards and lorebooks in and out."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.cli import lorebooks
from companion.cli.counts import counted
from companion.cli.fates import fates_as_json, print_fates, print_problem
from companion.domain.character import PackReport
from companion.errors import CompanionError, UsageError
from companion.packs.books import BookShelf
from companion.packs.library import Library, report_on
from companion.paths import Paths, bundled

_ACTIONS = ("list", "check", "import", "export", "remove", "books")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="ID_OR_PATH",
        help="check: one of them, else all; import: files or folders, characters and lorebooks alike;"
        " export, remove: a character; books: list, import FILE.., export ID, attach ID CHARACTER,"
        " detach ID CHARACTER, remove ID",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="export: ends in .charx, .png or .json"
    )
    parser.add_argument(
        "--with-lore", action="append", type=Path, default=[], metavar="FILE", help="export: add a text"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="PNG", help="export as .png: the picture to write into"
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="import: let a character stand in for the one of its name, instead of beside it",
    )
    parser.add_argument("--chat", default="", metavar="CHAT", help="books attach, detach: this chat only")
    parser.add_argument(
        "--form", choices=("lorebook_v3", "world_info"), default="lorebook_v3", help="books export"
    )


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    shelf = BookShelf(paths.data / "lorebooks")
    names: list[str] = arguments.names
    if arguments.action == "import":
        return _import(names, arguments, paths, library, shelf)
    if arguments.action == "export":
        return _export(names, arguments, library, paths)
    if arguments.action == "remove":
        return _remove(names, library)
    if arguments.action == "books":
        return lorebooks.run(names, arguments, shelf, library)
    return _list(names, library, paths, check=arguments.action == "check", as_json=arguments.json)


def _list(names: Sequence[str], library: Library, paths: Paths, *, check: bool, as_json: bool) -> int:
    reports = library.reports()
    if check and names:
        reports = [_one(name, reports, paths) for name in names]
    if as_json:
        print(json.dumps([_as_json(report, with_fields=check) for report in reports], ensure_ascii=False))
    else:
        for report in reports:
            _print(report, with_problems=check)
    broken = any(problem.fatal for report in reports for problem in report.problems)
    return 1 if check and broken else 0


def _import(
    names: Sequence[str], arguments: argparse.Namespace, paths: Paths, library: Library, shelf: BookShelf
) -> int:
    from companion.packs.intake import Taken, take_in

    if not names:
        raise UsageError("Nothing to import was named.", "Example: companion characters import card.png")
    as_json: bool = arguments.json
    ships = [one.id for one in library.reports() if one.character is not None and one.character.bundled]
    cache = paths.cache / "packs"
    taken: list[Taken] = []
    for path in map(Path, names):
        try:
            taken += take_in(
                path, paths.characters, shelf, cache=cache, taken=ships, replace=arguments.replace
            )
        except CompanionError as error:
            taken.append(Taken(path, error=error))
    out: list[dict[str, Any]] = []
    for one in taken:
        if one.character is not None:
            out.append({"kind": "character", **_as_json(one.character, with_fields=True)})
        elif one.book is not None:
            out.append({"kind": "lorebook", **lorebooks.row_of(one.book, with_fields=True)})
        elif one.error is not None:
            out.append({"kind": "refused", "error": one.error.what, "hint": one.error.hint})
        out[-1]["source"] = one.source.name
        if as_json:
            continue
        if one.character is not None:
            _print(one.character, with_problems=True)
            print_fates(one.character.fields)
        elif one.book is not None:
            lorebooks.print_one(one.book, with_problems=True)
            print_fates(one.book.fields)
        elif one.error is not None:
            print(f"{one.source.name}\tnot taken in")
            print_problem("!", "", one.error.what, one.error.hint)
    if as_json:
        print(json.dumps(out, ensure_ascii=False))
    return 1 if any(one.error is not None for one in taken) else 0


def _export(names: Sequence[str], arguments: argparse.Namespace, library: Library, paths: Paths) -> int:
    from companion.packs.export import FORMS, export

    if len(names) != 1 or arguments.output is None:
        raise UsageError(
            "Export needs one character and a file to write.",
            "Example: companion characters export xiaoman -o xiaoman.charx",
        )
    output: Path = arguments.output
    if output.suffix.lower().lstrip(".") not in FORMS:
        raise UsageError(
            f"A character cannot be written as '{output.name}'.", "Let the name end in .charx, .png or .json."
        )
    report = _one(names[0], library.reports(), paths)
    done = export(
        report.path,
        output,
        cache=paths.cache / "packs",
        include_lore=arguments.with_lore,
        picture=arguments.picture,
    )
    if arguments.json:
        row = {"path": str(done.path), "form": done.form, "assets": done.n_assets}
        row |= {"lore_entries": done.n_entries, "greetings": done.n_greetings}
        row["left_out"] = [{"where": one.where, "what": one.what, "hint": one.hint} for one in done.left_out]
        print(json.dumps(row, ensure_ascii=False))
        return 0
    held = (
        counted(done.n_greetings, "greeting"),
        counted(done.n_entries, "lore entry", "lore entries"),
        counted(done.n_assets, "asset"),
    )
    print(f"{done.path}\t{', '.join(held)}")
    for one in done.left_out:
        print(f"  - {one.where}: {one.what}. {one.hint}".rstrip())
    return 0


def _remove(names: Sequence[str], library: Library) -> int:
    from companion.packs.install import remove

    reports = {report.id: report for report in library.reports()}
    for name in names:
        report = reports.get(name)
        if report is None:
            raise UsageError(f"There is no character '{name}'.", "See: companion characters list")
        if report.character is not None and report.character.bundled:
            raise UsageError(f"'{name}' belongs to the program and stays.", "Your own ones can be removed.")
        remove(report.path)
    return 0


def _one(name: str, reports: Sequence[PackReport], paths: Paths) -> PackReport:
    for report in reports:
        if report.id == name:
            return report
    if Path(name).exists():
        return report_on(Path(name), cache=paths.cache / "packs")
    raise UsageError(f"There is no character and no file '{name}'.", "See: companion characters list")


def _as_json(report: PackReport, *, with_fields: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"id": report.id, "path": str(report.path), "usable": report.character is not None}
    if report.character is not None:
        one = report.character
        out |= {
            "name": one.shown_name,
            "language": one.language,
            "greetings": 1 + len(one.alternate_greetings),
        }
        out |= {"lore_entries": len(one.lore.entries), "voice": one.voice.engine, "bundled": one.bundled}
        out |= {"spec": report.spec, "carrier": report.carrier, "documents": len(one.documents)}
    out["problems"] = [
        {"where": one.where, "what": one.what, "hint": one.hint, "fatal": one.fatal}
        for one in report.problems
    ]
    if with_fields:
        out |= {
            "fates": dict(Counter(one.fate for one in report.fields)),
            "fields": fates_as_json(report.fields),
        }
    return out


def _print(report: PackReport, *, with_problems: bool) -> None:
    name = report.character.shown_name if report.character else "cannot be used"
    print(f"{report.id}\t{name}\t{report.path}")
    if with_problems:
        for one in report.problems:
            print_problem("!" if one.fatal else "-", one.where, one.what, one.hint)
        if not report.problems:
            print("  nothing wrong")
