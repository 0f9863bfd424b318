"""Cards are read from and written into PNG files chunk by chunk; the rest of the picture stays as it is."""

from __future__ import annotations

import base64
import importlib.util
import json
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from companion.errors import PackError
from companion.packs.png_chunks import read_card, read_text_chunks, with_text_chunks

pytestmark = pytest.mark.unit


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make: Any = _load("pack_maker")
CARD = make.raw(make.card())


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "x.png"
    path.write_bytes(raw)
    return path


def test_keywords_are_found_in_any_case_and_the_newer_card_wins(tmp_path: Path) -> None:
    path = written(
        tmp_path, make.picture(before=make.text_chunk("Chara", b"old"), after=make.text_chunk("CCv3", CARD))
    )
    assert set(read_text_chunks(path)) == {"chara", "ccv3"}
    assert read_card(path) == CARD


def test_assets_of_risu_keep_their_paths_and_other_text_is_left(tmp_path: Path) -> None:
    chunks = {"chara-ext-asset_:Bild/A.png": b"1", "Chara-Ext-Asset_7": b"2", "ccv3": CARD, "Comment": b"3"}
    path = written(tmp_path, make.picture(after=b"".join(make.text_chunk(*one) for one in chunks.items())))
    found = read_text_chunks(path)
    assert set(found) == {"chara-ext-asset_:Bild/A.png", "chara-ext-asset_7", "ccv3"}
    assert base64.b64decode(found["chara-ext-asset_:Bild/A.png"]) == b"1"


def test_a_card_is_written_before_the_end_and_replaces_the_old_ones(tmp_path: Path) -> None:
    odd = (
        make.chunk(b"prIv", b"\x01\x02") + make.text_chunk("Comment", b"kept") + make.chunk(b"fdAT", bytes(9))
    )
    old = (
        make.text_chunk("chara", b"a") + odd + make.text_chunk("CCV3", b"b") + make.text_chunk("chara", b"c")
    )
    new = {"ccv3": base64.b64encode(CARD), "chara": base64.b64encode(b"{}")}
    out = with_text_chunks(make.picture(before=old), new)
    assert odd in out
    assert out.endswith(make.chunk(b"IEND", b""))
    assert read_text_chunks(written(tmp_path, out)) == new
    assert with_text_chunks(out, {}) == make.picture(before=odd)
    assert with_text_chunks(out, new) == out


def test_writing_into_a_damaged_picture_is_refused() -> None:
    for raw in (b"", b"GIF89a", make.picture()[:-4], make.SIGNATURE):
        with pytest.raises(PackError):
            with_text_chunks(raw, {"ccv3": b""})


def test_a_chinese_card_comes_back_byte_for_byte(tmp_path: Path) -> None:
    content = json.dumps({"name": "林晚", "x": "\r\n 🙂"}, ensure_ascii=False).encode()
    out = with_text_chunks(make.picture(), {"chara": base64.b64encode(content)})
    assert read_card(written(tmp_path, out)) == content


def test_base64_in_lines_is_read(tmp_path: Path) -> None:
    lines = base64.encodebytes(CARD)
    assert read_card(written(tmp_path, make.picture(after=make.chunk(b"tEXt", b"chara\0" + lines)))) == CARD


def test_a_large_picture_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    with path.open("wb") as file:
        head = make.picture()[:-12]
        file.write(head + struct.pack(">I", 200_000_000) + b"IDAT")
        file.seek(200_000_004, 1)
        file.write(make.text_chunk("ccv3", CARD) + make.chunk(b"IEND", b""))
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom companion.packs.png_chunks import read_card\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\nread_card(Path(sys.argv[1]))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=True)
    assert int(done.stdout) * 1024 < 20_000_000


def test_a_picture_of_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(PackError, match="256,000,000"):
        read_card(path)
