"""Archives are unpacked whole or not at all, Chinese names included, and written so that they come back."""

from __future__ import annotations

import importlib.util
import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from companion.errors import PackError
from companion.packs.archive import record_of, unpack, write_archive
from companion.packs.names import clash_key, objection

pytestmark = pytest.mark.unit


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make: Any = _load("pack_maker")
member = make.member


def written(folder: Path, raw: bytes, name: str = "x.charx") -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_allowed_files_are_written_and_the_others_named_again_later(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        make.charx(
            member("assets/a.PNG", b"1"), member("module.risum"), member("run.py"), member("assets/", b"")
        ),
    )
    unpacked = unpack(path, tmp_path / "out")
    assert unpacked.left_out == ("module.risum", "run.py")
    assert names(tmp_path / "out") == [".unpacked.json", "assets/a.PNG", "card.json"]
    assert record_of(tmp_path / "out") == unpacked
    assert record_of(tmp_path / "nowhere").left_out == ()


class Pipe(io.RawIOBase):
    """Takes bytes and cannot go back."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, block: Any) -> int:
        self.content += bytes(block)
        return len(block)


def test_an_archive_written_into_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("card.json", make.raw(make.card()))
        pack.writestr("资产/头像.png", make.picture())
    unpack(written(tmp_path, pipe.content), tmp_path / "out")
    assert "资产/头像.png" in names(tmp_path / "out")


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "shift_jis", "big5"])
def test_unmarked_names_are_read_as_the_card_names_them(tmp_path: Path, encoding: str) -> None:
    name = {"shift_jis": "画像/カード.png", "big5": "資產/頭像.png"}.get(encoding, "资产/头像.png")
    card = make.card(assets=[{"type": "icon", "uri": f"embeded://{name}", "name": "main", "ext": "png"}])
    raw = make.charx(member(name.encode(encoding), make.picture(), flags=0), content=card)
    unpacked = unpack(written(tmp_path, raw), tmp_path / "out")
    assert (tmp_path / "out" / name).is_file()
    assert list(unpacked.renamed.values()) == [name]


def test_a_stated_unicode_name_wins(tmp_path: Path) -> None:
    stored = "头像.png".encode("gbk")
    body = b"\x01" + struct.pack("<I", zlib.crc32(stored)) + "头像.png".encode()
    raw = make.charx(member(stored, flags=0, extra=struct.pack("<HH", 0x7075, len(body)) + body))
    unpack(written(tmp_path, raw), tmp_path / "out")
    assert "头像.png" in names(tmp_path / "out")


def test_a_stated_unicode_name_is_judged_too(tmp_path: Path) -> None:
    stored = "头像.png".encode("gbk")
    body = b"\x01" + struct.pack("<I", zlib.crc32(stored)) + b"../../evil.png"
    raw = make.charx(member(stored, flags=0, extra=struct.pack("<HH", 0x7075, len(body)) + body))
    with pytest.raises(PackError, match="unsafe file name"):
        unpack(written(tmp_path, raw), tmp_path / "out")


def test_an_archive_in_a_jpeg_is_found_before_and_behind_its_start(tmp_path: Path) -> None:
    for n, raw in enumerate((make.jpeg() + make.charx(), make.charx(prefix=make.jpeg()))):
        unpack(written(tmp_path, raw, f"{n}.jpg"), tmp_path / str(n))
        assert "card.json" in names(tmp_path / str(n))


def test_a_refused_archive_leaves_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, make.charx(member("a.txt", b"x" * 99), member("b.txt", crc=1)))
    with pytest.raises(PackError, match="cannot be unpacked"):
        unpack(path, tmp_path / "cache" / "out")
    assert list((tmp_path / "cache").iterdir()) == []


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(bytes(range(256)) * 5_000)
    members = {
        "card.json": make.raw(make.card()),
        "assets/图/头像.png": make.picture(),
        "assets/a.gguf": source,
    }
    target = tmp_path / "x.charx"
    write_archive(target, members)
    first = target.read_bytes()
    write_archive(target, members)
    assert target.read_bytes() == first
    unpack(target, tmp_path / "out")
    assert names(tmp_path / "out") == [".unpacked.json", *sorted(members, key=lambda one: one)]
    assert (tmp_path / "out" / "assets/a.gguf").read_bytes() == source.read_bytes()
    assert names(tmp_path) == sorted(
        [*(f"out/{name}" for name in names(tmp_path / "out")), "a.bin", "x.charx"]
    )


def test_what_may_not_be_unpacked_is_carried_over(tmp_path: Path) -> None:
    secret = bytes(range(256)) * 40
    old = written(
        tmp_path,
        make.charx(
            member("module.risum", secret, method=zipfile.ZIP_DEFLATED),
            member("模块.lua".encode("gbk"), b"2", flags=0),
        ),
    )
    left_out = unpack(old, tmp_path / "out").left_out
    assert left_out == ("module.risum", "模块.lua")
    write_archive(tmp_path / "new.charx", {"card.json": b"{}"}, carry=old, carry_names=left_out)
    with zipfile.ZipFile(tmp_path / "new.charx") as pack:
        assert pack.namelist() == ["card.json", "module.risum", "模块.lua"]
        assert pack.read("module.risum") == secret
        assert pack.testzip() is None


def test_a_failed_write_leaves_the_old_archive(tmp_path: Path) -> None:
    target = written(tmp_path, b"old")
    old = written(tmp_path, make.charx(), "old.charx")
    for options in ({"carry": old, "carry_names": ["gone.bin"]}, {"carry": target, "carry_names": ["a"]}):
        with pytest.raises(PackError):
            write_archive(target, {"card.json": b"{}"}, **options)
    with pytest.raises(PackError, match="unsafe"):
        write_archive(target, {"../evil": b""})
    with pytest.raises(PackError, match="twice"):
        write_archive(target, {"a.txt": b"", "A.txt": b""})
    with pytest.raises(FileNotFoundError):
        write_archive(target, {"a.txt": tmp_path / "gone"})
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["old.charx", "x.charx"]


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        "目录/文件.png",
        "a b.txt",
        "🙂.png",
        "a..b",
        "..a",
        "con1",
        "console.txt",
        "nulls",
        "é",
        "COM10",
        "-",
        "a'b",
    ],
)
def test_ordinary_names_are_not_objected_to(name: str) -> None:
    assert objection(name) == ""


def test_names_that_one_system_confuses_are_the_same() -> None:
    assert clash_key("É.PNG") == clash_key("e\u0301.png")
    assert clash_key("文件") != clash_key("文档")
