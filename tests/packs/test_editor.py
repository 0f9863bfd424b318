"""The editor writes what the user changed, in the dialect it found, and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from companion.domain.character import LoreEntry
from companion.errors import PackError
from companion.packs.editor import CharacterDraft, draft_of, save, without_id
from companion.packs.library import report_on

pytestmark = pytest.mark.unit


def draft_from(name: str, tmp_path: Path, cards: Any) -> CharacterDraft:
    source = next(one for one in cards.DIALECTS if one.name == name).make(tmp_path)
    report = report_on(source, cache=tmp_path / "cache")
    assert report.character is not None
    return draft_of(report.character, source)


def saved(draft: CharacterDraft, tmp_path: Path) -> str:
    report = save(draft, tmp_path / "characters", cache=tmp_path / "cache")
    assert report.character is not None
    return re.sub(r'"modification_date": \d+', "", (report.path / "card.json").read_text("utf-8"))


def data_of(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(re.sub(r",\s*}", "}", text))["data"]
    return data


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """Return the lines that differ; a change inside a line keeps their number."""
    pairs = list(zip(before.splitlines(), after.splitlines(), strict=True))
    return [(old.strip(), new.strip()) for old, new in pairs if old != new]


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("description", "新的描述", '"description": "新的描述",'),
        ("first_mes", "你好呀", '"first_mes": "你好呀",'),
        ("creator", "别人", '"creator": "别人",'),
    ],
)
def test_a_changed_text_changes_one_line(
    field: str, value: str, written: str, tmp_path: Path, cards: Any
) -> None:
    draft = draft_from("exact_numbers", tmp_path, cards)
    before = saved(draft, tmp_path)
    after = saved(replace(draft, **{field: value}), tmp_path)  # type: ignore[arg-type]
    assert [new for _, new in changed_lines(before, after)] == [written]
    assert "12345678901234567890" in after
    assert "1E+2" in after
    assert "a\\r\\nb" in after


BOOKS = (
    "v2", "sillytavern_v3_json", "entries_as_an_object", "chub", "soul_of_waifu_list", "loose_types", "risu_entries",
    "agnai", "aliases", "v3_every_decorator", "exact_numbers", "entries_without_ids", "entries_of_one_id",
)  # fmt: skip


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize(
    "change",
    [
        {"content": "改过的内容"},
        {"keys": ("新键", "new, key")},
        {"enabled": False},
        {"constant": True},
        {"secondary_logic": "not_any"},
        {"position": "at_depth"},
        {"probability": 33.0},
        {"sticky": 9},
        {"scan_depth": 11},
        {"priority": 4.5},
        {"insertion_order": 77.0},
        {"aliases": ("别名",)},
        {"name": "新名"},
        {"case_sensitive": True},
        {"delay_until_recursion": 2},
        {"role": "assistant", "depth": 1},
    ],
    ids=lambda change: "_".join(change),
)
def test_an_edit_of_an_entry_reads_back_and_touches_no_other(
    name: str, change: dict[str, Any], tmp_path: Path, cards: Any
) -> None:
    draft = draft_from(name, tmp_path, cards)
    untouched = data_of(saved(draft, tmp_path))
    wanted = (replace(draft.lore[0], **change), *draft.lore[1:])
    text = saved(replace(draft, lore=wanted), tmp_path)
    report = report_on(tmp_path / "characters" / draft.id, cache=tmp_path / "cache")
    assert report.character is not None
    got = report.character.lore.entries
    if "enabled" not in change or name != "agnai":
        assert replace(got[0], use_regex=wanted[0].use_regex, comment="", name="") == replace(
            wanted[0], comment="", name=""
        )
    assert got[0].name == wanted[0].name
    assert got[1:] == wanted[1:]
    after = data_of(text)
    assert {**after, "character_book": 0} == {**untouched, "character_book": 0}
    assert n_changed(untouched["character_book"], after["character_book"]) == (wanted != draft.lore)


def n_changed(before: Any, after: Any) -> int:
    """Return how many entries of two books differ; all else must be equal."""
    if isinstance(before, list):
        return sum(one != other for one, other in zip(before, after, strict=True))
    assert {**before, "entries": 0} == {**after, "entries": 0}
    if isinstance(before["entries"], dict):
        assert before["entries"].keys() == after["entries"].keys()
        return sum(one != after["entries"][key] for key, one in before["entries"].items())
    return n_changed(before["entries"], after["entries"])


def test_entries_are_moved_removed_and_added(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("risu_entries", tmp_path, cards)
    first, second = draft.lore
    new = LoreEntry(keys=("新",), content="新的")
    copy = replace(first, content="抄的")
    text = saved(replace(draft, lore=(second, new, first, copy)), tmp_path)
    entries = data_of(text)["character_book"]["entries"]
    modes = [one.get("mode") for one in entries]
    assert modes == ["constant", None, "folder", "normal", "normal"]
    assert entries[1]["keys"] == ["新"]
    assert entries[4]["content"] == "抄的"
    assert entries[4]["extensions"] == entries[3]["extensions"]
    assert len({one["id"] for one in entries if "id" in one}) == 2
    gone = saved(replace(draft, lore=()), tmp_path)
    assert [one["mode"] for one in data_of(gone)["character_book"]["entries"]] == ["folder"]


def test_settings_of_the_book_are_written(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("soul_of_waifu_list", tmp_path, cards)
    data = data_of(saved(replace(draft, scan_depth=9, recursive_scanning=True), tmp_path))
    assert data["character_book"]["scan_depth"] == 9
    assert data["character_book"]["recursive_scanning"] is True
    assert data["character_book"]["entries"] == cards.SOW
    report = report_on(tmp_path / "characters" / draft.id, cache=tmp_path / "cache")
    assert report.character is not None
    assert report.character.lore.scan_depth == 9


def test_the_depth_prompt_keeps_its_depth(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("v2", tmp_path, cards)
    data = data_of(saved(replace(draft, depth_prompt="改了"), tmp_path))
    assert data["extensions"]["depth_prompt"] == {"prompt": "改了", "depth": 3, "role": "system"}
    assert data["extensions"]["fav"] is True


def test_what_hangs_on_a_changed_text_is_written_too(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("v1", tmp_path, cards)
    texts = dict.fromkeys(("description", "first_mes", "personality", "scenario"), "All in English now.")
    kept = replace(draft, **texts, language="zh", style="xiaoman")  # type: ignore[arg-type]
    report = save(kept, tmp_path / "characters", cache=tmp_path / "cache")
    assert report.character is not None
    assert draft_of(report.character, report.path) == replace(kept, source=report.path, creator_notes="")


def test_a_new_character_reads_back(tmp_path: Path) -> None:
    draft = CharacterDraft(
        name=" 阿桥 ",
        description="摆渡人",
        lore=(LoreEntry(keys=("船",), content="旧船", sticky=3),),
        token_budget=90,
    )
    report = save(draft, tmp_path / "characters", cache=tmp_path / "cache")
    assert report.problems == ()
    assert report.spec == "chara_card_v3"
    again = draft_of(report.character, report.path)  # type: ignore[arg-type]
    assert (again.name, again.token_budget) == ("阿桥", 90)
    assert again.lore[0].sticky == 3
    data = json.loads((report.path / "card.json").read_text("utf-8"))["data"]
    assert data["creation_date"] == data["modification_date"] > 0


def test_a_new_portrait_ends_the_old_face_and_keeps_other_assets(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("charx", tmp_path, cards)
    picture = tmp_path / "new.png"
    picture.write_bytes(cards.png({}, shade=77))
    report = save(replace(draft, portrait=picture), tmp_path / "characters", cache=tmp_path / "cache")
    assert report.character is not None
    face = report.character.face
    assert face.portrait is not None
    assert face.portrait.read_bytes() == picture.read_bytes()
    assert face.emotions == {}
    assert face.background is not None
    data = json.loads((report.path / "card.json").read_text("utf-8"))["data"]
    assert [one["name"] for one in data["assets"]] == ["main", "other", "main", "河", "far", "?"]


def test_a_copy_gets_an_id_of_its_own(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("v2", tmp_path, cards)
    first = save(without_id(draft), tmp_path / "characters", cache=tmp_path / "cache")
    second = save(without_id(draft), tmp_path / "characters", cache=tmp_path / "cache")
    assert first.id != second.id


def test_an_unusable_draft_changes_nothing(tmp_path: Path, cards: Any) -> None:
    draft = draft_from("v2", tmp_path, cards)
    before = saved(draft, tmp_path)
    with pytest.raises(PackError):
        save(replace(draft, name=" "), tmp_path / "characters", cache=tmp_path / "cache")
    assert saved(draft, tmp_path) == before
    assert [path.name for path in (tmp_path / "characters").iterdir()] == [draft.id]
