"""Whether the files of a copied pack are what their names say, before any decoder or native code meets them."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from companion.domain.character import Problem
from companion.errors import CompanionError, PackError
from companion.model_files.gguf_check import check_gguf
from companion.model_files.onnx_check import check_onnx
from companion.packs.png_chunks import check_pixels
from companion.packs.staging import opened

MAX_PICTURE = 64_000_000
_HINT = "Ask its author for a sound one."
_PNG = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers carry the size; C4, C8 and CC are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def faults_in(folder: Path) -> list[Problem]:
    """Return the models and pictures below `folder` that must not be used; hidden folders are passed over."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            try:
                check(path)
            except CompanionError as error:
                where = path.relative_to(folder).as_posix()
                found.append(Problem(where, f"{error.what} It is not used.", error.hint))
    return found


def check(path: Path) -> None:
    """Judge one file by its suffix and header. Raises PackError or ModelError, OSError when it cannot be read."""
    suffix = path.suffix.lower()
    if suffix == ".gguf":
        check_gguf(path)
    elif suffix == ".onnx":
        check_onnx(path)
    elif suffix in (".png", ".jpg", ".jpeg", ".webp"):
        check_picture(path)


def check_picture(path: Path) -> tuple[int, int]:
    """Return width and height of a PNG, JPEG or WebP picture, whatever its suffix. Raises PackError, OSError."""
    with opened(path, MAX_PICTURE) as (file, _):
        raw = file.read(1 << 20)
    size = _size(raw)
    if size is None:
        raise PackError(f"{path.name} is no PNG, JPEG or WebP picture.", _HINT)
    check_pixels(*size, path.name)
    return size


def _size(raw: bytes) -> tuple[int, int] | None:
    if raw.startswith(_PNG) and raw[12:16] == b"IHDR" and len(raw) >= 24:
        width, height = struct.unpack(">II", raw[16:24])
        return width, height
    if raw[:3] == b"\xff\xd8\xff":
        return _jpeg_size(raw)
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return _webp_size(raw)
    return None


def _jpeg_size(raw: bytes) -> tuple[int, int] | None:
    """Walk the segments to the first frame; ITU-T T.81, annex B. Metadata before it may fill the first megabyte."""
    at = 2
    while at + 9 <= len(raw):
        if raw[at] != 0xFF:
            return None
        marker = raw[at + 1]
        if marker in (0xFF, 0x01) or 0xD0 <= marker <= 0xD7:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", raw[at + 5 : at + 9])
            return width, height
        if marker in (0xD9, 0xDA):
            return None
        at += 2 + max(2, int.from_bytes(raw[at + 2 : at + 4], "big"))
    return None


def _webp_size(raw: bytes) -> tuple[int, int] | None:
    """Read the size of the first chunk: VP8X, VP8L or VP8 (RFC 9649)."""
    kind = raw[12:16]
    if kind == b"VP8X" and len(raw) >= 30:
        return 1 + int.from_bytes(raw[24:27], "little"), 1 + int.from_bytes(raw[27:30], "little")
    if kind == b"VP8L" and len(raw) >= 25 and raw[20] == 0x2F:
        bits = int.from_bytes(raw[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(raw) >= 30 and raw[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", raw[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
