"""`companion forge`: from a novel, a script or a card to a character, and what is in it: cast, quotes, speakers."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from companion.cli import forge_data, forge_run
from companion.errors import UsageError
from companion.forge.extraction import LEAST_LINES, Extraction, advice, extracted
from companion.forge.importing import FORMS, read_source
from companion.forge.overrides import Override, add_override, read_overrides, speaker_override
from companion.forge.scenes import pairs_of
from companion.forge.units import joined

_ACTIONS: Final = (
    "preview",
    "units",
    "cast",
    "quotes",
    "speakers",
    "scenes",
    "correct",
    *forge_run.ACTIONS,
    *forge_data.ACTIONS,
)
_MOST: Final = 20
_WORDS: Final = 40
_SURE: Final = 0.95


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=_ACTIONS)
    parser.add_argument(
        "what",
        nargs="*",
        metavar="FILE",
        help="the file; for correct: FILE merge A B, split A, rename A B, add A, remove A, speaker OFFSET [NAME], "
        "not_speech OFFSET",
    )
    parser.add_argument("--form", choices=FORMS, help="what the file is, instead of what it looks like")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="somebody who belongs to the cast; for run: whom to make, more names of hers after it",
    )
    parser.add_argument(
        "--overrides", type=Path, metavar="FILE", help="corrections (default: beside the file)"
    )
    parser.add_argument("--limit", type=int, default=_MOST, metavar="N", help="how many rows to show; 0: all")
    parser.add_argument(
        "--doubtful", action="store_true", help="only quotes without a sure speaker, the least sure first"
    )
    parser.add_argument(
        "--ask-model", action="store_true", help="let the language model choose where the rules cannot tell"
    )
    forge_run.add_arguments(parser)
    forge_data.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.action in forge_run.ACTIONS:
        return forge_run.run(arguments)
    if not arguments.what:
        raise UsageError("This needs a file.", "See: companion forge --help")
    if arguments.action == "export":
        return forge_data.export(arguments)
    if arguments.action == "import":
        return forge_data.preview(arguments) if arguments.preview else forge_run.run(arguments)
    path = Path(arguments.what[0])
    corrections = arguments.overrides or path.with_name(f"{path.name}.overrides.jsonl")
    if arguments.action == "correct":
        _correct(path, corrections, arguments)
        return 0
    found = _extracted(path, corrections, arguments)
    shown = _SHOWN[arguments.action](found, arguments)
    if arguments.json:
        print(json.dumps({**shown, **_summary(found)}, ensure_ascii=False))
    else:
        _print(arguments.action, shown, found)
    return 0


def _extracted(path: Path, corrections: Path, arguments: argparse.Namespace) -> Extraction:
    source = read_source(path, form=arguments.form)
    overrides = read_overrides(corrections)
    if not arguments.ask_model:
        return extracted(source, known=arguments.name, overrides=overrides)
    from companion.cli.forge_model import chooser_of

    with chooser_of(arguments.home, _progress) as choose:
        return extracted(source, known=arguments.name, overrides=overrides, choose=choose)


def _correct(path: Path, corrections: Path, arguments: argparse.Namespace) -> None:
    words = list(arguments.what[1:])
    wanted = {"merge": 2, "split": 1, "rename": 2, "add": 1, "remove": 1, "speaker": 2, "not_speech": 1}
    action = words[0] if words else ""
    if action == "speaker" and len(words) == 2:
        words.append("")
    if action not in wanted or len(words) != wanted[action] + 1:
        raise UsageError("This is no correction.", "See: companion forge --help")
    if action in ("speaker", "not_speech"):
        override = _quote_override(path, action, words, arguments)
    else:
        override = Override(action, *words[1:])  # type: ignore[arg-type]
    add_override(corrections, override)
    print(
        json.dumps(asdict(override), ensure_ascii=False) if arguments.json else f"Kept in {corrections.name}."
    )


def _quote_override(path: Path, action: str, words: list[str], arguments: argparse.Namespace) -> Override:
    found = extracted(read_source(path, form=arguments.form))
    quote = next((one for one in found.quotes if words[1].isdecimal() and one.start == int(words[1])), None)
    if quote is None:
        raise UsageError(
            f"No quote begins at {words[1]}.", "The offsets stand in: companion forge quotes FILE --json"
        )
    name = words[2] if action == "speaker" else ""
    override = speaker_override(found.source.document.id, found.source.document.text, quote, name)
    return (
        override
        if action == "speaker"
        else Override("not_speech", **{**asdict(override), "action": "not_speech"})
    )


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _summary(found: Extraction) -> dict[str, Any]:
    source = found.source
    return {
        "file": source.document.file,
        "form": source.form,
        "encoding": source.encoding,
        "language": found.language,
        "votes": {form: list(vote) for form, vote in source.votes.items()},
        "n_chars": len(source.document.text),
        "problems": [asdict(one) for one in found.problems],
        "lost_corrections": [asdict(one) for one in found.lost],
    }


def _cut(rows: Iterable[Mapping[str, Any]], arguments: argparse.Namespace) -> list[Mapping[str, Any]]:
    rows = list(rows)
    return rows[: arguments.limit] if arguments.limit and not arguments.json else rows


def _preview(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    source = found.source
    if source.lines:
        rows = [
            {"speaker": one.speaker, "kind": one.kind, "text": one.text, "start": one.start}
            for one in source.lines
        ]
    else:
        text = source.document.text
        rows = [
            {"speaker": None, "kind": one.kind, "text": joined(text[one.start : one.end]), "start": one.start}
            for one in found.units.paragraphs
        ]
    return {"rows": _cut(rows, arguments), "n_rows": len(rows)}


def _units(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    counts = Counter(one.chapter for one in found.units.paragraphs)
    rows = [
        {"title": one.title, "start": one.start, "end": one.end, "n_paragraphs": counts[number]}
        for number, one in enumerate(found.units.chapters)
    ]
    return {"rows": _cut(rows, arguments), "n_rows": len(rows), "wrapped": found.units.wrapped}


def _cast(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    rows = []
    for one in found.cast.people:
        n = found.lines_of(one.id)
        rows.append({**asdict(one), "n_lines": n, "advice": advice(found, one.id)})
    rows.sort(key=lambda row: -row["n_lines"])
    return {
        "rows": _cut(rows, arguments),
        "n_rows": len(rows),
        "doubts": [asdict(one) for one in found.cast.doubts],
    }


def _quotes(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    text = found.source.document.text
    rows: list[dict[str, Any]] = [
        {
            "start": quote.start,
            "end": quote.end,
            "kind": quote.kind,
            "unclosed": quote.unclosed,
            "speaker": said.speaker,
            "addressee": said.addressee,
            "method": said.method,
            "form": said.form,
            "confidence": said.confidence,
            "evidence": said.evidence,
            "noise": found.noise.get(number, ""),
            "text": joined(text[quote.inner[0] : quote.inner[1]]),
        }
        for number, (quote, said) in enumerate(zip(found.quotes, found.attributions, strict=True))
    ]
    if not found.quotes:
        rows = [
            {
                "start": one.start,
                "end": one.end,
                "kind": one.kind,
                "speaker": one.speaker,
                "text": one.text,
                "confidence": 1.0,
                "method": "script",
            }
            for one in found.source.lines
            if one.kind == "speech"
        ]
    if arguments.doubtful:
        rows = sorted((row for row in rows if row["confidence"] < _SURE), key=lambda row: row["confidence"])
    return {"rows": _cut(rows, arguments), "n_rows": len(rows)}


def _speakers(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    said = found.attributions
    counts = Counter((one.form, one.method) for one in said)
    rows = [{"form": form, "method": method, "n": n} for (form, method), n in counts.most_common()]
    n_open = sum(one.speaker is None for one in said)
    return {"rows": rows, "n_rows": len(said), "n_open": n_open}


def _scenes(found: Extraction, arguments: argparse.Namespace) -> dict[str, Any]:
    rows = [
        {
            "chapter": one.chapter,
            "scene": one.number,
            "start": one.start,
            "end": one.end,
            "present": one.present,
            "place": one.place,
            "n_turns": sum(turn.kind != "env" for turn in one.turns),
            "n_pairs": sum(
                len(pairs_of(one, name)) for name in (_id(found, name) for name in arguments.name)
            ),
        }
        for one in found.scenes
    ]
    return {"rows": _cut(rows, arguments), "n_rows": len(rows)}


def _id(found: Extraction, name: str) -> str:
    person = found.cast.person(name)
    return person.id if person is not None else name


_SHOWN: Final[dict[str, Callable[[Extraction, argparse.Namespace], dict[str, Any]]]] = {
    "preview": _preview,
    "units": _units,
    "cast": _cast,
    "quotes": _quotes,
    "speakers": _speakers,
    "scenes": _scenes,
}


def _print(action: str, shown: dict[str, Any], found: Extraction) -> None:
    source = found.source
    packed = f", {source.encoding}" if source.encoding else ""
    print(f"{source.document.file}: {source.form}{packed}, {len(source.document.text):,} characters")
    for form, (n, of) in source.votes.items():
        if n:
            print(f"  {n} of {of} lines fit {form}")
    for row in shown["rows"]:
        print(_LINES[action](row))
    if len(shown["rows"]) < shown["n_rows"] and action != "speakers":
        print(f"... {shown['n_rows'] - len(shown['rows']):,} more; show them with --limit 0")
    if action == "speakers" and shown["n_rows"]:
        print(
            f"{shown['n_open']:,} of {shown['n_rows']:,} quotes are left open ({shown['n_open'] / shown['n_rows']:.1%})"
        )
    for doubt in shown.get("doubts", ()):
        one, other = doubt["name"], doubt["other"]
        print(f"  {one} and {other} may be one: companion forge correct FILE merge {one} {other}")
    _print_problems(found)


def _print_problems(found: Extraction) -> None:
    counts = Counter(one.kind for one in found.problems)
    for kind, n in counts.most_common():
        first = next(one for one in found.problems if one.kind == kind)
        where = f"row {first.at}" if first.row else f"offset {first.at}"
        print(f"  {kind.replace('_', ' ')}: {n:,}, first at {where}: {' '.join(first.what.split())[:_WORDS]}")
    for one in found.lost:
        print(f"  a correction found no place any more: {one.text or one.name}")


def _short(text: str) -> str:
    return text if len(text) <= _WORDS else f"{text[:_WORDS]}…"


def _cast_line(row: Mapping[str, Any]) -> str:
    others = "、".join(name for name in row["names"] if name != row["id"])
    tell = {
        "train": "",
        "prompt": f"  under {LEAST_LINES} lines: examples and lore, no training",
        "nobody": "",
    }
    return f"{row['n_lines']:>6,}  {row['id']}{f' ({others})' if others else ''}{tell[row['advice']]}"


_LINES: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "preview": lambda row: f"{row['start']:>8}  {row['speaker'] or '-'}: {_short(row['text'])}",
    "units": lambda row: f"{row['start']:>8}  {row['n_paragraphs']:>5} paragraphs  {row['title'] or '-'}",
    "cast": _cast_line,
    "quotes": lambda row: (
        f"{row['start']:>8}  {row['confidence']:.2f} {row['method']:<11} {row['speaker'] or '?'}: {_short(row['text'])}"
    ),
    "speakers": lambda row: f"{row['n']:>7,}  {row['form']:<10} {row['method']}",
    "scenes": lambda row: (
        f"{row['chapter']:>4}.{row['scene']:<3} {row['n_turns']:>4} turns  {'、'.join(row['present'][:6])}"
    ),
}
