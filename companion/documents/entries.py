"""JSON and JSON Lines that hold texts: lists of strings, of objects with a text, lorebooks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from companion.documents.document import Block
from companion.errors import DocumentError

_TEXTS: Final = ("text", "content", "passage", "body", "value", "description")
_TITLES: Final = ("title", "name", "comment", "chapter")
_LISTS: Final = ("entries", "passages", "documents", "items", "lore", "data")


def entry_blocks(text: str, file: str) -> list[Block]:
    """Return a block for each text. Raises DocumentError, code `damaged`, where there are none."""
    try:
        values = [json.loads(text)]
    except RecursionError as error:
        raise _wrong(file) from error
    except ValueError:
        try:
            values = [json.loads(line) for line in text.split("\n") if line.strip()]
        except (ValueError, RecursionError) as error:
            raise _wrong(file) from error
    blocks = [Block(one, entry=True) for value in values for one in _texts(value, 0) if one.strip()]
    if not blocks:
        raise _wrong(file)
    return blocks


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < 6:
        for one in value:
            yield from _texts(one, depth + 1)
    elif isinstance(value, Mapping) and depth < 6:
        yield from _of_object(value, depth)


def _of_object(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    text = next(
        (value[key] for key in _TEXTS if isinstance(value.get(key), str) and value[key].strip()), None
    )
    if text is not None:
        title = next(
            (value[key] for key in _TITLES if isinstance(value.get(key), str) and value[key].strip()), ""
        )
        yield f"{title}\n{text}" if title and title not in text else text
        return
    for key in _LISTS:
        inner = value.get(key)
        # World info keeps its entries as an object whose keys are numbers.
        yield from _texts(
            list(inner.values()) if isinstance(inner, Mapping) and depth < 2 else inner, depth + 1
        )


def _wrong(file: str) -> DocumentError:
    return DocumentError(
        f"{file} holds no texts that can be found.",
        'It must be a list of texts, or of objects such as {"text": "..."}.',
        code="damaged",
    )
