"""JSON made by strangers: bounded in size, depth and number of values, every number finite, no key twice.

`load_json` is for use, `load_exact` and `dump_exact` for giving back: there numbers keep their spelling (1.0, 1e5, -0)
and lone surrogates stay. Format: RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from companion.errors import PackError

MAX_BYTES = 8_000_000
MAX_DEPTH = 32
MAX_VALUES = 300_000
MAX_DIGITS = 300
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_COMMON = frozenset("的一是不了人我在有他这中大来上个到说们为你地出也时就要下会着去她，。！？：；、“”…（）")
_EVERYDAY, _LEAST_COMMON, _SAMPLE = 0.85, 0.05, 100_000
# A string may lack its end: the decoder says so, and this stays linear.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]},]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def load_json(raw: bytes, where: str) -> dict[str, Any]:
    """Return the object in `raw`; lone surrogates are replaced, so every string can be encoded.

    Raises PackError, which names `where` and the field, for anything a card may not hold.
    """
    return _loaded(raw, where, exact=False)


def load_exact(raw: bytes, where: str) -> dict[str, Any]:
    """Return the object in `raw` so that `dump_exact` gives back the same values, numbers in their spelling.

    Its numbers are ints and floats all the same. Raises PackError as `load_json` does.
    """
    return _loaded(raw, where, exact=True)


def decoded(raw: bytes, where: str) -> str:
    """Return the text of `raw`: UTF-8, UTF-16 with its mark, or Chinese as older Windows programs save it."""
    try:
        if raw.startswith(_WIDE):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _chinese(raw)
        if not text:
            raise PackError(
                f"{where} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8."
            ) from error
        return text


class ExactFloat(float):
    """A float that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> ExactFloat:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


class ExactInt(int):
    """A whole number that remembers how it was written: -0."""

    text: str

    def __new__(cls, text: str) -> ExactInt:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


def dump_exact(value: Any, *, indent: int = 2) -> bytes:
    """Return `value` as UTF-8 JSON; numbers of `load_exact` in their spelling, keys in their order.

    `indent` 0 writes one line. Raises ValueError for what JSON cannot hold.
    """
    text = "".join(_written(value, "\n" if indent else "", " " * indent))
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def clean(value: Any) -> Any:
    """Return `value` with lone surrogates replaced, so that every string can be encoded; containers are changed."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8") if _SURROGATE.search(value) else value
    if isinstance(value, list):
        value[:] = [clean(item) for item in value]
    elif isinstance(value, dict):
        items = [(clean(key), clean(item)) for key, item in value.items()]
        value.clear()
        value.update(items)
    return value


# ---- reading


class _Refused:
    """Stands in the tree for what may not be there, until its path is known."""

    def __init__(self, why: str) -> None:
        self.why = why


def _loaded(raw: bytes, where: str, *, exact: bool) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise PackError(
            f"{where} holds {len(raw):,} bytes; a card may hold {MAX_BYTES:,}.",
            "Ask its author for a smaller one.",
        )
    text = decoded(raw, where)
    _check_shape(text, where)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=lambda name: _Refused(f"is {name}, which is no JSON number"),
            parse_int=_exact_int if exact else _int,
            parse_float=_exact_float if exact else _float,
        )
    except (ValueError, RecursionError) as error:
        raise PackError(
            f"{where} is not valid JSON: {str(error)[:200]}", "Check the file in a JSON editor."
        ) from error
    _check_values(value, where)
    if not isinstance(value, dict):
        raise PackError(f"{where} holds no JSON object.", "A character card begins with a brace.")
    return value if exact else clean(value)


def _chinese(raw: bytes) -> str:
    """Return text in GB 18030; nothing if it is none.

    What is written in another encoding gives rare characters, or everyday ones without those that any text has.
    """
    try:
        text = raw.decode("gb18030").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return ""
    foreign = [char for char in text if char > "\x7f"][:_SAMPLE]
    everyday = sum(_is_everyday(char) for char in foreign)
    common = sum(char in _COMMON for char in foreign)
    return text if everyday >= _EVERYDAY * len(foreign) and common >= _LEAST_COMMON * len(foreign) else ""


def _is_everyday(char: str) -> bool:
    """Tell whether a character is a mark or in the first level of GB 2312; kana are neither."""
    try:
        first = char.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return first < 0xD8 and first not in (0xA4, 0xA5)


def _check_shape(text: str, where: str) -> None:
    """Count depth and values before the decoder makes objects of them."""
    depth, n_values = 0, 1
    for found in _TOKEN.finditer(text):
        first = text[found.start()]
        if first in "[{":
            depth += 1
            n_values += 1
            if depth > MAX_DEPTH:
                raise PackError(
                    f"{where} is nested more than {MAX_DEPTH} deep (character {found.start():,}).",
                    "No card needs that.",
                )
        elif first in "]}":
            depth -= 1
        elif first == ",":
            n_values += 1
    if n_values > MAX_VALUES:
        raise PackError(
            f"{where} holds {n_values:,} values; a card may hold {MAX_VALUES:,}.",
            "Split its lorebook into several.",
        )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        out[twice] = _Refused("stands twice in one object")
    return out


def _int(text: str) -> Any:
    return int(text) if len(text) <= MAX_DIGITS else _too_long(text)


def _exact_int(text: str) -> Any:
    number = _int(text)
    return ExactInt(text) if text == "-0" else number


def _float(text: str) -> Any:
    if len(text) > MAX_DIGITS:
        return _too_long(text)
    number = float(text)
    return _Refused(f"is the number {text[:40]}, which is too large") if abs(number) > 1e308 else number


def _exact_float(text: str) -> Any:
    number = _float(text)
    return ExactFloat(text) if isinstance(number, float) and repr(number) != text else number


def _too_long(text: str) -> _Refused:
    return _Refused(f"is a number of {len(text):,} digits; {MAX_DIGITS} are allowed")


def _check_values(root: Any, where: str) -> None:
    """Raise PackError with the path of the first value that may not be there."""
    open_: list[tuple[Any, str]] = [(root, "")]
    while open_:
        value, path = open_.pop()
        if isinstance(value, _Refused):
            raise PackError(
                f"{where}: {path[:200] or 'the file'} {value.why}.", "Correct that field, or ask its author."
            )
        if isinstance(value, dict):
            open_ += [
                (item, f"{path}.{key[:60]}" if path else key[:60])
                for key, item in value.items()
                if isinstance(item, (dict, list, _Refused))
            ]
        elif isinstance(value, list):
            open_ += [
                (item, f"{path}[{i}]")
                for i, item in enumerate(value)
                if isinstance(item, (dict, list, _Refused))
            ]


# ---- writing


def _written(value: Any, line: str, step: str) -> Iterator[str]:
    inner = line + step if line else ""
    if isinstance(value, dict):
        yield "{"
        for i, (key, item) in enumerate(value.items()):
            yield f"{',' if i else ''}{inner}{_scalar(str(key))}: "
            yield from _written(item, inner, step)
        yield f"{line}}}" if value else "}"
    elif isinstance(value, list | tuple):
        yield "["
        for i, item in enumerate(value):
            yield f",{inner}" if i else inner
            yield from _written(item, inner, step)
        yield f"{line}]" if value else "]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, ExactFloat | ExactInt):
        return value.text
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
