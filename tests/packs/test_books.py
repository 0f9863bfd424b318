"""Lorebooks of every dialect stand on one shelf, keep what they came with, and know whom they belong to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.errors import PackError, UsageError
from companion.packs.books import BookShelf, is_book
from companion.packs.intake import kind_of, take_in

pytestmark = pytest.mark.unit

WORLD = """{"entries": {"0": {"uid": 0, "key": ["雾", "/fog+/i"], "keysecondary": ["夜"], "comment": "雾", "content":
 "夜里有雾。\\r\\n", "constant": false, "vectorized": false, "selective": true, "selectiveLogic": 3, "addMemo": true,
 "order": 90, "position": 4, "disable": false, "excludeRecursion": true, "preventRecursion": false,
 "delayUntilRecursion": true, "probability": 70, "useProbability": true, "depth": 2, "group": "天", "groupOverride":
 true, "groupWeight": 30, "scanDepth": 8, "caseSensitive": true, "matchWholeWords": false, "useGroupScoring": true,
 "automationId": "", "role": 2, "sticky": 3, "cooldown": 4, "delay": 5, "characterFilter": {"names": [], "isExclude":
 false}, "displayIndex": 1.0}, "7": {"uid": 7, "key": ["灯"], "keysecondary": [], "comment": "", "content": "油灯。",
 "disable": true, "order": 1e2}}, "originalData": {"n": 1.50}}"""
ENTRY = {
    "keys": ["船"],
    "content": "旧船。",
    "extensions": {},
    "enabled": True,
    "insertion_order": 5,
    "use_regex": False,
}
RISU = {
    "key": "灯, lamp",
    "secondkey": "",
    "insertorder": 30,
    "comment": "灯",
    "content": "油灯。",
    "mode": "normal",
}
AGNAI = {"kind": "memory", "name": "记忆", "entries": [{"name": "灯", "entry": "油灯。", "keywords": ["灯"]}]}
NOVELAI = {
    "lorebookVersion": 5,
    "entries": [
        {
            "text": "渡口有三级石阶。",
            "contextConfig": {"prefix": "", "suffix": "\n", "tokenBudget": 2048, "budgetPriority": 400},
            "displayName": "渡口",
            "id": "9f2c",
            "keys": ["渡口", "/石阶{1,2}/i"],
            "searchRange": 1000,
            "enabled": True,
            "forceActivation": False,
            "category": "c1",
            "loreBiasGroups": [{"phrases": [], "bias": 0.10}],
        },
        {
            "text": "夜里有雾。",
            "contextConfig": {},
            "displayName": "雾",
            "keys": [],
            "forceActivation": True,
            "enabled": True,
        },
    ],
    "settings": {"orderByKeyLocations": False},
    "categories": [{"name": "地方", "id": "c1", "enabled": True}],
}
FILES: dict[str, tuple[str, str, int]] = {
    "world": (WORLD, "world_info", 2),
    "v3": (
        json.dumps({"spec": "lorebook_v3", "data": {"extensions": {}, "entries": [ENTRY]}}),
        "lorebook_v3",
        1,
    ),
    "bare": (json.dumps({"name": "河", "entries": [ENTRY, ENTRY]}), "lorebook", 2),
    "list": (json.dumps([ENTRY, {"key": "桥，拱桥", "content": "断了。", "n_depth": 2}]), "list", 2),
    "bom_list": ("\ufeff " + json.dumps([ENTRY]), "list", 1),
    "risu": (json.dumps({"type": "risu", "ver": 1, "data": [{"mode": "folder"}, RISU]}), "risu", 1),
    "agnai": (json.dumps(AGNAI), "agnai", 1),
    "novelai": (json.dumps(NOVELAI, ensure_ascii=False), "novelai", 2),
    "empty": ('{"entries": {}}', "world_info", 0),
}


@pytest.fixture
def shelf(tmp_path: Path) -> BookShelf:
    return BookShelf(tmp_path / "lorebooks")


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(FILES[name][0], "utf-8", newline="")
        return path

    return write


@pytest.mark.parametrize("name", FILES)
def test_every_dialect_is_taken_in_as_it_came(
    name: str, shelf: BookShelf, put: Callable[[str], Path]
) -> None:
    source = put(name)
    assert is_book(source)
    info = shelf.install(source)
    assert (info.form, info.n_entries) == FILES[name][1:]
    assert info.path.read_bytes() == source.read_bytes()
    assert len(shelf.load(info.id).entries) == info.n_entries
    assert shelf.load(info.id).id == info.id
    assert {one.source for one in shelf.load(info.id).entries} <= {info.id}
    assert [one.id for one in shelf.books()] == [info.id]


def test_world_info_reaches_every_field(shelf: BookShelf, put: Callable[[str], Path]) -> None:
    first, second = shelf.load(shelf.install(put("world")).id).entries
    assert replace(first, source="") == LoreEntry(
        keys=("雾", "/fog+/i"),
        content="夜里有雾。\n",
        name="雾",
        comment="雾",
        id="0",
        secondary_keys=("夜",),
        selective=True,
        use_regex=True,
        case_sensitive=True,
        insertion_order=90,
        secondary_logic="and_all",
        scan_depth=8,
        match_whole_words=False,
        position="at_depth",
        depth=2,
        role="assistant",
        probability=70,
        sticky=3,
        cooldown=4,
        delay=5,
        group="天",
        group_weight=30,
        group_override=True,
        use_group_scoring=True,
        exclude_recursion=True,
        delay_until_recursion=1,
    )
    assert (second.enabled, second.id) == (False, "7")


@pytest.mark.parametrize("name", [name for name in FILES if name != "empty"])
@pytest.mark.parametrize("form", ["lorebook_v3", "world_info"])
def test_a_converted_book_means_the_same(
    name: str, form: Any, shelf: BookShelf, put: Callable[[str], Path], tmp_path: Path
) -> None:
    before = shelf.load(shelf.install(put(name)).id)
    target = tmp_path / "out.json"
    shelf.export(before.id, target, form=form)
    again = shelf.install(target)
    assert again.form == form
    after = shelf.load(again.id)
    plain = [replace(one, source="", id="", comment="") for one in before.entries]
    assert [replace(one, source="", id="", comment="") for one in after.entries] == plain


def test_a_book_in_its_own_form_is_exported_as_it_came(
    shelf: BookShelf, put: Callable[[str], Path], tmp_path: Path
) -> None:
    info = shelf.install(put("world"))
    shelf.export(info.id, tmp_path / "out.json", form="world_info")
    assert (tmp_path / "out.json").read_bytes() == WORLD.encode()


@pytest.mark.parametrize("name", [name for name in FILES if name != "empty"])
def test_saving_changes_one_entry_and_nothing_else(
    name: str, shelf: BookShelf, put: Callable[[str], Path]
) -> None:
    info = shelf.install(put(name))
    book = shelf.load(info.id)
    wanted = (replace(book.entries[0], content="改过。", sticky=6), *book.entries[1:])
    shelf.save(info.id, replace(book, entries=wanted))
    assert shelf.load(info.id).entries == wanted
    text = info.path.read_text("utf-8")
    assert text.count("改过。") == 1
    if name == "world":
        assert "1e2" in text
        assert "1.50" in text
        assert "1.0" in text


def test_settings_and_new_books_are_saved(shelf: BookShelf, put: Callable[[str], Path]) -> None:
    info = shelf.install(put("list"))
    shelf.save(info.id, replace(shelf.load(info.id), scan_depth=9, name="新名"))
    assert (shelf.load(info.id).scan_depth, shelf.load(info.id).name) == (9, "新名")
    assert len(shelf.load(info.id).entries) == 2
    new = shelf.save("", replace(shelf.load(info.id), id="", name="另一本"))
    assert new.id == "另一本"
    assert [one.content for one in shelf.load(new.id).entries] == ["旧船。", "断了。"]


def test_books_are_attached_in_order_to_characters_and_chats(
    shelf: BookShelf, put: Callable[[str], Path], tmp_path: Path
) -> None:
    one, two = shelf.install(put("world")).id, shelf.install(put("v3")).id
    shelf.attach(two, "xiaoman")
    shelf.attach(one, "xiaoman", chat="c1")
    shelf.attach(one, "wren")
    assert [book.id for book in shelf.attached("xiaoman")] == [two]
    assert [book.id for book in shelf.attached("xiaoman", "c1")] == [two, one]
    fresh = BookShelf(tmp_path / "lorebooks")
    assert [book.id for book in fresh.attached("wren", "c9")] == [one]
    assert fresh.info(one).chats == ("c1",)
    shelf.attach(one, "wren", on=False)
    assert fresh.attached("wren") == ()
    shelf.forget(chat="c1")
    assert [book.id for book in shelf.attached("xiaoman", "c1")] == [two]
    shelf.remove(two)
    assert shelf.attached("xiaoman") == ()
    assert shelf.attachments() == ()
    with pytest.raises(UsageError):
        shelf.attach(two, "xiaoman")


def test_a_book_that_changes_on_disk_is_read_again(shelf: BookShelf, put: Callable[[str], Path]) -> None:
    info = shelf.install(put("v3"))
    first = shelf.load(info.id)
    assert shelf.load(info.id) is first
    info.path.write_text(FILES["bare"][0], "utf-8")
    assert len(shelf.load(info.id).entries) == 2


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        '{"entries": [1, "x"]}',
        '{"a": 1}',
        '{"data": 7}',
        "7",
        "{",
        '{"name": "x", "first_mes": ""}',
        "[" * 99,
    ],
)
def test_what_is_no_lorebook_or_came_empty_is_refused(text: str, shelf: BookShelf, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text, "utf-8")
    with pytest.raises(PackError) as caught:
        shelf.install(tmp_path / "x.json")
    assert "x.json" in caught.value.what
    assert shelf.books() == []


def test_a_broken_book_is_listed_and_the_others_live(shelf: BookShelf, put: Callable[[str], Path]) -> None:
    good, bad = shelf.install(put("v3")), shelf.install(put("world"))
    bad.path.write_text("{", "utf-8")
    told = {info.id: info.problems for info in shelf.books()}
    assert told[good.id] == ()
    assert told[bad.id][0].fatal
    with pytest.raises(PackError):
        shelf.load(bad.id)
    for id_ in (good.id, bad.id):
        shelf.attach(id_, "wren")
    assert [book.id for book in shelf.attached("wren")] == [good.id]


@pytest.mark.parametrize("id_", ["..", "../x", ".attached", "", "nobody"])
def test_an_id_never_leaves_the_folder(id_: str, shelf: BookShelf, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(FILES["v3"][0], "utf-8")
    with pytest.raises(UsageError):
        shelf.load(id_)
    with pytest.raises(UsageError):
        shelf.remove(id_)


def test_names_of_books_make_safe_ids(shelf: BookShelf, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"name": "../../a/b 河:灯", "entries": [ENTRY]}), "utf-8")
    first, second = shelf.install(tmp_path / "x.json"), shelf.install(tmp_path / "x.json")
    assert first.path.parent == second.path.parent == tmp_path / "lorebooks"
    assert first.id != second.id
    assert first.name == "../../a/b 河:灯"


def test_a_folder_of_everything_is_taken_in(
    shelf: BookShelf, put: Callable[[str], Path], tmp_path: Path, cards: Any
) -> None:
    folder = tmp_path / "dropped"
    folder.mkdir()
    put("world").rename(folder / "世界.json")
    (folder / "card.png").write_bytes(cards.png({"chara": cards.encoded(cards.as_text(cards.V1))}))
    (folder / "plain.png").write_bytes(cards.png({}))
    (folder / "notes.pdf").write_bytes(b"%PDF")
    taken = take_in(folder, tmp_path / "characters", shelf, cache=tmp_path / "cache")
    found = {
        one.source.name: (one.character is not None, one.book is not None, one.error is not None)
        for one in taken
    }
    assert found == {
        "card.png": (True, False, False),
        "plain.png": (False, False, True),
        "世界.json": (False, True, False),
    }
    assert kind_of(folder) == "folder"
    assert kind_of(folder / "notes.pdf") == ""


def test_a_lorebook_of_novelai_is_read_and_goes_out_as_v3(tmp_path: Path) -> None:
    source = tmp_path / "渡口.lorebook"
    source.write_text(json.dumps(NOVELAI, ensure_ascii=False), "utf-8")
    shelf = BookShelf(tmp_path / "shelf")
    (taken,) = take_in(source, tmp_path / "characters", shelf, cache=tmp_path / "cache")
    assert taken.book is not None
    first, second = shelf.load(taken.book.id).entries
    assert (first.name, first.content, first.priority) == ("渡口", "渡口有三级石阶。", 400)
    assert (first.use_regex, first.constant, second.constant, second.content) == (
        True,
        False,
        True,
        "夜里有雾。",
    )
    fates = {one.where: one.fate for one in taken.book.fields}
    assert (fates["entries[].text"], fates["entries[].contextConfig.budgetPriority"]) == ("mapped", "mapped")
    assert (fates["entries[].category"], fates["entries[].contextConfig.suffix"]) == ("unused", "unused")
    shelf.export(taken.book.id, tmp_path / "out.json")
    out = json.loads((tmp_path / "out.json").read_text("utf-8"))["data"]["entries"]
    assert [one["content"] for one in out] == ["渡口有三级石阶。", "夜里有雾。"]
    assert out[0]["contextConfig"]["tokenBudget"] == 2048


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16"])
@pytest.mark.parametrize("name", ["world", "list"])
def test_a_book_that_an_older_program_saved_is_read(tmp_path: Path, encoding: str, name: str) -> None:
    text = json.dumps(json.loads(FILES[name][0]), ensure_ascii=False)
    (tmp_path / "旧书.json").write_bytes(text.encode(encoding))
    shelf = BookShelf(tmp_path / "shelf")
    info = shelf.install(tmp_path / "旧书.json")
    assert info.n_entries == FILES[name][2]
    changed = replace(shelf.load(info.id), scan_depth=9)
    assert shelf.save(info.id, changed).error == ""
