"""Kokoro's style tables: stock ones, named blends of them, and styles of a character's own.

A table is raw little-endian float32 of shape (510, 256); the row is chosen by the number of tokens. A fitted style is a
JSON file: `styles`, weights of stock tables, and `delta`, 256 numbers that are added to every row.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from companion.domain.character import VoiceSpec
from companion.errors import ModelError

ROWS: Final = 510
WIDTH: Final = 256
_BYTES: Final = ROWS * WIDTH * 4
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_KEPT: Final = 8
_MOST_JSON_BYTES: Final = 100_000
_MOST_DELTA: Final = 10.0

Table = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Blend:
    """A voice of ours: `styles` are (stock table, weight), weights sum to 1."""

    name: str
    label_zh: str
    label_en: str
    language: str
    styles: tuple[tuple[str, float], ...]
    speed: float = 1.0
    pitch: float = 0.0


class StyleSource(Protocol):
    """Where a voice's table comes from."""

    def table(self, voice: VoiceSpec) -> Table: ...


def read_blends(folder: Path) -> dict[str, Blend]:
    """Return the blends that `folder`/blends.toml names; none if there is no such file."""
    file = folder / "blends.toml"
    if not file.is_file():
        return {}
    with file.open("rb") as opened:
        rows = tomllib.load(opened)
    return {
        name: Blend(
            name,
            row["label_zh"],
            row["label_en"],
            row["language"],
            tuple((style, float(weight)) for style, weight in row["styles"].items()),
            float(row.get("speed", 1.0)),
            float(row.get("pitch", 0.0)),
        )
        for name, row in rows.items()
    }


class Styles:
    """The style tables of one folder; the last few in use stay in memory."""

    def __init__(self, folder: Path, blends: dict[str, Blend], default: str) -> None:
        self._folder = folder
        self._blends = blends
        self._default = default
        self._tables: OrderedDict[object, Table] = OrderedDict()

    @classmethod
    def load(cls, folder: Path, *, default: str = "xiaoman") -> Styles:
        """Open `folder`; a voice that names no style gets the blend `default`."""
        return cls(folder, read_blends(folder), default)

    def table(self, voice: VoiceSpec) -> Table:
        """Return the table for `voice`, shape (510, 256), float32. Raises ModelError, code `voice`."""
        key: object = _key(voice.style_file) if voice.style_file else voice.styles or self._default
        table = self._tables.pop(key, None)
        if table is None:
            table = self._own(voice.style_file) if voice.style_file else self._blended(voice.styles)
        self._tables[key] = table
        if len(self._tables) > _KEPT:
            self._tables.popitem(last=False)
        return table

    def _own(self, file: Path) -> Table:
        if file.suffix != ".json":
            return _read(file)
        styles, delta = read_fitted(file)
        return self._blended(styles) + delta

    def _blended(self, styles: Sequence[tuple[str, float]]) -> Table:
        parts = self._stock_parts(styles or ((self._default, 1.0),))
        total = sum(weight for _, weight in parts)
        if not parts or not np.isfinite(total) or abs(total) < 1e-6:
            raise ModelError(
                f"The weights of the voice's styles add up to {total}.",
                "Give the styles weights that add up to 1.",
                code="voice",
            )
        table = np.zeros((ROWS, WIDTH), np.float32)
        for name, weight in parts:
            table += np.float32(weight / total) * _read(self._folder / f"{name}.bin")
        return table

    def _stock_parts(self, styles: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
        parts: list[tuple[str, float]] = []
        for name, weight in styles:
            # The name comes from a character pack and becomes part of a path.
            if not _NAME.fullmatch(name):
                raise ModelError(f"There is no voice style '{name}'.", self._choices(), code="voice")
            if name in self._blends:
                parts += [(stock, weight * share) for stock, share in self._blends[name].styles]
            elif (self._folder / f"{name}.bin").is_file():
                parts.append((name, weight))
            else:
                raise ModelError(f"There is no voice style '{name}'.", self._choices(), code="voice")
        return parts

    def _choices(self) -> str:
        names = sorted({*self._blends, *(file.stem for file in self._folder.glob("*.bin"))})
        return f"Choose one of: {', '.join(names)}." if names else "The folder of voice styles is empty."


def read_fitted(file: Path) -> tuple[tuple[tuple[str, float], ...], NDArray[np.float32]]:
    """Return the stock tables of a fitted style with their weights, and what is added, shape (256,), float32.

    Raises ModelError, code `voice`.
    """
    try:
        if file.stat().st_size > _MOST_JSON_BYTES:
            raise ValueError("it is too large")
        raw: Any = json.loads(file.read_text(encoding="utf-8"))
        styles = tuple((str(name), float(weight)) for name, weight in raw["styles"].items())
        delta = np.array(raw["delta"], np.float32)
        if not styles or delta.shape != (WIDTH,) or not (np.abs(delta) <= _MOST_DELTA).all():
            raise ValueError(f"it needs stock styles and {WIDTH} numbers up to {_MOST_DELTA:g}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{file.name} does not describe a fitted style: {error}.", "Fit the voice again.", code="voice"
        ) from error
    return styles, delta


def _key(file: Path) -> object:
    try:
        return file, file.stat().st_mtime_ns
    except OSError:
        return file, 0


def _read(file: Path) -> Table:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_BYTES + 1)
    except OSError as error:
        raise ModelError(
            f"The voice style {file.name} cannot be read: {error.strerror}.",
            "Choose another style.",
            code="voice",
        ) from error
    if len(raw) != _BYTES:
        raise ModelError(
            f"The voice style {file.name} is not a table of {_BYTES:,} bytes.",
            "Choose another style.",
            code="voice",
        )
    table = np.frombuffer(raw, "<f4").reshape(ROWS, WIDTH).astype(np.float32)
    if not np.isfinite(table).all():
        raise ModelError(
            f"The voice style {file.name} holds values that are no numbers.",
            "Choose another style.",
            code="voice",
        )
    return table
