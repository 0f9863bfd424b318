"""Which engine a worker shall load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

_FILE_OPTIONS: Final = ("model", "folder", "kokoro_model")


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """An engine of the registry by name, and the options of its `load`: JSON values and paths only."""

    engine: str
    options: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def subject(self) -> str:
        """The engine and the names of its files, without their folders."""
        files = [PurePath(str(self.options[name])).name for name in _FILE_OPTIONS if self.options.get(name)]
        return f"{self.engine} ({', '.join(files)})" if files else self.engine


@dataclass(frozen=True, slots=True)
class RecallSpec:
    """The recall index: what embeds, what stores, and the folder below which the worker writes."""

    embedder: EngineSpec
    store: EngineSpec
    folder: str

    @property
    def subject(self) -> str:
        return f"{self.embedder.subject}, {self.store.subject}"
