"""The recall index over a pipe: its worker may die in a build without anyone who talks noticing.

Making a client blocks until the embedding model is loaded (1-3 s). A request in flight when the worker ends raises
WorkerError, code `worker`; what was embedded until then is kept. A search waits for a restart for a moment only: a
reply goes on without it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from companion.engines import registry
from companion.errors import Cancelled, UsageError, WorkerError
from companion.ports import Cancel, IndexHit, IndexInfo, IndexItem, SearchMode
from companion.workers.codec import decode, encode, encode_spec
from companion.workers.exchange import POLL_S, Exchange
from companion.workers.frames import Frame, Header
from companion.workers.process import LAUNCH, Launch
from companion.workers.spec import RecallSpec
from companion.workers.supervisor import LIMITS, Limits, Supervisor, WorkerEvent

# Characters as JSON take at most six bytes; a header holds a million.
_BATCH_CHARS: Final = 100_000
_BATCH_ITEMS: Final = 500
_ITEM_CHARS: Final = 150
_SEARCH_WAIT_S: Final = 1.0
_SEARCH_S: Final = 10.0
_NATIVE: Final = ("gguf_embedding",)


class RecallClient:
    """Satisfies `ports.RecallIndex`. All methods may be called from any thread."""

    def __init__(
        self,
        spec: RecallSpec,
        *,
        on_event: Callable[[WorkerEvent], None] = lambda event: None,
        cancel: Cancel | None = None,
        launch: Launch = LAUNCH,
        limits: Limits = LIMITS,
    ) -> None:
        """Start the worker. Raises what loading raises, and UsageError for a model file beside a server."""
        entry = registry.find("store", spec.store.engine, allow_targets=launch.allow_targets)
        if entry.remote and spec.embedder.engine in _NATIVE:
            raise UsageError(
                "A GGUF embedding model and a Chroma server cannot be used together: a process that opens model "
                "files has no network.",
                "Choose another embedding model, or keep the index on this computer.",
                code="remote",
            )
        self._spec, self._limits = spec, limits
        self._launch = dataclasses.replace(launch, network=launch.network or entry.remote)
        self._stages = itertools.count(1)
        self._sending = threading.Lock()
        self.model_id = ""
        self._supervisor = Supervisor(
            "recall", spec.subject, self._set_up, on_event=on_event, launch=self._launch, limits=limits
        )
        self._supervisor.start(cancel)

    @property
    def pid(self) -> int | None:
        """The worker process that serves now."""
        return self._supervisor.pid

    @property
    def confinement(self) -> tuple[str, ...]:
        """What the worker process has given up, in words."""
        return self._supervisor.confinement

    def sync(
        self,
        collection: str,
        items: Sequence[IndexItem],
        cancel: Cancel,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> IndexInfo:
        """Raises StoreError, ModelError, WorkerError, Cancelled; `progress` is called on this thread."""
        stage = next(self._stages)
        with self._alone(cancel), self._supervisor.lease(cancel) as exchange:
            for n, batch in enumerate(_batches(items)):
                if cancel.requested:
                    raise Cancelled
                fields = {"stage": stage, "first": n == 0, "items": encode(tuple(batch))[0]}
                _last(exchange.call("stage", fields, cancel=cancel))
            fields = {"stage": stage, "collection": collection, "n_items": len(items)}
            for frame in exchange.call("sync", fields, cancel=cancel):
                if frame.op == "delta":
                    header = frame.header
                    progress(decode(int, header.get("done")), decode(int, header.get("total")))
                else:
                    return decode(IndexInfo, frame.header.get("info"))
        raise _unended()

    def add(self, collection: str, items: Sequence[IndexItem]) -> None:
        for batch in _batches(items):
            self._call("add", {"collection": collection, "items": encode(tuple(batch))[0]})

    def remove(self, collection: str, ids: Sequence[str]) -> None:
        self._call("remove", {"collection": collection, "ids": list(ids)})

    def search(
        self,
        collection: str,
        query: str,
        *,
        limit: int = 8,
        until: int | None = None,
        exclude: Sequence[str] = (),
        mode: SearchMode = "fused",
    ) -> list[IndexHit]:
        """Raises WorkerError, code `worker`, when the worker is not back within 1 s, `timeout` after 10 s."""
        fields: Header = {
            "collection": collection,
            "query": query,
            "limit": limit,
            "until": until,
            "exclude": list(exclude),
            "mode": mode,
        }
        with self._supervisor.lease(wait_s=_SEARCH_WAIT_S) as exchange:
            done = _last(exchange.call("search", fields, timeout_s=_SEARCH_S))
        return list(decode(tuple[IndexHit, ...], done.header.get("hits")))

    def info(self, collection: str) -> IndexInfo | None:
        done = self._call("info", {"collection": collection})
        return decode(IndexInfo, found) if (found := done.header.get("info")) is not None else None

    def drop(self, collection: str) -> None:
        self._call("drop", {"collection": collection})

    def close(self) -> None:
        self._supervisor.close()

    @contextlib.contextmanager
    def _alone(self, cancel: Cancel) -> Iterator[None]:
        """Let one request at a time send its parts."""
        while not self._sending.acquire(timeout=POLL_S):
            if cancel.requested:
                raise Cancelled
        try:
            yield
        finally:
            self._sending.release()

    def _call(self, op: str, fields: Header) -> Frame:
        with self._supervisor.lease() as exchange:
            return _last(exchange.call(op, fields))

    def _set_up(self, exchange: Exchange) -> None:
        fields = {
            "embedder": encode_spec(self._spec.embedder),
            "store": encode_spec(self._spec.store),
            "folder": self._spec.folder,
            "allow_targets": self._launch.allow_targets,
        }
        done = _last(exchange.call("load", fields, timeout_s=self._limits.load_s))
        self.model_id = decode(str, done.header.get("model_id"))


def _last(frames: Iterator[Frame]) -> Frame:
    for frame in frames:
        if frame.op == "done":
            return frame
    raise _unended()


def _unended() -> WorkerError:
    return WorkerError("A worker ended its answer without an end.", code="codec")


def _batches(items: Sequence[IndexItem]) -> Iterator[list[IndexItem]]:
    """Split items so that each batch fits into a header; an empty sequence is one empty batch."""
    batch: list[IndexItem] = []
    n_chars = 0
    for item in items:
        size = len(item.text) + len(item.context) + len(item.id) + _ITEM_CHARS
        if batch and (n_chars + size > _BATCH_CHARS or len(batch) >= _BATCH_ITEMS):
            yield batch
            batch, n_chars = [], 0
        batch.append(item)
        n_chars += size
    yield batch
