"""What every vector store promises."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from companion.engines.stores.chroma import ChromaStore
from companion.engines.stores.chroma_server import ChromaServer
from companion.engines.stores.exact import ExactStore
from companion.errors import CompanionError, StoreError
from companion.ports import VectorStore

pytestmark = pytest.mark.engine

NAME = "lore_xiaoman_use-mult_512"
Opener = Callable[[], VectorStore]


def vectors(n: int, *, seed: int = 0, dimensions: int = 32) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((n, dimensions)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Chroma server on 127.0.0.1, with the program that comes with the library."""
    program = shutil.which("chroma", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("the chroma command is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    arguments = [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(arguments, stdin=quiet, stdout=quiet, stderr=quiet, cwd=folder)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["exact", "chroma", "server"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    made: list[VectorStore] = []

    def opened() -> VectorStore:
        if request.param == "exact":
            store: VectorStore = ExactStore.load(tmp_path)
        elif request.param == "chroma":
            store = ChromaStore.load(tmp_path)
        else:
            store = ChromaServer.load(request.getfixturevalue("server"))
        if not made:
            for name in store.collections():
                store.drop(name)
        made.append(store)
        return store

    yield opened
    for store in made:
        store.close()


def test_the_nearest_come_first_with_their_cosine(open_store: Opener) -> None:
    store, held = open_store(), vectors(50)
    store.upsert(NAME, [f"第{i}段" for i in range(50)], held)
    found = store.search(NAME, held[7], limit=5)
    assert (found[0][0], len(found)) == ("第7段", 5)
    expected = np.sort(held @ held[7])[::-1][:5]
    assert [score for _, score in found] == pytest.approx(expected, abs=1e-4)


def test_an_unknown_collection_gives_nothing(open_store: Opener) -> None:
    store = open_store()
    assert store.search(NAME, vectors(1)[0], limit=5) == []
    assert store.ids(NAME) == set()
    store.remove(NAME, ["x"])
    store.drop(NAME)


def test_an_id_put_again_has_the_new_vector(open_store: Opener) -> None:
    store, held = open_store(), vectors(2)
    store.upsert(NAME, ["a", "b"], held)
    store.upsert(NAME, ["a"], -held[:1])
    found = dict(store.search(NAME, held[0], limit=2))
    assert found["a"] == pytest.approx(-1.0, abs=1e-4)


def test_removed_ids_are_not_found(open_store: Opener) -> None:
    store, held = open_store(), vectors(20)
    store.upsert(NAME, [str(i) for i in range(20)], held)
    store.remove(NAME, [str(i) for i in range(10)] + ["never there"])
    assert store.ids(NAME) == {str(i) for i in range(10, 20)}
    assert {id_ for id_, _ in store.search(NAME, held[3], limit=20)} == {str(i) for i in range(10, 20)}


def test_another_opening_finds_everything(open_store: Opener) -> None:
    store, held = open_store(), vectors(1500)
    store.upsert(NAME, [str(i) for i in range(1500)], held)
    store.remove(NAME, ["3"])
    store.close()
    again = open_store()
    assert again.ids(NAME) == {str(i) for i in range(1500)} - {"3"}
    assert again.search(NAME, held[1400], limit=1)[0][0] == "1400"


def test_collections_are_apart(open_store: Opener) -> None:
    store = open_store()
    store.upsert(NAME, ["a"], vectors(1))
    store.upsert("memory_wren_hashing_64", ["b"], vectors(1, seed=1, dimensions=64))
    assert store.collections() == sorted([NAME, "memory_wren_hashing_64"])
    store.drop(NAME)
    assert store.collections() == ["memory_wren_hashing_64"]
    assert store.ids(NAME) == set()


def test_a_vector_of_another_length_is_a_store_error(open_store: Opener) -> None:
    store = open_store()
    store.upsert(NAME, ["a"], vectors(1))
    with pytest.raises(StoreError):
        store.upsert(NAME, ["b"], vectors(1, dimensions=64))
    with pytest.raises(StoreError):
        store.search(NAME, vectors(1, dimensions=64)[0], limit=1)


def test_closing_twice_is_safe_and_searching_afterwards_is_an_error(open_store: Opener) -> None:
    store = open_store()
    store.upsert(NAME, ["a"], vectors(1))
    store.close()
    store.close()
    with pytest.raises(CompanionError):
        store.search(NAME, vectors(1)[0], limit=1)
