"""Character cards inside PNG files: tEXt chunks `ccv3` and `chara` (Character Card V2 and V3)."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from pathlib import Path

from companion.errors import PackError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_FILE = 64_000_000
_MAX_CARD = 8_000_000
_MAX_CHUNKS = 20_000


def read_card(path: Path) -> bytes:
    """Return the JSON bytes of the card in `path`, `ccv3` before `chara`. Raises PackError."""
    if path.stat().st_size > _MAX_FILE:
        raise PackError(f"{path.name} is larger than {_MAX_FILE:,} bytes.", "Use a smaller picture.")
    raw = path.read_bytes()
    if not raw.startswith(_SIGNATURE):
        raise PackError(f"{path.name} is not a PNG file.", "Only PNG pictures can hold a character card.")
    cards: dict[str, bytes] = {}
    for kind, body in _chunks(raw, path.name):
        if kind != b"tEXt" or b"\0" not in body:
            continue
        keyword, value = body.split(b"\0", 1)
        name = keyword.decode("latin-1").lower()
        if name in ("ccv3", "chara"):
            if name in cards:
                raise PackError(f"{path.name} holds two cards named {name}.", "Export the card again.")
            cards[name] = value
    value = cards.get("ccv3") or cards.get("chara") or b""
    if not value:
        raise PackError(
            f"{path.name} holds no character card.", "It is a plain picture, or its card was stripped."
        )
    return _decode(value, path.name)


def _decode(value: bytes, name: str) -> bytes:
    if len(value) > _MAX_CARD:
        raise PackError(f"The card in {name} holds {len(value):,} bytes; {_MAX_CARD:,} are allowed.")
    if value.startswith(b"rcc||"):
        raise PackError(f"{name} is a private Risu card.", "Export it from Risu as an open card.")
    try:
        return base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError) as error:
        raise PackError(f"The card in {name} is not base64.", "Export the card again.") from error


def _chunks(raw: bytes, name: str) -> list[tuple[bytes, bytes]]:
    out: list[tuple[bytes, bytes]] = []
    at = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(raw):
            raise PackError(f"{name} is cut off.", "Download or copy it again.")
        size, kind = struct.unpack(">I4s", raw[at : at + 8])
        end = at + 8 + size
        if end + 4 > len(raw):
            raise PackError(f"{name} is cut off.", "Download or copy it again.")
        body = raw[at + 8 : end]
        if kind == b"tEXt" and zlib.crc32(kind + body) != struct.unpack(">I", raw[end : end + 4])[0]:
            raise PackError(f"The card in {name} is damaged (checksum).", "Download or copy it again.")
        if kind == b"IEND":
            return out
        out.append((kind, body))
        at = end + 4
    raise PackError(f"{name} has more than {_MAX_CHUNKS:,} chunks.", "No picture needs that.")
