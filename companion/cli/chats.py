"""`companion chats`: look at, carry away, delete, bring back and mend the chat log."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from companion import settings as settings_file
from companion.archive import purge_chat
from companion.cli.counts import counted
from companion.domain.messages import ChatInfo
from companion.errors import UsageError
from companion.packs.books import BookShelf
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.storage.backup import backup, list_backups, newest_verified, restore
from companion.storage.chat_log import SqliteChatLog
from companion.storage.exchange import export_chat, import_chat


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=tuple(_ACTIONS))
    parser.add_argument(
        "target",
        nargs="?",
        metavar="CHAT_OR_FILE_OR_WORDS",
        help="a chat id (its beginning is enough), a file, or words",
    )
    parser.add_argument("--character", metavar="ID", help="for list, search and import")
    parser.add_argument("--deleted", action="store_true", help="for list: the deleted ones")
    parser.add_argument(
        "--for-good", action="store_true", help="for delete: overwrite it, with all that was derived from it"
    )
    parser.add_argument("--yes", action="store_true", help="for delete --for-good: do not ask")
    parser.add_argument(
        "--out", "-o", type=Path, metavar="FILE", help="for export: .jsonl (SillyTavern) or .md"
    )


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
    paths.make()
    out, code = _ACTIONS[arguments.action](arguments, paths)
    if arguments.json:
        print(json.dumps(out, ensure_ascii=False, default=str))
    else:
        for line in out if isinstance(out, list) else [out]:
            print("\t".join(str(value) for value in line.values()) if isinstance(line, dict) else line)
    return code


Result = tuple[Any, int]


def _list(arguments: argparse.Namespace, paths: Paths) -> Result:
    log = _open(paths, read_only=True)
    try:
        listed = log.deleted_chats if arguments.deleted else log.chats
        chats = sorted(listed(arguments.character), key=lambda one: -one.last_seq)
    finally:
        log.close()
    return [
        {
            "chat": one.chat,
            "character": one.character,
            "messages": one.n_messages,
            "updated": datetime.fromtimestamp(one.updated_at).isoformat(timespec="minutes"),
            "title": one.title or one.preview,
        }
        for one in chats
    ], 0


def _show(arguments: argparse.Namespace, paths: Paths) -> Result:
    log = _open(paths, read_only=True)
    try:
        messages = log.path(_chat(log, arguments.target).chat)
    finally:
        log.close()
    if arguments.json:
        return [dataclasses.asdict(one) for one in messages], 0
    return [f"{'>' if one.role == 'user' else '<'} {one.text}" for one in messages], 0


def _search(arguments: argparse.Namespace, paths: Paths) -> Result:
    if not arguments.target:
        raise UsageError("Nothing to search for.", "Example: companion chats search 铜板")
    log = _open(paths, read_only=True)
    try:
        hits = log.search(arguments.target, character=arguments.character)
    finally:
        log.close()
    return [
        {"chat": one.chat, "message": one.message, "role": one.role, "excerpt": one.excerpt} for one in hits
    ], 0


def _export(arguments: argparse.Namespace, paths: Paths) -> Result:
    if arguments.out is None:
        raise UsageError("No file to write to.", "Add --out chat.jsonl or --out chat.md.")
    log = _open(paths, read_only=True)
    try:
        chat = _chat(log, arguments.target)
        settings, _ = settings_file.load(paths.settings)
        n = export_chat(
            log,
            chat.chat,
            arguments.out,
            user_name=settings.general.user_name or "You",
            character_name=_name_of(chat.character, paths),
        )
    finally:
        log.close()
    return {"chat": chat.chat, "file": str(arguments.out), "messages": n}, 0


def _import(arguments: argparse.Namespace, paths: Paths) -> Result:
    if not arguments.target or not arguments.character:
        raise UsageError(
            "A file and a character are needed.",
            "Example: companion chats import old.jsonl --character xiaoman",
        )
    log = _open(paths)
    try:
        report = import_chat(log, Path(arguments.target), arguments.character, backups=paths.backups)
    finally:
        log.close()
    return {"chat": report.chat.chat, "messages": report.n_messages, "problems": list(report.problems)}, 0


def _delete(arguments: argparse.Namespace, paths: Paths) -> Result:
    """Hide a chat, which can be undone, or with --for-good overwrite it, which cannot."""
    log = _open(paths)
    try:
        deleted = log.deleted_chats()
        known = [*log.chats(), *(deleted if arguments.for_good else ())]
        chat = _among(known, _named(arguments.target))
        if not arguments.for_good:
            log.delete_chat(chat.chat)
            return {"chat": chat.chat, "back": f"companion chats undelete {chat.chat[:8]}"}, 0
        if not (arguments.yes or _agrees(chat)):
            return {"chat": chat.chat, "deleted": "no, it stays as it was"}, 1
        if chat not in deleted:
            log.delete_chat(chat.chat)
        shelf = BookShelf(paths.data / "lorebooks")
        left = purge_chat(chat.chat, log, paths, shelf, lambda character: None)
    finally:
        log.close()
    return {"chat": chat.chat, "deleted": "for good", "copies": [str(path) for path in left]}, 0


def _agrees(chat: ChatInfo) -> bool:
    n = counted(chat.n_messages, "message")
    for line in (
        f"{chat.title or chat.preview or chat.chat} ({n}) is overwritten, with what was learnt from it.",
        "Backups and chats that were branched off from it stay. This cannot be undone.",
        "Type delete to go on:",
    ):
        print(line, file=sys.stderr)
    try:
        return input().strip().casefold() == "delete"
    except EOFError:
        raise UsageError(
            "There is nobody to ask.", "Add --yes to delete it for good without being asked."
        ) from None


def _undelete(arguments: argparse.Namespace, paths: Paths) -> Result:
    log = _open(paths)
    try:
        chat = _among(log.deleted_chats(), _named(arguments.target))
        log.restore_chat(chat.chat)
    finally:
        log.close()
    return {"chat": chat.chat, "title": chat.title or chat.preview}, 0


def _backup(arguments: argparse.Namespace, paths: Paths) -> Result:
    del arguments
    log = _open(paths)
    try:
        file = backup(log, paths.backups)
    finally:
        log.close()
    return {"file": str(file), "backups": len(list_backups(paths.backups))}, 0


def _restore(arguments: argparse.Namespace, paths: Paths) -> Result:
    """Put a backup (by default the newest sound one) in place of the chat log; the present one is kept."""
    newest = newest_verified(paths.backups)
    if arguments.target:
        chosen = Path(arguments.target)
        chosen = chosen if chosen.exists() else paths.backups / chosen
    elif newest is not None:
        chosen = newest.path
    else:
        raise UsageError("There is no backup yet.", "Make one: companion chats backup")
    kept = restore(chosen, paths.chat_log, backups=paths.backups)
    return {"restored": str(chosen), "before": str(kept) if kept else ""}, 0


def _check(arguments: argparse.Namespace, paths: Paths) -> Result:
    del arguments
    log = _open(paths, read_only=True)
    try:
        wrong = log.check()
    finally:
        log.close()
    return {"file": str(paths.chat_log), "sound": not wrong, "problems": wrong}, 1 if wrong else 0


_ACTIONS: dict[str, Callable[[argparse.Namespace, Paths], Result]] = {
    "list": _list,
    "show": _show,
    "search": _search,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "undelete": _undelete,
    "backup": _backup,
    "restore": _restore,
    "check": _check,
}


def _open(paths: Paths, *, read_only: bool = False) -> SqliteChatLog:
    """Open the log; a reader may look while the window writes."""
    if read_only and paths.chat_log.exists():
        return SqliteChatLog.open(paths.chat_log, read_only=True, backups=paths.backups)
    return SqliteChatLog.open(paths.chat_log, backups=paths.backups)


def _chat(log: SqliteChatLog, wanted: str | None) -> ChatInfo:
    chats = log.chats()
    if wanted:
        return _among(chats, wanted)
    if not chats:
        raise UsageError("There is no chat yet.", "See: companion chats list")
    return max(chats, key=lambda one: one.last_seq)


def _named(target: str | None) -> str:
    if not target:
        raise UsageError("No chat was named.", "See: companion chats list, or companion chats list --deleted")
    return target


def _among(chats: Sequence[ChatInfo], wanted: str) -> ChatInfo:
    found = [one for one in chats if one.chat.startswith(wanted)]
    if len(found) != 1:
        raise UsageError(f"{len(found)} chats begin with '{wanted}'.", "See: companion chats list")
    return found[0]


def _name_of(character: str, paths: Paths) -> str:
    library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
    report = next((one for one in library.reports() if one.id == character), None)
    return report.character.shown_name if report is not None and report.character is not None else character
