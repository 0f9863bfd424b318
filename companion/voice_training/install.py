"""A new voice goes into a character's pack; the one before stays in the user's data, to go back to in one step."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.domain.character import PackReport
from companion.errors import StorageError, UsageError
from companion.packs.library import report_on
from companion.packs.names import pack_id
from companion.packs.staging import make_folder, put, staging
from companion.packs.voice import MODEL, STYLE, PackVoice, asset_of, put_voice, voice_of
from companion.storage.atomic import storage_error, write_atomic

_DESCRIPTION = "voice.json"
_FILES = "files"
_MOST_KEPT = 3
PREVIEWS = ("preview-1.wav", "preview-2.wav", "preview-3.wav")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the packs of a user lie, and where voices that were replaced are kept."""

    characters: Path
    cache: Path
    kept: Path


@dataclass(frozen=True, slots=True)
class KeptVoice:
    """A voice that a character had. `kept_at` in seconds since the epoch; `label` says what it was."""

    folder: Path
    kept_at: float
    label: str


def install_voice(
    report: PackReport,
    files: Mapping[str, Path | bytes],
    card: Mapping[str, Any],
    place: Place,
) -> PackReport:
    """Put a voice into the pack that `report` is about; what it spoke with before is kept.

    `files` are called as in `packs.voice`: `model.onnx` and `model.onnx.json`, or `style.json`, and previews. `card` is
    what the pack shall say of the voice. Raises PackError, StorageError; nothing has changed then.
    """
    main = MODEL if MODEL in files else STYLE
    if main not in files:
        raise StorageError("The new voice has no file to speak with.", "Train it again.", code="not_found")
    _keep(report, place)
    new = PackVoice(dict(card), (asset_of(main),), dict(files))
    done = put_voice(report.path, report.id, new, place.characters, cache=place.cache)
    _forget_oldest(report.id, place)
    return done


def kept_voices(id_: str, place: Place) -> list[KeptVoice]:
    """Return the voices that a character had, newest first."""
    folder = _folder_of(id_, place)
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        try:
            described = json.loads((path / _DESCRIPTION).read_bytes())
            found.append(KeptVoice(path, float(described["kept_at"]), _label(described["card"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda one: (one.kept_at, one.folder.name), reverse=True)


def roll_back(report: PackReport, place: Place, voice: KeptVoice | None = None) -> PackReport:
    """Give a character the voice `voice` again, else the one it had before; its present one is kept in turn.

    Raises UsageError if none is kept, PackError, StorageError; nothing has changed then.
    """
    chosen = voice or next(iter(kept_voices(report.id, place)), None)
    if chosen is None:
        raise UsageError(
            f"'{report.id}' had no other voice before.", "Train one, or choose one in its settings."
        )
    before = _read(chosen)
    _keep(report, place)
    done = put_voice(report.path, report.id, before, place.characters, cache=place.cache)
    shutil.rmtree(chosen.folder, ignore_errors=True)
    _forget_oldest(report.id, place)
    return done


def copy_out(report: PackReport, target: Path, place: Place) -> list[Path]:
    """Write the files of a character's trained voice to the folder `target`. Raises UsageError, StorageError."""
    voice = voice_of(report.path, cache=place.cache)
    if not voice.files:
        raise UsageError(f"'{report.id}' has no trained voice.", "See: companion voices list")
    done = []
    for name, content in voice.files.items():
        path = target / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, path) from error
        write_atomic(path, content if isinstance(content, bytes) else content.read_bytes(), 0o644)
        done.append(path)
    return done


def find_report(id_: str, reports: Sequence[PackReport]) -> PackReport:
    """Return the pack of a character that can be used. Raises UsageError."""
    report = next((one for one in reports if one.id == id_), None)
    if report is None or report.character is None:
        names = ", ".join(one.id for one in reports if one.character is not None) or "none"
        raise UsageError(
            f"There is no character '{id_}' that can get a voice.",
            f"These are installed: {names}.",
            code="no_character",
        )
    return report


def fresh(report: PackReport, place: Place) -> PackReport:
    """Return a pack as it is now."""
    own = place.characters / report.id
    return report_on(own if own.is_dir() else report.path, cache=place.cache)


def _folder_of(id_: str, place: Place) -> Path:
    return place.kept / pack_id(id_)


def _keep(report: PackReport, place: Place) -> None:
    """Keep what a pack speaks with now."""
    voice = voice_of(report.path, cache=place.cache)
    now = time.time()
    description = {
        "kept_at": now,
        "card": dict(voice.card),
        "assets": [dict(one) for one in voice.assets],
        "files": sorted(voice.files),
    }
    folder = _folder_of(report.id, place)
    try:
        make_folder(folder)
        with staging(folder) as work:
            new = work / "voice"
            make_folder(new / _FILES)
            for name, content in voice.files.items():
                target = new / _FILES / name
                make_folder(target.parent)
                if isinstance(content, bytes):
                    target.write_bytes(content)
                else:
                    shutil.copyfile(content, target)
            write_atomic(new / _DESCRIPTION, json.dumps(description, ensure_ascii=False).encode())
            stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
            put(new, folder / f"{stamp}-{time.time_ns() % 1_000_000_000:09d}")
    except OSError as error:
        raise storage_error(error, folder) from error


def _forget_oldest(id_: str, place: Place) -> None:
    for old in kept_voices(id_, place)[_MOST_KEPT:]:
        shutil.rmtree(old.folder, ignore_errors=True)


def _read(kept: KeptVoice) -> PackVoice:
    try:
        raw = json.loads((kept.folder / _DESCRIPTION).read_bytes())
        files = {str(name): kept.folder / _FILES / str(name) for name in raw["files"]}
        if missing := next((name for name, path in files.items() if not path.is_file()), None):
            raise StorageError(
                f"The voice that was kept lacks {missing}.", "Choose another one.", code="not_found"
            )
        return PackVoice(dict(raw["card"]), tuple(raw["assets"]), dict(files))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The voice that was kept cannot be read ({type(error).__name__}).",
            "Choose another one.",
            code="damaged",
        ) from error


def _label(card: Mapping[str, Any]) -> str:
    """Return what kind of voice a card tells of: `trained`, `similar`, or the name of one that ships."""
    kind = card.get("kind")
    if isinstance(kind, str) and kind:
        return kind
    styles = card.get("styles")
    return "+".join(map(str, styles)) if isinstance(styles, dict) and styles else "default"
