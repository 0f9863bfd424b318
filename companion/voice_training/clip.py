"""One piece of a recording on its way to a voice: where it comes from, what is said, what speaks against it."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from companion.errors import StorageError

Reason = Literal[
    "noise",
    "music",
    "clipping",
    "silence",
    "second_speaker",
    "wrong_transcript",
    "unintelligible",
    "too_short",
    "too_long",
    "unreadable",
    "odd_speed",
    "duplicate",
]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
CLIP_HZ: Final = 22_050
ANALYSIS_HZ: Final = 16_000
# The flag of a clip whose text is that of a longer recording, until the clip is heard.
PART_OF_TEXT: Final = "part_of_text"


@dataclass(frozen=True, slots=True)
class Clip:
    """`source` is the recording's name relative to its folder; `text` is empty until it is labelled.

    `given` tells that the text came with the recordings. `flags` are doubts to be shown in review, worst first;
    `dropped` keeps the clip out of the training, with the figure behind it in `detail`.
    """

    name: str
    source: str
    start_s: float
    end_s: float
    text: str = ""
    language: str = ""
    style: str = ""
    given: bool = False
    flags: tuple[str, ...] = ()
    dropped: Reason | None = None
    detail: str = ""
    figures: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def seconds(self) -> float:
        return self.end_s - self.start_s

    def drop(self, reason: Reason, detail: str, **figures: float) -> Clip:
        """Return the clip dropped for `reason`; the first reason stays, later figures are added."""
        if self.dropped is not None:
            return self.measured(**figures)
        return dataclasses.replace(self.measured(**figures), dropped=reason, detail=detail)

    def doubt(self, *flags: str) -> Clip:
        """Return the clip with `flags` behind those that it has."""
        new = [flag for flag in dict.fromkeys(flags) if flag not in self.flags]
        return dataclasses.replace(self, flags=(*self.flags, *new))

    def measured(self, **figures: float) -> Clip:
        """Return the clip with `figures` added; rounded, so that a file of them stays readable."""
        rounded = {name: round(float(figure), 4) for name, figure in figures.items() if math.isfinite(figure)}
        return dataclasses.replace(self, figures=MappingProxyType({**self.figures, **rounded}))


def clips_to_json(clips: Sequence[Clip]) -> str:
    """Return `clips` as the content of `clips.json`."""
    return json.dumps([_to_plain(clip) for clip in clips], ensure_ascii=False, indent=1) + "\n"


def clips_from_json(text: str) -> list[Clip]:
    """Return the clips of a `clips.json`. Raises StorageError, code `clips`, where it is no such list."""
    try:
        return [_from_plain(entry) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StorageError(
            f"The list of clips cannot be read: {error}.",
            "Delete clips.json in the job's folder and go on: it is made again.",
            code="clips",
        ) from error


def _to_plain(clip: Clip) -> dict[str, Any]:
    plain = {name.name: getattr(clip, name.name) for name in dataclasses.fields(clip)}
    return plain | {"flags": list(clip.flags), "figures": dict(clip.figures)}


def _from_plain(entry: Mapping[str, Any]) -> Clip:
    known = {name.name for name in dataclasses.fields(Clip)}
    values = {name: value for name, value in entry.items() if name in known}
    if values.get("dropped") not in (None, *REASONS):
        raise ValueError(f"no reason to drop a clip is called {values['dropped']!r}")
    figures = {str(name): float(figure) for name, figure in values.get("figures", {}).items()}
    return Clip(**values | {"flags": tuple(values.get("flags", ())), "figures": MappingProxyType(figures)})
