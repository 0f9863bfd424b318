"""A card of any dialect comes back from each export form as it came: field by field, number by number."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from companion.domain.character import Character, PackReport
from companion.packs.editor import draft_of, save
from companion.packs.export import export
from companion.packs.install import install
from companion.packs.library import report_on

pytestmark = pytest.mark.unit

FORMS = ("charx", "png", "json")
ADDED = {
    "group_only_greetings", "extensions", "alternate_greetings", "tags", "assets", "modification_date",
    "creator", "creator_notes", "character_version", "system_prompt", "post_history_instructions",
    "description", "personality", "scenario", "first_mes", "mes_example", "name",
}  # fmt: skip


def spelled(text: str) -> Any:
    """Read JSON so that numbers compare by their spelling and objects by the order of their keys."""
    return json.loads(
        text,
        parse_int=lambda word: f"int {word}",
        parse_float=lambda word: f"float {word}",
        object_pairs_hook=lambda pairs: ("object", tuple(pairs)),
    )


def fields_of(text: str) -> dict[str, Any]:
    """Return the fields of a card: below `data`, or at the root of a V1 card."""
    card = dict(spelled(text)[1])
    return dict(card["data"][1]) if "data" in card else card


def lost(before: str, after: str, repaired: frozenset[str] = frozenset()) -> list[str]:
    """Return the fields of `before` that `after` does not hold in the very same spelling.

    A null may give way to the empty value that V3 demands; asset uris are judged by what they resolve to.
    """
    old, new = fields_of(before), fields_of(after)
    found = []
    for key, value in old.items():
        if key in repaired or key in ("modification_date", "assets", "spec", "spec_version"):
            continue
        if key.startswith("char_") or key in ("world_scenario", "example_dialogue"):
            continue
        if value is None and key in ADDED | {"character_book"}:
            continue
        if new.get(key, "missing") != (value if key != "character_book" else new_book(value, new.get(key))):
            found.append(key)
    roots = [dict(spelled(text)[1]) for text in (before, after)]
    if "data" in roots[0]:
        kept = {key: one for key, one in roots[0].items() if key not in ("data", "spec", "spec_version")}
        found += [f"root {key}" for key, one in kept.items() if roots[1].get(key) != one]
    order = [key for key in new if key in old]
    if order != [key for key in old if key in new]:
        found.append("order of fields")
    return found


def new_book(old: Any, new: Any) -> Any:
    """Return the book `old` with the fields that V3 demands, taken from `new` where `old` lacks them."""
    if not isinstance(old, tuple) or not isinstance(new, tuple):
        return old
    there = dict(old[1])
    entries = there.get("entries")
    wanted = {"extensions", "use_regex", "enabled", "insertion_order", "keys", "content", "id"}
    if isinstance(entries, list):
        later = dict(new[1]).get("entries", [])
        there["entries"] = [
            ("object", (*one[1], *(pair for pair in other[1] if pair[0] in wanted - dict(one[1]).keys())))
            for one, other in zip(entries, later, strict=False)
        ] + entries[len(later) :]
    more = [pair for pair in new[1] if pair[0] == "extensions" and "extensions" not in there]
    return ("object", (*there.items(), *more))


def same(before: Any, after: Any, where: str = "") -> list[str]:
    """Return what differs between two values as a character holds them; files compare by content."""
    if isinstance(before, Path) and isinstance(after, Path):
        return [] if pixels(before) == pixels(after) else [where]
    if is_dataclass(before) and not isinstance(before, type):
        if type(before) is not type(after):
            return [where]
        names = [one.name for one in fields(before) if one.name not in ("id", "folder", "bundled")]
        if isinstance(before, Character):
            return [
                found for name in names for found in same(getattr(before, name), getattr(after, name), name)
            ]
        ids = [] if not hasattr(before, "keys") else [where] if before.id != after.id else []
        return ids + [
            found
            for name in names
            for found in same(getattr(before, name), getattr(after, name), f"{where}.{name}")
        ]
    if isinstance(before, dict):
        return [where] if before.keys() != after.keys() else [
            found for key, one in before.items() for found in same(one, after[key], f"{where}.{key}")
        ]  # fmt: skip
    if isinstance(before, tuple):
        if len(before) != len(after):
            return [where]
        return [
            found
            for i, (one, other) in enumerate(zip(before, after, strict=True))
            for found in same(one, other, f"{where}[{i}]")
        ]
    return [] if before == after else [where]


def pixels(path: Path) -> bytes:
    """Return the content of a file, of a picture without the texts that ride along."""
    raw = path.read_bytes()
    if not raw.startswith(b"\x89PNG"):
        return raw.split(b"PK\x03\x04")[0] if raw.startswith(b"\xff\xd8") else raw
    at, out = 8, b""
    while at < len(raw):
        end = at + 12 + int.from_bytes(raw[at : at + 4], "big")
        out += raw[at:end] if raw[at + 4 : at + 8] != b"tEXt" else b""
        at = end
    return out


def loaded(path: Path, tmp_path: Path) -> PackReport:
    report = report_on(path, cache=tmp_path / "cache")
    assert report.character is not None, report.problems
    return report


def character_of(report: PackReport) -> Character:
    assert report.character is not None
    return report.character


FILES = ("face.emotions", "face.background", "face.portrait", "documents")


def test_every_dialect_loads(dialect: Any, tmp_path: Path) -> None:
    report = loaded(dialect.make(tmp_path), tmp_path)
    character = character_of(report)
    assert character.name
    assert len(character.lore.entries) == dialect.n_entries
    assert not [problem for problem in report.problems if problem.fatal]
    assert report.fields
    assert report.carrier
    ids = [entry.id for entry in character.lore.entries]
    assert len(set(ids)) == len(ids)


def test_there_are_enough_dialects(request: pytest.FixtureRequest, cards: Any) -> None:
    assert len(cards.DIALECTS) >= 40
    assert len({one.name for one in cards.DIALECTS}) == len(cards.DIALECTS)


@pytest.mark.parametrize("form", FORMS)
def test_export_and_import_give_back_every_field(dialect: Any, form: str, tmp_path: Path, cards: Any) -> None:
    first = loaded(dialect.make(tmp_path), tmp_path)
    target = tmp_path / f"out.{form}"
    done = export(first, target, cache=tmp_path / "cache")
    text = cards.card_text(target)
    assert lost(dialect.text, text, dialect.repaired) == []
    assert done.n_entries == dialect.n_entries
    second = loaded(target, tmp_path)
    differing = same(character_of(first), character_of(second))
    if form != "charx":
        left_out = {problem.where for problem in done.left_out}
        allowed = FILES if left_out or form == "json" else ("face.portrait",)
        differing = [one for one in differing if not one.startswith(allowed)]
    elif character_of(first).face.portrait is None:
        differing = [one for one in differing if one != "face.portrait"]
    assert differing == []
    again = tmp_path / f"again.{form}"
    export(second, again, cache=tmp_path / "cache")
    assert without_date(cards.card_text(again)) == without_date(text)


def without_date(text: str) -> str:
    return re.sub(r'"modification_date": ?\d+', "", text)


def test_charx_gives_back_every_file(dialect: Any, tmp_path: Path) -> None:
    first = character_of(loaded(dialect.make(tmp_path), tmp_path))
    target = tmp_path / "out.charx"
    done = export(loaded(dialect.make(tmp_path), tmp_path), target, cache=tmp_path / "cache")
    second = character_of(loaded(target, tmp_path))
    assert same(first.face, second.face) in ([], ["portrait"] if first.face.portrait is None else [])
    assert same(first.documents, second.documents) == []
    assert done.left_out == ()


def test_the_installed_pack_exports_as_the_file_it_came_in(dialect: Any, tmp_path: Path, cards: Any) -> None:
    source = dialect.make(tmp_path)
    installed = install(source, tmp_path / "characters", cache=tmp_path / "cache")
    differing = same(character_of(loaded(source, tmp_path)), character_of(installed))
    assert differing == []
    target = tmp_path / "out.charx"
    export(installed, target, cache=tmp_path / "cache")
    assert lost(dialect.text, cards.card_text(target), dialect.repaired) == []
    if source.suffix in (".charx", ".jpg"):
        with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
            assert set(before.namelist()) <= set(after.namelist())
            for name in set(before.namelist()) - {"card.json"}:
                assert after.read(name) == before.read(name)


def test_an_edit_changes_only_what_was_edited(dialect: Any, tmp_path: Path) -> None:
    source = dialect.make(tmp_path)
    report = loaded(source, tmp_path)
    draft = draft_of(character_of(report), source)
    saved = save(draft, tmp_path / "characters", cache=tmp_path / "cache")
    text = (saved.path / "card.json").read_text("utf-8")
    assert lost(dialect.text, text, frozenset()) == []
    assert same(character_of(report), character_of(saved)) == []


def _dropping(text: str) -> str:
    card = json.loads(text)
    del card["data"]["unknown"]
    return json.dumps(card, ensure_ascii=False)


LOSSY: dict[str, Callable[[str], str]] = {
    "drops an unknown field": _dropping,
    "spells numbers anew": lambda text: json.dumps(json.loads(text), ensure_ascii=False),
    "straightens line ends": lambda text: text.replace("\\r\\n", "\\n"),
    "sorts the fields": lambda text: text.replace('"z": 1,', "", 1).replace('"n": [', '"z": 1, "n": ['),
    "drops an entry": lambda text: re.sub(r'"entries": \[.*\]', '"entries": []', text, flags=re.DOTALL),
    "rounds a number": lambda text: text.replace("12345678901234567890", "12345678901234567000"),
}


@pytest.mark.parametrize("way", LOSSY)
def test_a_lossy_exporter_would_be_found(way: str, tmp_path: Path, cards: Any) -> None:
    dialect = next(one for one in cards.DIALECTS if one.name == "exact_numbers")
    target = tmp_path / "out.json"
    export(loaded(dialect.make(tmp_path), tmp_path), target, cache=tmp_path / "cache")
    text = cards.card_text(target)
    assert lost(dialect.text, text) == []
    assert lost(dialect.text, LOSSY[way](text)) != []


def test_a_v2_reader_reads_a_v3_png(tmp_path: Path, cards: Any) -> None:
    dialect = next(one for one in cards.DIALECTS if one.name == "v3_decorators_png")
    target = tmp_path / "out.png"
    export(loaded(dialect.make(tmp_path), tmp_path), target, cache=tmp_path / "cache")
    chunks = cards.texts_of(target.read_bytes())
    old = json.loads(base64.b64decode(chunks["chara"]))
    assert (old["spec"], old["spec_version"]) == ("chara_card_v2", "2.0")
    assert "V3" in old["data"]["creator_notes"]
    assert old["data"]["creator_notes"].endswith("先看说明\r\n第二行")
    assert old["data"]["character_book"]["entries"][0]["content"] == "夜里河上有雾。"
    assert (
        "@@"
        in json.loads(base64.b64decode(chunks["ccv3"]))["data"]["character_book"]["entries"][0]["content"]
    )
    wanted = {**cards.V1, **cards.V2_MORE}
    assert {key: type(old["data"][key]) for key in wanted} == {key: type(one) for key, one in wanted.items()}
    assert "group_only_greetings" not in old["data"]
