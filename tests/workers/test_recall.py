"""The recall index in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.events import WorkerLost
from companion.errors import Cancelled, ModelError, UsageError, WorkerError
from companion.ports import IndexInfo, IndexItem
from companion.workers.process import Launch
from companion.workers.recall_client import RecallClient
from companion.workers.spec import EngineSpec, RecallSpec
from companion.workers.supervisor import Limits

pytestmark = pytest.mark.fault

Keep = Callable[[RecallClient], RecallClient]
BOOK = "lore_book"
HASHING = EngineSpec("hashing")
STUB = EngineSpec("stub_engines:Meaning")


def spec(folder: Path, embedder: EngineSpec = HASHING, store: EngineSpec | None = None) -> RecallSpec:
    kept = store or EngineSpec("exact", {"folder": str(folder / "vectors")})
    return RecallSpec(embedder, kept, str(folder / "index"))


def items(n: int, *, size: int = 1) -> list[IndexItem]:
    return [IndexItem(f"p{i}", f"第{i}段，花园里第{i}次下雨。" * size, f"第{i % 9}回", i) for i in range(n)]


def test_items_of_many_frames_arrive_all(tmp_path: Path, closing: Keep) -> None:
    client = closing(RecallClient(spec(tmp_path)))
    seen: list[tuple[int, int]] = []
    many = [*items(1_200, size=20), IndexItem("控制", "\u0001\ud800" * 40_000, "", 1)]
    told = client.sync(BOOK, many, CancelToken(), progress=lambda *n: seen.append(n))
    assert (told.n_items, seen[-1], len(seen) > 10) == (1_201, (1_201, 1_201), True)
    assert client.search(BOOK, "第777段", mode="bm25", limit=1)[0].id == "p777"


def test_a_search_is_answered_while_a_build_runs(tmp_path: Path, launch: Launch, closing: Keep) -> None:
    client = closing(RecallClient(spec(tmp_path, STUB), launch=launch))
    client.add(BOOK, [IndexItem("花", "花园")])
    done: list[IndexInfo] = []
    wanted = [IndexItem("花", "花园"), IndexItem("new", "wait")]
    build = threading.Thread(target=lambda: done.append(client.sync(BOOK, wanted, CancelToken())))
    build.start()
    assert [hit.id for hit in client.search(BOOK, "花园")] == ["花"]
    assert done == []
    client.search(BOOK, "go on")
    build.join()
    assert done[0].n_items == 2


def test_a_worker_that_dies_in_a_build_keeps_what_was_embedded(
    tmp_path: Path, launch: Launch, limits: Limits, closing: Keep, events: Any
) -> None:
    client = closing(RecallClient(spec(tmp_path, STUB), launch=launch, limits=limits, on_event=events))
    client.sync(BOOK, items(5), CancelToken())
    first = client.pid
    with pytest.raises(WorkerError) as caught:
        client.sync(BOOK, [*items(100), IndexItem("x", "die")], CancelToken())
    assert caught.value.code == "worker"
    lost = events.wait_for(WorkerLost)
    assert (lost.role, lost.restarts) == ("recall", True)
    info = client.info(BOOK)
    assert info is not None
    assert (info.n_items, client.pid != first) == (5, True)
    assert client.search(BOOK, "第3段", mode="bm25")[0].id == "p3"
    assert client.sync(BOOK, items(100), CancelToken()).n_items == 100


def test_a_file_that_ends_the_worker_twice_while_loading_is_given_up(
    tmp_path: Path, launch: Launch, limits: Limits
) -> None:
    with pytest.raises(ModelError) as caught:
        RecallClient(
            spec(tmp_path, EngineSpec("stub_engines:Meaning", {"fail": True})), launch=launch, limits=limits
        )
    assert caught.value.code == "embedder"


def test_a_stopped_build_raises_at_once(tmp_path: Path, closing: Keep) -> None:
    client = closing(RecallClient(spec(tmp_path)))
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        client.sync(BOOK, items(5_000), cancel, progress=lambda *_: cancel.request())
    assert client.sync(BOOK, items(10), CancelToken()).n_items == 10


def test_two_builds_at_once_do_not_mix(tmp_path: Path, closing: Keep) -> None:
    client = closing(RecallClient(spec(tmp_path)))
    found: dict[str, int] = {}

    def build(name: str, n: int) -> None:
        found[name] = client.sync(name, items(n, size=10), CancelToken()).n_items

    threads = [threading.Thread(target=build, args=(f"lore_{n}", n)) for n in (900, 700)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"lore_900": 900, "lore_700": 700}


def test_the_worker_has_no_network_unless_the_store_is_a_server(
    tmp_path: Path, launch: Launch, closing: Keep
) -> None:
    client = closing(RecallClient(spec(tmp_path)))
    if "no network" not in client.confinement:
        pytest.skip("this system cannot take the network from a process")
    server = EngineSpec("chroma_server", {"url": "http://127.0.0.1:9"})
    with pytest.raises(Exception, match="vector store"):
        RecallClient(spec(tmp_path, store=server))


def test_a_model_file_and_a_server_are_refused_together(tmp_path: Path) -> None:
    server = EngineSpec("chroma_server", {"url": "http://127.0.0.1:9"})
    with pytest.raises(UsageError) as caught:
        RecallClient(spec(tmp_path, EngineSpec("gguf_embedding", {"model": "x.gguf"}), server))
    assert caught.value.code == "remote"
