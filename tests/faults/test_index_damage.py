"""Bytes of Chroma's own files are flipped: its native part may end the worker, and the index comes back by itself."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.errors import WorkerError
from companion.ports import IndexItem
from companion.workers.recall_client import RecallClient
from companion.workers.spec import EngineSpec, RecallSpec
from companion.workers.supervisor import Limits

pytestmark = pytest.mark.fault

BOOK = "lore_book"
# Chroma writes its graph to disk from 1,000 vectors on.
N_ITEMS = 1_300
WORDS = "山水花鸟风月雨雪春夏秋冬东西南北茶酒琴棋书画诗词歌赋楼台亭阁"
QUERIES = ["".join(random.Random(i).choices(WORDS, k=8)) for i in range(20)]
_LIMITS = Limits(crashes=1_000, backoff_s=(0.0,))


def book() -> list[IndexItem]:
    draw = random.Random(3)
    return [IndexItem(f"p{i}", "".join(draw.choices(WORDS, k=60)), "", i) for i in range(N_ITEMS)]


def recall(folder: Path) -> RecallClient:
    store = EngineSpec("chroma", {"folder": str(folder / "chroma")})
    embedder = EngineSpec("hashing", {"dimensions": 64})
    return RecallClient(RecallSpec(embedder, store, str(folder / "index")), limits=_LIMITS)


def top(client: RecallClient) -> list[list[str]]:
    return [[hit.id for hit in client.search(BOOK, query, limit=5)] for query in QUERIES]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """A folder with a sound index, and its best five."""
    folder = tmp_path_factory.mktemp("sound")
    client = recall(folder)
    try:
        client.sync(BOOK, book(), CancelToken())
        return folder, top(client)
    finally:
        client.close()


def after_damage(client: RecallClient) -> list[list[str]]:
    """Search until nothing is lost any more; each search may end the worker once."""
    for _ in range(8):
        try:
            assert client.info(BOOK) is not None
            return top(client)
        except WorkerError:
            continue
    raise AssertionError("the index does not come back")


NAMES = [
    "data_level0.bin",
    "link_lists.bin",
    "header.bin",
    "length.bin",
    "index_metadata.pickle",
    "chroma.sqlite3",
]


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bytes_in_the_store_end_in_the_same_answers(
    sound: tuple[Path, list[list[str]]], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "home"
    shutil.copytree(sound[0], folder)
    victims = [file for file in folder.rglob(name) if file.stat().st_size]
    if not victims:
        pytest.skip(f"this Chroma writes no {name}")
    draw = random.Random(name)
    for victim in victims:
        raw = bytearray(victim.read_bytes())
        for _ in range(max(8, len(raw) // 200)):
            raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        victim.write_bytes(raw)
    client = recall(folder)
    try:
        after_damage(client)
        told = client.sync(BOOK, book(), CancelToken())
        assert (told.n_items, told.rebuilt in ("damage", "")) == (N_ITEMS, True)
        assert top(client) == sound[1]
    finally:
        client.close()


def test_control_the_damage_is_real(sound: tuple[Path, list[list[str]]], tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(sound[0], folder)
    for victim in folder.rglob("chroma.sqlite3"):
        victim.write_bytes(b"not a database" * 1000)
    client = recall(folder)
    try:
        after_damage(client)
        assert client.sync(BOOK, book(), CancelToken()).rebuilt == "damage"
    finally:
        client.close()
