"""Weights: what the catalogue knows, what lies in the models folder, and how one becomes the other.

`models/catalog.toml` holds a row for each model. A row's files are joined from parts that lie in
installed packages; the packages are located, never imported, and only the checksum is trusted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import psutil

from companion.engines.weight_files import (
    Part,
    Verified,
    assemble,
    locate,
    remove_stale,
    require_space,
    sha256_of,
)
from companion.engines.weights_folder import InstalledModel, ModelRole, dropped_models
from companion.errors import ModelError, UsageError
from companion.ports import Cancel

Progress = Callable[[int, int], None]
_OTHER_WAYS: Final[Mapping[str, str]] = {
    "language": "Or drop a GGUF file into the models folder, or name a server in the settings.",
    "recogniser": "Or drop a faster-whisper model folder into the models folder.",
    "voice": "Or drop a Piper voice (.onnx and .onnx.json) into the models folder.",
    "detector": "Or install the program again.",
    "embedder": "Or drop an embedding model as GGUF, or a folder with model.onnx and tokenizer.json.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file's parts in order; `kind` is `packages`, other kinds are left to later programs."""

    kind: str
    version: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ModelFile:
    name: str
    bytes: int
    sha256: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model of the catalogue. `rank` orders the models of a role; `min_ram_bytes` is what it runs well with."""

    id: str
    role: ModelRole
    label: str
    languages: tuple[str, ...]
    rank: int
    min_ram_bytes: int
    licence: str
    upstream: str
    extra: str
    is_folder: bool
    files: tuple[ModelFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def path(self, models_folder: Path) -> Path:
        """Return where the model lies once assembled: its folder, or its one file."""
        folder = models_folder / self.id
        return folder if self.is_folder else folder / self.files[0].name


@dataclass(frozen=True, slots=True)
class Catalog:
    rows: tuple[ModelRow, ...]

    def row(self, id: str) -> ModelRow:
        """Return the row `id`. Raises UsageError."""
        for row in self.rows:
            if row.id == id:
                return row
        raise UsageError(
            f"The catalogue has no model '{id}'.",
            f"Choose one of: {', '.join(row.id for row in self.rows)}.",
            code="model",
        )

    def available(self, role: ModelRole) -> list[ModelRow]:
        """Return the rows of `role` whose packages are installed, best first."""
        rows = [row for row in self.rows if row.role == role and not missing_packages(row)]
        return sorted(rows, key=lambda row: -row.rank)

    def installed(self, models_folder: Path) -> list[InstalledModel]:
        """Return what can be loaded now: assembled rows, files used in place, what the user dropped in."""
        verified = Verified.read(models_folder)
        found = [
            model for row in self.rows if (model := _installed_row(row, models_folder, verified)) is not None
        ]
        return found + dropped_models(models_folder, known={row.id for row in self.rows})

    def best(
        self,
        models_folder: Path,
        role: ModelRole,
        language: str | None = None,
        ram_bytes: int | None = None,
    ) -> InstalledModel | ModelRow | None:
        """Return the model to use by default: the user's own largest that fits, else the best row that fits.

        Rows count if assembled or assemblable. If none fits into `ram_bytes` (None: this computer's) the
        smallest is returned; None if there is nothing at all.
        """
        ram = ram_bytes if ram_bytes is not None else int(psutil.virtual_memory().total)
        installed = [model for model in self.installed(models_folder) if model.role == role]
        own = [model for model in installed if not model.in_catalog and _speaks(model.languages, language)]
        fitting = [model for model in own if model.bytes * 1.3 + 1e9 <= ram]
        if fitting:
            return max(fitting, key=lambda model: model.bytes)
        assembled = {model.id for model in installed}
        rows = [
            row
            for row in self.rows
            if row.role == role
            and _speaks(row.languages, language)
            and (row.id in assembled or not missing_packages(row))
        ]
        fits = [row for row in rows if row.min_ram_bytes <= ram]
        if fits:
            return max(fits, key=lambda row: row.rank)
        smallest: list[InstalledModel | ModelRow] = [*rows, *own]
        return min(smallest, key=lambda model: model.bytes, default=None)

    def provide(
        self,
        models_folder: Path,
        role: ModelRole,
        wanted: str = "",
        *,
        language: str | None = None,
        ram_bytes: int | None = None,
        progress: Progress | None = None,
        cancel: Cancel | None = None,
    ) -> InstalledModel:
        """Return a model ready to load: `wanted` is an id, a path, or "" for the best; assembles it if need be.

        Raises ModelError, code `missing` or `damaged`; StorageError, code `disk`; Cancelled.
        """
        chosen = self._chosen(models_folder, role, wanted, language, ram_bytes)
        if isinstance(chosen, InstalledModel):
            return chosen
        path = ensure(chosen, models_folder, progress, cancel)
        return _as_installed(chosen, path, verified=True)

    def _chosen(
        self, models_folder: Path, role: ModelRole, wanted: str, language: str | None, ram_bytes: int | None
    ) -> InstalledModel | ModelRow:
        if not wanted:
            best = self.best(models_folder, role, language, ram_bytes)
            if best is None:
                raise _nothing(role)
            return best
        for row in self.rows:
            if row.id == wanted and row.role == role:
                return row
        for model in self.installed(models_folder):
            if model.id == wanted and model.role == role:
                return model
        path = Path(wanted).expanduser()
        if path.exists():
            size = path.stat().st_size if path.is_file() else 0
            return InstalledModel(path.stem, role, path.stem, path, size, (), False, False)
        raise ModelError(
            f"The {role} model '{wanted}' is neither in the catalogue nor on this computer.",
            "Choose another one in the settings, or leave the setting empty.",
            code="missing",
        )


def load_catalog(file: Path) -> Catalog:
    """Return the rows of `file`. Raises ModelError, code `catalog`."""
    try:
        with file.open("rb") as opened:
            raw = tomllib.load(opened)
        return Catalog(tuple(_row(entry) for entry in raw["model"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The catalogue of models {file.name} cannot be read: {error}.",
            "Install the program again.",
            code="catalog",
        ) from error


def ensure(
    row: ModelRow,
    models_folder: Path,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Path:
    """Return the model's path, joining it from the installed packages first unless that was done before.

    A file whose size or recorded checksum is wrong is made anew. Nothing unfinished bears a file's name.
    `progress` gets (bytes done, bytes in all). Raises ModelError, code `missing` or `damaged`;
    StorageError, code `disk`; Cancelled.
    """
    verified = Verified.read(models_folder)
    in_place = _in_place(row)
    if in_place is not None and _is_right(in_place, row.files[0], verified):
        return in_place
    folder = models_folder / row.id
    wanted = [file for file in row.files if not verified.holds(folder / file.name, file.bytes, file.sha256)]
    if not wanted:
        return row.path(models_folder)
    if missing := missing_packages(row):
        raise _missing(row, missing)
    require_space(models_folder, sum(file.bytes for file in wanted), row.label)
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale(folder)
    done = row.bytes - sum(file.bytes for file in wanted)
    for file in wanted:
        _ensure_file(row, file, folder, verified, _shifted(progress, done, row.bytes), cancel)
        done += file.bytes
    return row.path(models_folder)


def verify(row: ModelRow, models_folder: Path) -> list[str]:
    """Read the model's files completely and return the names of those that are missing or damaged."""
    folder = models_folder / row.id
    in_place = _in_place(row)
    paths = [in_place] if in_place is not None else [folder / file.name for file in row.files]
    return [
        file.name
        for file, path in zip(row.files, paths, strict=True)
        if not path.is_file() or path.stat().st_size != file.bytes or sha256_of(path) != file.sha256
    ]


def missing_packages(row: ModelRow) -> list[str]:
    """Return the packages that are lacking for the model's files, for its first source; [] if it can be made."""
    lacking: list[str] = []
    for file in row.files:
        usable = [source for source in file.sources if source.kind == "packages"]
        gaps = [[part.distribution for part in source.parts if locate(part) is None] for source in usable]
        if not gaps or all(gaps):
            lacking += gaps[0] if gaps else [file.name]
    return list(dict.fromkeys(lacking))


def _ensure_file(
    row: ModelRow,
    file: ModelFile,
    folder: Path,
    verified: Verified,
    progress: Progress | None,
    cancel: Cancel | None,
) -> None:
    target = folder / file.name
    if _is_right(target, file, verified):
        return
    for source in file.sources:
        parts = [locate(part) for part in source.parts] if source.kind == "packages" else [None]
        paths = [path for path in parts if path is not None]
        if len(paths) < len(parts):
            continue
        if assemble(paths, target, file.sha256, progress, cancel):
            verified.record(target, file.sha256)
            return
    raise ModelError(
        f"The parts of {row.label} do not give the expected file {file.name}: its checksum is another one.",
        f"Install the packages again: uv sync --reinstall --extra {row.extra}.",
        code="damaged",
    )


def _is_right(path: Path, file: ModelFile, verified: Verified) -> bool:
    """Compare the checksum unless it was compared since the file last changed, and remember a match."""
    if verified.holds(path, file.bytes, file.sha256):
        return True
    if not path.is_file() or path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
        return False
    verified.record(path, file.sha256)
    return True


def _in_place(row: ModelRow) -> Path | None:
    """Return the file of a row that is one whole file of a package and is used where it lies."""
    if row.is_folder or len(row.files) != 1:
        return None
    file = row.files[0]
    for source in file.sources:
        if source.kind == "packages" and len(source.parts) == 1:
            path = locate(source.parts[0])
            if path is not None and path.stat().st_size == file.bytes:
                return path
    return None


def _installed_row(row: ModelRow, models_folder: Path, verified: Verified) -> InstalledModel | None:
    in_place = _in_place(row)
    if in_place is not None:
        return _as_installed(
            row, in_place, verified=verified.holds(in_place, row.files[0].bytes, row.files[0].sha256)
        )
    folder = models_folder / row.id
    for file in row.files:
        path = folder / file.name
        if not path.is_file() or path.stat().st_size != file.bytes:
            return None
    checked = all(verified.holds(folder / file.name, file.bytes, file.sha256) for file in row.files)
    return _as_installed(row, row.path(models_folder), verified=checked)


def _as_installed(row: ModelRow, path: Path, *, verified: bool) -> InstalledModel:
    return InstalledModel(row.id, row.role, row.label, path, row.bytes, row.languages, verified, True)


def _speaks(languages: Sequence[str], language: str | None) -> bool:
    return language is None or not languages or language in languages


def _shifted(progress: Progress | None, offset: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda done, _: progress(offset + done, total)


def _missing(row: ModelRow, packages: Sequence[str]) -> ModelError:
    shown = ", ".join(packages[:3]) + (f" and {len(packages) - 3} more" if len(packages) > 3 else "")
    return ModelError(
        f"{row.label} is not installed: the packages {shown} are missing.",
        f"Start with: uv run --extra {row.extra} companion. {_OTHER_WAYS[row.role]}".strip(),
        code="missing",
    )


def _nothing(role: ModelRole) -> ModelError:
    return ModelError(
        f"There is no {role} model on this computer.",
        f"Start with: uv run --extra starter companion. {_OTHER_WAYS[role]}".strip(),
        code="missing",
    )


def _row(raw: Mapping[str, Any]) -> ModelRow:
    if raw["role"] not in get_args(ModelRole):
        raise ValueError(f"model {raw['id']} has the unknown role {raw['role']}")
    return ModelRow(
        id=raw["id"],
        role=raw["role"],
        label=raw["label"],
        languages=tuple(raw["languages"]),
        rank=int(raw["rank"]),
        min_ram_bytes=int(raw["min_ram_bytes"]),
        licence=raw["licence"],
        upstream=raw["upstream"],
        extra=raw["extra"],
        is_folder=bool(raw.get("folder", False)),
        files=tuple(_file(entry) for entry in raw["file"]),
    )


def _file(raw: Mapping[str, Any]) -> ModelFile:
    sources = tuple(_source(entry) for entry in raw["source"])
    return ModelFile(raw["name"], int(raw["bytes"]), raw["sha256"], sources)


def _source(raw: Mapping[str, Any]) -> Source:
    """Expand `{n}` in `distribution` and `path` for the parts `first` (default 1) to `last` (default `first`)."""
    first = int(raw.get("first", 1))
    parts = tuple(
        Part(raw["distribution"].format(n=number), raw["path"].format(n=number))
        for number in range(first, int(raw.get("last", first)) + 1)
    )
    return Source(raw["kind"], raw["version"], parts)
