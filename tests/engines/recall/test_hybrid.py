"""An index that was damaged, interrupted or made by another embedder repairs itself and is searched meanwhile."""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.domain.cancel import CancelToken
from companion.engines.embedders.hashing import Hashing
from companion.engines.recall import hybrid
from companion.engines.recall.collection import Collection, plain_name
from companion.engines.recall.hybrid import HybridIndex
from companion.engines.stores.chroma import ChromaStore
from companion.engines.stores.exact import ExactStore
from companion.errors import StoreError
from companion.ports import IndexItem, SearchMode

pytestmark = pytest.mark.fault

BOOK = "lore_book"
WORDS = "山水花鸟风月雨雪春夏秋冬东西南北茶酒琴棋书画诗词歌赋楼台亭阁"


def book(n: int = 300) -> list[IndexItem]:
    draw = random.Random(4)
    return [IndexItem(f"p{i}", "".join(draw.choices(WORDS, k=40)), f"第{i // 10}回", i) for i in range(n)]


QUERIES = ["".join(random.Random(i).choices(WORDS, k=8)) for i in range(20)]


class Counting:
    """Satisfies `ports.Embedder` and counts what it is given."""

    def __init__(self, dimensions: int = 128) -> None:
        self._inner = Hashing.load(dimensions=dimensions)
        self.model_id = self._inner.model_id
        self.dimensions = dimensions
        self.n_embedded = 0
        self.stop_after = 10**9

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if not query:
            self.n_embedded += len(texts)
            if self.n_embedded > self.stop_after:
                raise KeyboardInterrupt
        return self._inner.embed(texts, query=query)

    def close(self) -> None: ...


class Shelf:
    """Opens an index on one folder again and again."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.embedder = Counting()
        self.index = self._new()

    def _new(self) -> HybridIndex:
        store = (
            ChromaStore.load(self.folder / "chroma")
            if self.kind == "chroma"
            else ExactStore.load(self.folder / "vectors")
        )
        return HybridIndex(self.embedder, store, self.folder / "index")

    @property
    def collection(self) -> Path:
        return self.folder / "index" / BOOK

    def reopen(self, embedder: Counting | None = None) -> HybridIndex:
        self.index.close()
        self.embedder = embedder or Counting()
        self.index = self._new()
        return self.index

    def top(self, mode: SearchMode = "fused") -> list[list[str]]:
        return [[hit.id for hit in self.index.search(BOOK, query, limit=5, mode=mode)] for query in QUERIES]


@pytest.fixture(params=["exact", "chroma"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path, request.param)
    yield made
    made.index.close()


def settle() -> None:
    """Wait for repairs in the background."""
    for thread in threading.enumerate():
        if thread.name == "recall-repair":
            thread.join(30)


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.stat().st_size)


def test_an_interrupted_build_goes_on_where_it_was(shelf: Shelf) -> None:
    shelf.embedder.stop_after = 160
    with pytest.raises(KeyboardInterrupt):
        shelf.index.sync(BOOK, book(), CancelToken())
    again = shelf.reopen()
    again.sync(BOOK, book(), CancelToken())
    assert shelf.embedder.n_embedded == 300 - 160
    assert shelf.top("dense")[0]


def test_another_embedder_means_another_index(shelf: Shelf) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    keywords = shelf.top("bm25")
    index = shelf.reopen(Counting(64))
    assert shelf.top("bm25") == keywords
    settle()
    info = index.info(BOOK)
    assert info is not None
    assert (info.rebuilt, info.dimensions, info.n_items) == ("embedder", 64, 300)
    assert shelf.embedder.n_embedded == 300
    assert all(shelf.top("dense"))
    told = index.sync(BOOK, book(), CancelToken())
    assert (told.rebuilt, shelf.embedder.n_embedded) == ("embedder", 300)


@pytest.mark.parametrize("damage", ["vectors gone", "vectors cut", "manifest gone", "manifest changing"])
def test_a_damaged_store_is_filled_again_without_embedding(shelf: Shelf, damage: str) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    before = {mode: shelf.top(mode) for mode in ("fused", "bm25", "dense")}  # type: ignore[arg-type]
    shelf.index.close()
    held = shelf.folder / ("chroma" if shelf.kind == "chroma" else "vectors")
    manifest = shelf.collection / "manifest.json"
    match damage:
        case "vectors gone":
            shutil.rmtree(held)
        case "vectors cut":
            for file in _files(held):
                os.truncate(file, file.stat().st_size // 2)
        case "manifest gone":
            manifest.unlink()
        case "manifest changing":
            manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"state": "changing"}))
    index = shelf.reopen()
    assert {mode: shelf.top(mode) for mode in before} == before  # type: ignore[arg-type]
    settle()
    info = index.info(BOOK)
    assert info is not None
    assert (info.rebuilt, info.n_items) == ("damage", 300)
    assert {mode: shelf.top(mode) for mode in before} == before  # type: ignore[arg-type]
    assert shelf.embedder.n_embedded == 0


def test_the_store_is_broken_while_it_is_in_use(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    before = shelf.top()
    store = shelf.index._store
    with monkeypatch.context() as patch:

        def broken(*_: object, **__: object) -> list[tuple[str, float]]:
            raise StoreError("The vector store failed.", code="store")

        patch.setattr(store, "search", broken)
        assert shelf.top() == before
    settle()
    info = shelf.index.info(BOOK)
    assert info is not None
    assert info.rebuilt == "damage"
    assert shelf.top() == before


@pytest.mark.parametrize(
    "seed", [*range(8), *(pytest.param(n, marks=pytest.mark.slow) for n in range(8, 80))]
)
def test_flipped_bytes_anywhere_never_change_an_answer_for_good(shelf: Shelf, seed: int) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    before = shelf.top()
    shelf.index.close()
    draw = random.Random(seed)
    victim = draw.choice(_files(shelf.folder))
    raw = bytearray(victim.read_bytes())
    for _ in range(8):
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    victim.write_bytes(raw)
    shelf.reopen()
    shelf.top()
    settle()
    told = shelf.index.sync(BOOK, book(), CancelToken())
    assert told.n_items == 300
    shelf.top()
    settle()
    assert shelf.top() == before


def test_damaged_items_are_made_again_by_the_next_sync(shelf: Shelf) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    before = shelf.top()
    shelf.index.close()
    (shelf.collection / "items.sqlite3").write_bytes(b"not a database" * 1000)
    index = shelf.reopen()
    assert index.search(BOOK, QUERIES[0]) == []
    told = index.sync(BOOK, book(), CancelToken())
    assert (told.rebuilt, told.n_items) == ("damage", 300)
    assert shelf.top() == before


def test_control_unchecked_a_stale_store_gives_other_answers(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = book()
    shelf.index.sync(BOOK, items, CancelToken())
    changed = [IndexItem(one.id, items[-1 - i].text, "", one.order) for i, one in enumerate(items)]

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "_into_store", killed)
        patch.setattr(shelf.index._store, "drop", lambda name: None)
        with pytest.raises(KeyboardInterrupt):
            shelf.index.sync(BOOK, changed, CancelToken())
    shelf.index.close()
    copy = shelf.folder.with_name(f"{shelf.folder.name}-unchecked")
    shutil.copytree(shelf.folder, copy)
    shelf.reopen()
    at_once = shelf.top("dense")
    settle()
    right = shelf.top("dense")
    assert at_once == right

    monkeypatch.setattr(Collection, "_is_in_store", lambda *_: True)
    monkeypatch.setattr(hybrid, "_TOLERANCE", 2.0)
    unchecked = Shelf(copy, shelf.kind)
    assert unchecked.top("dense") != right
    unchecked.index.close()


def test_a_search_is_answered_while_a_build_embeds(shelf: Shelf) -> None:
    shelf.index.sync(BOOK, book(), CancelToken())
    before = shelf.top()
    at_work, go_on = threading.Event(), threading.Event()
    inner = shelf.embedder._inner.embed

    def slow(texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        if not query:
            at_work.set()
            assert go_on.wait(60)
        return inner(texts, query=query)

    shelf.embedder.embed = slow  # type: ignore[method-assign]
    more = [*book(), IndexItem("new", "新的一段" * 5, "", 999)]
    build = threading.Thread(target=shelf.index.sync, args=(BOOK, more, CancelToken()))
    build.start()
    assert at_work.wait(60)
    assert shelf.top() == before
    go_on.set()
    build.join()
    assert shelf.index.search(BOOK, "新的一段")[0].id == "new"


@pytest.mark.parametrize("name", ["小满", "../evil", "CON", "a" * 300, "A", "", ".hidden", "x_"])
def test_any_name_of_a_collection_stays_in_the_folder(shelf: Shelf, name: str) -> None:
    assert plain_name(name).isalnum()
    shelf.index.add(name, [IndexItem("1", "花园")])
    assert shelf.index.search(name, "花园")[0].id == "1"
    assert (shelf.folder / "index" / plain_name(name) / "manifest.json").is_file()


def test_names_that_differ_in_case_are_apart(shelf: Shelf) -> None:
    calls: list[Callable[[], None]] = [
        lambda: shelf.index.add("wren", [IndexItem("1", "花园")]),
        lambda: shelf.index.add("Wren", [IndexItem("2", "花园")]),
    ]
    for call in calls:
        call()
    assert [hit.id for hit in shelf.index.search("wren", "花园")] == ["1"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_told_and_the_index_still_searched(tmp_path: Path) -> None:
    import subprocess

    mounted = tmp_path / "small"
    mounted.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(mounted)]).returncode:
        pytest.skip("a file system cannot be mounted here")
    shelf = Shelf(mounted, "exact")
    try:
        shelf.index.sync(BOOK, book(), CancelToken())
        before = shelf.top("bm25")
        filler = mounted / "filler"
        with pytest.raises(OSError), filler.open("wb") as file:  # noqa: PT012
            while True:
                file.write(bytes(4096))
                file.flush()
        more = [*book(), *(IndexItem(f"n{i}", f"新的一段{i}" * 20) for i in range(2000))]
        with pytest.raises(StoreError) as caught:
            shelf.index.sync(BOOK, more, CancelToken())
        assert (caught.value.code, "full" in caught.value.what) == ("disk_full", True)
        assert shelf.top("bm25") == before
        filler.unlink()
        assert shelf.index.sync(BOOK, book(), CancelToken()).n_items == 300
        assert shelf.top("bm25") == before
    finally:
        shelf.index.close()
        subprocess.run(["umount", str(mounted)], check=True)
