"""The trained voice of a pack: its files below `assets/x_voice/ai`, and what the card says of it."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from companion.domain.character import PackReport
from companion.errors import PackError, StorageError
from companion.packs import archive, carriers
from companion.packs.library import report_on
from companion.packs.staging import Budget, copy_file, staging, swap, write_new
from companion.packs.strict_json import dump_exact, load_exact
from companion.packs.upgrade import as_v3

FOLDER = "assets/x_voice/ai"
MODEL = "model.onnx"
STYLE = "style.json"
_MAX_BYTES = 4_000_000_000


@dataclass(frozen=True, slots=True)
class PackVoice:
    """What a pack says with: `card` is `data.extensions.companion.voice`, `assets` its items of type `x_voice`.

    `files` are those below `FOLDER`, by their name there; none for a voice that comes with the program.
    """

    card: Mapping[str, Any] = field(default_factory=dict, hash=False)
    assets: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, Path | bytes] = field(default_factory=dict, hash=False)


def voice_of(pack: Path, *, cache: Path) -> PackVoice:
    """Return the voice of a pack, folder or file. Raises PackError for what is no card, StorageError."""
    try:
        found = carriers.read(pack, cache)
        data = as_v3(load_exact(found.raw, pack.name))["data"]
        members = carriers.members_of(found)
    except OSError as error:
        raise _storage_error(pack.name, "read", error) from error
    inside = f"{FOLDER}/"
    files = {
        name.removeprefix(inside): content for name, content in members.items() if name.startswith(inside)
    }
    return PackVoice(_voice_object(data), tuple(one for one in _assets(data) if _is_voice(one)), files)


def put_voice(pack: Path, id_: str, voice: PackVoice, characters: Path, *, cache: Path) -> PackReport:
    """Give the character `id_`, whose pack is `pack`, another voice, and return it as found below `characters`.

    The pack is copied, changed and renamed into place: one that comes with the program, or a file, is a folder of
    the user's afterwards. Everything else of the card stays as it is. Raises PackError, StorageError; nothing has
    changed then.
    """
    target = characters / id_
    try:
        characters.mkdir(parents=True, exist_ok=True)
        with staging(characters) as place:
            new = place / "pack"
            new.mkdir()
            _fill(new, pack, voice, cache)
            report = report_on(new, cache=place / "unused")
            if report.character is None:
                raise PackError(f"'{id_}' could not be read with its new voice.", "Its old voice stays.")
            if MODEL in voice.files and report.character.voice.model is None:
                raise PackError(f"The new voice of '{id_}' is not usable.", "Its old voice stays.")
            swap(new, target)
    except OSError as error:
        raise _storage_error(id_, "changed", error) from error
    return report_on(target, cache=cache)


def asset_of(name: str) -> dict[str, Any]:
    """Return the item of `data.assets` for a voice file below `FOLDER`."""
    ext = name.rpartition(".")[2]
    return {"type": "x_voice", "uri": f"embeded://{FOLDER}/{name}", "name": "main", "ext": ext}


def _fill(new: Path, pack: Path, voice: PackVoice, cache: Path) -> None:
    budget = Budget(pack.name, archive.MAX_ENTRIES * 2, _MAX_BYTES)
    found = carriers.read(pack, cache)
    card = as_v3(load_exact(found.raw, pack.name))
    for name, content in carriers.members_of(found).items():
        if name != "card.json" and not name.startswith(f"{FOLDER}/"):
            _put(content, new / name, budget)
    came_in, names = carriers.carried_by(pack)
    if came_in is not None and (names or came_in.parent.name == carriers.ORIGINAL):
        copy_file(came_in, new / carriers.ORIGINAL / came_in.name, budget)
    for name, content in voice.files.items():
        _put(content, new / FOLDER / name, budget)
    _change(card["data"], voice)
    write_new(new / "card.json", iter([dump_exact(card)]), budget)


def _put(content: Path | bytes, target: Path, budget: Budget) -> None:
    if isinstance(content, Path):
        copy_file(content, target, budget)
    else:
        budget.spend(files=1)
        write_new(target, iter([content]), budget)


def _change(data: dict[str, Any], voice: PackVoice) -> None:
    others = [one for one in _assets(data) if not _is_voice(one)]
    data["assets"] = [*others, *(dict(one) for one in voice.assets)]
    extensions = data["extensions"] if isinstance(data.get("extensions"), dict) else {}
    ours = extensions.get("companion")
    ours = dict(ours) if isinstance(ours, dict) else {}
    ours.pop("voice", None)
    if voice.card:
        ours["voice"] = dict(voice.card)
    data["extensions"] = {**extensions, "companion": ours}


def _voice_object(data: Mapping[str, Any]) -> dict[str, Any]:
    value: Any = data
    for key in ("extensions", "companion", "voice"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _assets(data: Mapping[str, Any]) -> list[Any]:
    assets = data.get("assets")
    return assets if isinstance(assets, list) else []


def _is_voice(asset: Any) -> bool:
    return isinstance(asset, dict) and asset.get("type") == "x_voice"


def _storage_error(name: str, done: str, error: OSError) -> StorageError:
    return StorageError(
        f"The voice of '{name}' could not be {done} ({error.strerror or type(error).__name__}).",
        "Check that the disk has room and may be written.",
        code="disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "io",
    )
