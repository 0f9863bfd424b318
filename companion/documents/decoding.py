"""From bytes to text: byte order marks, UTF-8, the Chinese and Japanese encodings, then a guess."""

from __future__ import annotations

import codecs
from typing import Final

from companion.errors import DocumentError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_STRICT: Final = ("gb18030", "big5", "shift_jis", "euc_jp")
# What every text in one of these languages is full of; read in a wrong encoding it holds next to none of them.
_COMMON: Final = frozenset(
    "的一是不了人我在有他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么"
    "這來個國說們為時會過學對裡後麼に。、，のはをたがでてとしれさいるか"
)
_LEAST_COMMON: Final = 0.06
_MOST_ACCENTS: Final = 0.25
_SAMPLE: Final = 200_000
_MAGIC: Final = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"MZ",
    b"SQLite format",
    b"OggS",
    b"ID3",
)


def decoded(data: bytes, file: str) -> str:
    """Return the text of `data`. Raises DocumentError, code `binary`, where it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if data.startswith(_MAGIC):
        raise _binary(file)
    if b"\x00" in data[:_SAMPLE]:
        return _wide(data, file)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(data, file)


def _wide(data: bytes, file: str) -> str:
    """UTF-16 without a mark: letters of any alphabet have a zero, or a low, high byte."""
    sample = data[: _SAMPLE // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum(char.isalnum() or char.isspace() or char in "，。、.,!?\"'“”" for char in text)
        if "\x00" not in text and plain > 0.8 * len(text):
            return data.decode(encoding, errors="replace")
    raise _binary(file)


def _legacy(data: bytes, file: str) -> str:
    best, most = "", 0.0
    for encoding in _STRICT:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:_SAMPLE]
        share = sum(char in _COMMON for char in sample) / max(1, sum(ord(char) > 127 for char in sample))
        if share > most:
            best, most = text, share
    return best if most >= _LEAST_COMMON else _guessed(data, file)


def _western(data: bytes) -> str | None:
    """Windows-1252 where accents are few; the guesser takes its Eastern sisters for it."""
    n_high = sum(byte > 127 for byte in data[:_SAMPLE])
    if n_high > _MOST_ACCENTS * min(len(data), _SAMPLE):
        return None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, file: str) -> str:
    if (text := _western(data)) is not None:
        return text
    import charset_normalizer

    found = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if found is None or found.percent_chaos > 20:
        raise _binary(file)
    return data.decode(found.encoding, errors="replace")


def _binary(file: str) -> DocumentError:
    return DocumentError(
        f"{file} is not a text.",
        "Add txt, md, html, epub, docx, pdf, srt, vtt, ass or json files.",
        code="binary",
    )
