"""The named corpus of hostile packs and cards: each has the verdict of its row, and its message names what is wrong."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import stat
import struct
import sys
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from companion.domain.character import PackReport
from companion.errors import CompanionError
from companion.packs.archive import ALLOWED
from companion.packs.install import install
from companion.packs.library import report_on

pytestmark = pytest.mark.fault


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make: Any = _load("pack_maker")
member, charx = make.member, make.charx
DEFLATED = zipfile.ZIP_DEFLATED


@dataclass(frozen=True)
class Row:
    """A file and what becomes of it: `words` stand in the message; `verdict` is `loaded` or `refused`."""

    name: str
    suffix: str
    build: Callable[[], bytes]
    verdict: str
    words: tuple[str, ...] = ()


def odd_name(name: str, file: str | bytes, *words: str, **more: Any) -> Row:
    return Row(name, ".charx", lambda: charx(member(file, **more)), "refused", words)


def zip_row(name: str, build: Callable[[], bytes], verdict: str, *words: str) -> Row:
    return Row(name, ".charx", build, verdict, words)


def json_row(name: str, content: bytes | Callable[[], bytes], verdict: str, *words: str) -> Row:
    return Row(name, ".json", content if callable(content) else lambda: content, verdict, words)


def png_row(name: str, build: Callable[[], bytes], verdict: str, *words: str) -> Row:
    return Row(name, ".png", build, verdict, words)


def with_data(**fields: Any) -> bytes:
    content: bytes = make.raw(make.card(**fields))
    return content


def with_entry(**fields: Any) -> bytes:
    content: bytes = make.raw(make.book([make.entry(**fields)]))
    return content


CARD = make.raw(make.card())
UNIX_LINK = struct.pack("<HHIIHH", 0x000D, 12 + 11, 0, 0, 0, 0) + b"/etc/passwd"
ACCENT = "é.txt"

NAMES = [
    *(
        odd_name(f"zip-slip {n}", path, "unsafe file name")
        for n, path in enumerate(
            (
                "../evil.txt", "a/../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:\\evil.txt",
                "C:evil.txt", "//server/share/evil.txt", "a/./../b/../../evil.txt", "..",
            )
        )
    ),
    odd_name("NUL in a name", b"good.txt\0.py", "control character"),
    odd_name("line end in a name", "a\nb.txt", "control character"),
    odd_name("reversing mark in a name", "txt.\u202egnp.txt", "control character"),
    odd_name("device CON", "CON.txt", "device"),
    odd_name("device nul below a folder", "assets/nul", "device"),
    odd_name("device COM1", "com1.png", "device"),
    odd_name("device LPT with a superscript", "LPT².txt", "device"),
    odd_name("second stream of a file", "a.txt:evil", "colon"),
    odd_name("trailing dot", "a.txt.", "dot or a space"),
    odd_name("trailing space", "a.txt ", "dot or a space"),
    odd_name("folder with a trailing dot", "a./b.txt", "dot or a space"),
    odd_name("double slash", "a//b.txt", "empty part"),
    odd_name("very long name", "a" * 300 + ".txt", "longer than"),
    odd_name("very long path", "/".join(["ab"] * 200) + ".txt", "longer than"),
    odd_name("very deep path", "/".join("a" * 30) + ".txt", "deep"),
    odd_name("UTF-8 mark on other bytes", b"\xff\xfe.txt", "cannot be unpacked"),
    odd_name("the card twice", "card.json", "twice", "card.json"),
    odd_name("the card in capitals", "CARD.JSON", "twice"),
    zip_row("one name twice", lambda: charx(member("a.txt"), member("a.txt", b"y")), "refused", "twice"),
    zip_row("names that differ in case", lambda: charx(member("a.txt"), member("A.TXT")), "refused", "twice"),
    zip_row(
        "composed and decomposed accents",
        lambda: charx(member(ACCENT), member(unicodedata.normalize("NFD", ACCENT))),
        "refused",
        "twice",
    ),
    zip_row(
        "sharp s and double s", lambda: charx(member("ß.txt"), member("ss.txt")), "refused", "twice"
    ),
    zip_row("a file that is a folder", lambda: charx(member("a"), member("a/b.txt")), "refused", "both as"),
    zip_row("Chinese names", lambda: charx(member("资产/头像.txt")), "loaded"),
    zip_row(
        "Chinese names of a Windows tool",
        lambda: charx(member("资产/头像.txt".encode("gbk"), flags=0)),
        "loaded",
    ),
    zip_row("hidden files of macOS", lambda: charx(member("__MACOSX/._card.json"), member(".DS_Store")), "loaded"),
    zip_row("a folder around the pack", lambda: make.archive([member("林晚/card.json", CARD)]), "loaded"),
]  # fmt: skip
KINDS = [
    odd_name("symbolic link", "a.txt", "link", mode=stat.S_IFLNK | 0o777),
    odd_name("hard link", "a.txt", "link", mode=stat.S_IFREG | 0o644, extra=UNIX_LINK),
    odd_name("block device", "a.txt", "device", mode=stat.S_IFBLK | 0o644),
    odd_name("character device", "a.txt", "device", mode=stat.S_IFCHR | 0o644),
    odd_name("pipe", "a.txt", "device", mode=stat.S_IFIFO | 0o644),
    odd_name("socket", "a.txt", "device", mode=stat.S_IFSOCK | 0o644),
    odd_name("encrypted member", "a.txt", "encrypted", flags=0x801),
    odd_name("strongly encrypted member", "a.txt", "encrypted", flags=0x841),
    odd_name("packed with LZMA", "a.txt", "method 14", method=14),
    odd_name("packed with bzip2", "a.txt", "method 12", method=12),
    odd_name("packed in an unknown way", "a.txt", "method 99", method=99),
    zip_row("a program", lambda: charx(member("run.exe", b"MZ"), member("x.py"), member("y.so")), "loaded"),
    zip_row(
        "an archive in the archive", lambda: charx(member("inner.zip", charx()), member("b.charx")), "loaded"
    ),
]
SIZES = [
    zip_row(
        "100,000 members",
        lambda: make.archive([member("card.json", CARD), *(member(f"{n}.txt") for n in range(100_000))]),
        "refused",
        "files",
        "1,000",
    ),
    zip_row(
        "more members than its end states",
        lambda: make.archive(
            [member("card.json", CARD), *(member(f"{n}.txt") for n in range(5_000))], count=1
        ),
        "refused",
        "1,000",
    ),
    zip_row(
        "a thousandfold ratio",
        lambda: charx(member("a.txt", b"0" * 20_000_000, method=DEFLATED)),
        "refused",
        "far more than its size",
    ),
    zip_row(
        "a ratio hidden by a false size",
        lambda: charx(member("a.txt", b"0" * 20_000_000, method=DEFLATED, size=100)),
        "refused",
        "cannot be unpacked",
    ),
    zip_row("overlapping members", lambda: make.overlapping(200), "refused", "overlap"),
    zip_row(
        "a member inside the directory", lambda: charx(member("a.txt", at=90)), "refused", "cannot be unpacked"
    ),
    zip_row("a size that is too small", lambda: charx(member("a.txt", b"12345", size=2)), "refused", "cannot"),
    zip_row(
        "a size that is too large",
        lambda: charx(member("a.txt", b"1" * 999, method=DEFLATED, size=5_000)),
        "refused",
        "cannot be unpacked",
    ),
    zip_row(
        "a packed size beyond the file", lambda: charx(member("a.txt", packed_size=1 << 30)), "refused", "overlap"
    ),
    zip_row("a size of 4 GB", lambda: charx(member("a.txt", size=0xFFFFFFFE)), "refused", "far more"),
    zip_row("a wrong checksum", lambda: charx(member("a.txt", crc=7)), "refused", "cannot be unpacked"),
    zip_row(
        "two names for one member", lambda: charx(member("a.txt", local_name=b"../b.t")), "refused", "cannot"
    ),
    zip_row("a damaged stream", lambda: charx(member("a.txt", b"\xff" * 50, method=DEFLATED)).replace(
        member("a", b"\xff" * 50, method=DEFLATED).packed, b"\xff" * len(
            member("a", b"\xff" * 50, method=DEFLATED).packed)), "refused", "cannot be unpacked"),
    zip_row("ZIP64 with true sizes", lambda: make.zip64(CARD), "loaded"),
    zip_row(
        "ZIP64 that states a huge size",
        lambda: charx(
            member("a.txt", size=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 1 << 60), version=45)
        ),
        "refused",
        "far more",
    ),
    zip_row("an empty file", lambda: b"", "refused", "no ZIP"),
    zip_row("a cut archive", lambda: charx()[:-30], "refused", "no ZIP"),
    zip_row("an archive without a card", lambda: make.archive([member("a.txt")]), "refused", "no card.json"),
    zip_row("an archive of nothing", lambda: make.archive([]), "refused", "no card.json"),
    Row("an archive behind a picture", ".jpg", lambda: make.jpeg() + charx(), "loaded"),
    Row("an archive after a picture", ".jpeg", lambda: charx(prefix=make.jpeg()), "loaded"),
    Row("a plain picture", ".jpg", lambda: make.jpeg(), "refused", ("no ZIP",)),
]  # fmt: skip
JSON = [
    json_row("depth 100,000", b"[" * 100_000, "refused", "nested more than 32"),
    json_row("depth 40 in a field", with_data(x=0).replace(b'"x": 0', b'"x": ' + b"[" * 40 + b"]" * 40),
             "refused", "32"),
    json_row("a number of 5,000 digits", with_data(x=0).replace(b'"x": 0', b'"x": ' + b"9" * 5_000),
             "refused", "data.x", "5,000 digits", "300"),
    json_row("NaN", with_data(x=float("nan")), "refused", "data.x", "NaN"),
    json_row("Infinity", with_data(x=float("-inf")), "refused", "data.x", "-Infinity"),
    json_row("1e999", with_data(x=0).replace(b'"x": 0', b'"x": 1e999'), "refused", "data.x", "1e999"),
    json_row("a key twice", with_data(x=0).replace(b'"x": 0', b'"x": 0, "x": 1'), "refused", "data.x", "twice"),
    json_row("a lone surrogate", with_data(x=0).replace(b'"x": 0', b'"x": "\\ud800"'), "loaded"),
    json_row("a lone surrogate as name", CARD.replace("林晚".encode(), b"\\udc00"), "loaded"),
    json_row("NUL in the text", with_data(description="a\0b"), "loaded"),
    json_row("a byte order mark", b"\xef\xbb\xbf" + CARD, "loaded"),
    json_row("UTF-16", CARD.decode().encode("utf-16"), "loaded"),
    json_row("UTF-16 without a mark", CARD.decode().encode("utf-16-le"), "refused", "UTF-8"),
    json_row("GBK", CARD.decode().encode("gbk"), "loaded"),
    json_row("Big5", '{"name": "渡口", "first_mes": "你來啦，裡邊請！"}'.encode("big5"), "refused", "UTF-8"),
    json_row("9 MB of text", lambda: with_data(description="x" * 9_000_000), "refused", "8,000,000"),
    json_row("millions of empty lists", lambda: b'{"a":[' + b"[]," * 2_000_000 + b"0]}", "refused", "300,000"),
    json_row("an unfinished string", lambda: b'{"a":"' + b'\\"' * 1_000_000, "refused", "not valid JSON"),
    json_row("no object", b'["a"]', "refused", "no JSON object"),
    json_row("nothing", b"", "refused", "not valid JSON"),
    json_row("a card without a name", with_data(name=""), "refused", "no name"),
    json_row("a name that is a list", with_data(name=["a"], description=3), "loaded"),
    json_row("100,000 lore entries", lambda: make.raw(make.book([{"keys": ["a"], "content": "b"}] * 100_000)),
             "refused", "300,000"),
    json_row("5,000 lore entries", lambda: make.raw(make.book([make.entry()] * 5_000)), "loaded"),
    json_row("lore that calls itself", lambda: make.raw(
        make.book([make.entry(keys=["猫"], content="猫")] * 50, recursive_scanning=True)), "loaded"),
    json_row("1e308 as a depth", with_entry(extensions={"depth": 1e308, "scan_depth": 1e308}), "loaded"),
    json_row("-1 as a count", with_entry(extensions={"sticky": -1, "cooldown": -1, "probability": -1}), "loaded"),
    json_row("2^63 as an order", with_entry(insertion_order=2**63, priority=2**63), "loaded"),
    json_row("2^63 as a budget", lambda: make.raw(make.book([], token_budget=2**63, scan_depth=-1)), "loaded"),
    json_row("300 digits as a depth", with_entry(extensions={"depth": 10**299, "delay": 10**299}), "loaded"),
    json_row("a book that is a number", with_data(character_book=7), "loaded"),
    json_row("entries that are numbers", lambda: make.raw(make.book([1, None, "a", [], {}])), "loaded"),
    json_row("every list an object", with_data(alternate_greetings={}, tags={}, assets={}), "loaded"),
    json_row("assets outside the pack", with_data(assets=[
        {"type": "icon", "uri": f"embeded://{uri}", "name": "main", "ext": "png"}
        for uri in ("../../etc/passwd", "/etc/passwd", "a\\..\\b", "CON", "\0")]), "loaded"),
]  # fmt: skip
PICTURES = [
    png_row("100k x 100k pixels", lambda: make.picture(size=(100_000, 100_000), after=make.text_chunk("ccv3", CARD)),
            "refused", "100,000 x 100,000", "40,000,000"),
    png_row("0 x 0 pixels", lambda: make.picture(size=(0, 0), after=make.text_chunk("ccv3", CARD)), "refused", "0 x 0"),
    png_row("20 MB of text", lambda: make.picture(after=make.text_chunk("ccv3", b"x" * 15_000_000)),
            "refused", "bytes", "allowed"),
    png_row("20 MB of other text", lambda: make.picture(
        after=make.text_chunk("comment", b"x" * 15_000_000) + make.text_chunk("ccv3", CARD)), "loaded"),
    png_row("a compressed card", lambda: make.picture(
        after=make.chunk(b"zTXt", b"ccv3\0\0" + b"x" * 9)), "refused", "compressed"),
    png_row("a compressed bomb beside a card", lambda: make.picture(
        before=make.chunk(b"zTXt", b"bomb\0\0" + b"\x78\x9c" * 999), after=make.text_chunk("chara", CARD)), "loaded"),
    png_row("two V2 cards", lambda: make.picture(
        before=make.text_chunk("chara", CARD), after=make.text_chunk("chara", CARD)), "refused", "two cards"),
    png_row("two cards in other case", lambda: make.picture(
        before=make.text_chunk("ccv3", CARD), after=make.text_chunk("CCV3", CARD)), "refused", "two cards"),
    png_row("V3 and V2 side by side", lambda: make.picture(
        after=make.text_chunk("ccv3", CARD) + make.text_chunk("chara", CARD)), "loaded"),
    png_row("a card before the pixels", lambda: make.picture(before=make.text_chunk("ccv3", CARD)), "loaded"),
    png_row("a card behind the pixels", lambda: make.picture(after=make.text_chunk("ccv3", CARD)), "loaded"),
    png_row("a card behind the end", lambda: make.picture(end=make.text_chunk("ccv3", CARD)),
            "refused", "no character"),
    png_row("a wrong checksum", lambda: make.picture(after=make.text_chunk("ccv3", CARD, crc=1)),
            "refused", "checksum"),
    png_row("10,000 frames", lambda: make.picture(
        after=make.chunk(b"fcTL", bytes(26)) * 10_000 + make.text_chunk("ccv3", CARD)), "loaded"),
    png_row("200,000 chunks", lambda: make.picture(
        after=make.chunk(b"fdAT", b"") * 200_000 + make.text_chunk("ccv3", CARD)), "refused", "100,000"),
    png_row("a chunk of 2 GB", lambda: make.picture()[:-12] + struct.pack(">I", 1 << 31) + b"tEXt" + b"ccv3",
            "refused", "cut off"),
    png_row("no size of the picture", lambda: make.SIGNATURE + make.text_chunk("ccv3", CARD), "refused", "begin"),
    png_row("a card that is no base64", lambda: make.picture(after=make.chunk(b"tEXt", b"ccv3\0%%%x")),
            "refused", "x"),
    png_row("a private card", lambda: make.picture(after=make.text_chunk("ccv3", b"rcc||x")), "refused", "private"),
    png_row("a GIF", lambda: b"GIF89a" + bytes(20), "refused", "not a PNG"),
    png_row("an SVG", lambda: b"<svg onload='x'/>", "refused", "not a PNG"),
    png_row("a web page", lambda: b"<html><script>", "refused", "not a PNG"),
    png_row("half a picture", lambda: make.picture(after=make.text_chunk("ccv3", CARD))[:60], "refused", "cut off"),
]  # fmt: skip
ROWS = [*NAMES, *KINDS, *SIZES, *JSON, *PICTURES]


def judged(row: Row, folder: Path) -> PackReport:
    path = folder / "place" / f"x{row.suffix}"
    path.parent.mkdir(parents=True)
    path.write_bytes(row.build())
    return report_on(path, cache=folder / "cache")


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_corpus_is_complete() -> None:
    assert len(ROWS) >= 80
    assert len({(row.name, row.suffix) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.suffix[1:]}: {row.name}" for row in ROWS])
def test_the_verdict_is_that_of_the_table(row: Row, tmp_path: Path) -> None:
    (tmp_path / "witness.txt").write_text("untouched", encoding="utf-8")
    report = judged(row, tmp_path)
    assert ("loaded" if report.character else "refused") == row.verdict, report.problems
    fatal = [problem for problem in report.problems if problem.fatal]
    assert len(fatal) == (row.verdict == "refused")
    told = " ".join(f"{problem.where} {problem.what} {problem.hint}" for problem in fatal)
    assert [word for word in row.words if word not in told] == []
    if fatal:
        assert f"x{row.suffix}" in told
    files = tree(tmp_path)
    assert [name for name in files if name.split(os.sep)[0] not in ("cache", "place", "witness.txt")] == []
    if fatal:
        assert [name for name in files if name.startswith("cache")] == []


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.suffix[1:]}: {row.name}" for row in ROWS])
def test_installing_has_the_same_verdict_and_a_refusal_leaves_nothing(row: Row, tmp_path: Path) -> None:
    path, characters = tmp_path / f"x{row.suffix}", tmp_path / "characters"
    path.write_bytes(row.build())
    if row.verdict == "loaded":
        assert install(path, characters, cache=tmp_path / "cache").character is not None
        assert [one.name for one in characters.iterdir()] == ["x"]
        assert {
            one.suffix.lstrip(".").lower() for one in characters.rglob("*") if one.is_file()
        } <= ALLOWED | {row.suffix[1:]}
    else:
        with pytest.raises(CompanionError):
            install(path, characters, cache=tmp_path / "cache")
        assert list(characters.iterdir()) == []


def test_a_kind_that_is_never_opened_is_left_out_and_told(tmp_path: Path) -> None:
    row = next(row for row in KINDS if row.name == "a program")
    report = judged(row, tmp_path)
    assert {problem.where for problem in report.problems} >= {"run.exe", "x.py", "y.so"}
    assert {path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()} == {".json"}


def test_names_of_a_windows_tool_are_read_as_chinese(tmp_path: Path) -> None:
    row = next(row for row in NAMES if row.name == "Chinese names of a Windows tool")
    judged(row, tmp_path)
    assert [path.name for path in (tmp_path / "cache").rglob("*.txt")] == ["头像.txt"]


def test_control_pythons_own_extraction_is_fooled(tmp_path: Path) -> None:
    """What this corpus refuses, `extractall` writes: doubled, device and stream names all arrive."""
    pack = tmp_path / "x.charx"
    pack.write_bytes(charx(member("../evil.txt"), member("a.txt:evil"), member("CON.txt"), member("run.py")))
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(tmp_path / "out")
    written = {path.name for path in (tmp_path / "out").rglob("*")}
    assert {"evil.txt", "a.txt:evil", "CON.txt", "run.py"} <= written
