"""What a person has corrected: kept beside the stages, keyed to the text, put over whatever the rules find."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from companion.errors import StorageError
from companion.forge import cast as casting
from companion.forge.cast import Cast, Person
from companion.forge.noise import folded
from companion.forge.quotes import Quote
from companion.forge.speakers import Attribution

Action = Literal["speaker", "not_speech", "merge", "split", "rename", "add", "remove"]
_ACTIONS: Final = ("speaker", "not_speech", "merge", "split", "rename", "add", "remove")
NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Override:
    """One correction.

    `speaker` and `not_speech` are about the quote at `start` to `end` of `document`, whose first characters are
    `text`; an empty `name` means that nobody can be told. The others are about the cast: `name` merged into `other`,
    split off, renamed to `other`, added, or removed.
    """

    action: Action
    name: str = ""
    other: str = ""
    document: str = ""
    start: int = 0
    end: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """Attributions with the corrections in them, quotes that are no speech, and corrections without a place."""

    attributions: tuple[Attribution, ...]
    not_speech: frozenset[int]
    lost: tuple[Override, ...]


def read_overrides(path: Path) -> list[Override]:
    """Return the corrections in `path`, oldest first; a line that a death tore is left out. Raises StorageError."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(path, error) from error
    out: list[Override] = []
    for line in raw.split(b"\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("action") in _ACTIONS:
            out.append(_override(value))
    return out


def add_override(path: Path, override: Override) -> None:
    """Append a correction; it is on the disk when this returns. Raises StorageError."""
    line = json.dumps(asdict(override), ensure_ascii=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            file.write((b"\n" if torn else b"") + line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unusable(path, error) from error


def corrected_cast(cast: Cast, overrides: Iterable[Override]) -> Cast:
    """Return `cast` with the corrections about people, in the order they were made."""
    for one in overrides:
        if one.action == "merge":
            cast = casting.merged(cast, one.name, one.other)
        elif one.action == "split":
            cast = casting.split(cast, one.name)
        elif one.action == "rename":
            cast = casting.renamed(cast, one.name, one.other)
        elif one.action == "add" and cast.person(one.name) is None:
            cast = replace(cast, people=(*cast.people, Person(one.name, (one.name,))))
        elif one.action == "remove":
            cast = replace(cast, people=tuple(two for two in cast.people if one.name not in two.names))
    return cast


def applied(
    overrides: Iterable[Override],
    document: str,
    text: str,
    quotes: Sequence[Quote],
    attributions: Sequence[Attribution],
) -> Applied:
    """Put corrections over `attributions`; of two for one quote the later holds.

    A quote that is no longer at its place is found by its words, if they come once.
    """
    out = list(attributions)
    silent: set[int] = set()
    lost: list[Override] = []
    places = {quote.start: number for number, quote in enumerate(quotes)}
    for one in overrides:
        if one.action not in ("speaker", "not_speech") or one.document != document:
            continue
        number = _found(one, text, quotes, places)
        if number is None:
            lost.append(one)
        elif one.action == "not_speech":
            silent.add(number)
        else:
            silent.discard(number)
            out[number] = replace(
                out[number], speaker=one.name or None, method="human", addressee=one.other or None
            )
    return Applied(tuple(out), frozenset(silent), tuple(lost))


def speaker_override(document: str, text: str, quote: Quote, name: str, addressee: str = "") -> Override:
    """Return the correction that `name` says `quote`."""
    words = text[quote.inner[0] : quote.inner[1]][:40]
    return Override("speaker", name, addressee, document, quote.start, quote.end, words)


def _found(one: Override, text: str, quotes: Sequence[Quote], places: dict[int, int]) -> int | None:
    number = places.get(one.start)
    wanted = folded(one.text)
    if number is not None and folded(_words(text, quotes[number])).startswith(wanted):
        return number
    same = [n for n, quote in enumerate(quotes) if wanted and folded(_words(text, quote)).startswith(wanted)]
    return same[0] if len(same) == 1 else None


def _words(text: str, quote: Quote) -> str:
    return text[quote.inner[0] : min(quote.inner[1], quote.inner[0] + 60)]


def _override(value: dict[str, Any]) -> Override:
    words = {key: str(value.get(key) or "") for key in ("name", "other", "document", "text")}
    start, end = (number if isinstance(number := value.get(key), int) else 0 for key in ("start", "end"))
    return Override(
        value["action"], words["name"], words["other"], words["document"], start, end, words["text"]
    )


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path.name} cannot be used ({error.strerror or type(error).__name__}).",
        "Check the disk.",
        code="io",
    )
