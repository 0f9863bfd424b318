"""What the members of a ZIP are called: Windows tools write Chinese names in the system's own encoding, unmarked."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Sequence

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_ENCODINGS = ("utf-8", "gb18030", "shift_jis", "big5", "cp437")
_MAX_CARD = 8_000_000
_URI = re.compile(r"embedd?ed://([^\"\\]+)")


def named(pack: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the name of each entry as its author meant it.

    Marked names are UTF-8. For the others that encoding is taken which finds most of the files that the card
    names; UTF-8, then GB 18030 where the card does not tell.
    """
    unmarked = [one for one in entries if not one.flag_bits & _UTF8_FLAG and not one.orig_filename.isascii()]
    if not unmarked:
        return [entry.orig_filename for entry in entries]
    wanted = _asset_paths(pack, entries)
    encoding = max(
        (one for one in _ENCODINGS if _decodes(unmarked, one)),
        key=lambda one: sum(_decoded(entry, one) in wanted for entry in unmarked),
    )
    return [_name(entry, encoding) for entry in entries]


def _name(entry: zipfile.ZipInfo, encoding: str) -> str:
    if entry.flag_bits & _UTF8_FLAG or entry.orig_filename.isascii():
        return entry.orig_filename
    return _stated(entry) or _decoded(entry, encoding)


def _decodes(entries: Sequence[zipfile.ZipInfo], encoding: str) -> bool:
    try:
        for entry in entries:
            _decoded(entry, encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(entry: zipfile.ZipInfo, encoding: str) -> str:
    # zipfile reads unmarked names as code page 437, which loses nothing.
    return entry.orig_filename.encode("cp437").decode(encoding)


def _stated(entry: zipfile.ZipInfo) -> str:
    """Return the name of Info-ZIP's Unicode path field, an empty string without one."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body = extra[4 : 4 + size]
        extra = extra[4 + size :]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            crc = zlib.crc32(entry.orig_filename.encode("cp437"))
            if struct.unpack("<I", body[1:5])[0] == crc:
                return body[5:].decode("utf-8")
    return ""


def _asset_paths(pack: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> frozenset[str]:
    card = next((one for one in entries if one.orig_filename == "card.json"), None)
    if card is None or card.file_size > _MAX_CARD:
        return frozenset()
    with pack.open(card) as file:
        text = file.read(_MAX_CARD).decode("utf-8", "replace")
    return frozenset(_URI.findall(text))
