"""Lines: who says what in a source that names its speakers itself, such as scripts, games and subtitles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from companion.documents.document import Document
from companion.forge.problems import Problem

Form = Literal["novel", "script", "galgame", "renpy", "subtitles", "card"]
LineKind = Literal["speech", "narration", "choice"]


@dataclass(frozen=True, slots=True)
class Line:
    """What `speaker` says; None is nobody, or not told. `start` and `end` are offsets into the document's text.

    A `choice` is what the player may say. `scene` counts from 0. `emotion` and `voice`, a file, as the source has them.
    """

    start: int
    end: int
    text: str
    speaker: str | None = None
    kind: LineKind = "speech"
    scene: int = 0
    emotion: str = ""
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file as read. `lines` are empty for a novel, whose speakers must be found; `encoding` "" where packed.

    `votes` tells of how many of the sampled lines each form would fit: form to (fitting, sampled).
    """

    document: Document
    form: Form
    encoding: str = ""
    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    votes: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
