"""CHARX: a ZIP with `card.json` at its root, also behind a JPEG picture; unpacked through counters.

Python's zipfile reads; what it is lenient about (overlapping members, odd names, links, lying counts) is judged
here first. Nothing is written under a name that was not checked. Format: PKWARE APPNOTE 6.3.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from companion.errors import PackError
from companion.packs.member_names import named
from companion.packs.names import clash_key, is_hidden, objection
from companion.packs.staging import Budget, make_folder, opened, put, staging, sync_folder, unused, write_new

ALLOWED = frozenset({"png", "jpg", "jpeg", "webp", "json", "txt", "md", "gguf", "onnx", "wav", "ogg", "flac"})
MAX_ENTRIES = 1_000
MAX_TOTAL = 4_000_000_000
MAX_RATIO = 100
RECORD = ".unpacked.json"
_SMALL = 1_000_000
_BLOCK = 1 << 20
_MAX_DIRECTORY = 2_000_000
_PACKED = frozenset({"png", "jpg", "jpeg", "webp", "gguf", "ogg", "flac"})
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    OverflowError, IndexError,
)  # fmt: skip
_WHOLE = "It was refused whole."


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`left_out` are members not written because of their type, `renamed` maps stored names to written ones."""

    left_out: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict, hash=False)


def unpack(archive: Path, target: Path) -> Unpacked:
    """Unpack `archive` to the new folder `target`, whole or not at all.

    Only the file types of `ALLOWED` are written; hidden files are passed over. `target` also gets the record that
    `record_of` reads. Raises PackError for odd names, links, encryption, bombs and damage; OSError of the disk.
    """
    with staging(target.parent) as place, _reading(archive) as (pack, members):
        copied = place / "pack"
        make_folder(copied)
        unpacked = _extract(archive.name, pack, members, copied)
        record = json.dumps({"left_out": unpacked.left_out, "renamed": unpacked.renamed}).encode()
        write_new(copied / RECORD, iter([record]), Budget(archive.name, 1, len(record)))
        with contextlib.suppress(FileExistsError):  # another process unpacked the same file
            put(copied, target)
    return unpacked


def record_of(folder: Path) -> Unpacked:
    """Return what `unpack` told when it made `folder`; nothing if there is no record."""
    try:
        raw = json.loads((folder / RECORD).read_bytes())
        return Unpacked(tuple(raw["left_out"]), dict(raw["renamed"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Unpacked()


def foreign_names(archive: Path) -> tuple[str, ...]:
    """Return the members that `unpack` leaves out because of their type. Raises PackError, OSError."""
    with _reading(archive) as (_, members):
        return tuple(name for name in members if not _is_allowed(name))


def write_archive(
    target: Path,
    members: Mapping[str, Path | bytes],
    *,
    carry: Path | None = None,
    carry_names: Sequence[str] = (),
) -> None:
    """Write a ZIP of `members`, and of those called `carry_names` in the ZIP `carry`, over `target` atomically.

    What is carried is counted but not interpreted. Raises PackError for an unsafe or doubled name or a damaged
    `carry`, OSError of the disk; `target` is unchanged then.
    """
    _check_names([*members, *carry_names], target.name)
    beside = unused(target.parent, f".{target.name}.")
    try:
        with open(beside, "xb") as out:
            with zipfile.ZipFile(out, "w") as pack:
                for name, content in members.items():
                    _add(pack, name, content)
                if carry is not None and carry_names:
                    _carry(pack, carry, carry_names)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, target)
        sync_folder(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def _add(pack: zipfile.ZipFile, name: str, content: Path | bytes) -> None:
    with pack.open(_info(name), "w", force_zip64=True) as out:
        if isinstance(content, bytes):
            out.write(content)
            return
        with opened(content, MAX_TOTAL) as (file, _):
            shutil.copyfileobj(file, out, _BLOCK)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # its date is that of the epoch of ZIP, so that equal packs are equal files
    suffix = name.rpartition(".")[2].lower()
    info.compress_type = zipfile.ZIP_STORED if suffix in _PACKED else zipfile.ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _carry(pack: zipfile.ZipFile, carry: Path, names: Sequence[str]) -> None:
    wanted = set(names)
    budget = Budget(carry.name, MAX_ENTRIES, MAX_TOTAL)
    with _reading(carry) as (source, members):
        for name, entry in members.items():
            if name in wanted:
                with pack.open(_info(name), "w", force_zip64=True) as out:
                    for block in _blocks(source, entry):
                        budget.spend(n_bytes=len(block))
                        out.write(block)
        missing = sorted(wanted - set(members))
    if missing:
        raise PackError(f"{carry.name} no longer holds {missing[0]!r}.", "Import the character again.")


@contextlib.contextmanager
def _reading(archive: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """Open an archive and give its files by their names; damage met inside the block is a PackError."""
    try:
        with opened(archive, MAX_TOTAL) as (file, size):
            _check_end(file, size, archive.name)
            with zipfile.ZipFile(file) as pack:
                yield pack, _members(pack, file, archive.name)
    except _DAMAGE as error:
        raise PackError(
            f"{archive.name} cannot be unpacked: {error}", "Download or copy it again."
        ) from error
    except OSError as error:
        if error.errno in _DISK or error.errno == errno.ENOENT:
            raise
        raise PackError(
            f"{archive.name} cannot be unpacked: {error.strerror or error}", "Download or copy it again."
        ) from error


def _check_end(file: BinaryIO, size: int, name: str) -> None:
    """Judge the record at the end before zipfile makes an object of every member it claims."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise PackError(f"{name} is no ZIP archive, or its end is missing.", "Download or copy it again.")
    count, directory = struct.unpack("<HI", tail[at + 10 : at + 16])
    big = tail.rfind(b"PK\x06\x06", 0, at)
    if big >= 0 and len(tail) - big >= 56:
        count = max(count if count != 0xFFFF else 0, struct.unpack("<Q", tail[big + 32 : big + 40])[0])
        directory = struct.unpack("<Q", tail[big + 40 : big + 48])[0]
    if count > MAX_ENTRIES or directory > _MAX_DIRECTORY:
        raise PackError(
            f"{name} holds {max(count, directory // 80):,} files; {MAX_ENTRIES:,} are allowed.", _WHOLE
        )
    file.seek(0)


def _members(pack: zipfile.ZipFile, file: BinaryIO, archive: str) -> dict[str, zipfile.ZipInfo]:
    entries = pack.infolist()
    if len(entries) > MAX_ENTRIES:
        raise PackError(f"{archive} holds {len(entries):,} files; {MAX_ENTRIES:,} are allowed.", _WHOLE)
    for entry in entries:
        _check_kind(entry, archive)
    _check_places(pack, file, entries, archive)
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise PackError(f"{archive} would unpack to more than {MAX_TOTAL:,} bytes.", _WHOLE)
    names = named(pack, entries)
    _check_names(names, archive)
    files = {
        name: entry
        for name, entry in zip(names, entries, strict=True)
        if not name.endswith("/") and not is_hidden(name)
    }
    return _without_wrapper(files, archive)


def _check_kind(entry: zipfile.ZipInfo, archive: str) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    name = entry.orig_filename[:80]
    why = ""
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or _has_link(entry.extra):
        why = "holds a link or a device"
    elif entry.flag_bits & 0x2041:
        why = "is encrypted"
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        why = f"is packed in a way that is not allowed (method {entry.compress_type})"
    elif entry.file_size > max(_SMALL, entry.compress_size * MAX_RATIO):
        why = f"unpacks to far more than its size ({entry.file_size:,} bytes)"
    if why:
        raise PackError(f"{archive} has the member {name!r}, which {why}.", _WHOLE)


def _has_link(extra: bytes) -> bool:
    """Tell whether a PKWARE Unix field (0x000d) carries the target of a link behind its twelve bytes."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x000D and size > 12:
            return True
        extra = extra[4 + size :]
    return False


def _check_places(
    pack: zipfile.ZipFile, file: BinaryIO, entries: Sequence[zipfile.ZipInfo], archive: str
) -> None:
    """Refuse members that share bytes: a small archive could unpack to much more than it holds."""
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        file.seek(entry.header_offset)
        head = file.read(30)
        if len(head) < 30 or head[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile(f"the member {entry.orig_filename[:80]!r} is not where it should be")
        n_name, n_extra = struct.unpack("<HH", head[26:30])
        if entry.header_offset < end:
            raise PackError(f"{archive} holds members that overlap ({entry.orig_filename[:80]!r}).", _WHOLE)
        end = entry.header_offset + 30 + n_name + n_extra + entry.compress_size
    if end > pack.start_dir:
        raise PackError(f"{archive} holds members that overlap its directory.", _WHOLE)


def _check_names(names: Sequence[str], archive: str) -> None:
    files: dict[str, str] = {}
    folders: set[str] = set()
    for name in names:
        why = objection(name.removesuffix("/"))
        if why:
            raise PackError(
                f"{archive} holds an unsafe file name: {name[:80]!r} {why}.", _WHOLE, code="unsafe_name"
            )
        key = clash_key(name.removesuffix("/"))
        parents = [key[:at] for at, char in enumerate(key) if char == "/"]
        folders.update(parents)
        if name.endswith("/"):
            folders.add(key)
        elif files.setdefault(key, name) != name or list(names).count(name) > 1:
            raise PackError(f"{archive} holds {name[:80]!r} twice.", _WHOLE)
    both = sorted(folders & set(files))
    if both:
        raise PackError(f"{archive} holds {both[0][:80]!r} both as a file and as a folder.", _WHOLE)


def _without_wrapper(files: dict[str, zipfile.ZipInfo], archive: str) -> dict[str, zipfile.ZipInfo]:
    """Return the files with `card.json` at the root, also if somebody packed the folder around it."""
    if "card.json" in files:
        return files
    tops = {name.partition("/")[0] for name in files}
    top = f"{next(iter(tops))}/" if len(tops) == 1 else ""
    if not top or f"{top}card.json" not in files:
        raise PackError(f"{archive} has no card.json.", "It is not a character pack.")
    return {name.removeprefix(top): entry for name, entry in files.items()}


def _extract(
    archive: str, pack: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], folder: Path
) -> Unpacked:
    left_out: list[str] = []
    renamed: dict[str, str] = {}
    budget = Budget(archive, MAX_ENTRIES, MAX_TOTAL)
    for name, entry in members.items():
        if not _is_allowed(name):
            left_out.append(name)
            continue
        if entry.orig_filename != name:
            renamed[entry.orig_filename] = name
        budget.spend(files=1)
        write_new(folder / name, _blocks(pack, entry), budget)
    return Unpacked(tuple(left_out), renamed)


def _is_allowed(name: str) -> bool:
    return name.rpartition(".")[2].lower() in ALLOWED


def _blocks(pack: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    n_read = 0
    with pack.open(entry) as source:
        while block := source.read(_BLOCK):
            n_read += len(block)
            if n_read > max(_SMALL, entry.compress_size * MAX_RATIO):
                raise PackError(f"{entry.orig_filename[:80]!r} unpacks to far more than its size.", _WHOLE)
            yield block
    if n_read != entry.file_size:
        raise zipfile.BadZipFile(f"{entry.orig_filename[:80]!r} has not the size that is stated")
