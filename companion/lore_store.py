"""What a character knows from documents: their texts, passages and searches, for app and command line alike."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from companion.documents.cast import cast_of
from companion.documents.chapters import chapters
from companion.documents.document import Document
from companion.documents.folder import DocumentFolder, Mark
from companion.documents.lexicon import lexicon_of
from companion.documents.passages import passages_of
from companion.documents.queries import Query
from companion.documents.reading import read_document
from companion.documents.search import (
    Candidate,
    Collections,
    PassageSearch,
    Shelf,
    passage_items,
    scene_items,
    word_items,
)
from companion.documents.widening import WIDEST, Stretch, joined
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.passages import DocumentInfo, FoundPassage, Passage
from companion.errors import Cancelled, CompanionError, DocumentError, StoreError, UsageError
from companion.paths import Paths
from companion.ports import Cancel, IndexInfo, RecallIndex
from companion.storage.atomic import write_atomic

_log = logging.getLogger(__name__)

ALL_TIMES: Final = 2**31 - 1
"""As `until`: search the whole story, wherever its time has been set to."""

_MOST_SHELVES: Final = 3
_NAME_CHARS: Final = 8
# Changes whenever the same documents would give other items.
_FORM: Final = "1"


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a search finds what it finds: the query as parsed and every candidate, best first."""

    text: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    confident: bool
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    stamp: object
    documents: tuple[Document, ...]
    infos: tuple[DocumentInfo, ...]
    shelf: Shelf
    search: PassageSearch
    digest: str


class LoreStore:
    """Documents by character id, which may be any text. Thread-safe; owns no worker.

    `character_of` gives a character or raises CompanionError; `index` gives the index, or None while there is none:
    searches find nothing then. For a character without documents neither the index nor a file is touched.
    """

    def __init__(
        self,
        paths: Paths,
        character_of: Callable[[str], Character],
        index: Callable[[], RecallIndex | None],
    ) -> None:
        self._root = paths.data / "lore"
        self._character_of, self._index = character_of, index
        self._lock = threading.RLock()
        self._building = threading.Lock()
        self._loaded: dict[str, _Loaded] = {}
        self._rebuilds: dict[str, tuple[str, threading.Thread]] = {}
        self._closing = CancelToken()

    # ---- documents ----

    def documents(self, character: str, /) -> list[DocumentInfo]:
        """Return the pack's documents, then the user's. Raises StorageError."""
        return list(self._load(character).infos)

    def has_documents(self, character: str, /) -> bool:
        """Tell whether there is anything to search, without reading it."""
        return self._folder(character).is_there or bool(self._pack_files(character))

    def add(self, character: str, file: Path, /) -> DocumentInfo:
        """Keep a copy of a file's text; one of the same name is replaced. Raises DocumentError, StorageError."""
        document = read_document(file)
        with self._lock:
            self._folder(character).put(document)
            infos = self._load(character).infos
        return next(one for one in infos if one.id == document.id)

    def remove(self, character: str, document: str, /) -> None:
        """Forget a document of the user's. Raises UsageError, StorageError."""
        with self._lock:
            info = next((one for one in self._load(character).infos if one.id == document), None)
            if info is None or info.origin != "user":
                raise UsageError(
                    "There is no such document among those that were added.",
                    "See: companion lore list",
                    code="no_document",
                )
            self._folder(character).take(document)
            is_last = not self._load(character).infos
        if is_last:
            self._drop(character)

    def forget(self, character: str, /) -> None:
        """Remove everything of a character: documents, place in the story, index. Raises StorageError, StoreError."""
        with self._lock:
            existed = self._folder(character).is_there
            self._folder(character).clear()
            self._loaded.pop(character, None)
        if existed:
            self._drop(character)

    def source(self, character: str, document: str, /) -> str:
        """Return the text that a document's offsets refer to. Raises UsageError."""
        return self._document(self._load(character), document).text

    def passages(self, character: str, /) -> Sequence[Passage]:
        """Return all passages in the order of the story, also before an index is built."""
        return self._load(character).shelf.passages

    def passage(self, character: str, id_: str, /) -> Passage | None:
        """Return a passage by its id, None if the documents hold it no more."""
        shelf = self._load(character).shelf
        place = shelf.places.get(id_)
        return shelf.passages[place] if place is not None else None

    def shelf(self, character: str, /) -> Shelf:
        """Return all passages with what a search needs to know of them."""
        return self._load(character).shelf

    # ---- time ----

    def now(self, character: str, /) -> int | None:
        """Return the last `order` that the story has come to; None if it may all be told."""
        mark = self._folder(character).state().now
        if mark is None:
            return None
        before = [
            one.order
            for one in self._load(character).shelf.passages
            if one.document == mark.document and one.start <= mark.start
        ]
        # Where its document is gone nothing is known to have happened yet.
        return max(before, default=0)

    def set_now(self, character: str, order: int | None, /) -> None:
        """Let her know the story up to and including passage `order`, or all of it. Raises StorageError."""
        with self._lock:
            mark = None
            if order is not None:
                passages = self._load(character).shelf.passages
                told = [one for one in passages if 0 < one.order <= order]
                at = max(told, key=lambda one: one.order, default=None)
                mark = Mark(at.document, at.start) if at is not None else Mark("", 0)
            self._folder(character).mark(mark)

    # ---- index ----

    def is_stale(self, character: str, /) -> bool:
        """Tell whether the index lacks something of the documents, or has what they do not."""
        found = self._load(character)
        if not found.shelf.passages:
            return False
        if self._folder(character).state().built != found.digest:
            return True
        index = self._index()
        info = index.info(collections_of(character).passages) if index is not None else None
        return index is not None and (info is None or info.n_items != len(found.shelf.passages))

    def build(
        self,
        character: str,
        /,
        *,
        cancel: Cancel,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexInfo:
        """Make the index match the documents; `progress` gets done and total items. Raises StoreError, Cancelled.

        What was embedded before a cancel or a crash is not embedded again.
        """
        index = self._index()
        if index is None:
            raise StoreError(
                "There is no index yet.", "Wait until it has started, or see: companion doctor", code="index"
            )
        with self._building:
            found = self._load(character)
            passages = found.shelf.passages
            lexicon = lexicon_of((one.text for one in passages), self._cast(character, found.documents))
            names = collections_of(character)
            parts = (
                (names.passages, passage_items(passages)),
                (names.scenes, scene_items(passages)),
                (names.words, word_items(lexicon)),
            )
            total, before, began = sum(len(items) for _, items in parts), 0, time.monotonic()
            infos: list[IndexInfo] = []
            for name, items in parts:
                if cancel.requested:
                    raise Cancelled()
                info = index.sync(name, items, cancel, progress=_part_of(progress, before, total))
                infos.append(info)
                before += len(items)
            with self._lock:
                self._folder(character).note_built(found.digest, lexicon)
        return replace(infos[0], seconds=time.monotonic() - began)

    def search(
        self,
        character: str,
        query: str,
        /,
        *,
        limit: int = 4,
        until: int | None = None,
        exclude: frozenset[str] = frozenset(),
        widest: int = WIDEST,
    ) -> list[FoundPassage]:
        """Return the best passages, neighbours joined, each widened within its scene; best first.

        Nothing later in the story than `until` is found; None means where the story has come to. An index that does
        not match the documents is rebuilt in the background. Raises what the index raises.
        """
        index = self._ready(character)
        if index is None or not query.strip():
            return []
        found = self._load(character)
        until = self._until(character, until)
        candidates = found.search.find(index, query, until=until, exclude=sorted(exclude))
        stretches = joined(
            candidates,
            found.shelf,
            limit,
            widest=widest,
            allowed=lambda place: _is_allowed(found.shelf.passages[place], until, exclude),
        )
        confident = self._is_confident(index, character, found.search.parse(query), candidates)
        return [self._found(found, one, confident) for one in stretches]

    def explain(
        self, character: str, query: str, /, *, until: int | None = None, limit: int = 20
    ) -> Explained:
        """Return how a query is understood and its best candidates with their ranks and scores."""
        index = self._ready(character)
        found = self._load(character)
        parsed = found.search.parse(query)
        if index is None or not query.strip():
            return Explained(parsed.text, parsed.known, parsed.unknown, False, ())
        candidates = found.search.find(index, query, until=self._until(character, until))
        confident = self._is_confident(index, character, parsed, candidates)
        return Explained(parsed.text, parsed.known, parsed.unknown, confident, tuple(candidates[:limit]))

    def close(self) -> None:
        """Stop rebuilding; safe to call twice."""
        self._closing.request()
        with self._lock:
            threads = [thread for _, thread in self._rebuilds.values()]
        for thread in threads:
            thread.join()

    # ---- inside ----

    def _is_confident(
        self, index: RecallIndex, character: str, query: Query, candidates: Sequence[Candidate]
    ) -> bool:
        info = index.info(collections_of(character).passages)
        search = self._load(character).search
        return search.is_confident(query, candidates, info.embedder if info is not None else "")

    def _ready(self, character: str) -> RecallIndex | None:
        if not self.has_documents(character) or (index := self._index()) is None:
            return None
        if self.is_stale(character):
            self._rebuild_later(character, self._load(character).digest)
        return index

    def _rebuild_later(self, character: str, digest: str) -> None:
        with self._lock:
            tried, thread = self._rebuilds.get(character, ("", None))
            # One try for each state of the documents: what failed would fail again.
            if self._closing.requested or tried == digest or (thread is not None and thread.is_alive()):
                return
            thread = threading.Thread(target=self._rebuild, args=(character,), name="lore-build")
            self._rebuilds[character] = (digest, thread)
            thread.start()

    def _rebuild(self, character: str) -> None:
        try:
            self.build(character, cancel=self._closing)
        except CompanionError as error:
            _log.warning("an index of documents could not be rebuilt (%s)", error.code)

    def _until(self, character: str, until: int | None) -> int | None:
        until = self.now(character) if until is None else until
        return None if until == ALL_TIMES else until

    def _drop(self, character: str) -> None:
        index = self._index()
        if index is not None:
            for name in collections_of(character).names():
                index.drop(name)

    def _folder(self, character: str) -> DocumentFolder:
        return DocumentFolder(self._root / _safe(character), character, write_atomic)

    def _pack_files(self, character: str) -> tuple[Path, ...]:
        try:
            return self._character_of(character).documents
        except CompanionError:
            return ()

    def _load(self, character: str) -> _Loaded:
        folder = self._folder(character)
        files = self._pack_files(character)
        stamp = (folder.stamp, tuple((str(file), _stamp(file)) for file in files))
        with self._lock:
            found = self._loaded.get(character)
            if found is None or found.stamp != stamp:
                found = self._read(character, stamp, folder, files)
                self._loaded.pop(character, None)
                self._loaded[character] = found
                while len(self._loaded) > _MOST_SHELVES:
                    self._loaded.pop(next(iter(self._loaded)))
            return found

    def _read(self, character: str, stamp: object, folder: DocumentFolder, files: Sequence[Path]) -> _Loaded:
        pack, broken = _read_pack(files)
        documents = (*pack, *folder.read())
        passages = passages_of(documents, self._names(character))
        shelf = Shelf.of(passages, folder.lexicon())
        counts: dict[str, int] = {}
        for one in passages:
            counts[one.document] = counts.get(one.document, 0) + 1
        infos = [
            DocumentInfo(
                one.id,
                one.file,
                one.title,
                len(one.text),
                sum(bool(chapter.title) for chapter in chapters(one)),
                counts.get(one.id, 0),
                "pack" if one in pack else "user",
            )
            for one in documents
        ]
        search = PassageSearch(shelf, collections_of(character))
        return _Loaded(stamp, documents, (*infos, *broken), shelf, search, _digest(passages))

    def _names(self, character: str) -> list[str]:
        try:
            found = self._character_of(character)
        except CompanionError:
            return []
        keys = [key for entry in found.lore.entries for key in entry.keys if not entry.use_regex]
        return [name for name in (found.name, found.nickname, *keys) if 1 < len(name) <= _NAME_CHARS]

    def _cast(self, character: str, documents: Sequence[Document]) -> tuple[str, ...]:
        return cast_of((one.text for one in documents), self._names(character))

    def _document(self, found: _Loaded, id_: str) -> Document:
        document = next((one for one in found.documents if one.id == id_), None)
        if document is None:
            raise UsageError("There is no such document.", "See: companion lore list", code="no_document")
        return document

    def _found(self, found: _Loaded, one: Stretch, confident: bool) -> FoundPassage:
        passages = found.shelf.passages
        start, end = passages[one.first].start, passages[one.last].end
        best = one.best
        text = self._document(found, best.passage.document).text[start:end]
        return FoundPassage(
            best.passage,
            text,
            start,
            end,
            best.score,
            best.bm25_rank,
            best.dense_rank,
            best.similarity,
            confident,
        )


def _part_of(progress: Callable[[int, int], None], before: int, total: int) -> Callable[[int, int], None]:
    return lambda done, _: progress(before + done, total)


def _is_allowed(passage: Passage, until: int | None, exclude: frozenset[str]) -> bool:
    return (until is None or passage.order <= until) and passage.id not in exclude


def _read_pack(files: Sequence[Path]) -> tuple[list[Document], list[DocumentInfo]]:
    documents: list[Document] = []
    broken: list[DocumentInfo] = []
    for file in files:
        try:
            documents.append(read_document(file, origin="pack"))
        except DocumentError as error:
            broken.append(DocumentInfo("", file.name, file.stem, 0, 0, 0, "pack", str(error)))
    return documents, broken


def collections_of(character: str) -> Collections:
    """Return the names of a character's collections in the index."""
    mark = _safe(character)[:8]
    return Collections(f"lore_{mark}_passages", f"lore_{mark}_scenes", f"lore_{mark}_words")


def _safe(character: str) -> str:
    """A folder's name for any id: ids may hold slashes, emoji or more than a file name can."""
    return hashlib.sha256(character.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _digest(passages: Sequence[Passage]) -> str:
    body = _FORM + "\n".join(f"{one.id}:{one.order}:{','.join(one.present)}" for one in passages)
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:32]
