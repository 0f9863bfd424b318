"""One collection: its items and vectors on disk, its keyword index, and its place in the vector store.

Items are the truth, vectors follow from them, and the store is filled from both whenever its manifest does not say
that it holds exactly them. One thread changes a collection at a time; searches see the last whole state.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np

from companion.engines.recall.keywords import Keywords
from companion.engines.recall.manifest import Manifest, disk_error, read_manifest, write_manifest
from companion.engines.recall.matrix import Matrix
from companion.engines.recall.records import Record, Records, digest_of, digest_text, key_of
from companion.engines.recall.state import State
from companion.errors import Cancelled, StoreError
from companion.ports import Cancel, Embedder, IndexInfo, IndexItem, VectorStore

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Tokens = Callable[[str], list[str]]
_BATCH: Final = 32
_FILL: Final = 1_000
_ITEMS: Final = "items.sqlite3"
_PLAIN: Final = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,46}[a-zA-Z0-9])?")


class Collection:
    """Opened by its constructor, which raises StoreError only where nothing can be written.

    The caller holds `changing` for what alters it; `state` may be read at any time.
    """

    def __init__(
        self, name: str, folder: Path, embedder: Embedder, store: VectorStore, tokens: Tokens
    ) -> None:
        self.name = name
        self.changing = threading.Lock()
        self._folder = folder
        self._embedder, self._store, self._tokens = embedder, store, tokens
        mark = hashlib.sha256(embedder.model_id.encode()).hexdigest()[:8]
        self.place = f"{plain_name(name)}_{mark}_{embedder.dimensions}"
        self._store_name = type(store).__name__
        self._rebuilt = ""
        self._seconds = 0.0
        self._records, self.state = self._opened()
        self.matrix = Matrix(self._records, embedder.model_id, embedder.dimensions)

    def info(self) -> IndexInfo:
        state = self.state
        return IndexInfo(
            self.name,
            state.n_items,
            self._embedder.model_id,
            self._embedder.dimensions,
            state.digest,
            self._store_name,
            self._rebuilt,
            self._seconds,
        )

    def distrust_store(self) -> None:
        """Ask the store no more until it is filled anew."""
        self._rebuilt = "damage"
        self.state = self.state.with_store(in_store=False)

    def sync(self, items: Sequence[IndexItem], cancel: Cancel, progress: Progress) -> None:
        """Hold exactly `items`. Raises StoreError, ModelError, Cancelled; what was embedded is kept."""
        began = time.monotonic()
        wanted = {item.id: item for item in items}
        gone = [id_ for id_ in self.state.rows if id_ not in wanted]
        fresh = [item for item in wanted.values() if self._differs(item)]
        n_same = len(wanted) - len(fresh)
        if gone or fresh or not self.state.in_store:
            new = self._prepared(fresh, cancel, lambda done: progress(n_same + done, len(wanted)))
            self._change(gone, new, cancel, anew=len(fresh) > n_same)
            self._records.forget_others(self._embedder.model_id)
            self._seconds = time.monotonic() - began
            self._write_manifest("complete")
        if not self.state.keywords.is_whole:
            # What is found shall depend on the items alone, not on the order in which they came.
            self._index_words()
        progress(len(wanted), len(wanted))

    def add(self, items: Sequence[IndexItem], cancel: Cancel) -> None:
        """Put a few items in. Raises StoreError, ModelError."""
        fresh = [item for item in {item.id: item for item in items}.values() if self._differs(item)]
        if fresh:
            self._change([], self._prepared(fresh, cancel, lambda done: None), cancel)

    def remove(self, ids: Sequence[str], cancel: Cancel) -> None:
        """Take items away; unknown ids are none. Raises StoreError."""
        gone = [id_ for id_ in dict.fromkeys(ids) if id_ in self.state.rows]
        if gone:
            self._change(gone, [], cancel)

    def repair(self, cancel: Cancel) -> None:
        """Fill the store anew if it cannot be trusted. Raises StoreError, ModelError, Cancelled."""
        if not self.state.in_store:
            began = time.monotonic()
            self._fill(cancel)
            self.matrix.forget()
            self._seconds = time.monotonic() - began
            self._write_manifest("complete")

    def drop(self) -> None:
        """Delete everything of it. Raises StoreError."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._store.drop(self.place)

    def close(self) -> None:
        self._records.close()

    # ---- opening

    def _opened(self) -> tuple[Records, State]:
        self._make_folder()
        manifest = read_manifest(self._folder)
        records: Records | None = None
        try:
            records = Records.open(self._folder / _ITEMS)
            held = _sound(records, manifest)
        except StoreError as error:
            if error.code != "damaged":
                raise
            _log.warning("an index is damaged and made anew")
            self._rebuilt = "damage"
            if records is not None:
                records.close()
            records, held, manifest = self._emptied(), [], None
        keywords = self._keywords(held)
        state = State.of(keywords, held, in_store=False)
        return records, state.with_store(in_store=self._is_in_store(manifest, state))

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error) from error

    def _emptied(self) -> Records:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._make_folder()
        return Records.open(self._folder / _ITEMS)

    def _keywords(self, held: Sequence[Record]) -> Keywords:
        saved = Keywords.load(self._folder)
        found = saved.following(held) if saved is not None else None
        if found is None:
            found = Keywords.build(held)
            # Saved or not, it is as good; a full disk must not keep anyone from searching.
            with contextlib.suppress(StoreError):
                found.save(self._folder)
        return found

    def _is_in_store(self, manifest: Manifest | None, state: State) -> bool:
        """Compare manifest, items and store; note why they differ."""
        if manifest is None and not state.rows:
            return False
        if manifest is None or (manifest.state, manifest.digest) != ("complete", state.digest):
            self._rebuilt = "damage"
            return False
        if (manifest.embedder, manifest.place) != (self._embedder.model_id, self.place):
            self._rebuilt = "embedder"
            with contextlib.suppress(StoreError):
                self._store.drop(manifest.place)
            return False
        if manifest.store != self._store_name:
            return False
        try:
            if self._store.ids(self.place) == state.rows.keys():
                return True
        except StoreError as error:
            _log.warning("the vector store is broken (%s)", error.code)
        self._rebuilt = "damage"
        return False

    # ---- altering

    def _differs(self, item: IndexItem) -> bool:
        row = self.state.rows.get(item.id)
        if row is None or self.state.places[row] != item.order:
            return True
        return self.state.entries[row].key != key_of(_body(item))

    def _change(self, gone: list[str], new: list[Record], cancel: Cancel, *, anew: bool = False) -> None:
        anew = anew or not self.state.in_store
        self._write_manifest("changing")
        put = self._records.replace(gone, new)
        # A search in between asks our own vectors: the store has not heard of it yet.
        self.state = self.state.changed(gone, put)
        if anew:
            self._fill(cancel)
        else:
            if gone:
                self._store.remove(self.place, gone)
            self._into_store(put)
            self.state = self.state.with_store(in_store=True)
        if self.state.keywords.is_stale:
            self._index_words()
        self._write_manifest("complete")

    def _index_words(self) -> None:
        held = self._records.all()
        keywords = Keywords.build(held)
        keywords.save(self._folder)
        self.state = State.of(keywords, held, in_store=self.state.in_store)

    def _fill(self, cancel: Cancel) -> None:
        """Make the store hold the vectors of all items, in their order."""
        self._write_manifest("changing")
        records = self._records.all()
        self._embed([record.body for record in records], cancel)
        self._store.drop(self.place)
        for at in range(0, len(records), _FILL):
            if cancel.requested:
                raise Cancelled
            self._into_store(records[at : at + _FILL])
        self.state = self.state.with_store(in_store=True)

    def _into_store(self, records: Sequence[Record]) -> None:
        if not records:
            return
        found = self._records.vectors(self._embedder.model_id, [one.key for one in records])
        if not all(one.key in found for one in records):
            raise StoreError("Vectors of the index are missing.", "They are made again.", code="damaged")
        self._store.upsert(
            self.place, [one.id for one in records], np.stack([found[one.key] for one in records])
        )

    def _prepared(
        self, items: Sequence[IndexItem], cancel: Cancel, done: Callable[[int], None]
    ) -> list[Record]:
        """Return items with tokens; their vectors are kept."""
        records: list[Record] = []
        for at in range(0, len(items), _BATCH):
            part = items[at : at + _BATCH]
            bodies = [_body(item) for item in part]
            self._embed(bodies, cancel)
            records += [
                Record(item.id, key_of(body), item.order, body, tuple(self._tokens(body)))
                for item, body in zip(part, bodies, strict=True)
            ]
            done(at + len(part))
        return records

    def _embed(self, bodies: Sequence[str], cancel: Cancel) -> None:
        """Keep a vector of each body that has none."""
        model = self._embedder.model_id
        by_key = {key_of(body): body for body in bodies}
        known = self._records.vectors(model, list(by_key))
        missing = [(key, body) for key, body in by_key.items() if key not in known]
        for at in range(0, len(missing), _BATCH):
            if cancel.requested:
                raise Cancelled
            part = missing[at : at + _BATCH]
            vectors = self._embedder.embed([body for _, body in part])
            self._records.keep(model, [key for key, _ in part], vectors)

    def _write_manifest(self, state: Literal["changing", "complete"]) -> None:
        info = self.info()
        write_manifest(
            self._folder,
            Manifest(
                state,
                info.embedder,
                info.dimensions,
                info.n_items,
                info.digest,
                info.store,
                self.place,
                info.rebuilt,
                info.seconds,
            ),
        )


def plain_name(name: str) -> str:
    """Return `name` if it can be a folder's and a collection's, else a hash of it."""
    if _PLAIN.fullmatch(name) and name.lower() == name:
        return name
    return "c" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _body(item: IndexItem) -> str:
    return f"{item.context}\n{item.text}" if item.context else item.text


def _sound(records: Records, manifest: Manifest | None) -> list[Record]:
    """Return the items; everything is read and compared unless the manifest vouches for them."""
    held = records.all()
    is_vouched = manifest is not None and manifest.state == "complete"
    if is_vouched and manifest is not None and manifest.digest == digest_text(sum(map(digest_of, held))):
        return held
    # A crash leaves whole transactions; damage shows when the whole file is read.
    records.check()
    if any(key_of(one.body) != one.key for one in held):
        raise StoreError("An item of the index is damaged.", "It is built again by itself.", code="damaged")
    return held
