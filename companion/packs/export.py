"""A character out of the program: as CHARX with everything, as PNG for sharing, as JSON."""

from __future__ import annotations

import os
import struct
import time
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from companion.domain.character import Character, PackReport, Problem
from companion.errors import PackError, StorageError
from companion.packs import archive, card, carriers, png_chunks
from companion.packs.assets import DOCUMENTS, INLINE, PICTURES, PORTRAIT, Asset, Assets, data_uri
from companion.packs.names import free_id, pack_id, portable
from companion.packs.staging import read_bounded, sync_folder, unused
from companion.packs.strict_json import dump_exact, load_exact, load_json
from companion.packs.upgrade import as_v2, as_v3, repaired

ExportForm = Literal["charx", "png", "json"]
FORMS: tuple[ExportForm, ...] = ("charx", "png", "json")
_MAX_INLINE_FILE = 400_000
_MAX_INLINE = 3_000_000
_INLINE_TYPES = frozenset({"icon", "background", "emotion", "user_icon", "x_lore"})
_PLACES: Mapping[str, str] = {
    **dict.fromkeys(PICTURES, "images"),
    **dict.fromkeys((".wav", ".ogg", ".flac"), "audio"),
    **dict.fromkeys((".onnx", ".gguf"), "ai"),
}


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and in `left_out` what the form cannot hold: where it stood and why."""

    path: Path
    form: ExportForm
    n_assets: int = 0
    n_entries: int = 0
    n_greetings: int = 0
    left_out: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A pack as it is found, ready to be written: its V3 card in exact spelling and where its assets lie."""

    found: carriers.Opened
    path: Path
    card: dict[str, Any]
    character: Character
    assets: tuple[Asset, ...]


def export(
    pack: PackReport | Path,
    target: Path,
    *,
    cache: Path,
    include_lore: Sequence[Path] = (),
    picture: Path | bytes | None = None,
) -> ExportReport:
    """Write a character in the form that the suffix of `target` names: .charx, .png or .json.

    Raises PackError for another suffix or an unusable pack, StorageError when it cannot be written.
    """
    suffix = target.suffix.lower()
    if suffix == ".charx":
        return export_charx(pack, target, cache=cache, include_lore=include_lore)
    if suffix == ".png":
        return export_png(pack, target, cache=cache, include_lore=include_lore, with_picture=picture)
    if suffix == ".json":
        return export_json(pack, target, cache=cache)
    raise PackError(
        f"A character cannot be written as '{suffix or target.name}'.",
        "Choose a name that ends in .charx, .png or .json.",
        code="export_form",
    )


def export_charx(
    pack: PackReport | Path, target: Path, *, cache: Path, include_lore: Sequence[Path] = ()
) -> ExportReport:
    """Write the whole pack as CHARX, what may not be unpacked included as it came; `include_lore` as `x_lore`.

    Every asset comes with an `embeded://` uri. Raises PackError, StorageError.
    """
    source = _opened(pack, cache)
    members: dict[str, Path | bytes] = {
        name: content
        for name, content in carriers.members_of(source.found).items()
        if name != "card.json" and not name.startswith((f"{INLINE}/", f"{PORTRAIT}."))
    }
    raw_assets = _raw_assets(source)
    for asset in source.assets:
        _embed(asset, raw_assets, members, source.found)
    if not raw_assets and source.found.portrait is not None:
        raw_assets.append({"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"})
        _embed(
            Asset(0, "icon", "main", "ccdefault:", source.found.portrait), raw_assets, members, source.found
        )
    left_out = _add_lore(include_lore, source, raw_assets, members)
    members = _made_portable(members, raw_assets)
    result = _stamped(source, raw_assets)
    came_in, names = carriers.carried_by(source.path)
    names = tuple(name for name in names if name not in members)
    _written(
        target,
        lambda: archive.write_archive(
            target, {"card.json": dump_exact(result), **members}, carry=came_in, carry_names=names
        ),
    )
    left_out += [
        Problem(name, "is a kind of file that was not taken in; it is not in the pack")
        for name in source.found.left_out
        if name not in names
    ]
    return _report(source, target, "charx", len(members) + len(names), left_out)


def export_png(
    pack: PackReport | Path,
    target: Path,
    *,
    cache: Path,
    with_picture: Path | bytes | None = None,
    include_lore: Sequence[Path] = (),
) -> ExportReport:
    """Write a PNG with the card in `ccv3` and a V2 copy of it in `chara`; the picture is `with_picture` or the icon.

    Small pictures and texts go along inside the card, larger assets are left out and named. Raises PackError,
    StorageError.
    """
    source = _opened(pack, cache)
    picture, icon, left_out = _picture(source, with_picture)
    raw_assets = [*_raw_assets(source), *(_lore_asset(path) for path in include_lore)]
    n = len(source.assets)
    more = [Asset(n + i, "x_lore", path.stem, "", path) for i, path in enumerate(include_lore)]
    assets, room = [], _MAX_INLINE
    for asset in (*source.assets, *more):
        item, spent = _for_png(asset, raw_assets[asset.index], picture, icon, room)
        room -= spent
        if item is None:
            left_out.append(_cannot_hold(asset, "a PNG"))
        else:
            assets.append(item)
    result = _stamped(source, assets)
    if "assets" not in source.card["data"] and not assets:
        result["data"].pop("assets", None)
    chunks = {
        "ccv3": b64encode(dump_exact(result, indent=0)),
        "chara": b64encode(dump_exact(as_v2(result), indent=0)),
    }
    longest = max(len(value) for value in chunks.values())
    if longest > png_chunks.MAX_CARD * 4 // 3:
        raise PackError(
            f"The card holds {longest:,} bytes, too many for a PNG.",
            "Export it as .charx.",
            code="export_size",
        )
    _written(target, lambda: _write(target, png_chunks.with_text_chunks(picture, chunks)))
    return _report(source, target, "png", len(assets), left_out)


def export_json(pack: PackReport | Path, target: Path, *, cache: Path) -> ExportReport:
    """Write the card alone; assets that are files are left out and named. Raises PackError, StorageError."""
    source = _opened(pack, cache)
    raw_assets = _raw_assets(source)
    is_file = [one.uri.startswith(("embed", "__asset:")) for one in source.assets]
    assets = [raw_assets[one.index] for one, held in zip(source.assets, is_file, strict=True) if not held]
    left_out = [_cannot_hold(one, "JSON") for one, held in zip(source.assets, is_file, strict=True) if held]
    if source.found.portrait is not None and source.character.face.portrait == source.found.portrait:
        left_out.append(Problem("icon", "the picture cannot stand in JSON"))
    result = _stamped(source, assets)
    if "assets" not in source.card["data"]:
        result["data"].pop("assets", None)
    _written(target, lambda: _write(target, dump_exact(result)))
    return _report(source, target, "json", len(assets), left_out)


# ---- what is exported


def _opened(pack: PackReport | Path, cache: Path) -> _Source:
    path = pack if isinstance(pack, Path) else pack.path
    try:
        found = carriers.read(path, cache)
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be read ({error.strerror}).", "Check the file.", code="io"
        ) from error
    read = load_json(found.raw, path.name)
    id_ = path.stem if isinstance(pack, Path) else pack.id
    character, _problems = card.parse(read, id_, found.folder, portrait=found.portrait)
    exact = repaired(as_v3(load_exact(found.raw, path.name)), character)
    assets = Assets(card.data_of(read), found.folder, lambda where, what: None, found.portrait)
    return _Source(found, path, exact, character, assets.items)


def _raw_assets(source: _Source) -> list[Any]:
    raw = source.card["data"].get("assets")
    return list(raw) if isinstance(raw, list) else []


def _stamped(source: _Source, assets: list[Any]) -> dict[str, Any]:
    data = {**source.card["data"], "modification_date": int(time.time())}
    if "assets" in data or assets:
        data["assets"] = assets
    return {**source.card, "data": data}


def _report(
    source: _Source, target: Path, form: ExportForm, n_assets: int, left_out: Sequence[Problem]
) -> ExportReport:
    one = source.character
    greetings = [text for text in (one.first_mes, *one.alternate_greetings) if text.strip()]
    return ExportReport(target, form, n_assets, len(one.lore.entries), len(greetings), tuple(left_out))


def _cannot_hold(asset: Asset, form: str) -> Problem:
    label = f"{asset.kind} '{asset.name[:60]}'".strip()
    return Problem(
        f"assets[{asset.index}]", f"{label} cannot stand in {form}", "Export as .charx to keep it."
    )


# ---- CHARX


def _embed(
    asset: Asset, raw_assets: list[Any], members: dict[str, Path | bytes], found: carriers.Opened
) -> None:
    """Put the file of an asset among `members` and its uri into the card."""
    if asset.uri.startswith("embedded://"):
        raw_assets[asset.index] = {
            **raw_assets[asset.index],
            "uri": "embeded://" + asset.uri.removeprefix("embedded://"),
        }
    if asset.path is None or not asset.uri.startswith(("__asset:", "ccdefault:")):
        return
    content = carriers.picture_of(asset.path, alone=True) if asset.path == found.portrait else asset.path
    name = _free_name(asset.kind, asset.name, asset.path.suffix.lower(), members)
    members[name] = content
    raw_assets[asset.index] = {
        **raw_assets[asset.index],
        "uri": f"embeded://{name}",
        "ext": name.rpartition(".")[2],
    }


def _add_lore(
    paths: Sequence[Path], source: _Source, raw_assets: list[Any], members: dict[str, Path | bytes]
) -> list[Problem]:
    left_out = []
    present = {one.path for one in source.assets if one.kind == "x_lore"}
    for path in paths:
        if path.suffix.lower() not in DOCUMENTS or not path.is_file():
            left_out.append(
                Problem(path.name, "is no text that a pack may hold", "Save it as .txt or .md and add that.")
            )
        elif path not in present:
            name = _free_name("x_lore", path.stem, path.suffix.lower(), members)
            members[name] = path
            raw_assets.append({**_lore_asset(path), "uri": f"embeded://{name}"})
    return left_out


def _made_portable(members: Mapping[str, Path | bytes], raw_assets: list[Any]) -> dict[str, Path | bytes]:
    """Return `members` under names that every system can unpack; the assets of the card follow them."""
    out: dict[str, Path | bytes] = {}
    moved: dict[str, str] = {}
    for name, content in members.items():
        if portable(name) != name:
            stem, dot, suffix = portable(name).rpartition(".")
            moved[name] = free_id(stem, _stems((*members, *out))) + dot + suffix
        out[moved.get(name, name)] = content
    for i, item in enumerate(raw_assets):
        uri = item.get("uri") if isinstance(item, dict) else None
        if isinstance(uri, str) and (new := moved.get(uri.removeprefix("embeded://"))) is not None:
            raw_assets[i] = {**item, "uri": f"embeded://{new}"}
    return out


def _stems(names: Iterable[str]) -> list[str]:
    return [name.rpartition(".")[0] for name in names]


def _lore_asset(path: Path) -> dict[str, Any]:
    ext = path.suffix.lower().lstrip(".")
    return {"type": "x_lore", "uri": "", "name": path.stem, "ext": ext}


def _free_name(kind: str, name: str, suffix: str, members: Mapping[str, object]) -> str:
    """Return an unused ASCII place for an asset, as the suggestions of the CHARX specification have it."""
    place = f"assets/{_ascii(kind) or 'other'}/{_PLACES.get(suffix, 'other')}"
    stem = pack_id(_ascii(name) or "file")
    taken = {one.casefold() for one in members}
    found, n = f"{place}/{stem}{suffix}", 2
    while found.casefold() in taken:
        found, n = f"{place}/{stem}-{n}{suffix}", n + 1
    return found


def _ascii(name: str) -> str:
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "_-") else "-" for char in name[:60])
    return kept.strip("-_")


# ---- PNG


def _picture(source: _Source, given: Path | bytes | None) -> tuple[bytes, Path | None, list[Problem]]:
    """Return PNG bytes, the asset file that they are, and what could not be used."""
    if isinstance(given, bytes):
        return given, None, []
    for path in (given, source.character.face.portrait):
        if path is None:
            continue
        content = read_bounded(path, png_chunks.MAX_FILE) if path.is_file() else b""
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return content, (path if given is None else None), []
    problems = []
    if given is not None or source.character.face.portrait is not None:
        problems.append(
            Problem("icon", "the picture is no PNG; a plain one stands for it", "Use a PNG portrait.")
        )
    return _plain_picture(), None, problems


def _plain_picture(width: int = 400, height: int = 600) -> bytes:
    """Return a quiet vertical gradient as PNG, for a card without a picture."""
    rows = bytearray()
    for y in range(height):
        shade = 250 - y * 60 // height
        rows += b"\0" + bytes((shade, shade - 6, shade - 16)) * width

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _for_png(asset: Asset, item: Any, picture: bytes, icon: Path | None, room: int) -> tuple[Any, int]:
    """Return the item of an asset in a PNG's card, None if it cannot stand there, and the bytes it takes."""
    if asset.uri.startswith("__asset:") and _has_chunk(picture, asset.uri.removeprefix("__asset:")):
        return item, 0
    is_file = asset.uri.startswith(("embed", "__asset:")) or not asset.uri
    if not is_file or not isinstance(item, dict):
        return item, 0
    if asset.path is None:
        return (None if asset.uri else item), 0
    if asset.path == icon:
        return {**item, "uri": "ccdefault:"}, 0
    suffix, size = asset.path.suffix.lower(), asset.path.stat().st_size
    if (
        asset.kind not in _INLINE_TYPES
        or suffix not in PICTURES | DOCUMENTS
        or size > min(room, _MAX_INLINE_FILE)
    ):
        return None, 0
    content = read_bounded(asset.path, _MAX_INLINE_FILE)
    return {**item, "uri": data_uri(asset.path, content)}, len(content)


def _has_chunk(picture: bytes, name: str) -> bool:
    return any(f"{png_chunks.ASSET}{colon}{name}\0".encode() in picture for colon in (":", ""))


# ---- writing


def _write(target: Path, content: bytes) -> None:
    beside = unused(target.parent, f".{target.name}.")
    try:
        with open(beside, "xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, target)
        sync_folder(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def _written(target: Path, write: Any) -> None:
    try:
        write()
    except OSError as error:
        raise StorageError(
            f"{target.name} could not be written ({error.strerror}).",
            "Check that the folder exists, may be written and has room.",
            code="io",
        ) from error
