"""Cards, pictures and archives made field by field, sound ones by default."""

from __future__ import annotations

import base64
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def card(**more: Any) -> dict[str, Any]:
    data = {"name": "林晚", "description": "茶馆老板。", "first_mes": "你来啦。", "extensions": {}, **more}
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": data}


def raw(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def entry(**more: Any) -> dict[str, Any]:
    return {
        "keys": ["猫"], "content": "猫叫铜板。", "enabled": True, "insertion_order": 1, "extensions": {}, **more
    }  # fmt: skip


def book(entries: Sequence[Any], **more: Any) -> dict[str, Any]:
    return card(character_book={"entries": list(entries), "extensions": {}, **more})


def chunk(kind: bytes, body: bytes, *, crc: int | None = None) -> bytes:
    sum_ = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sum_)


def text_chunk(keyword: str, content: bytes, **options: Any) -> bytes:
    return chunk(b"tEXt", keyword.encode() + b"\0" + base64.b64encode(content), **options)


def picture(
    *, size: tuple[int, int] = (1, 1), before: bytes = b"", after: bytes = b"", end: bytes = b""
) -> bytes:
    """Return a PNG with chunks `before` and `after` its pixels, and `end` behind IEND."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return SIGNATURE + head + before + pixels + after + chunk(b"IEND", b"") + end


def jpeg(width: int = 8, height: int = 8) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"JF" + frame + b"\xff\xd9"


@dataclass(frozen=True)
class Member:
    """One member of a ZIP as its two headers state it; None means what is true."""

    name: bytes
    content: bytes = b""
    method: int = zipfile.ZIP_STORED
    flags: int = 0x800
    mode: int = 0
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    at: int | None = None
    version: int = 20

    @property
    def packed(self) -> bytes:
        if self.method != zipfile.ZIP_DEFLATED:
            return self.content
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush()


def member(name: str | bytes, content: bytes = b"x", **more: Any) -> Member:
    return Member(name.encode() if isinstance(name, str) else name, content, **more)


def archive(
    members: Sequence[Member], *, count: int | None = None, prefix: bytes = b"", comment: bytes = b""
) -> bytes:
    """Return a ZIP of `members`; `count` is what its end states."""
    out, places = bytearray(prefix), []
    for one in members:
        places.append(len(out) - len(prefix) if one.at is None else one.at)
        if one.at is None:
            name = one.local_name if one.local_name is not None else one.name
            out += b"PK\x03\x04" + _fields(one, name) + name + one.packed
    start = len(out) - len(prefix)
    for one, at in zip(members, places, strict=True):
        out += b"PK\x01\x02" + struct.pack("<H", 0x031E) + _fields(one, one.name, extra=one.extra)
        out += struct.pack("<HHHII", 0, 0, 0, one.mode << 16, at) + one.name + one.extra
    size = len(out) - len(prefix) - start
    n = min(len(members) if count is None else count, 0xFFFF)
    return (
        bytes(out) + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, n, n, size, start, len(comment)) + comment
    )


def _fields(one: Member, name: bytes, *, extra: bytes = b"") -> bytes:
    packed = one.packed
    return struct.pack(
        "<HHHHHIIIHH",
        one.version, one.flags, one.method, 0, 0x21,
        zlib.crc32(one.content) if one.crc is None else one.crc,
        len(packed) if one.packed_size is None else one.packed_size,
        len(one.content) if one.size is None else one.size,
        len(name), len(extra),
    )  # fmt: skip


def charx(*members: Member, content: Mapping[str, Any] | None = None, **options: Any) -> bytes:
    """Return a CHARX that holds a sound card and `members`."""
    return archive([member("card.json", raw(content or card())), *members], **options)


def nfd(name: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFD", name)


def overlapping(n: int) -> bytes:
    """Return a CHARX whose members all share the bytes of one."""
    first = member("card.json", raw(card()))
    one = member("a.txt", b"0" * 1000, method=zipfile.ZIP_DEFLATED)
    at = len(b"PK\x03\x04") + 26 + len(first.name) + len(first.packed)
    copies = [replace(one, name=f"{i}.txt".encode(), at=at) for i in range(n)]
    return archive([first, one, *copies])


def zip64(content: bytes) -> bytes:
    """Return a sound CHARX whose sizes stand in ZIP64 fields."""
    import io

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack, pack.open("card.json", "w", force_zip64=True) as file:
        file.write(content)
    return out.getvalue()
