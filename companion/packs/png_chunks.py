"""Text chunks of PNG and APNG files, where character cards V1 to V3 live: read one by one, never inflated.

Only lengths decide what is read: pixels are skipped, so the memory a file takes is that of its cards.
Format: PNG (ISO/IEC 15948) sections 5 and 11; keywords `chara` (V1, V2), `ccv3` (V3), `chara-ext-asset_:` (Risu).
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from companion.errors import PackError
from companion.packs.staging import opened

MAX_FILE = 256_000_000
MAX_CARD = 8_000_000
MAX_ASSETS = 64_000_000
MAX_CHUNKS = 100_000
MAX_SIDE = 16_384
MAX_PIXELS = 40_000_000
CARDS = ("ccv3", "chara")
ASSET = "chara-ext-asset_"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_KEYWORD = 400
_HIDDEN = (b"zTXt", b"iTXt")
_AGAIN = "Download or copy it again."


def read_text_chunks(path: Path) -> dict[str, bytes]:
    """Return keyword -> value of the card and Risu asset chunks; values are still base64.

    Card keywords are in lower case; an asset's keeps the case of its path. Raises PackError for what is no PNG, is
    cut off, damaged, too large, or holds two cards of one keyword; OSError when the file cannot be opened.
    """
    with opened(path, MAX_FILE) as (file, size):
        return _read(file, size, path.name)


def read_card(path: Path) -> bytes:
    """Return the JSON bytes of the card in `path`, `ccv3` before `chara`. Raises PackError, OSError."""
    return card_of(read_text_chunks(path), path.name)


def card_of(chunks: Mapping[str, bytes], name: str) -> bytes:
    """Return the JSON bytes of the card among `chunks`, `ccv3` before `chara`. Raises PackError."""
    value = next((chunks[keyword] for keyword in CARDS if chunks.get(keyword)), b"")
    if not value:
        raise PackError(
            f"{name} holds no character card.", "It is a plain picture, or its card was stripped."
        )
    return decode_card(value, name)


def decode_card(value: bytes, name: str) -> bytes:
    """Return the JSON bytes in the base64 text `value`; `name` is the file's, for messages. Raises PackError."""
    if len(value) > _encoded(MAX_CARD):
        raise PackError(
            f"The card in {name} holds {len(value):,} bytes; {_encoded(MAX_CARD):,} are allowed.",
            "Ask its author for a smaller one.",
        )
    if value.startswith(b"rcc||"):
        raise PackError(f"{name} is a private Risu card.", "Export it from Risu as an open card.")
    try:
        raw = base64.b64decode(value, validate=False)
    except (binascii.Error, ValueError) as error:
        raise PackError(f"The card in {name} is not base64.", "Export the card again.") from error
    if raw.startswith(b"rcc||"):
        raise PackError(f"{name} is a private Risu card.", "Export it from Risu as an open card.")
    return raw


def with_text_chunks(png: bytes, chunks: Mapping[str, bytes], *, drop_assets: bool = False) -> bytes:
    """Return `png` without its cards and those in `chunks` (keyword -> base64 text) just before its end instead.

    Everything else, also chunks nobody knows, stays byte for byte; Risu's assets too, unless `drop_assets`.
    Raises PackError if `png` is no sound PNG.
    """
    out = [_SIGNATURE]
    replaced = {keyword.lower() for keyword in (*chunks, *CARDS)}
    for kind, body, raw in _whole(png):
        if kind == b"IEND":
            out += [_chunk(keyword, value) for keyword, value in chunks.items()]
        keyword = _keyword(body[: _MAX_KEYWORD + 1]).lower() if kind == b"tEXt" else ""
        if keyword not in replaced and not (drop_assets and keyword.startswith(ASSET)):
            out.append(raw)
    return b"".join(out)


def _chunk(keyword: str, value: bytes) -> bytes:
    body = keyword.encode("latin-1") + b"\0" + value
    return struct.pack(">I", len(body)) + b"tEXt" + body + struct.pack(">I", zlib.crc32(b"tEXt" + body))


def _whole(png: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield kind, body and the raw chunk, from IHDR up to IEND."""
    for kind, at, size in _chunks(BytesIO(png), len(png), "The picture"):
        yield kind, png[at : at + size], png[at - 8 : at + size + 4]


def _read(file: BinaryIO, size: int, name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    compressed, assets = "", 0
    for kind, at, length in _chunks(file, size, name):
        if kind != b"tEXt" and kind not in _HIDDEN:
            continue
        file.seek(at)
        keyword = _keyword(file.read(min(length, _MAX_KEYWORD + 1)))
        is_card, is_asset = keyword in CARDS, keyword.startswith(ASSET)
        if kind in _HIDDEN:
            compressed = keyword if is_card else compressed
            continue
        if is_card and keyword in found:
            raise PackError(f"{name} holds two cards named {keyword}.", "Export the card again.")
        if is_asset:
            assets += length
        if not (is_card or is_asset) or keyword in found:
            continue
        _check_size(length if is_card else assets, is_card, name)
        found[keyword] = _checked(file, at, length, name)
    if compressed and not any(keyword in found for keyword in CARDS):
        raise PackError(
            f"{name} holds its card {compressed} in a compressed chunk, which is never unpacked.",
            "Export the card again as a tEXt chunk.",
        )
    return found


def _check_size(length: int, is_card: bool, name: str) -> None:
    limit = _encoded(MAX_CARD) if is_card else _encoded(MAX_ASSETS)
    if length > limit + _MAX_KEYWORD:
        thing = "The card in" if is_card else "The pictures and sounds in the card"
        raise PackError(
            f"{thing} {name} hold{'s' if is_card else ''} {length:,} bytes; {limit:,} are allowed.",
            "Ask its author for a smaller one, or for a .charx file.",
        )


def _checked(file: BinaryIO, at: int, length: int, name: str) -> bytes:
    file.seek(at)
    body = file.read(length)
    crc = file.read(4)
    if len(body) != length or len(crc) != 4:
        raise PackError(f"{name} is cut off.", _AGAIN)
    if zlib.crc32(body, zlib.crc32(b"tEXt")) != struct.unpack(">I", crc)[0]:
        raise PackError(f"The card in {name} is damaged (checksum).", _AGAIN)
    return body[body.index(b"\0") + 1 :]


def _keyword(start: bytes) -> str:
    """Return the keyword of a text chunk, an empty string if there is none; card names in lower case."""
    raw, zero, _ = start.partition(b"\0")
    if not zero or not raw:
        return ""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lower = text.lower()
    return ASSET + text[len(ASSET) :] if lower.startswith(ASSET) else lower


def _chunks(file: BinaryIO, size: int, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, offset and length of each chunk's body; the consumer may move the file."""
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise PackError(f"{name} is not a PNG file.", "Only PNG pictures can hold a character card.")
    at = len(_SIGNATURE)
    for number in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(8)
        length, kind = struct.unpack(">I4s", head) if len(head) == 8 else (0, b"")
        end = at + 8 + length + 4
        if len(head) < 8 or end > size:
            raise PackError(f"{name} is cut off.", _AGAIN)
        if number == 0:
            _check_header(kind, file.read(min(length, 13)), name)
        yield kind, at + 8, length
        if kind == b"IEND":
            return
        at = end
    raise PackError(f"{name} has more than {MAX_CHUNKS:,} chunks.", "No picture needs that.")


def _check_header(kind: bytes, body: bytes, name: str) -> None:
    if kind != b"IHDR" or len(body) != 13:
        raise PackError(f"{name} does not begin like a PNG picture.", _AGAIN)
    width, height = struct.unpack(">II", body[:8])
    check_pixels(width, height, name)


def check_pixels(width: int, height: int, name: str) -> None:
    """Raise PackError if a picture of this size would take too much memory to show."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise PackError(
            f"{name} claims to be {width:,} x {height:,} pixels; up to {MAX_SIDE:,} a side and"
            f" {MAX_PIXELS:,} in all are allowed.",
            "Use a smaller picture.",
        )


def _encoded(n_bytes: int) -> int:
    return n_bytes * 4 // 3 + 4
