"""`companion characters books`: lorebooks in and out, and whom they belong to."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from companion.cli.fates import fates_as_json, print_fates
from companion.errors import UsageError
from companion.packs.books import BookInfo, BookShelf
from companion.packs.library import Library


def run(words: Sequence[str], arguments: argparse.Namespace, shelf: BookShelf, library: Library) -> int:
    action, *names = words or ["list"]
    if action == "list" and not names:
        return _show(shelf.books(), as_json=arguments.json, with_fields=False)
    if action == "import" and names:
        infos = [shelf.install(Path(name)) for name in names]
        return _show(infos, as_json=arguments.json, with_fields=True)
    if action == "export" and len(names) == 1 and arguments.output is not None:
        shelf.export(names[0], arguments.output, form=arguments.form)
        return 0
    if action in ("attach", "detach") and len(names) == 2:
        library.get(names[1])
        shelf.attach(names[0], names[1], chat=arguments.chat, on=action == "attach")
        return 0
    if action == "remove" and names:
        for name in names:
            shelf.remove(name)
        return 0
    raise UsageError(
        f"'books {' '.join(words)}' is not understood.",
        "Use: books list, import FILE.., export ID -o FILE, attach ID CHARACTER, detach ID CHARACTER, remove ID.",
    )


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
    print(f"{info.id}\t{info.name}\t{info.n_entries} entries\t{', '.join(info.characters) or '-'}")
    for problem in info.problems if with_problems else ():
        print(f"  {'! ' if problem.fatal else '- '}{problem.where}: {problem.what} {problem.hint}".rstrip())


def _show(infos: Sequence[BookInfo], *, as_json: bool, with_fields: bool) -> int:
    if as_json:
        print(json.dumps([row_of(info, with_fields=with_fields) for info in infos], ensure_ascii=False))
        return 0
    for info in infos:
        print_one(info, with_problems=True)
        if with_fields:
            print_fates(info.fields)
    return 0
