"""What a child process does to the characters folder while it is killed.

Run as `pack_workload.py FOLDER WORKLOAD VARIANT`. The variant `naive` is the control: it copies into place.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import sys
import zipfile
import zlib
from pathlib import Path

from companion.packs.install import clean, install, remove
from companion.packs.library import Library

WORKLOADS = ("install", "update", "replace_file", "remove")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\0"))
    + _chunk(b"IEND", b"")
)


def archive(path: Path, version: str) -> None:
    card = {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": {
            "name": "林晚",
            "description": version,
            "first_mes": "你来啦。",
            "assets": [{"type": "icon", "uri": "embeded://assets/a.png", "name": "main", "ext": "png"}],
        },
    }
    with zipfile.ZipFile(path, "w") as pack:
        pack.writestr("card.json", json.dumps(card))
        pack.writestr("assets/a.png", _PNG)
        pack.writestr("assets/x_lore/other/书.txt", version * 3_000)


def prepare(folder: Path) -> None:
    """Fill `folder` with two installed packs, one dropped file, two archives and a chat log."""
    folder.mkdir(parents=True)
    for version in ("old", "new"):
        archive(folder / f"{version}.charx", version)
    for name in ("x", "kept"):
        shutil.copyfile(folder / "old.charx", folder / f"{name}.charx")
        install(folder / f"{name}.charx", folder / "characters", cache=folder / "cache")
        (folder / f"{name}.charx").unlink()
    shutil.copyfile(folder / "old.charx", folder / "characters" / "file.charx")
    (folder / "chats.sqlite3").write_bytes(b"chats" * 1_000)


def run(folder: Path, workload: str) -> None:
    characters, cache = folder / "characters", folder / "cache"
    if workload == "install":
        install(folder / "new.charx", characters, cache=cache)
    elif workload == "update":
        install(folder / "new.charx", characters, cache=cache, replace="x")
    elif workload == "replace_file":
        install(folder / "new.charx", characters, cache=cache, replace="file")
    else:
        remove(characters / "x")


def run_naively(folder: Path, workload: str) -> None:
    target = folder / "characters" / ("new" if workload == "install" else "x")
    if target.exists():
        shutil.rmtree(target)
    with zipfile.ZipFile(folder / "new.charx") as pack:
        for name in pack.namelist():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(pack.read(name))


def state(folder: Path) -> dict[str, str]:
    """Return every visible pack with a hash of its files, after tidying up; broken ones and leftovers are named."""
    characters = folder / "characters"
    found = {f"before {name}": what for name, what in _broken(folder).items()}
    clean(characters)
    found |= _broken(folder)
    for path in sorted(characters.iterdir()):
        if path.name.startswith("."):
            found[path.name] = "left over"
        else:
            digest = hashlib.sha256()
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    digest.update(f"{file.relative_to(path)}".encode() + file.read_bytes())
            found[path.name] = digest.hexdigest()
    found["chats"] = hashlib.sha256((folder / "chats.sqlite3").read_bytes()).hexdigest()
    return found


def _broken(folder: Path) -> dict[str, str]:
    library = Library([folder / "characters"], bundled=folder / "none", cache=folder / "cache")
    return {
        f"{one.id} broken": one.problems[0].what
        for one in library.reports()
        if one.character is None or one.character.face.portrait is None
    }


if __name__ == "__main__":
    (run if sys.argv[3] == "good" else run_naively)(Path(sys.argv[1]), sys.argv[2])
