"""What a user dropped into the models folder: GGUF files, faster-whisper and embedding folders, Piper voices."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

ModelRole = Literal["language", "recogniser", "voice", "detector", "embedder"]

_LATER_SHARD: Final = re.compile(r"-(?!00001)\d{5}-of-\d{5}$")
_HEAD_BYTES: Final = 16_384
_MAX_JSON_BYTES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that can be loaded now; `path` is a file, or a folder for recognisers.

    `languages` is empty where it is not known; `verified` tells whether its checksum was compared.
    """

    id: str
    role: ModelRole
    label: str
    path: Path
    bytes: int
    languages: tuple[str, ...]
    verified: bool
    in_catalog: bool


def dropped_models(models_folder: Path, known: Collection[str] = ()) -> list[InstalledModel]:
    """Return models at the top of `models_folder` or one folder below it, `known` folders left out."""
    if not models_folder.is_dir():
        return []
    folders = [
        folder
        for folder in sorted(models_folder.iterdir())
        if folder.is_dir() and folder.name not in known and not folder.name.startswith(".")
    ]
    found: list[InstalledModel] = []
    for folder in (models_folder, *folders):
        found += _in_folder(folder, models_folder)
    return found


def _in_folder(folder: Path, models_folder: Path) -> Iterator[InstalledModel]:
    if folder != models_folder and _is_whisper(folder):
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        yield InstalledModel(folder.name, "recogniser", folder.name, folder, size, (), False, False)
        return
    if folder != models_folder and _is_embedder(folder):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        yield InstalledModel(folder.name, "embedder", folder.name, folder, size, (), False, False)
        return
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        suffix = file.suffix.lower()
        if suffix == ".gguf" and _is_language_model(file):
            yield _model(file, models_folder, "embedder" if _embeds(file) else "language", ())
        elif suffix == ".onnx" and (description := file.with_name(file.name + ".json")).is_file():
            yield _model(file, models_folder, "voice", _piper_languages(description))


def _model(file: Path, models_folder: Path, role: ModelRole, languages: tuple[str, ...]) -> InstalledModel:
    id = file.relative_to(models_folder).as_posix()
    return InstalledModel(id, role, file.stem, file, file.stat().st_size, languages, False, False)


def _is_whisper(folder: Path) -> bool:
    has_words = (folder / "tokenizer.json").is_file() or any(folder.glob("vocabulary.*"))
    return (folder / "model.bin").is_file() and has_words


def _is_embedder(folder: Path) -> bool:
    has_model = (folder / "model.onnx").is_file() or (folder / "onnx" / "model.onnx").is_file()
    return has_model and (folder / "tokenizer.json").is_file()


def _embeds(file: Path) -> bool:
    """Tell whether a GGUF makes vectors of texts: an encoder, or a model that says how it pools."""
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    key = head.find(b"general.architecture")
    # After the key: u32 type, u64 length, the string.
    architecture = head[key + 32 : key + 52] if key >= 0 else b""
    return b"bert" in architecture or b".pooling_type" in head


def _is_language_model(file: Path) -> bool:
    """Tell whether a GGUF is a model of its own: no adapter, no image projector, no later shard."""
    if _LATER_SHARD.search(file.stem) or "mmproj" in file.name.lower():
        return False
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError:
        return False
    key = head.find(b"general.type")
    # After the key: u32 type (8, a string), u64 length, the string.
    kind = head[key + 24 : key + 31] if key >= 0 else b""
    return head[:4] == b"GGUF" and kind != b"adapter"


def _piper_languages(description: Path) -> tuple[str, ...]:
    try:
        if description.stat().st_size > _MAX_JSON_BYTES:
            return ()
        raw = json.loads(description.read_text(encoding="utf-8"))
        code = raw.get("language", {}).get("code") or raw.get("espeak", {}).get("voice") or ""
    except (OSError, ValueError, AttributeError):
        return ()
    code = str(code).lower()
    if code.startswith(("zh", "cmn")):
        return ("zh",)
    return (code[:2],) if code else ()
