"""Documents of characters: kept, built, searched, cut in time, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.engines.embedders.hashing import Hashing
from companion.engines.recall.hybrid import HybridIndex
from companion.engines.stores.exact import ExactStore
from companion.errors import Cancelled, StoreError, UsageError
from companion.lore_store import ALL_TIMES, LoreStore, collections_of
from companion.paths import Paths
from companion.ports import RecallIndex

pytestmark = pytest.mark.unit

WHO = "小满/../🌸" + "长" * 300
STORY = """《河边》

第一章 茶馆

小满在河边开了一家茶馆。茶馆里有一只白猫，名字叫小雪。

外婆把一把铜钥匙交给小满，说：“好好收着。”

第二章 大水

那年夏天发了大水，茶馆的地窖全淹了。小雪爬到了房梁上。

第三章 结局

最后小满用铜钥匙打开了阁楼，里面是外婆的日记。
"""
ENGLISH = (
    "Chapter 1\n\nThe keeper kept a brass telescope.\n\nChapter 2\n\nHe sold the telescope to a sailor.\n"
)


class Home:
    """A store over a real index, and what it was given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = Paths.under(folder)
        self.paths.make()
        self.pack: tuple[Path, ...] = ()
        self.index = HybridIndex(Hashing.load(), ExactStore.load(folder / "vectors"), folder / "index")
        self.asked = 0
        self.store = self.another()

    def another(self) -> LoreStore:
        return LoreStore(self.paths, self.character, self._index)

    def character(self, id_: str) -> Character:
        return replace(Character(id_, "小满", self.folder), documents=self.pack)

    def file(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def built(self, text: str = STORY) -> LoreStore:
        self.store.add(WHO, self.file("河边.txt", text))
        self.store.build(WHO, cancel=CancelToken())
        return self.store

    def _index(self) -> RecallIndex | None:
        self.asked += 1
        return self.index


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.store.close()
    home.index.close()


def test_a_document_is_kept_as_read_below_a_safe_name(home: Home) -> None:
    file = home.file("河边.txt", STORY.replace("\n", "\r\n"))
    info = home.store.add(WHO, file)
    file.unlink()

    assert (info.title, info.n_chapters, info.origin, info.error) == ("河边", 3, "user", "")
    assert home.store.source(WHO, info.id) == STORY
    assert home.another().documents(WHO) == [info]
    kept = [path for path in (home.paths.data / "lore").rglob("*") if path.is_file()]
    assert all(
        len(part) < 40 and part.isascii() for path in kept for part in path.relative_to(home.folder).parts
    )


def test_a_passage_found_stands_at_its_place_in_the_source(home: Home) -> None:
    store = home.built()
    found = store.search(WHO, "白猫叫什么名字？", limit=1)[0]

    assert "小雪" in found.text
    assert store.source(WHO, found.passage.document)[found.start : found.end] == found.text
    assert found.passage.chapter == "第一章 茶馆"
    assert store.passage(WHO, found.passage.id) == found.passage


def test_english_documents_are_found_too(home: Home) -> None:
    found = home.built(ENGLISH).search(WHO, "Who has the telescopes now?", limit=2)

    assert any("sailor" in one.text for one in found)


def test_neighbours_count_as_one_and_are_joined(home: Home) -> None:
    long = "第一章 雨\n\n" + "\n".join(
        f"第{n}天，雨一直下，河水涨到了第{n}级台阶，大家都很着急，小满守着茶馆不肯走。" for n in range(1, 41)
    )
    store = home.built(long)
    found = store.search(WHO, "雨一直下，河水涨到了哪里", limit=3, widest=0)
    spans = sorted((one.start, one.end) for one in found)

    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert any(one.end - one.start > len(one.passage.text) for one in found)


def test_a_passage_is_widened_within_its_scene_only(home: Home) -> None:
    store = home.built("第一章\n\n" + "甲在山上种茶。" * 60 + "\n\n***\n\n" + "乙在海边打鱼。" * 60)
    found = store.search(WHO, "乙在海边打鱼", limit=1, widest=10_000)[0]

    assert found.end - found.start > len(found.passage.text)
    assert "甲" not in found.text


def test_nothing_later_in_the_story_is_found_or_shown(home: Home) -> None:
    store = home.built()
    order = next(one.order for one in store.passages(WHO) if "大水" in one.text)
    store.set_now(WHO, order)

    assert store.now(WHO) == order
    assert not any("阁楼" in one.text for one in store.search(WHO, "铜钥匙打开了什么", limit=9))
    assert any("阁楼" in one.text for one in store.search(WHO, "铜钥匙打开了什么", limit=9, until=ALL_TIMES))

    store.set_now(WHO, None)
    assert store.now(WHO) is None
    assert any("阁楼" in one.text for one in store.search(WHO, "铜钥匙打开了什么", limit=9))


def test_the_time_stays_at_its_place_when_a_document_comes_before_it(home: Home) -> None:
    store = home.built()
    at = next(one for one in store.passages(WHO) if "大水" in one.text)
    store.set_now(WHO, at.order)
    home.pack = (home.file("pack.txt", "前传。\n\n***\n\n很久以前。"),)

    order = store.now(WHO)
    assert order == at.order + 2
    assert next(one for one in store.passages(WHO) if one.order == order).text == at.text


def test_entries_of_a_list_hold_at_any_time(home: Home) -> None:
    home.store.add(WHO, home.file("z.json", '[{"text": "茶馆的茶都来自山上。"}]'))
    store = home.built()
    store.set_now(WHO, 1)

    assert store.now(WHO) == 1
    assert any("山上" in one.text for one in store.search(WHO, "茶来自哪里", limit=9))
    assert not any("阁楼" in one.text for one in store.search(WHO, "铜钥匙打开了什么", limit=9))


def test_what_was_switched_off_is_neither_found_nor_widened_into(home: Home) -> None:
    store = home.built()
    cat = next(one for one in store.passages(WHO) if "白猫" in one.text)

    assert not any(
        "白猫" in one.text for one in store.search(WHO, "白猫", limit=9, exclude=frozenset({cat.id}))
    )


def test_pack_documents_come_first_and_a_broken_one_tells_why(home: Home) -> None:
    home.pack = (home.file("设定.txt", "茶馆在小镇的东边。"), home.file("empty.txt", ""))
    home.built()
    infos = home.store.documents(WHO)

    assert [(one.file, one.origin) for one in infos] == [
        ("设定.txt", "pack"),
        ("河边.txt", "user"),
        ("empty.txt", "pack"),
    ]
    assert "empty" in infos[-1].error
    with pytest.raises(UsageError):
        home.store.remove(WHO, infos[0].id)


def test_without_documents_the_index_is_never_asked_for(home: Home) -> None:
    assert home.store.search("nobody", "白猫") == []
    assert home.store.explain("nobody", "白猫").candidates == ()
    assert home.asked == 0


def test_without_an_index_nothing_is_found_and_a_build_says_so(home: Home) -> None:
    store = LoreStore(home.paths, home.character, lambda: None)
    store.add(WHO, home.file("河边.txt", STORY))

    assert store.search(WHO, "白猫") == []
    with pytest.raises(StoreError):
        store.build(WHO, cancel=CancelToken())


def test_each_character_finds_her_own_only(home: Home) -> None:
    home.built()
    home.store.add("other", home.file("b.txt", "灯塔里有一只黑狗。"))
    home.store.build("other", cancel=CancelToken())

    assert not any("白猫" in one.text for one in home.store.search("other", "白猫", limit=9))


def test_a_changed_document_takes_the_place_of_the_old_one_and_is_found(home: Home) -> None:
    store = home.built()
    store.add(WHO, home.file("河边.txt", STORY.replace("小雪", "阿花")))

    assert store.is_stale(WHO)
    assert len(store.documents(WHO)) == 1
    store.build(WHO, cancel=CancelToken())
    assert not store.is_stale(WHO)
    assert any("阿花" in one.text for one in store.search(WHO, "白猫叫什么"))


def test_a_lost_index_is_rebuilt_behind_a_search(home: Home) -> None:
    store = home.built()
    for name in collections_of(WHO).names():
        home.index.drop(name)

    assert store.is_stale(WHO)
    store.search(WHO, "白猫")
    _join("lore-build")
    assert not store.is_stale(WHO)
    assert any("小雪" in one.text for one in store.search(WHO, "白猫"))


def test_an_index_with_a_wrong_digest_is_rebuilt_behind_a_search(home: Home) -> None:
    store = home.built()
    home.pack = (home.file("新.txt", "阁楼上还有一架望远镜。"),)

    store.search(WHO, "望远镜")
    _join("lore-build")
    assert any("望远镜" in one.text for one in store.search(WHO, "望远镜"))


def test_a_build_tells_its_progress_and_can_be_stopped(home: Home) -> None:
    home.store.add(WHO, home.file("河边.txt", STORY))
    told: list[tuple[int, int]] = []
    info = home.store.build(
        WHO, cancel=CancelToken(), progress=lambda done, total: told.append((done, total))
    )

    assert info.n_items == len(home.store.passages(WHO))
    assert told[-1][0] == told[-1][1]
    cancel = CancelToken()
    cancel.request()
    with pytest.raises(Cancelled):
        home.store.build(WHO, cancel=cancel)


def test_an_explanation_shows_ranks_and_parts_of_every_candidate(home: Home) -> None:
    found = home.built().explain(WHO, "白猫叫什么名字？")

    assert found.candidates[0].bm25_rank == 1
    assert found.candidates[0].score >= found.candidates[0].bm25 > 0
    assert "什么" not in found.text


def test_a_question_about_nothing_in_the_documents_is_told_from_one_they_answer(home: Home) -> None:
    store = home.built(STORY * 3)

    assert store.search(WHO, "茶馆里的白猫叫什么")[0].confident
    assert not any(one.confident for one in store.search(WHO, "量子计算机怎么连接打印机"))


@pytest.mark.parametrize(
    "undo", [lambda store, id_: store.forget(WHO), lambda store, id_: store.remove(WHO, id_)]
)
def test_deleting_leaves_nothing_behind(home: Home, undo: Callable[[LoreStore, str], None]) -> None:
    store = home.built()
    undo(store, store.documents(WHO)[0].id)

    assert store.documents(WHO) == []
    assert store.search(WHO, "白猫") == []
    assert [home.index.info(name) for name in collections_of(WHO).names()] == [None, None, None]
    assert list((home.paths.data / "lore").rglob("*.txt")) == []


def _join(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join()
