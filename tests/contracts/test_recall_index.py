"""What every recall index promises: in this process, and over a worker's pipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.engines.embedders.hashing import Hashing
from companion.engines.recall.hybrid import HybridIndex
from companion.engines.stores.chroma import ChromaStore
from companion.engines.stores.exact import ExactStore
from companion.errors import Cancelled, CompanionError
from companion.ports import IndexItem, RecallIndex
from companion.workers.recall_client import RecallClient
from companion.workers.spec import EngineSpec, RecallSpec

pytestmark = pytest.mark.engine

Opener = Callable[[], RecallIndex]
BOOK = "lore_小满"
ITEMS = [
    IndexItem("flowers", "黛玉把落花装进绢袋，埋在畸角上的花冢里。", "红楼梦 第二十七回", 27),
    IndexItem("visit", "刘姥姥带着板儿第一次进荣国府，见了凤姐。", "红楼梦 第六回", 6),
    IndexItem("beating", "贾政命人把宝玉按在凳上，打了三四十板。", "红楼梦 第三十三回", 33),
    IndexItem("letter", "Her brother wrote that the ship leaves the harbour on Tuesday.", "Letters", 40),
    IndexItem("garden", "The gardener planted roses and watered them every morning.", "Letters", 41),
]


def open_exact(folder: Path) -> RecallIndex:
    return HybridIndex(Hashing.load(), ExactStore.load(folder / "vectors"), folder / "index")


def open_chroma(folder: Path) -> RecallIndex:
    return HybridIndex(Hashing.load(), ChromaStore.load(folder / "chroma"), folder / "index")


def open_worker(folder: Path) -> RecallIndex:
    return RecallClient(
        RecallSpec(
            EngineSpec("hashing", {}),
            EngineSpec("exact", {"folder": str(folder / "vectors")}),
            str(folder / "index"),
        )
    )


@pytest.fixture(params=[open_exact, open_chroma, open_worker])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    made: list[RecallIndex] = []

    def opened() -> RecallIndex:
        made.append(request.param(tmp_path))
        return made[-1]

    yield opened
    for index in made:
        index.close()


@pytest.fixture
def index(open_index: Opener) -> RecallIndex:
    opened = open_index()
    opened.sync(BOOK, ITEMS, CancelToken())
    return opened


def found(index: RecallIndex, query: str, **options: object) -> list[str]:
    return [hit.id for hit in index.search(BOOK, query, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("黛玉葬花埋在哪里", "flowers"),
        ("劉姥姥進榮國府", "visit"),
        ("when does the ship leave the harbour?", "letter"),
        ("planting ROSES", "garden"),
    ],
)
@pytest.mark.parametrize("mode", ["fused", "bm25"])
def test_the_item_that_answers_comes_first(index: RecallIndex, query: str, wanted: str, mode: str) -> None:
    assert found(index, query, mode=mode)[0] == wanted


def test_a_header_is_searched_with_its_text(index: RecallIndex) -> None:
    assert found(index, "第三十三回", mode="bm25")[0] == "beating"


def test_a_hit_tells_how_it_was_found(index: RecallIndex) -> None:
    best, *others = index.search(BOOK, "黛玉葬花", limit=5)
    assert (best.id, best.bm25_rank, best.bm25 > 0, best.similarity > 0) == ("flowers", 1, True, True)
    assert best.score >= max(hit.score for hit in others)
    assert {hit.bm25_rank for hit in index.search(BOOK, "黛玉葬花", mode="dense")} == {None}


def test_nothing_later_than_the_cut_and_nothing_excluded_is_found(index: RecallIndex) -> None:
    everything = "黛玉 刘姥姥 宝玉 ship roses"
    assert set(found(index, everything)) == {item.id for item in ITEMS}
    for mode in ("fused", "bm25", "dense"):
        assert set(found(index, everything, until=27, mode=mode)) <= {"flowers", "visit"}
        assert "letter" not in found(index, everything, exclude=["letter", "never there"], mode=mode)
    assert found(index, everything, until=0) == []


def test_limit_holds_and_an_unknown_collection_gives_nothing(index: RecallIndex) -> None:
    assert len(found(index, "宝玉 roses ship", limit=2)) == 2
    assert found(index, "宝玉", limit=0) == []
    assert found(index, " ") == []
    assert index.search("never_made", "宝玉") == []
    assert index.info("never_made") is None
    index.drop("never_made")
    index.remove("never_made", ["x"])


def test_sync_takes_away_and_changes(index: RecallIndex) -> None:
    changed = IndexItem("letter", "He wrote that the train leaves the station on Friday.", "Letters", 40)
    told = index.sync(BOOK, [*ITEMS[:2], changed], CancelToken())
    assert (told.n_items, told.collection) == (3, BOOK)
    assert found(index, "train station Friday")[0] == "letter"
    assert "garden" not in found(index, "roses gardener")
    assert found(index, "ship harbour Tuesday", mode="bm25") == []


def test_an_added_item_is_found_at_once_and_a_removed_one_never(index: RecallIndex) -> None:
    index.add(BOOK, [IndexItem("ducks", "我们在公园喂了鸭子。", "", 50)])
    assert found(index, "喂鸭子")[0] == "ducks"
    index.remove(BOOK, ["ducks", "flowers"])
    assert not {"ducks", "flowers"} & set(found(index, "喂鸭子 黛玉葬花"))
    index.add("memory_new", [IndexItem("1", "Her cat is called 煤球.")])
    assert [hit.id for hit in index.search("memory_new", "what is the cat called")] == ["1"]


def test_the_digest_depends_on_the_items_alone(open_index: Opener) -> None:
    index = open_index()
    for item in ITEMS:
        index.add("one_by_one", [item])
    index.add("one_by_one", [IndexItem("gone", "x")])
    index.remove("one_by_one", ["gone"])
    told = index.info("one_by_one")
    assert told is not None
    assert told.digest == index.sync(BOOK, list(reversed(ITEMS)), CancelToken()).digest
    assert told.digest != index.sync(BOOK, ITEMS[:4], CancelToken()).digest


def test_another_opening_finds_the_same(open_index: Opener) -> None:
    first = open_index()
    told = first.sync(BOOK, ITEMS, CancelToken())
    before = first.search(BOOK, "宝玉为什么挨打")
    first.close()
    second = open_index()
    assert second.search(BOOK, "宝玉为什么挨打") == before
    assert (second.info(BOOK), told.rebuilt) == (second.sync(BOOK, ITEMS, CancelToken()), "")
    info = second.info(BOOK)
    assert info is not None
    assert (info.digest, info.rebuilt) == (told.digest, "")


def test_progress_counts_to_the_end(open_index: Opener) -> None:
    index, seen = open_index(), list[tuple[int, int]]()
    items = [IndexItem(str(i), f"第{i}段") for i in range(100)]
    index.sync(BOOK, items, CancelToken(), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (100, 100)
    assert seen == sorted(seen)


def test_a_stopped_sync_raises_and_leaves_what_was_there(index: RecallIndex) -> None:
    cancel = CancelToken()
    cancel.request()
    with pytest.raises(Cancelled):
        index.sync(BOOK, [*ITEMS, IndexItem("new", "新的一段")], cancel)
    assert found(index, "黛玉葬花")[0] == "flowers"


def test_an_empty_sync_empties_and_a_drop_forgets(index: RecallIndex) -> None:
    assert index.sync(BOOK, [], CancelToken()).n_items == 0
    assert found(index, "黛玉") == []
    index.sync(BOOK, ITEMS, CancelToken())
    index.drop(BOOK)
    assert found(index, "黛玉") == []
    assert index.info(BOOK) is None


def test_closing_twice_is_safe_and_searching_afterwards_is_an_error(index: RecallIndex) -> None:
    index.close()
    index.close()
    with pytest.raises(CompanionError):
        index.search(BOOK, "黛玉")
    with pytest.raises(CompanionError):
        index.add(BOOK, ITEMS)
