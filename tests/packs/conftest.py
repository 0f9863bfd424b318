"""Cards and lorebooks as each program writes them, made byte by byte."""

from __future__ import annotations

import base64
import copy
import json
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

Json = dict[str, Any]
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xd9"
)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\0\0\0\0\0\0\0\0\0\0"


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


# ---- carriers


def png(
    texts: Mapping[str, bytes], *, shade: int = 120, animated: bool = False, after: bool = False
) -> bytes:
    """Return a picture of one pixel; `after` puts its texts behind the pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    said = b"".join(chunk(b"tEXt", key.encode("latin-1") + b"\0" + value) for key, value in texts.items())
    control = chunk(b"acTL", struct.pack(">II", 1, 0)) if animated else b""
    pixels = chunk(b"IDAT", zlib.compress(bytes((0, shade))))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = head + control + (pixels + said if after else said + pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def texts_of(raw: bytes) -> dict[str, bytes]:
    """Return the text chunks of a PNG as any other program would read them."""
    found, at = {}, 8
    while at < len(raw):
        size, kind = struct.unpack(">I4s", raw[at : at + 8])
        if kind == b"tEXt":
            key, _, value = raw[at + 8 : at + 8 + size].partition(b"\0")
            found[key.decode("latin-1")] = value
        at += size + 12
    return found


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def encoded(text: str) -> bytes:
    return base64.b64encode(text.encode("utf-8", "surrogatepass"))


def data_uri(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def card_text(path: Path) -> str:
    """Return the JSON in an exported file, read without any code of the program."""
    raw = path.read_bytes()
    if path.suffix == ".png":
        return base64.b64decode(texts_of(raw)["ccv3"]).decode()
    if path.suffix == ".charx":
        with zipfile.ZipFile(path) as archive:
            return archive.read("card.json").decode()
    return raw.decode("utf-8-sig")


# ---- cards

V1: Json = {
    "name": "阿桥",
    "description": "摆渡人，{{char}}只在夜里撑船。",
    "personality": "话少",
    "scenario": "渡口",
    "first_mes": "上船吧，<USER>。",
    "mes_example": "<START>\n{{user}}: 去哪儿？\n{{char}}: 对岸。",
}
V2_MORE: Json = {
    "creator_notes": "先看说明\r\n第二行",
    "system_prompt": "{{original}} 说话要短。",
    "post_history_instructions": "",
    "alternate_greetings": ["又是你。", "今夜有雾，慢些走。"],
    "tags": ["中文", "原创"],
    "creator": "某人",
    "character_version": "1.2",
    "extensions": {"depth_prompt": {"prompt": "记得她怕水", "depth": 3, "role": "system"}, "fav": True},
}
ENTRY_V2: Json = {
    "keys": ["渡船", "船"],
    "content": "船是{{char}}的父亲造的。",
    "extensions": {"other_program": {"keep": [1, 2.50, None]}},
    "enabled": True,
    "insertion_order": 10,
    "case_sensitive": False,
    "name": "船",
    "priority": 5,
    "id": 7,
    "comment": "",
    "selective": True,
    "secondary_keys": ["旧"],
    "constant": False,
    "position": "before_char",
}
DECORATED = "\n".join(
    [
        "@@activate_only_after 2",
        "@@activate_only_every 3",
        "@@depth 5",
        "@@@instruct_depth 5",
        "@@reverse_depth 2",
        "@@role assistant",
        "@@scan_depth 5",
        "@@instruct_scan_depth 5",
        "@@is_greeting 0",
        "@@position personality",
        "@@ignore_on_max_context",
        "@@additional_keys 雾,河",
        "@@additional_keys 夜",
        "@@exclude_keys 白天,桥",
        "@@is_user_icon 渡客",
        "@@dont_activate_after_match",
        "@@keep_activate_after_match",
        "@@disable_ui_prompt system_prompt",
        "@@not_known 1",
        "@@@nor_this 2",
        "@@@depth 1",
        "夜里河上有雾。",
    ]
)


def v2(**more: Any) -> Json:
    return {
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {**copy.deepcopy({**V1, **V2_MORE}), **more},
    }


def v3(**more: Any) -> Json:
    card = v2(**{"group_only_greetings": [], **more})
    return {**card, "spec": "chara_card_v3", "spec_version": "3.0"}


def book(*entries: Any, **more: Any) -> Json:
    return {"extensions": {}, "entries": [copy.deepcopy(one) for one in entries], **more}


SILLY_EXTENSIONS = """{"position": 1, "exclude_recursion": true, "display_index": 0, "probability": 80,
 "useProbability": true, "depth": 6, "selectiveLogic": 3, "group": "天气", "group_override": false,
 "group_weight": 60, "prevent_recursion": false, "delay_until_recursion": false, "scan_depth": null,
 "match_whole_words": null, "use_group_scoring": false, "case_sensitive": null, "automation_id": "", "role": 1,
 "vectorized": false, "sticky": 2, "cooldown": 0, "delay": 1}"""


def silly_entry(i: int) -> Json:
    keys = '["雾", "/fog{1,2}/i"]' if i == 1 else '["渡口", "dock"]'
    content = "@@activate\\n雾里有灯。" if i == 2 else "渡口有三级石阶。"
    entry: Json = json.loads(
        f"""{{"id": {i}, "keys": {keys}, "secondary_keys": [], "comment": "条目{i}", "content": "{content}",
        "constant": false, "selective": true, "insertion_order": 100, "enabled": {str(i != 2).lower()},
        "position": "after_char", "use_regex": true, "extensions": {SILLY_EXTENSIONS}}}"""
    )
    return {**entry, "extensions": {**entry["extensions"], "position": i % 7, "display_index": i}}


def silly(card: Json, entries: int = 3) -> Json:
    """Return a card as SillyTavern exports it."""
    items = [silly_entry(i) for i in range(entries)]
    data = {**card["data"], "character_book": {"entries": items, "name": "渡口"}}
    data["extensions"] = {"talkativeness": "0.5", "fav": False, "world": "渡口", **data["extensions"]}
    root = {**V1, "creatorcomment": "x", "avatar": "none", "chat": "阿桥 - 2024", "create_date": "2024-9-1"}
    return {**root, **card, "data": data}


ASSETS = [
    {"type": "icon", "uri": "embeded://assets/icon/images/main.png", "name": "main", "ext": "png"},
    {"type": "icon", "uri": "embeded://assets/icon/images/other.jpg", "name": "other", "ext": "jpg"},
    {"type": "emotion", "uri": "embeded://assets/emotion/images/happy.webp", "name": "happy", "ext": "webp"},
    {
        "type": "background",
        "uri": "embeded://assets/background/images/main.png",
        "name": "main",
        "ext": "png",
    },
    {"type": "x_lore", "uri": "embeded://assets/x_lore/other/river.txt", "name": "河", "ext": "txt"},
    {"type": "icon", "uri": "https://example.com/a.png", "name": "far", "ext": "png"},
    {"type": "x_other", "uri": "ccdefault:", "name": "?", "ext": "unknown", "note": 1e2},
]
ASSET_FILES: Mapping[str, bytes] = {
    "assets/icon/images/main.png": png({}, shade=1),
    "assets/icon/images/other.jpg": JPEG,
    "assets/emotion/images/happy.webp": WEBP,
    "assets/background/images/main.png": png({}, shade=2),
    "assets/x_lore/other/river.txt": "河水向东。\r\n".encode(),
}
RISU_ENTRY: Json = {
    "keys": ["灯"],
    "secondary_keys": [],
    "content": "@@probability 50\n灯是油灯。",
    "insertion_order": 100,
    "comment": "灯",
    "name": "灯",
    "constant": False,
    "selective": False,
    "enabled": True,
    "use_regex": False,
    "mode": "normal",
    "folder": "\uf000folder:1f",
    "extensions": {"risu_case_sensitive": True, "risu_activationPercent": 40, "risu_loreCache": None},
}
RISU_FOLDER: Json = {
    **RISU_ENTRY,
    "keys": ["\uf000folder:1f"],
    "content": "",
    "mode": "folder",
    "comment": "文件夹",
}
EXACT = (
    '{"spec":"chara_card_v3","spec_version":"3.0","data":{"name":"数","description":"d\\r\\n\\u4e00\\/x",'
    '"personality":"","scenario":"","first_mes":"你好","mes_example":"","creator_notes":"","system_prompt":"",'
    '"post_history_instructions":"","alternate_greetings":[],"tags":[],"creator":"","character_version":"1",'
    '"group_only_greetings":[],"creation_date":1.0,"extensions":{"n":[1.0,1e5,1E+2,-0,-0.0,0.10,'
    '12345678901234567890,6.0221e23],"z":1,"a":{"b":[[],{},"",null,true]}},'
    '"unknown":{"x":2.50},"character_book":{"extensions":{"w":1e0},"scan_depth":3.0,"entries":[{"keys":["一"],'
    '"content":"a\\r\\nb","extensions":{"v":0.30},"enabled":true,"insertion_order":1.50,"use_regex":false,'
    '"unknown":1.00}]}}}'
)


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


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    found: Dialect = request.param
    return found


@pytest.fixture
def cards() -> ModuleType:
    """Return this module, for tests that make cards of their own."""
    return sys.modules[__name__]
