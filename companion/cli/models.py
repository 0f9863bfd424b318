"""`companion models`: what can be loaded, and whether its files are whole."""

from __future__ import annotations

import argparse
import json
from typing import Any

from companion.engines.catalog import ensure, load_catalog, missing_packages, verify
from companion.paths import Paths, bundled


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "verify"))
    parser.add_argument("model", nargs="?", metavar="ID", help="for verify; default: all that are installed")


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    return _verify(arguments, paths) if arguments.action == "verify" else _list(arguments, paths)


def _list(arguments: argparse.Namespace, paths: Paths) -> int:
    catalog = load_catalog(bundled("models") / "catalog.toml")
    installed = {model.id: model for model in catalog.installed(paths.models)}
    rows: list[dict[str, Any]] = []
    for row in catalog.rows:
        lacking = missing_packages(row)
        state = "ready" if row.id in installed else "can be made" if not lacking else "not installed"
        rows.append({"id": row.id, "role": row.role, "label": row.label, "bytes": row.bytes, "state": state})
    known = {row.id for row in catalog.rows}
    rows += [
        {"id": one.id, "role": one.role, "label": one.label, "bytes": one.bytes, "state": "yours"}
        for one in installed.values()
        if one.id not in known
    ]
    if arguments.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for one in rows:
            print(f"{one['role']:<11}{one['id']:<40}{one['bytes'] / 1e6:>8,.0f} MB  {one['state']}")
        print(f"Your own models go into {paths.models}")
    return 0


def _verify(arguments: argparse.Namespace, paths: Paths) -> int:
    catalog = load_catalog(bundled("models") / "catalog.toml")
    installed = {model.id for model in catalog.installed(paths.models)}
    rows = (
        [catalog.row(arguments.model)]
        if arguments.model
        else [one for one in catalog.rows if one.id in installed]
    )
    results = []
    for row in rows:
        if row.id not in installed:
            ensure(row, paths.models)
        damaged = verify(row, paths.models)
        results.append({"id": row.id, "whole": not damaged, "damaged": damaged})
        if not arguments.json:
            print(f"{row.id}: {'whole' if not damaged else 'damaged: ' + ', '.join(damaged)}")
    if arguments.json:
        print(json.dumps(results, ensure_ascii=False))
    return 0 if all(one["whole"] for one in results) else 1
