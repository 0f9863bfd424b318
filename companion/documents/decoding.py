"""From bytes to text: byte order marks, UTF-8, the Chinese and Japanese encodings, then a guess."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
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
_BROKEN_WEIGHT: Final = 2.0
_LEAST_WIDE: Final = 4
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


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the encoding it was in, and the numbers of the lines, from 1, that were in `other` instead or broken."""

    text: str
    encoding: str
    other: str = ""
    odd_lines: tuple[int, ...] = ()


def decoded(data: bytes, file: str) -> str:
    """Return the text of `data`. Raises DocumentError, code `binary`, where it is no text."""
    return decoded_as(data, file).text


def decoded_as(data: bytes, file: str) -> Decoded:
    """Return the text of `data` with its encoding. Raises DocumentError, code `binary`, where it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, errors="replace"), encoding)
    if data.startswith(_MAGIC):
        raise _binary(file)
    if b"\x00" in data[:_SAMPLE]:
        return _wide(data, file)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _mixed(data) or _legacy(data, file)


def _mixed(data: bytes) -> Decoded | None:
    """Files joined from several: some lines are UTF-8, which other encodings' lines hardly ever are by chance."""
    lines = data.split(b"\n")
    texts: dict[int, str] = {}
    n_wide = 0
    for number, line in enumerate(lines):
        try:
            texts[number] = line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        n_wide += sum(ord(char) > 0x7FF for char in texts[number])
    odd = [number for number in range(len(lines)) if number not in texts]
    if n_wide < _LEAST_WIDE:
        return None
    other = _nearest(b"\n".join(lines[number] for number in odd))
    for number in odd:
        texts[number] = lines[number].decode(other or "utf-8", errors="replace")
    text = "\n".join(texts[number] for number in range(len(lines)))
    return Decoded(text, "utf-8", other, tuple(number + 1 for number in odd))


def _best(data: bytes) -> str:
    """Return the Eastern encoding in which `data` reads like a language, or nothing."""
    shares: dict[str, float] = {}
    for encoding in _STRICT:
        try:
            shares[encoding] = _share(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    best = max(shares, key=lambda encoding: shares[encoding], default="")
    return best if best and shares[best] >= _LEAST_COMMON else ""


def _nearest(data: bytes) -> str:
    """Return the Eastern encoding in which nearly all of `data` reads like a language, or nothing."""
    shares: dict[str, float] = {}
    for encoding in _STRICT:
        text = data[:_SAMPLE].decode(encoding, errors="replace")
        shares[encoding] = _share(text) - _BROKEN_WEIGHT * text.count("\ufffd") / max(1, len(text))
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= _LEAST_COMMON else ""


def _share(text: str) -> float:
    sample = text[:_SAMPLE]
    return sum(char in _COMMON for char in sample) / max(1, sum(ord(char) > 127 for char in sample))


def _wide(data: bytes, file: str) -> Decoded:
    """UTF-16 without a mark: letters of any alphabet have a zero, or a low, high byte."""
    sample = data[: _SAMPLE // 2 * 2]
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum(char.isalnum() or char.isspace() or char in "，。、.,!?\"'“”" for char in text)
        if "\x00" not in text and plain > 0.8 * len(text):
            return Decoded(data.decode(encoding, errors="replace"), encoding)
    raise _binary(file)


def _legacy(data: bytes, file: str) -> Decoded:
    if best := _best(data):
        return Decoded(data.decode(best), best)
    if best := _nearest(data):
        lines = data.split(b"\n")
        texts = [line.decode(best, errors="replace") for line in lines]
        odd = tuple(number for number, text in enumerate(texts, start=1) if "\ufffd" in text)
        return Decoded("\n".join(texts), best, "", odd)
    return _guessed(data, file)


def _western(data: bytes) -> str | None:
    """Windows-1252 where accents are few; the guesser takes its Eastern sisters for it."""
    n_high = sum(byte > 127 for byte in data[:_SAMPLE])
    if n_high > _MOST_ACCENTS * min(len(data), _SAMPLE):
        return None
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _guessed(data: bytes, file: str) -> Decoded:
    if (text := _western(data)) is not None:
        return Decoded(text, "cp1252")
    import charset_normalizer

    found = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
    if found is None or found.percent_chaos > 20:
        raise _binary(file)
    return Decoded(data.decode(found.encoding, errors="replace"), found.encoding)


def _binary(file: str) -> DocumentError:
    return DocumentError(
        f"{file} is not a text.",
        "Add txt, md, html, epub, docx, pdf, srt, vtt, ass or json files.",
        code="binary",
    )
