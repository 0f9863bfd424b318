"""Chats to files and back: SillyTavern's JSONL and readable Markdown; in from Soul-of-Waifu too.

An import is staged, then one commit.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from companion.domain.messages import ChatInfo
from companion.errors import StorageError
from companion.storage import jsonl, markdown, sow_chat
from companion.storage.atomic import storage_error, write_atomic
from companion.storage.backup import backup
from companion.storage.chat_log import SqliteChatLog

_LARGEST_IMPORT = 512 * 1024 * 1024
_MARKDOWN = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The new chat, and what in the file could not be taken as it was, as sentences."""

    chat: ChatInfo
    n_messages: int
    problems: tuple[str, ...] = ()


def export_chat(
    log: SqliteChatLog, chat: str, path: Path, *, user_name: str = "User", character_name: str = ""
) -> int:
    """Write a chat to `path`, as Markdown if it ends in .md, else as JSONL; return the number of messages.

    JSONL holds all variants and branches, Markdown the active path. Raises StorageError.
    """
    transcript = log.transcript(chat)
    codec = markdown if path.suffix.lower() in _MARKDOWN else jsonl
    content = codec.encode(
        transcript, user_name=user_name, character_name=character_name or transcript.character
    )
    write_atomic(path, content)
    return len(transcript.messages if codec is jsonl else transcript.path())


def import_chat(
    log: SqliteChatLog, path: Path, character: str, *, backups: Path | None = None
) -> ImportReport:
    """Append the chat in `path` (of `export_chat`, SillyTavern or Soul-of-Waifu) to the chats of `character`.

    The log is backed up first, into `backups` or beside it. All or nothing. Raises StorageError:
    `bad_import` when the file holds no chat, `not_found`, and those of a backup or commit.
    """
    content = _read(path)
    if path.suffix.lower() in _MARKDOWN:
        staged = markdown.decode(content, character)
    else:
        staged = (sow_chat if sow_chat.is_one(content) else jsonl).decode(content, character)
    if staged.transcript is None or not staged.transcript.messages:
        raise StorageError(
            f"{path.name} holds no chat that can be read. {' '.join(staged.problems[:3])}".rstrip(),
            "Choose a .jsonl chat of companion or SillyTavern, a chat of Soul-of-Waifu, or a .md file of companion.",
            code="bad_import",
        )
    if not log.read_only:
        backup(log, backups or log.file.parent / "backups", label="before-import")
    info = log.write(staged.transcript)
    # The chat is committed: what the index lacks, the next search makes up for.
    with contextlib.suppress(StorageError):
        log.index()
    return ImportReport(info, len(staged.transcript.messages), staged.problems)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_IMPORT:
            raise StorageError(
                f"{path.name} is larger than {_LARGEST_IMPORT >> 20} MB.",
                "Split it into smaller files.",
                code="bad_import",
            )
        return path.read_bytes()
    except OSError as error:
        raise storage_error(error, path) from error
