"""What could not be used as it is, with its place; nothing is dropped without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ProblemKind = Literal[
    "advertisement",
    "duplicate_chapter",
    "duplicate_line",
    "empty_line",
    "noise",
    "mixed_encoding",
    "unreadable_characters",
    "unclosed_quote",
    "unopened_quote",
    "unknown_statement",
    "unattributed",
    "drawing",
    "other_language",
    "refused",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """`at` is an offset into the document's text, or the number of a line or row where `row` is True."""

    kind: ProblemKind
    at: int
    what: str
    row: bool = False
