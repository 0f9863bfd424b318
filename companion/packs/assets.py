"""The files of a pack, resolved through `data.assets` alone; inline and chunk assets under names of our own."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from companion.domain.character import Adapter, FaceAssets, Problem
from companion.packs.loose_values import Report

INLINE = "inline"
"""The folder below a pack that holds what stood inside its card: data URIs and PNG chunks."""
PORTRAIT = "portrait"
"""The stem of the picture, beside `card.json`, that `ccdefault:` stands for."""
# A style of Kokoro fitted to recordings; `model.onnx.json` beside a trained voice is no voice of its own.
FITTED_STYLE = "style.json"
KNOWN_TYPES = frozenset({"icon", "background", "emotion", "x_rig", "x_voice", "x_adapter", "x_lore"})
DOCUMENTS = frozenset({".txt", ".md", ".json"})
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
_CHUNK = "__asset:"
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
_MAX_INLINE = 4_000_000


@dataclass(frozen=True, slots=True)
class Asset:
    """One item of `data.assets`; `path` is None where the file is not at hand, `why` says why."""

    index: int
    kind: str
    name: str
    uri: str
    path: Path | None = None
    why: str = ""


class Assets:
    """Resolves `data.assets` to files below the pack, by uri only."""

    def __init__(
        self, data: Mapping[str, Any], folder: Path, report: Report, portrait: Path | None = None
    ) -> None:
        self._folder, self._report, self._portrait = folder, report, portrait
        raw = data.get("assets")
        self._root = folder.resolve()
        if raw is not None and not isinstance(raw, list):
            report("assets", "should be a list")
        self.items: tuple[Asset, ...] = tuple(
            self._resolved(item, i) for i, item in enumerate(raw if isinstance(raw, list) else [])
        )

    def find(self, kind: str, name: str = "") -> Path | None:
        """Return the file of an asset type, the one called `name` or `main` first."""
        found = [(one.name, one.path) for one in self.items if one.kind == kind and one.path is not None]
        if kind in ("x_voice", "x_adapter"):
            trained = [(label, path) for label, path in found if path.suffix in (".onnx", ".gguf")]
            fitted = [(label, path) for label, path in found if path.name == FITTED_STYLE]
            found = trained or (fitted if kind == "x_voice" else [])
        if kind in ("icon", "background", "emotion"):
            found = [(label, path) for label, path in found if path.suffix.lower() in PICTURES]
        preferred = [path for label, path in found if label in (name or "main", "main")]
        return preferred[0] if preferred else found[0][1] if found else None

    def adapters(self) -> tuple[Adapter, ...]:
        return tuple(
            Adapter(one.path)
            for one in self.items
            if one.kind == "x_adapter" and one.path is not None and one.path.suffix == ".gguf"
        )

    def documents(self) -> tuple[Path, ...]:
        return tuple(
            one.path
            for one in self.items
            if one.kind == "x_lore" and one.path is not None and one.path.suffix.lower() in DOCUMENTS
        )

    def face(self) -> FaceAssets:
        emotions = {
            one.name: one.path
            for one in self.items
            if one.kind == "emotion" and one.path is not None and one.path.suffix.lower() in PICTURES
        }
        return FaceAssets(
            portrait=self.find("icon") or self._portrait,
            rig=self.find("x_rig", "rig"),
            emotions=emotions,
            background=self.find("background"),
        )

    def _resolved(self, item: Any, index: int) -> Asset:
        if not isinstance(item, dict):
            self._report(f"assets[{index}]", "should be an object")
            return Asset(index, "", "", "", why="should be an object")
        kind, name, uri = (str(item.get(key) or "") for key in ("type", "name", "uri"))
        path, why = self._look_up(kind, uri, str(item.get("ext") or ""))
        if why:
            self._report(f"assets[{index}]", why)
        return Asset(index, kind, name, uri, path, why)

    def _look_up(self, kind: str, uri: str, ext: str) -> tuple[Path | None, str]:
        if uri == "ccdefault:":
            return (self._portrait if kind == "icon" else None), ""
        if uri.startswith(("data:", _CHUNK)):
            path = self._folder / INLINE / inline_name(uri, ext)
            return (
                (path, "")
                if path.is_file()
                else (None, "cannot be taken out of the card; it is kept as it is")
            )
        match = re.match(r"^embedd?ed://(.+)$", uri, re.DOTALL)
        if not match:
            return None, "lies outside the pack; it is listed but never fetched"
        return self._inside(match.group(1))

    def _inside(self, name: str) -> tuple[Path | None, str]:
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts or "\\" in name or "\0" in name:
            return None, "points outside the pack and was ignored"
        for form in dict.fromkeys(
            (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
        ):
            path = self._folder / form
            try:
                if not path.resolve().is_relative_to(self._root):
                    return None, "points outside the pack and was ignored"
                if path.is_file():
                    return path, ""
            except OSError:
                break
        return None, f"names {name[:200]}, which is not in the pack"


def inline_name(uri: str, ext: str) -> str:
    """Return the file name under which an inline asset lies in the folder `INLINE`."""
    digest = hashlib.sha256(uri.encode("utf-8", "replace")).hexdigest()[:32]
    media = _DATA_URI.match(uri)
    kind = (media.group(1) or "").lower().rpartition("/")[2] if media else ""
    suffix = {"plain": "txt", "markdown": "md", "jpeg": "jpg"}.get(kind, kind)
    if f".{suffix}" not in PICTURES | DOCUMENTS:
        suffix = ext.lower()
    return f"{digest}.{suffix if f'.{suffix}' in PICTURES | DOCUMENTS else 'png'}"


def inline_files(
    data: Mapping[str, Any], chunks: Mapping[str, bytes]
) -> tuple[dict[str, bytes], list[Problem]]:
    """Return the files that stand inside a card, by the name they get in `INLINE`, and those that cannot be used.

    `chunks` are a PNG's text chunks, keywords as they stand; Risu names an asset `chara-ext-asset_:{path}`.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    raw = data.get("assets")
    for i, item in enumerate(raw if isinstance(raw, list) else []):
        uri = str(item.get("uri") or "") if isinstance(item, dict) else ""
        if not uri.startswith(("data:", _CHUNK)):
            continue
        try:
            content = _content(uri, chunks)
        except (binascii.Error, ValueError) as error:
            problems.append(Problem(f"assets[{i}]", f"is no readable base64 ({error})"))
            continue
        if content is None or len(content) > _MAX_INLINE:
            continue
        name = inline_name(uri, str(item.get("ext") or ""))
        if _looks_right(content, name):
            files[name] = content
    return files, problems


def data_uri(path: Path, content: bytes) -> str:
    """Return the file `path`, which holds `content`, as a data URI."""
    suffix = path.suffix.lower().lstrip(".")
    media = {"jpg": "image/jpeg", "txt": "text/plain", "md": "text/markdown", "json": "application/json"}
    kind = media.get(suffix, f"image/{suffix}")
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _content(uri: str, chunks: Mapping[str, bytes]) -> bytes | None:
    if uri.startswith(_CHUNK):
        name = uri.removeprefix(_CHUNK)
        value = chunks.get(f"chara-ext-asset_:{name}") or chunks.get(f"chara-ext-asset_{name}")
    else:
        match = _DATA_URI.match(uri)
        value = uri[match.end() :].encode("ascii", "replace") if match else None
    if value is None or len(value) > _MAX_INLINE * 4 // 3 + 8:
        return None
    return base64.b64decode(value, validate=True)


def _looks_right(content: bytes, name: str) -> bool:
    """Tell whether the first bytes are those of the kind of picture that the name promises."""
    suffix = "." + name.rpartition(".")[2]
    if suffix in DOCUMENTS:
        return b"\0" not in content
    if suffix == ".png":
        return content.startswith(b"\x89PNG\r\n\x1a\n")
    if suffix == ".webp":
        return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return content.startswith(b"\xff\xd8\xff")
