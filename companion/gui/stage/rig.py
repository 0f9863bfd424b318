"""The layered face of a character: `rig.json` read and checked; the format is described in docs/rig.md.

A pack is foreign data: names may not leave the rig's folder, sizes and counts are bounded before any
picture is opened, and everything wrong is reported at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from companion.errors import PackError

Motion = Literal["body", "head", "hair_back", "hair_front", "dangle", "iris"]
MOTIONS: Final[tuple[Motion, ...]] = get_args(Motion)

_MAX_JSON: Final = 256 * 1024
_MAX_LAYERS: Final = 200
_MAX_SIDE: Final = 4096
_SUFFIXES: Final = frozenset({".png", ".webp", ".jpg", ".jpeg"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One picture at (`x`, `y`) of the canvas.

    It is shown when its `slot` is empty or stands at `variant`. With `clip` it is seen only where the
    layers of that slot below it are opaque.
    """

    file: Path
    x: float
    y: float
    motion: Motion = "head"
    slot: str = ""
    variant: str = ""
    clip: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """One feeling: a variant for each slot, the look's direction, the head's tilt in degrees.

    `visemes` replaces mouths of the rig's own table.
    """

    slots: Mapping[str, str] = field(default_factory=dict)
    gaze: tuple[float, float] = (0.0, 0.0)
    tilt: float = 0.0
    visemes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rig:
    """A checked rig. Anchors are canvas points: the pivots of head and dangling parts, the eyes' middle."""

    width: float
    height: float
    head: tuple[float, float]
    dangle: tuple[float, float]
    eyes: tuple[float, float]
    layers: tuple[Layer, ...]
    faces: Mapping[str, Face]
    blink: Mapping[str, tuple[str, ...]]
    visemes: Mapping[str, str]

    def face(self, emotion: str) -> Face:
        """Return the face of `emotion`, else the neutral one."""
        return self.faces.get(emotion) or self.faces.get("neutral") or Face()

    def mouth(self, emotion: str, viseme: str) -> str:
        """Return the mouth's variant for `viseme` under `emotion`; `rest` is the feeling's own mouth."""
        face = self.face(emotion)
        own = face.slots.get("mouth", "")
        if viseme == "rest" and own:
            return own
        return face.visemes.get(viseme) or self.visemes.get(viseme) or own


def load_rig(path: Path) -> Rig:
    """Read and check the rig at `path`. Raises PackError that names every problem at once."""
    try:
        if path.stat().st_size > _MAX_JSON:
            raise PackError(f"The rig {path.name} is larger than {_MAX_JSON // 1024} kB.", code="rig")
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(f"The rig {path.name} cannot be read: {error}.", code="rig") from error
    reader = _Reader(path.parent)
    rig = reader.rig(raw)
    if reader.problems:
        shown = "; ".join(reader.problems[:8])
        raise PackError(
            f"The rig {path.name} is damaged: {shown}.", "Export the character again.", code="rig"
        )
    return rig


class _Reader:
    """Turns parsed JSON into a rig and gathers what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[str] = []

    def rig(self, raw: Any) -> Rig:
        top = self._table(raw, "the file")
        if top.get("format") != "companion-rig" or top.get("version") != 1:
            self.problems.append("it is not a companion-rig of version 1")
        width, height = self._pair(top.get("canvas"), "canvas", (1.0, 1.0))
        if not (1 <= width <= _MAX_SIDE and 1 <= height <= _MAX_SIDE):
            self.problems.append(f"canvas must be within {_MAX_SIDE} x {_MAX_SIDE}")
        anchors = self._table(top.get("anchors", {}), "anchors")
        middle = (width / 2, height / 2)
        return Rig(
            width,
            height,
            self._pair(anchors.get("head", middle), "anchors.head", middle),
            self._pair(anchors.get("dangle", middle), "anchors.dangle", middle),
            self._pair(anchors.get("eyes", middle), "anchors.eyes", middle),
            self._layers(top.get("layers")),
            {
                name: self._face(name, face)
                for name, face in self._table(top.get("states", {}), "states").items()
            },
            {
                name: self._words(lids, f"blink.{name}")
                for name, lids in self._table(top.get("blink", {}), "blink").items()
            },
            self._names(top.get("visemes", {}), "visemes"),
        )

    def _layers(self, raw: Any) -> tuple[Layer, ...]:
        if not isinstance(raw, list) or not 0 < len(raw) <= _MAX_LAYERS:
            self.problems.append(f"layers must be a list of 1 to {_MAX_LAYERS}")
            return ()
        return tuple(self._layer(i, entry) for i, entry in enumerate(raw))

    def _layer(self, i: int, raw: Any) -> Layer:
        entry = self._table(raw, f"layers[{i}]")
        name = entry.get("file")
        if not _is_plain(name):
            self.problems.append(f"layers[{i}].file must be the name of a picture beside the rig")
            name = "missing.png"
        elif not (self._folder / str(name)).is_file():
            self.problems.append(f"{name} is missing")
        motion = entry.get("motion", "head")
        if motion not in MOTIONS:
            self.problems.append(f"layers[{i}].motion must be one of {', '.join(MOTIONS)}")
            motion = "head"
        x, y = self._pair(entry.get("at", (0, 0)), f"layers[{i}].at", (0.0, 0.0))
        words = [self._word(entry.get(key, ""), f"layers[{i}].{key}") for key in ("slot", "variant", "clip")]
        return Layer(self._folder / str(name), x, y, motion, *words)

    def _face(self, name: str, raw: Any) -> Face:
        entry = self._table(raw, f"states.{name}")
        tilt = entry.get("tilt", 0.0)
        if not _is_number(tilt) or abs(tilt) > 20:
            self.problems.append(f"states.{name}.tilt must be a number of degrees, -20 to 20")
            tilt = 0.0
        gaze = self._pair(entry.get("gaze", (0, 0)), f"states.{name}.gaze", (0.0, 0.0))
        slots = self._names(entry.get("slots", {}), f"states.{name}.slots")
        return Face(slots, gaze, float(tilt), self._names(entry.get("visemes", {}), f"states.{name}.visemes"))

    def _table(self, raw: Any, where: str) -> dict[str, Any]:
        if isinstance(raw, dict):
            return raw
        self.problems.append(f"{where} must be an object")
        return {}

    def _names(self, raw: Any, where: str) -> dict[str, str]:
        return {key: self._word(value, f"{where}.{key}") for key, value in self._table(raw, where).items()}

    def _words(self, raw: Any, where: str) -> tuple[str, ...]:
        if isinstance(raw, list) and all(isinstance(word, str) for word in raw):
            return tuple(raw)
        self.problems.append(f"{where} must be a list of words")
        return ()

    def _word(self, raw: Any, where: str) -> str:
        if isinstance(raw, str):
            return raw
        self.problems.append(f"{where} must be a word")
        return ""

    def _pair(self, raw: Any, where: str, otherwise: tuple[float, float]) -> tuple[float, float]:
        if isinstance(raw, list | tuple) and len(raw) == 2 and all(_is_number(n) for n in raw):
            return float(raw[0]), float(raw[1])
        self.problems.append(f"{where} must be two numbers")
        return otherwise


def _is_plain(name: object) -> bool:
    if not isinstance(name, str) or not name or name != Path(name).name or "\\" in name or ":" in name:
        return False
    return Path(name).suffix.lower() in _SUFFIXES


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
