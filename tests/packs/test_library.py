"""Characters are found as folder, JSON, PNG and CHARX; a broken one is listed with all its problems."""

from __future__ import annotations

import base64
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from companion.errors import PackError, UsageError
from companion.packs.library import Library, report_on
from companion.paths import bundled

pytestmark = pytest.mark.unit

V3: dict[str, Any] = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        "name": "林晚",
        "description": "茶馆老板。",
        "first_mes": "你来啦。",
        "character_book": {
            "entries": [{"keys": ["猫"], "content": "猫叫铜板。", "enabled": True}],
            "extensions": {},
        },
        "extensions": {"companion": {"language": "zh", "sampling": {"temperature": 0.5}}},
    },
}
V1 = {
    "name": "Wren",
    "description": "Hosts a show.",
    "first_mes": "Hello there.",
    "personality": "",
    "scenario": "",
    "mes_example": "",
}


def png_with(cards: dict[str, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    texts = b"".join(
        chunk(b"tEXt", key.encode() + b"\0" + base64.b64encode(value)) for key, value in cards.items()
    )
    body = chunk(b"IHDR", head) + texts + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "mine").mkdir()
    (tmp_path / "bundled").mkdir()
    return Library([tmp_path / "mine"], bundled=tmp_path / "bundled", cache=tmp_path / "cache")


def raw(card: dict[str, Any]) -> bytes:
    return json.dumps(card, ensure_ascii=False).encode()


def test_each_carrier_gives_a_character(tmp_path: Path, library: Library) -> None:
    mine = tmp_path / "mine"
    (mine / "folder").mkdir()
    (mine / "folder" / "card.json").write_bytes(raw(V3))
    (mine / "v1.json").write_bytes(raw(V1))
    (mine / "picture.png").write_bytes(png_with({"chara": raw(V1), "ccv3": raw(V3)}))
    with zipfile.ZipFile(mine / "packed.charx", "w") as archive:
        archive.writestr("card.json", raw(V3))
    assert {report.id: report.character and report.character.name for report in library.reports()} == {
        "folder": "林晚",
        "v1": "Wren",
        "picture": "林晚",
        "packed": "林晚",
    }
    assert library.get("picture").face.portrait == mine / "picture.png"
    assert library.get("folder").sampling.temperature == 0.5
    assert library.get("v1").language == "en"
    assert library.get("folder").lore.entries[0].keys == ("猫",)


def test_a_report_tells_spec_carrier_and_fates(tmp_path: Path, library: Library) -> None:
    mine = tmp_path / "mine"
    (mine / "v3.json").write_bytes(raw(V3))
    (mine / "v1.png").write_bytes(png_with({"chara": raw(V1)}))
    found = {report.id: report for report in library.reports()}
    assert (found["v3"].spec, found["v3"].carrier) == ("chara_card_v3", "json")
    assert (found["v1"].spec, found["v1"].carrier) == ("chara_card_v1", "png")
    assert {fate.where for fate in found["v3"].fields} >= {"data.name", "data.first_mes"}


def test_a_dropped_pack_is_noticed(tmp_path: Path, library: Library) -> None:
    assert library.reports() == []
    assert not library.changed()
    (tmp_path / "mine" / "v1.json").write_bytes(raw(V1))
    assert library.changed()
    assert not library.changed()
    assert library.get("v1").name == "Wren"


def test_the_users_own_copy_wins_over_the_bundled_one(tmp_path: Path, library: Library) -> None:
    for place, name in (("bundled", "Old"), ("mine", "New")):
        (tmp_path / place / "same.json").write_bytes(raw({**V1, "name": name}))
    assert library.get("same").name == "New"
    assert not library.get("same").bundled


def test_a_broken_pack_is_listed_and_the_others_live(tmp_path: Path, library: Library) -> None:
    (tmp_path / "mine" / "bad.json").write_text("{ not json", encoding="utf-8")
    (tmp_path / "mine" / "good.json").write_bytes(raw(V1))
    broken = next(report for report in library.reports() if report.id == "bad")
    assert broken.character is None
    assert broken.problems[0].fatal
    assert library.get("good").name == "Wren"
    with pytest.raises(PackError):
        library.get("bad")


def test_an_unknown_character_names_those_that_exist(tmp_path: Path, library: Library) -> None:
    (tmp_path / "mine" / "good.json").write_bytes(raw(V1))
    with pytest.raises(UsageError, match="good"):
        library.get("nobody")


def test_all_small_problems_are_listed_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    data = {
        **V3["data"],
        "assets": [
            {"type": "icon", "uri": "embeded://missing.png", "name": "main", "ext": "png"},
            {"type": "icon", "uri": "embeded://../../etc/passwd", "name": "x", "ext": "png"},
            {"type": "icon", "uri": "https://example.com/a.png", "name": "y", "ext": "png"},
        ],
        "tags": 7,
        "extensions": {"companion": {"sampling": {"temperature": 99}}},
    }
    (folder / "card.json").write_bytes(raw({**V3, "data": data}))
    (folder / "run.py").write_text("print('never')", encoding="utf-8")
    report = report_on(folder, cache=tmp_path / "cache")
    assert report.character is not None
    told = {problem.where for problem in report.problems}
    assert told == {"assets[0]", "assets[1]", "assets[2]", "tags", "companion.sampling.temperature", "run.py"}


@pytest.mark.parametrize(
    "name", ["../evil.png", "/abs.png", "a/../../b.png", "c:evil.png", "a\\b.png", "dot.", "CARD.json"]
)
def test_an_archive_with_an_unsafe_name_is_refused_whole(tmp_path: Path, name: str) -> None:
    pack = tmp_path / "evil.charx"
    with zipfile.ZipFile(pack, "w") as archive:
        archive.writestr("card.json", raw(V3))
        archive.writestr(name, b"x")
    report = report_on(pack, cache=tmp_path / "cache")
    assert report.character is None
    assert "refused whole" in report.problems[0].hint
    assert not any((tmp_path / "cache").iterdir())
    assert not (tmp_path / "evil.png").exists()


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    pack = tmp_path / "bomb.charx"
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", raw(V3))
        archive.writestr("big.txt", b"0" * 50_000_000)
    report = report_on(pack, cache=tmp_path / "cache")
    assert report.character is None
    assert "far more than its size" in report.problems[0].what


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"name": NaN}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\xff"}',
        b'{"spec": "chara_card_v3"}',
        b"[]",
        b'{"description": "no name", "first_mes": ""}',
        b"",
    ],
)
def test_hostile_or_foreign_json_gives_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    report = report_on(tmp_path / "x.json", cache=tmp_path / "cache")
    assert report.character is None
    assert report.problems[0].what


def test_a_png_without_or_with_two_cards_gives_a_sentence(tmp_path: Path) -> None:
    plain = tmp_path / "plain.png"
    plain.write_bytes(png_with({}))
    assert "no character card" in report_on(plain, cache=tmp_path).problems[0].what
    two = tmp_path / "two.png"
    two.write_bytes(png_with({"chara": raw(V1), "CHARA": raw(V1)}))
    assert "two cards" in report_on(two, cache=tmp_path).problems[0].what
    cut = tmp_path / "cut.png"
    cut.write_bytes(png_with({"chara": raw(V1)})[:-20])
    assert "cut off" in report_on(cut, cache=tmp_path).problems[0].what


def test_an_unreadable_folder_is_no_error(tmp_path: Path, library: Library) -> None:
    os.rmdir(tmp_path / "mine")
    assert library.reports() == []


def test_the_bundled_characters_are_complete(tmp_path: Path) -> None:
    library = Library([], bundled=bundled("characters"), cache=tmp_path)
    reports = {report.id: report for report in library.reports()}
    assert {"xiaoman", "wren"} <= set(reports)
    for name in ("xiaoman", "wren"):
        character = reports[name].character
        assert character is not None
        assert reports[name].problems == ()
        assert len(character.lore.entries) >= 12
        assert len(character.alternate_greetings) >= 2
        assert len(character.face.emotions) >= 8
        assert character.face.rig is not None


def test_an_archive_with_a_damaged_stream_is_listed_and_the_others_live(
    tmp_path: Path, library: Library
) -> None:
    pack = tmp_path / "mine" / "damaged.charx"
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", raw(V3))
        archive.writestr("long.txt", bytes(range(256)) * 400)
    content = bytearray(pack.read_bytes())
    at = content.index(b"long.txt") + len(b"long.txt")
    content[at : at + 40] = b"\xff" * 40
    pack.write_bytes(content)
    (tmp_path / "mine" / "good.json").write_bytes(raw(V1))
    damaged = next(report for report in library.reports() if report.id == "damaged")
    assert damaged.character is None
    assert "cannot be unpacked" in damaged.problems[0].what
    assert library.get("good").name == "Wren"


def test_one_more_pack_among_many_is_read_alone(tmp_path: Path, library: Library) -> None:
    mine = tmp_path / "mine"
    for n in range(30):
        (mine / f"卡{n}.json").write_bytes(raw(V3))
    before = {report.id: report for report in library.reports()}
    (mine / "新来的.json").write_bytes(raw(V1))
    (mine / "卡7.json").write_bytes(raw(V1))
    after = {report.id: report for report in library.reports()}
    assert {id_ for id_, report in after.items() if report is not before.get(id_)} == {"新来的", "卡7"}
    assert (after["卡7"].character.name if after["卡7"].character else "") == "Wren"


def test_tidying_keeps_only_what_present_files_were_unpacked_to(tmp_path: Path, library: Library) -> None:
    mine, cache = tmp_path / "mine", tmp_path / "cache"
    for name in ("old", "new"):
        with zipfile.ZipFile(mine / f"{name}.charx", "w") as pack:
            pack.writestr("card.json", json.dumps(V3))
            pack.writestr("assets/icon/image/main.png", png_with({}))
    library.reports()
    (cache / "something-else").mkdir()
    n_before = len(list(cache.iterdir()))
    (mine / "old.charx").unlink()
    library.tidy()
    assert n_before - len(list(cache.iterdir())) == 1
    assert (cache / "something-else").is_dir()
    kept = library.get("new")
    assert (kept.folder / "assets/icon/image/main.png").is_file()
