"""`companion memories`: what a character remembers of you, seen, corrected, pinned, forgotten and carried away."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from companion.domain.memory import Memory
from companion.domain.remembering.statements import place_of
from companion.errors import UsageError
from companion.paths import Paths
from companion.storage.atomic import write_atomic
from companion.storage.chat_log import SqliteChatLog
from companion.storage.memories import SqliteMemories


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NUMBER_OR_WORDS",
        help="the number of a memory, for correct with the new text; words for search and add",
    )
    parser.add_argument("--character", metavar="ID", help="whose memories; needed unless a number is given")
    parser.add_argument(
        "--all", action="store_true", help="for list and export: corrected and forgotten ones too"
    )
    parser.add_argument("--out", "-o", type=Path, metavar="FILE", help="for export: a .json or .md file")


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    action, writes = _ACTIONS[arguments.action]
    log = SqliteChatLog.open(paths.chat_log, read_only=not writes, backups=paths.backups)
    try:
        out = action(arguments, log.memories)
    finally:
        log.close()
    if arguments.json:
        print(json.dumps(out, ensure_ascii=False))
    else:
        for line in out if isinstance(out, list) else [out]:
            print("\t".join(str(value) for value in line.values()))
    return 0


def _list(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    return [_shown(one) for one in memories.cards(_character(arguments), all_states=arguments.all)]


def _search(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    wanted = [word.casefold() for word in arguments.words]
    if not wanted:
        raise UsageError(
            "Nothing to search for.", "Example: companion memories search 猫 --character xiaoman"
        )
    found = memories.cards(_character(arguments), all_states=arguments.all)
    return [_shown(one) for one in found if all(word in one.text.casefold() for word in wanted)]


def _add(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    text = " ".join(arguments.words)
    if not text:
        raise UsageError(
            "Nothing to remember.", "Example: companion memories add 我对花生过敏 --character xiaoman"
        )
    slot, value = place_of(text)
    return _shown(memories.add(_character(arguments), text, slot=slot, value=value))


def _correct(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    memory, text = _number(arguments), " ".join(arguments.words[1:])
    if not text:
        raise UsageError("The new text is missing.", "Example: companion memories correct 12 用户住在上海")
    return _shown(memories.correct(memory, text))


def _pin(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    return _shown(memories.pin(_number(arguments), True))


def _unpin(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    return _shown(memories.pin(_number(arguments), False))


def _forget(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    memory = _number(arguments)
    memories.forget(memory)
    return _shown(memories.memory(memory))


def _restore(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    return _shown(memories.restore(_number(arguments)))


def _export(arguments: argparse.Namespace, memories: SqliteMemories) -> Any:
    """Write the cards, with where they came from, as JSON or as a readable list."""
    if arguments.out is None:
        raise UsageError("No file to write to.", "Add --out memories.json or --out memories.md.")
    cards = memories.cards(_character(arguments), all_states=arguments.all)
    if arguments.out.suffix.lower() in (".md", ".markdown", ".txt"):
        lines = [f"- {one.text}（{_day(one.created_at)}）" for one in cards]
        content = "\n".join([f"# {_character(arguments)}", "", *lines, ""])
    else:
        content = json.dumps([_shown(one) for one in cards], ensure_ascii=False, indent=1) + "\n"
    write_atomic(arguments.out, content.encode())
    return {"file": str(arguments.out), "memories": len(cards)}


def _character(arguments: argparse.Namespace) -> str:
    if not arguments.character:
        raise UsageError("Whose memories?", "Add --character ID; see: companion characters list")
    return str(arguments.character)


def _number(arguments: argparse.Namespace) -> int:
    first = arguments.words[0] if arguments.words else ""
    if not first.isdecimal():
        raise UsageError("The number of a memory is missing.", "See: companion memories list --character ID")
    return int(first)


def _shown(one: Memory) -> dict[str, object]:
    return {
        "memory": one.memory,
        "state": "pinned" if one.pinned else one.state,
        "text": one.text,
        "said": _day(one.created_at),
        "origin": one.origin,
        "kind": one.kind,
        "slot": one.slot,
        "chat": one.chat,
        "message": one.message if one.message is not None else "",
    }


def _day(at: float) -> str:
    return datetime.fromtimestamp(at).date().isoformat()


_ACTIONS: dict[str, tuple[Callable[[argparse.Namespace, SqliteMemories], Any], bool]] = {
    "list": (_list, False),
    "search": (_search, False),
    "add": (_add, True),
    "correct": (_correct, True),
    "pin": (_pin, True),
    "unpin": (_unpin, True),
    "forget": (_forget, True),
    "restore": (_restore, True),
    "export": (_export, False),
}
