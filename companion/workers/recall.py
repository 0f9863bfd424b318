"""The recall worker: an index that is searched on one lane while it is built on another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from companion.engines import registry
from companion.errors import StoreError, WorkerError
from companion.ports import IndexItem, RecallIndex, SearchMode
from companion.workers.codec import decode, decode_spec, encode
from companion.workers.confinement import forbidden_modules
from companion.workers.frames import Frame
from companion.workers.operation import Answer, Operation, Request

_MAX_STAGED: Final = 1_000_000


def host(_send: Callable[[Frame], None]) -> RecallHost:
    """Return the host of this role."""
    return RecallHost()


class RecallHost:
    """Satisfies `serve.Host` for `ports.RecallIndex`. Items of a long request are staged part by part first."""

    def __init__(self) -> None:
        self._index: RecallIndex | None = None
        self._staged: dict[int, list[IndexItem]] = {}

    @property
    def operations(self) -> Mapping[str, Operation]:
        build = {
            "load": self._load,
            "stage": self._stage,
            "sync": self._sync,
            "add": self._add,
            "remove": self._remove,
            "drop": self._drop,
        }
        search = {"search": self._search, "info": self._info}
        return {name: Operation("build", run) for name, run in build.items()} | {
            name: Operation("search", run) for name, run in search.items()
        }

    def close(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def _load(self, request: Request) -> Answer:
        allow_targets = bool(request.header.get("allow_targets"))
        embedder = decode_spec(request.header.get("embedder"))
        store = decode_spec(request.header.get("store"))
        folder = Path(decode(str, request.header.get("folder")))
        if embedder is None or store is None:
            raise WorkerError("No embedding model or no store is named.", code="codec")
        from companion.engines.recall.hybrid import HybridIndex
        from companion.text.search_tokens import search_tokens

        # The first call reads the dictionary; no search shall wait for it.
        search_tokens("暖")
        opened = registry.load("embedder", embedder.engine, embedder.options, allow_targets=allow_targets)
        kept = registry.load("store", store.engine, store.options, allow_targets=allow_targets)
        self._index = HybridIndex(opened, kept, folder)
        return {"model_id": opened.model_id, "modules_forbidden": forbidden_modules()}, b""

    @property
    def _loaded(self) -> RecallIndex:
        if self._index is None:
            raise StoreError("No index is open.", code="closed")
        return self._index

    def _stage(self, request: Request) -> Answer:
        number = decode(int, request.header.get("stage"))
        items = decode(tuple[IndexItem, ...], request.header.get("items"))
        if bool(request.header.get("first")):
            # What an interrupted request left is of no use to anyone.
            self._staged = {number: []}
        staged = self._staged.setdefault(number, [])
        if len(staged) + len(items) > _MAX_STAGED:
            raise StoreError("These are more items than an index can hold.", code="too_many")
        staged += items
        return {}, b""

    def _sync(self, request: Request) -> Answer:
        items = self._staged.pop(decode(int, request.header.get("stage")), [])
        if len(items) != decode(int, request.header.get("n_items")):
            raise WorkerError("Items were lost on the way.", code="codec")

        def progress(done: int, total: int) -> None:
            request.send("delta", {"done": done, "total": total})

        collection = decode(str, request.header.get("collection"))
        return {"info": encode(self._loaded.sync(collection, items, request, progress=progress))[0]}, b""

    def _add(self, request: Request) -> Answer:
        items = decode(tuple[IndexItem, ...], request.header.get("items"))
        self._loaded.add(decode(str, request.header.get("collection")), items)
        return {}, b""

    def _remove(self, request: Request) -> Answer:
        ids = decode(tuple[str, ...], request.header.get("ids"))
        self._loaded.remove(decode(str, request.header.get("collection")), ids)
        return {}, b""

    def _drop(self, request: Request) -> Answer:
        self._loaded.drop(decode(str, request.header.get("collection")))
        return {}, b""

    def _search(self, request: Request) -> Answer:
        header = request.header
        found = self._loaded.search(
            decode(str, header.get("collection")),
            decode(str, header.get("query")),
            limit=decode(int, header.get("limit")),
            until=None if header.get("until") is None else decode(int, header.get("until")),
            exclude=decode(tuple[str, ...], header.get("exclude")),
            mode=_mode(header.get("mode")),
        )
        return {"hits": encode(tuple(found))[0]}, b""

    def _info(self, request: Request) -> Answer:
        found = self._loaded.info(decode(str, request.header.get("collection")))
        return {"info": encode(found)[0]}, b""


def _mode(word: object) -> SearchMode:
    if word == "bm25" or word == "dense" or word == "fused":
        return word
    raise WorkerError("A search was asked for in an unknown way.", code="codec")
