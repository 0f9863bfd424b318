"""What characters draw on beside their cards: lorebooks, documents and memories, and the index that finds them."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from companion import wiring
from companion.conversation.knowledge import Knowledge, Told
from companion.conversation.memory import Remembering, collection_of
from companion.conversation.recall import LoreIndexes, recall
from companion.conversation.slots import Engines
from companion.domain import events
from companion.domain.character import Character, Lorebook, PackReport
from companion.domain.lore import Scan, Scene
from companion.domain.memory import Recollected
from companion.domain.messages import Message, StoredMessage
from companion.domain.passages import FoundPassage
from companion.engines.catalog import Catalog
from companion.engines.recall.collection import plain_name
from companion.errors import CompanionError
from companion.lore_store import LoreStore
from companion.packs import staging
from companion.packs.books import BookShelf
from companion.packs.export import ExportReport, export
from companion.packs.install import clean
from companion.packs.library import Library
from companion.packs.names import free_id, pack_id
from companion.paths import Paths
from companion.ports import Cancel
from companion.settings import Settings
from companion.storage.atomic import storage_error
from companion.storage.chat_log import SqliteChatLog
from companion.storage.purge import copies_holding
from companion.text.timed_regex import TimedRegex

if TYPE_CHECKING:
    from companion.workers.recall_client import RecallClient

_log = logging.getLogger(__name__)
_TRY_TOKENS = 2_000
_PASSAGES = 2


class Archive:
    """Owns the recall worker; methods may be called from any thread."""

    def __init__(
        self,
        paths: Paths,
        settings: Callable[[], Settings],
        log: SqliteChatLog,
        library: Library,
        engines: Engines,
        publish: Callable[[events.Event], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._paths, self._settings, self._log, self._library = paths, settings, log, library
        self._engines, self._publish, self._clock = engines, publish, clock
        self._reloading = threading.Lock()
        self._client: RecallClient | None = None
        self.books = BookShelf(paths.data / "lorebooks")
        self.lore = LoreStore(paths, library.get, lambda: engines.recall.ready)
        self.remembering = Remembering(log.memories, lambda: engines.recall.ready, publish)

    # ---- the index

    def start(self, catalog: Catalog, cancel: Cancel, on_event: Callable[..., None]) -> None:
        """Start the recall worker, or start it anew with changed settings; blocks for 1-3 s. Raises CompanionError."""
        from companion.workers.recall_client import RecallClient

        with self._reloading:
            self._stop_worker()
            spec = wiring.recall_spec(
                self._settings(), self._paths, catalog, progress=lambda done, total: None, cancel=cancel
            )
            self._client = RecallClient(spec, on_event=on_event, cancel=cancel)
        self._engines.recall.put(self._client)

    def close(self) -> None:
        """Stop the worker; safe to call twice."""
        self.lore.close()
        self._stop_worker()

    def _stop_worker(self) -> None:
        self._engines.recall.clear()
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # ---- what a reply draws on

    def knowledge(self) -> Knowledge:
        """Return what the conversation may ask for."""
        return Knowledge(
            books=lambda character, chat: self.books.attached(character.id, chat),
            passages=self._passages,
            switched_off=self._log.memories.switched_off,
            remembering=_Switchable(self.remembering, lambda: self._settings().recall.remember),
            summary=self._log.memories.summary,
            keep_summary=self._log.memories.keep_summary,
            last_talk=self._last_talk,
            clock=self._clock,
        )

    def _last_talk(self, character: str, path: Sequence[StoredMessage]) -> float | None:
        """A chat that holds a greeting alone was only opened."""
        here = path[0].chat if path else ""
        moments = [one.created_at for one in path[:-1] if one.role == "user"]
        moments += [
            one.updated_at for one in self._log.chats(character) if one.chat != here and one.n_messages > 1
        ]
        return max(moments, default=None)

    def _passages(self, character: Character, said: str, cancel: Cancel) -> Sequence[FoundPassage]:
        if not self._settings().recall.lore or not self.lore.has_documents(character.id):
            return ()
        off = self._log.memories.switched_off(character.id, "passage")
        found = self.lore.search(character.id, said, limit=_PASSAGES, exclude=off)
        return [one for one in found if one.confident]

    @property
    def cache(self) -> Path:
        return self._paths.cache / "packs"

    @contextlib.contextmanager
    def files_of(self, character: str) -> Iterator[list[Path]]:
        """Give her documents as files, for a pack that carries them; they are gone afterwards."""
        with staging.staging(self.cache) as folder:
            files: list[Path] = []
            for one in self.lore.documents(character):
                if one.origin == "user" and not one.error:
                    name = free_id(pack_id(Path(one.file).stem), [file.stem for file in files])
                    files.append(folder / f"{name}.txt")
                    files[-1].write_text(self.lore.source(character, one.id), encoding="utf-8")
            yield files

    # ---- trying and switching

    def try_lore(self, character: str, books: Sequence[Lorebook], text: str) -> Scan:
        """Scan `text` as the newest message of a chat of `character` with `books`; nothing is kept."""
        known = self._library.get(character)
        index = LoreIndexes().of(known, books)
        scene = Scene([Message("user", text)], off=self._log.memories.switched_off(character, "lore"))
        return recall(index, scene, self._count, token_cap=_TRY_TOKENS, regex=TimedRegex())

    def recollect_for_test(self, character: str, text: str) -> list[Recollected]:
        """Return what `character` would remember if the user said `text` now; nothing is kept."""
        found = self.remembering.recollect(
            self._library.get(character),
            "",
            text,
            now=self._clock(),
            path_messages=(),
            limit_tokens=_TRY_TOKENS,
            count=self._count,
        )
        return list(found)

    def switch(self, character: str, kind: Literal["lore", "passage"], key: str, *, off: bool) -> None:
        """Leave a lorebook entry (`book:entry`) or a passage out of prompts, or take it in again."""
        self._log.memories.switch(character, kind, key, off=off)
        self._publish(events.LoreChanged(character))

    def forget_character(self, character: str) -> None:
        """Remove what was derived from a pack that is gone; chats stay, and what she knows from them."""
        self.lore.forget(character)
        self.books.forget(character=character)
        for card in self._log.memories.cards(character):
            if card.origin == "pack":
                self._log.memories.forget(card.memory)

    def purge_chat(self, chat: str) -> list[Path]:
        """Remove a deleted chat for good with all that was derived from it; return the copies that still hold it.

        Raises StorageError; `not_deleted` for a chat that is in use.
        """
        character = self._log.chat(chat).character
        left = purge_chat(chat, self._log, self._paths, self.books, self.remembering.drop_index)
        self._publish(events.MemoriesChanged(character))
        self._publish(events.ChatsChanged(character))
        return left

    def _count(self, texts: Sequence[str]) -> list[int]:
        language = self._engines.language.ready
        if language is not None:
            try:
                return language.count_tokens(texts)
            except CompanionError as error:
                _log.info("tokens are guessed: %s", error.code)
        return [max(1, len(text) * 2 // 3) for text in texts]


def tidy_up(paths: Paths, library: Library) -> None:
    """Take away what an installation that was cut off has left, and what packs that are gone were unpacked to."""
    try:
        clean(paths.characters)
        staging.clean(paths.cache / "packs")
        library.tidy()
    except (CompanionError, OSError) as error:
        _log.info("what was cut off could not be tidied up: %s", type(error).__name__)


def purge_chat(
    chat: str, log: SqliteChatLog, paths: Paths, books: BookShelf, drop_index: Callable[[str], None]
) -> list[Path]:
    """Remove a deleted chat from everywhere below the user's folders; return the copies that still hold it.

    `drop_index` asks whoever has the index of a character's memories open. Raises StorageError.
    """
    character = log.chat(chat).character
    try:
        drop_index(character)
    except CompanionError as error:
        _log.info("a memory index was not dropped: %s", error.code)
    folder = paths.cache / "recall" / "index" / plain_name(collection_of(character))
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise storage_error(error, folder) from error
    log.purge_chat(chat)
    books.forget(chat=chat)
    return copies_holding(log.file, paths.backups, chat)


def write_character(archive: Archive, report: PackReport, target: Path, *, with_lore: bool) -> ExportReport:
    """Write a character in the form that the suffix of `target` names, her documents with it if wanted."""
    if not with_lore:
        return export(report, target, cache=archive.cache)
    with archive.files_of(report.id) as files:
        return export(report, target, cache=archive.cache, include_lore=files)


class _Switchable:
    """The memory as long as the settings want it; satisfies `knowledge.Remembers`."""

    def __init__(self, remembering: Remembering, is_on: Callable[[], bool]) -> None:
        self._remembering, self._is_on = remembering, is_on

    def learn(self, character: Character, message: StoredMessage) -> None:
        if self._is_on():
            self._remembering.learn(character, message.chat, message)

    def recollect(
        self,
        character: Character,
        chat: str,
        said: str,
        *,
        now: float,
        present: Sequence[StoredMessage],
        limit_tokens: int,
        count: Callable[[Sequence[str]], list[int]],
    ) -> Sequence[Recollected]:
        if not self._is_on():
            return ()
        return self._remembering.recollect(
            character, chat, said, now=now, path_messages=present, limit_tokens=limit_tokens, count=count
        )

    def bring_up(self, character: Character, cancel: Cancel) -> None:
        if self._is_on():
            self._remembering.bring_up(character.id, cancel)

    def changed(self, character: Character) -> None:
        if self._is_on():
            self._remembering.read_anew(character)
        else:
            self._remembering.changed(character.id)

    def told(self, character: Character, messages: Sequence[StoredMessage]) -> Told:
        told = self._remembering.told(character.id, messages)
        return told if self._is_on() else Told(told.messages)

    def corrects(self, character: Character, message: int) -> bool:
        return self._remembering.corrects(character.id, message)
