"""Kokoro's style tables: stock ones, named blends of them, and tables of a character's own.

A table is raw little-endian float32 of shape (510, 256); the row is chosen by the number of tokens.
"""

from __future__ import annotations

import re
import tomllib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.character import VoiceSpec
from companion.errors import ModelError

ROWS: Final = 510
WIDTH: Final = 256
_BYTES: Final = ROWS * WIDTH * 4
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
_KEPT: Final = 8

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
        key: object = voice.style_file or voice.styles or self._default
        table = self._tables.pop(key, None)
        if table is None:
            table = _read(voice.style_file) if voice.style_file else self._blended(voice.styles)
        self._tables[key] = table
        if len(self._tables) > _KEPT:
            self._tables.popitem(last=False)
        return table

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
