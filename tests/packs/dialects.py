"""Every dialect of a card in every carrier, ready to be written into a folder."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from card_samples import (  # put among the modules by conftest
    ASSET_FILES,
    ASSETS,
    DECORATED,
    ENTRY_V2,
    EXACT,
    JPEG,
    RISU_ENTRY,
    RISU_FOLDER,
    V1,
    WEBP,
    Json,
    as_text,
    book,
    data_uri,
    encoded,
    png,
    silly,
    v2,
    v3,
    zipped,
)


@dataclass(frozen=True)
class Dialect:
    """A card as one program writes it: `make` writes its file into a folder, `text` is the JSON inside.

    `n_entries` lorebook entries are in it; `repaired` are the fields of `data` whose type V3 forbids.
    """

    name: str
    make: Callable[[Path], Path]
    text: str
    n_entries: int = 0
    repaired: frozenset[str] = field(default_factory=frozenset)


def _json(name: str, value: Any, n: int = 0, *repaired: str) -> Dialect:
    text = value if isinstance(value, str) else as_text(value)
    return Dialect(
        name, lambda folder: _put(folder / f"{name}.json", text.encode()), text, n, frozenset(repaired)
    )


def _png(
    name: str, value: Any, n: int = 0, *, extra: Mapping[str, bytes] | None = None, **more: Any
) -> Dialect:
    text = as_text(value)
    keyword = more.pop("keyword", "ccv3" if value.get("spec") == "chara_card_v3" else "chara")
    texts = {**(extra or {}), keyword: encoded(text)}
    raw = png(texts, **more)
    return Dialect(name, lambda folder: _put(folder / f"{name}.png", raw), text, n)


def _charx(
    name: str,
    value: Any,
    files: Mapping[str, bytes],
    n: int = 0,
    *,
    suffix: str = ".charx",
    head: bytes = b"",
) -> Dialect:
    text = as_text(value)
    raw = head + zipped({"card.json": text, **files})
    return Dialect(name, lambda folder: _put(folder / f"{name}{suffix}", raw), text, n)


def _folder(name: str, value: Any, files: Mapping[str, bytes], n: int = 0) -> Dialect:
    text = as_text(value)

    def make(folder: Path) -> Path:
        for member, content in {"card.json": text.encode(), **files}.items():
            (folder / name / member).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / member).write_bytes(content)
        return folder / name

    return Dialect(name, make, text, n)


def _put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _moved(
    prefix: str, *, scheme: str = "embeded://", old: str = "/images/", new: str = "/image/"
) -> list[Json]:
    """Return the assets of `ASSETS` under other paths."""
    return [
        {**one, "uri": one["uri"].replace("embeded://", scheme + prefix).replace(old, new)} for one in ASSETS
    ]


def _chunked(*paths: str) -> list[Json]:
    names = ("main", "happy", "main")
    kinds = ("icon", "emotion", "background")
    return [
        {"type": kind, "uri": f"__asset:{path}", "name": name, "ext": "png"}
        for kind, name, path in zip(kinds, names, paths, strict=True)
    ]


def _risu_png(name: str, colon: str) -> Dialect:
    paths = ("assets/other/image/1.png", "assets/other/image/2.png", "3")
    extra = {
        f"chara-ext-asset_{colon}{path}": base64.b64encode(png({}, shade=10 + i))
        for i, path in enumerate(paths)
    }
    return _png(
        name, v3(assets=_chunked(*paths), character_book=book(RISU_FOLDER, RISU_ENTRY)), 1, extra=extra
    )


def _numbered(n: int) -> list[Json]:
    return [{**ENTRY_V2, "id": i, "keys": [f"键{i}"], "content": f"内容{i}"} for i in range(n)]


def _without(entry: Json, *names: str) -> Json:
    return {key: value for key, value in entry.items() if key not in names}


SOW = [
    {"key": ["塔", "tower"], "content": "塔有九层。", "n_depth": 3, "enabled": True},
    {"key": "桥，拱桥", "content": "桥断了。", "n_depth": "5"},
]
LOOSE_BOOK = """{"scan_depth": "6", "token_budget": "900", "recursive_scanning": "true", "entries": [
 {"keys": "雾, /a{1,2}/i，灯", "content": "x", "enabled": "true", "insertion_order": "20", "priority": "3",
  "secondary_keys": "夜,灯", "selective": 1, "constant": "false", "use_regex": "true"}]}"""
LOOSE: Json = {
    **V1,
    "alternate_greetings": "只有一句，有逗号。",
    "character_version": 2,
    "creator": "",
    "tags": "中文，原创,river",
    "character_book": json.loads(LOOSE_BOOK),
}
AGNAI_BOOK = {
    "kind": "memory",
    "_id": "b1",
    "name": "记忆",
    "scanDepth": 7,
    "entries": [
        {
            "name": "灯",
            "entry": "灯是油灯。",
            "keywords": ["灯"],
            "priority": 3,
            "weight": 2,
            "enabled": True,
        },
        {"name": "河", "entry": "河向东。", "keywords": ["河"], "priority": 1, "weight": 1, "enabled": False},
    ],
}

BY_NUMBER = {"0": ENTRY_V2, "5": {**ENTRY_V2, "id": 5}}
BOM = b"\xef\xbb\xbf" + as_text(v3()).encode()

DIALECTS: tuple[Dialect, ...] = (
    _json("v1", V1),
    _json("v1_english", {key: f"Some text\r\nfor {key}" for key in V1}),
    _json("v1_with_unknown_fields", {**V1, "avatar": "none", "metadata": {"version": 1, "tool": None}}),
    _json("pygmalion", {"char_name": "Mira", "char_persona": "A ferrywoman.", "char_greeting": "Hi."}),
    _png("v1_png", V1),
    _png("v1_png_upper_case_keyword", V1, keyword="Chara"),
    _json(
        "v2", v2(character_book=book(ENTRY_V2, name="书", description="d", scan_depth=3, token_budget=9)), 1
    ),
    _png("v2_png", v2(character_book=book(ENTRY_V2)), 1),
    _json("v2_without_optional_fields", v2()),
    _json("v2_with_empty_book", v2(character_book=book())),
    _png("sillytavern_v2_png", silly(v2()), 3),
    _png("sillytavern_v3_png", silly(v3()), 3, extra={"chara": encoded(as_text(silly(v2())))}),
    _json("sillytavern_v3_json", silly(v3(), 7), 7),
    _json("entries_as_an_object", v2(character_book={"entries": BY_NUMBER}), 2, "character_book"),
    _json(
        "chub",
        v2(
            extensions={"chub": {"id": 12, "full_path": "a/b", "related_lorebooks": [], "preset": None}},
            character_book=book({**ENTRY_V2, "extensions": {"position": 0}}, name="chub", scan_depth=2),
        ),
        1,
    ),
    _json("soul_of_waifu_list", v2(character_book=SOW), 2, "character_book"),
    _json("loose_types", {"spec": "chara_card_v2", "spec_version": "2.0", "data": LOOSE}, 1, *LOOSE),
    _json("v3_minimal", v3()),
    _json(
        "v3_every_field",
        v3(
            nickname="桥",
            creator_notes_multilingual={"zh": "说明", "en": "notes"},
            source=["https://example.com/1", "id:2"],
            group_only_greetings=["大家好。"],
            creation_date=1_700_000_000,
            modification_date=0,
            assets=[{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
            character_book=book({**ENTRY_V2, "use_regex": False}, recursive_scanning=True),
        ),
        1,
    ),
    _json(
        "v3_every_decorator",
        v3(character_book=book({**ENTRY_V2, "content": DECORATED, "use_regex": False})),
        1,
    ),
    _png(
        "v3_decorators_png",
        v3(character_book=book({**ENTRY_V2, "content": DECORATED, "use_regex": False})),
        1,
    ),
    _json("v3_of_a_newer_version", {**v3(future={"a": 1}), "spec_version": "3.7", "root": [1]}),
    _png("v3_beside_an_older_v2", v3(), extra={"chara": encoded(as_text(v2(name="旧")))}),
    _png("v3_animated_png", v3(), animated=True),
    _png("v3_png_with_the_card_at_its_end", v3(), after=True),
    _risu_png("risu_png", ":"),
    _risu_png("risu_png_without_colon", ""),
    _charx(
        "risu_charx",
        v3(assets=_moved(""), character_book=book(RISU_FOLDER, RISU_ENTRY)),
        {
            **{name.replace("/images/", "/image/"): one for name, one in ASSET_FILES.items()},
            "module.risum": b"\x6f\0risu",
            "x_meta/main.json": b'{"type":"PNG"}',
        },
        1,
    ),
    _charx("jpeg_charx", v3(assets=ASSETS), ASSET_FILES, suffix=".jpg", head=JPEG),
    _charx("charx", v3(assets=ASSETS, character_book=book(ENTRY_V2)), ASSET_FILES, 1),
    _charx("charx_with_code", v3(assets=ASSETS), {**ASSET_FILES, "assets/code/run.py": b"print(1)"}),
    _charx(
        "charx_with_chinese_names",
        v3(assets=[{"type": "icon", "uri": "embeded://assets/图标/阿桥.png", "name": "main", "ext": "png"}]),
        {"assets/图标/阿桥.png": png({}, shade=3)},
    ),
    _charx(
        "charx_with_embedded_spelling",
        v3(assets=_moved("", scheme="embedded://", new="/images/")),
        ASSET_FILES,
    ),
    _charx("charx_without_assets", v3(), {}),
    _folder("pack_folder", v3(assets=ASSETS), {**ASSET_FILES, "assets/more/notes.md": b"# more\n"}),
    _folder("pack_folder_with_portrait", v2(), {"portrait.png": png({}, shade=9)}),
    Dialect("byte_order_mark", lambda folder: _put(folder / "bom.json", BOM), as_text(v3()), 0),
    _json("exact_numbers", EXACT, 1),
    _json("lone_surrogate", as_text(v3(unknown="x")).replace('"x"', r'"a\ud800b"')),
    _json(
        "inline_pictures",
        v3(
            assets=[
                {"type": "icon", "uri": data_uri(png({}, shade=4)), "name": "main", "ext": "png"},
                {"type": "emotion", "uri": data_uri(WEBP, "image/webp"), "name": "happy", "ext": "webp"},
                {"type": "emotion", "uri": data_uri(b"not a picture"), "name": "sad", "ext": "png"},
            ]
        ),
    ),
    _json(
        "nulls",
        v3(nickname=None, character_book=None, assets=None, source=None, tags=None),
        0,
        "tags",
        "character_book",
        "nickname",
    ),
    _json("entries_without_ids", v3(character_book=book(*[_without(ENTRY_V2, "id")] * 3)), 3),
    _json("entries_of_one_id", v3(character_book=book(ENTRY_V2, ENTRY_V2, ENTRY_V2)), 3),
    _json("many_entries", v3(character_book=book(*_numbered(300))), 300),
    _json(
        "risu_entries",
        v3(character_book=book(RISU_FOLDER, RISU_ENTRY, {**RISU_ENTRY, "mode": "constant"})),
        2,
    ),
    _json("agnai", v2(extensions={"agnai": {"voice": {}}}, character_book=AGNAI_BOOK), 2, "character_book"),
    _json(
        "markup", v3(first_mes="<div onclick='x()'>你好</div><script>1</script>", description="{{{char}}}")
    ),
    _json("japanese", v3(name="渡し守", description="夜に舟を漕ぐ。", first_mes="乗りますか。")),
    _json("without_extensions", {**v2(), "data": _without(v2()["data"], "extensions", "tags", "creator")}),
    _json(
        "aliases",
        v3(character_book=book({**ENTRY_V2, "extensions": {"companion": {"aliases": ["小船", "boat"]}}})),
        1,
    ),
    _json(
        "own_fields",
        v3(
            extensions={
                "companion": {
                    "language": "zh",
                    "accent": "#5c8a6a",
                    "voice": {"engine": "kokoro", "styles": {"wren": 1.0}, "speed": 1.10},
                    "sampling": {"temperature": 0.70, "seed": 7},
                    "later": {"x": 1e1},
                }
            }
        ),
    ),
)
