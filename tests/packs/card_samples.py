"""Cards, lorebooks and pictures as each program writes them, made byte by byte."""

from __future__ import annotations

import base64
import copy
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

Json = dict[str, Any]
JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0\xff\xd9"
)
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\0\0\0\0\0\0\0\0\0\0"


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
