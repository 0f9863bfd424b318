"""JSON made by strangers: bounded in size and depth, without duplicate keys, NaN or lone surrogates."""

from __future__ import annotations

import json
from typing import Any

from companion.errors import PackError

MAX_BYTES = 8_000_000
MAX_DEPTH = 32


def load_json(raw: bytes, where: str) -> dict[str, Any]:
    """Return the object in `raw`. Raises PackError, which names `where`, for anything a card may not hold."""
    if len(raw) > MAX_BYTES:
        raise PackError(
            f"{where} holds {len(raw):,} bytes; a card may hold {MAX_BYTES:,}.",
            "Ask its author for a smaller one.",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackError(f"{where} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    _check_depth(text, where)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise PackError(
            f"{where} is not valid JSON: {str(error)[:200]}", "Check the file in a JSON editor."
        ) from error
    if not isinstance(value, dict):
        raise PackError(f"{where} holds no JSON object.", "A character card begins with a brace.")
    return clean(value)  # type: ignore[no-any-return]


def _check_depth(text: str, where: str) -> None:
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise PackError(f"{where} is nested more than {MAX_DEPTH} deep.", "No card needs that.")
        elif char in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return out


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def clean(value: Any) -> Any:
    """Return `value` with lone surrogates replaced, so that every string can be encoded."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else value
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value
