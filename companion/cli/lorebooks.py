"""`companion characters books`: lorebooks in and out, and whom they belong to."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.cli.counts import counted
from companion.cli.fates import fates_as_json, print_fates, print_problem
from companion.errors import CompanionError, UsageError
from companion.packs.books import BookInfo, BookShelf
from companion.packs.library import Library


def run(words: Sequence[str], arguments: argparse.Namespace, shelf: BookShelf, library: Library) -> int:
    action, *names = words or ["list"]
    if action == "list" and not names:
        return _show(shelf.books(), as_json=arguments.json, with_fields=False)
    if action == "import" and names:
        return _import(names, shelf, as_json=arguments.json)
    if action == "export" and len(names) == 1 and arguments.output is not None:
        shelf.export(names[0], arguments.output, form=arguments.form)
        return _done({"path": str(arguments.output), "form": arguments.form}, as_json=arguments.json)
    if action in ("attach", "detach") and len(names) == 2:
        library.get(names[1])
        shelf.attach(names[0], names[1], chat=arguments.chat, on=action == "attach")
        done = {"book": names[0], "character": names[1], "chat": arguments.chat}
        return _done({**done, "used": "yes" if action == "attach" else "no"}, as_json=arguments.json)
    if action == "remove" and names:
        for name in names:
            shelf.remove(name)
        return _done({"removed": ", ".join(names)}, as_json=arguments.json)
    raise UsageError(
        f"'books {' '.join(words)}' is not understood.",
        "Use: books list, import FILE.., export ID -o FILE, attach ID CHARACTER, detach ID CHARACTER, remove ID.",
    )


def _import(names: Sequence[str], shelf: BookShelf, *, as_json: bool) -> int:
    """Take in each file; what fails is told and keeps no other from it."""
    infos: list[BookInfo] = []
    failed: list[tuple[str, CompanionError]] = []
    for path in map(Path, names):
        try:
            infos.append(shelf.install(path))
        except CompanionError as error:
            failed.append((path.name, error))
    if as_json:
        rows = [row_of(info, with_fields=True) for info in infos]
        rows += [{"file": name, "error": one.what, "hint": one.hint} for name, one in failed]
        print(json.dumps(rows, ensure_ascii=False))
        return 1 if failed else 0
    _show(infos, as_json=False, with_fields=True)
    for name, one in failed:
        print(f"{name}\tnot taken in")
        print_problem("!", "", one.what, one.hint)
    return 1 if failed else 0


def _done(what: dict[str, str], *, as_json: bool) -> int:
    """Print what was done."""
    if as_json:
        print(json.dumps(what, ensure_ascii=False))
    else:
        print(", ".join(f"{name} {value}" for name, value in what.items() if value))
    return 0


def row_of(info: BookInfo, *, with_fields: bool) -> dict[str, Any]:
    out: dict[str, Any] = {"id": info.id, "name": info.name, "path": str(info.path), "form": info.form}
    out |= {"entries": info.n_entries, "enabled": info.n_enabled}
    out |= {"characters": list(info.characters), "chats": list(info.chats)}
    out["problems"] = [
        {"where": one.where, "what": one.what, "hint": one.hint, "fatal": one.fatal} for one in info.problems
    ]
    if with_fields:
        out["fields"] = fates_as_json(info.fields)
    return out


def print_one(info: BookInfo, *, with_problems: bool) -> None:
    size = counted(info.n_entries, "entry", "entries")
    print(f"{info.id}\t{info.name}\t{size}\t{', '.join(info.characters) or '-'}")
    for problem in info.problems if with_problems else ():
        print_problem("!" if problem.fatal else "-", problem.where, problem.what, problem.hint)


def _show(infos: Sequence[BookInfo], *, as_json: bool, with_fields: bool) -> int:
    if as_json:
        print(json.dumps([row_of(info, with_fields=with_fields) for info in infos], ensure_ascii=False))
        return 0
    for info in infos:
        print_one(info, with_problems=True)
        if with_fields:
            print_fates(info.fields)
    return 0
