"""Why a reply is as it is: what stood in its prompt and where that came from; kept with the reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LoreUsed:
    """A lorebook entry that took part: `reason` is `constant`, `key`, `sticky`, `recursion` or `activated`."""

    book: str
    entry: str
    name: str
    key: str
    reason: str
    n_tokens: int = 0


@dataclass(frozen=True, slots=True)
class PassageUsed:
    """A passage that stood in the prompt, with its place in the source in characters."""

    passage: str
    document: str
    file: str
    chapter: str
    start: int
    end: int
    excerpt: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class MemoryUsed:
    """A memory that stood in the prompt; `memory` None: a turn, found by `message`."""

    memory: int | None
    message: int | None
    chat: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`sections` are (name, tokens), in prompt order; `seconds` spans of the turn by name.

    `left_out` are entries that always hold, but for which the persona had no room.
    """

    sections: tuple[tuple[str, int], ...] = ()
    lore: tuple[LoreUsed, ...] = ()
    passages: tuple[PassageUsed, ...] = ()
    memories: tuple[MemoryUsed, ...] = ()
    n_prompt: int = 0
    n_evaluated: int = 0
    n_generated: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    left_out: tuple[LoreUsed, ...] = ()

    def as_meta(self) -> dict[str, object]:
        """Return plain JSON values for a message's meta, under the key `why`."""
        return asdict(self)


def explanation_of(meta: Mapping[str, object]) -> Explanation | None:
    """Return the explanation kept in a message's meta; None where there is none or it cannot be read."""
    raw = meta.get("why")
    if not isinstance(raw, Mapping):
        return None
    try:
        return _read(raw)
    except (TypeError, ValueError, KeyError):
        return None


def _read(raw: Mapping[str, Any]) -> Explanation:
    return Explanation(
        sections=tuple((str(name), int(n)) for name, n in raw.get("sections") or ()),
        lore=tuple(LoreUsed(**one) for one in raw.get("lore") or ()),
        passages=tuple(PassageUsed(**one) for one in raw.get("passages") or ()),
        memories=tuple(MemoryUsed(**one) for one in raw.get("memories") or ()),
        n_prompt=int(raw.get("n_prompt") or 0),
        n_evaluated=int(raw.get("n_evaluated") or 0),
        n_generated=int(raw.get("n_generated") or 0),
        seconds={str(name): float(value) for name, value in dict(raw.get("seconds") or {}).items()},
        model=str(raw.get("model") or ""),
        left_out=tuple(LoreUsed(**one) for one in raw.get("left_out") or ()),
    )
