"""What a card's maker wrote becomes what the conversation uses, whichever program wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from companion.domain.character import Character, LoreEntry, PackReport
from companion.packs.library import report_on
from companion.packs.loose_values import flag, listed, number, whole

pytestmark = pytest.mark.unit


def report_of(card: Any, tmp_path: Path) -> PackReport:
    (tmp_path / "card.json").write_text(json.dumps(card, ensure_ascii=False), "utf-8")
    return report_on(tmp_path / "card.json", cache=tmp_path / "cache")


def character_of(card: Any, tmp_path: Path) -> Character:
    report = report_of(card, tmp_path)
    assert report.character is not None, report.problems
    return report.character


def made(name: str, tmp_path: Path, cards: Any) -> PackReport:
    dialect = next(one for one in cards.DIALECTS if one.name == name)
    return report_on(dialect.make(tmp_path), cache=tmp_path / "cache")


def character_from(name: str, tmp_path: Path, cards: Any) -> Character:
    report = made(name, tmp_path, cards)
    assert report.character is not None, report.problems
    return report.character


def test_v1_has_its_six_texts(tmp_path: Path, cards: Any) -> None:
    character = character_of(cards.V1, tmp_path)
    for key, value in cards.V1.items():
        assert getattr(character, key) == value
    assert character.language == "zh"


def test_line_ends_are_straightened_for_the_conversation(tmp_path: Path, cards: Any) -> None:
    assert character_from("v1_english", tmp_path, cards).first_mes == "Some text\nfor first_mes"


def test_old_field_names_are_read(tmp_path: Path, cards: Any) -> None:
    character = character_from("pygmalion", tmp_path, cards)
    assert (character.name, character.description) == ("Mira", "A ferrywoman.")
    assert character.first_mes == "Hi."


def test_the_v3_chunk_wins_over_an_older_one(tmp_path: Path, cards: Any) -> None:
    assert character_from("v3_beside_an_older_v2", tmp_path, cards).name == "阿桥"


def test_sillytavern_fields_reach_the_entry(tmp_path: Path, cards: Any) -> None:
    character = character_from("sillytavern_v3_json", tmp_path, cards)
    assert character.depth_prompt == "记得她怕水"
    entries = character.lore.entries
    assert [one.position for one in entries] == [
        *("before_char", "after_char", "note_top", "note_bottom"),
        *("at_depth", "before_examples", "after_examples"),
    ]
    first = entries[0]
    assert first == LoreEntry(
        keys=("渡口", "dock"),
        content="渡口有三级石阶。",
        name="条目0",
        comment="条目0",
        selective=True,
        source="card",
        id="0",
        secondary_logic="and_all",
        position="before_char",
        depth=6,
        role="user",
        probability=80,
        sticky=2,
        delay=1,
        group="天气",
        group_weight=60,
        exclude_recursion=True,
    )


def test_a_plain_key_stays_plain_though_the_export_says_regex(tmp_path: Path, cards: Any) -> None:
    entries = character_from("sillytavern_v3_json", tmp_path, cards).lore.entries
    assert [one.use_regex for one in entries[:3]] == [False, True, False]


def test_soul_of_waifu_books_are_lists(tmp_path: Path, cards: Any) -> None:
    first, second = character_from("soul_of_waifu_list", tmp_path, cards).lore.entries
    assert (first.keys, first.scan_depth) == (("塔", "tower"), 3)
    assert (second.keys, second.scan_depth) == (("桥", "拱桥"), 5)


def test_loose_types_are_read_as_meant(tmp_path: Path, cards: Any) -> None:
    character = character_from("loose_types", tmp_path, cards)
    assert character.alternate_greetings == ("只有一句，有逗号。",)
    assert character.character_version == "2"
    assert character.tags == ("中文", "原创", "river")
    book = character.lore
    assert (book.scan_depth, book.token_budget, book.recursive_scanning) == (6, 900, True)
    (entry,) = book.entries
    assert entry.keys == ("雾", "/a{1,2}/i", "灯")
    assert entry.secondary_keys == ("夜", "灯")
    assert (entry.enabled, entry.selective, entry.constant, entry.use_regex) == (True, True, False, True)
    assert (entry.insertion_order, entry.priority) == (20, 3)


def test_risu_entries_and_folders(tmp_path: Path, cards: Any) -> None:
    entries = character_from("risu_entries", tmp_path, cards).lore.entries
    assert [one.constant for one in entries] == [False, True]
    assert entries[0].case_sensitive
    assert entries[0].probability == 40


def test_agnai_memory_books(tmp_path: Path, cards: Any) -> None:
    book = character_from("agnai", tmp_path, cards).lore
    assert [(one.keys, one.content, one.enabled) for one in book.entries] == [
        (("灯",), "灯是油灯。", True),
        (("河",), "河向东。", False),
    ]
    assert book.scan_depth == 7


def test_ids_are_the_cards_own_where_they_tell_entries_apart(tmp_path: Path, cards: Any) -> None:
    def ids(*own: Any) -> list[str]:
        items = [{**cards.ENTRY_V2, "id": one} for one in own]
        return [
            one.id for one in character_of(cards.v2(character_book=cards.book(*items)), tmp_path).lore.entries
        ]

    assert ids(7, "a", 1.5) == ["7", "a", "1.5"]
    assert ids(7, 7, 8) == ["e0", "e1", "8"]
    assert ids(None, "e0", True) == ["e0", "e1", "e2"]


def test_aliases_and_own_fields(tmp_path: Path, cards: Any) -> None:
    assert character_from("aliases", tmp_path, cards).lore.entries[0].aliases == ("小船", "boat")
    character = character_from("own_fields", tmp_path, cards)
    assert character.sampling.temperature == 0.7
    assert character.voice.styles == (("wren", 1.0),)


@pytest.mark.parametrize(
    "name", ["charx", "jpeg_charx", "risu_charx", "charx_with_embedded_spelling", "pack_folder"]
)
def test_assets_are_found_through_their_uris(name: str, tmp_path: Path, cards: Any) -> None:
    character = character_from(name, tmp_path, cards)
    face = character.face
    assert face.portrait is not None
    assert face.portrait.name == "main.png"
    assert set(face.emotions) == {"happy"}
    assert face.background is not None
    assert [path.name for path in character.documents] == ["river.txt"]


@pytest.mark.parametrize("name", ["risu_png", "risu_png_without_colon"])
def test_assets_in_chunks_of_a_png_are_files(name: str, tmp_path: Path, cards: Any) -> None:
    face = character_from(name, tmp_path, cards).face
    paths = [face.portrait, face.emotions["happy"], face.background]
    assert [path and path.read_bytes() for path in paths] == [cards.png({}, shade=10 + i) for i in range(3)]


def test_pictures_inside_a_card_are_files_if_they_are_pictures(tmp_path: Path, cards: Any) -> None:
    report = made("inline_pictures", tmp_path, cards)
    assert report.character is not None
    assert report.character.face.portrait is not None
    assert report.character.face.portrait.read_bytes() == cards.png({}, shade=4)
    assert set(report.character.face.emotions) == {"happy"}
    assert [one.where for one in report.problems] == ["assets[2]"]


def test_a_png_and_a_jpeg_are_their_own_portrait(tmp_path: Path, cards: Any) -> None:
    assert character_from("v2_png", tmp_path, cards).face.portrait == tmp_path / "v2_png.png"
    picture = tmp_path / "bare.jpg"
    picture.write_bytes(cards.JPEG + cards.zipped({"card.json": cards.as_text(cards.v3())}))
    report = report_on(picture, cache=tmp_path / "cache")
    assert report.character is not None
    assert report.character.face.portrait == picture
    assert report.carrier == "jpeg"


def test_a_newer_version_is_used_and_told(tmp_path: Path, cards: Any) -> None:
    report = made("v3_of_a_newer_version", tmp_path, cards)
    assert report.character is not None
    assert [one.where for one in report.problems] == ["spec_version"]
    unknown = report_of({**cards.v3(), "spec": "chara_card_v4", "spec_version": "4.0"}, tmp_path)
    assert unknown.character is not None
    assert [one.where for one in unknown.problems] == ["spec"]


@pytest.mark.parametrize("value", [10**290, -1, 2**63, 1e30, "abc", "1e999", True, [], {}, None])
def test_odd_numbers_stay_in_bounds(value: Any, tmp_path: Path, cards: Any) -> None:
    names = (
        "probability",
        "depth",
        "sticky",
        "role",
        "position",
        "selectiveLogic",
        "scan_depth",
        "group_weight",
    )
    entry = {
        **cards.ENTRY_V2,
        "insertion_order": value,
        "priority": value,
        "extensions": dict.fromkeys(names, value),
    }
    card = cards.v2(character_book=cards.book(entry, scan_depth=value, token_budget=value))
    (read,) = character_of(card, tmp_path).lore.entries
    assert 0 <= read.probability <= 100
    assert 0 <= read.sticky <= 100_000
    assert read.scan_depth is None or 1 <= read.scan_depth <= 1000
    assert read.group_weight >= 0
    assert abs(read.insertion_order) <= 1e9


@pytest.mark.parametrize(
    "field",
    ["description", "tags", "alternate_greetings", "character_book", "assets", "extensions", "nickname"],
)
@pytest.mark.parametrize("value", [7, 1.5, True, [], {}, [[]], [{}], [None], "x", {"entries": 3}, {"a": {}}])
def test_a_field_of_the_wrong_kind_never_stops_a_card(
    field: str, value: Any, tmp_path: Path, cards: Any
) -> None:
    report = report_of(cards.v3(**{field: value}), tmp_path)
    assert report.character is not None
    assert report.fields


def test_numbers_flags_and_lists_as_text() -> None:
    assert number("2.5", 0) == 2.5
    assert number("２", 0) == 2
    assert number("x", 4) == 4
    assert number(True, 4) == 4
    assert number(float("inf"), 4) == 4
    assert whole("12.9", 0) == 12
    assert flag("False", True) is False
    assert flag("maybe", True) is True
    assert listed("甲，乙, /a,b/ ,, c") == ("甲", "乙", "/a,b/", "c")
    assert listed("") == ()
    assert listed("," * 5_000 + "/" * 5_000) == ("/" * 5_000,)


def test_a_fitted_style_in_the_pack_is_her_voice(tmp_path: Path) -> None:
    style = tmp_path / "assets" / "x_voice" / "ai" / "style.json"
    style.parent.mkdir(parents=True)
    style.write_text("{}", encoding="utf-8")
    asset = {
        "type": "x_voice",
        "uri": "embeded://assets/x_voice/ai/style.json",
        "name": "main",
        "ext": "json",
    }
    card = {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": {
            "name": "小满",
            "assets": [asset],
            "extensions": {"companion": {"voice": {"engine": "kokoro", "speed": 1.1, "pitch": -1.0}}},
        },
    }
    (tmp_path / "card.json").write_text(json.dumps(card, ensure_ascii=False), "utf-8")
    report = report_on(tmp_path, cache=tmp_path / "cache")
    assert report.character is not None, report.problems
    voice = report.character.voice
    assert (voice.engine, voice.style_file, voice.speed, voice.pitch) == ("kokoro", style, 1.1, -1.0)
