"""Writing a file whole or not at all."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.storage.atomic import write_atomic

pytestmark = pytest.mark.unit


def test_content_is_replaced_and_nothing_is_left_beside(tmp_path: Path) -> None:
    path = tmp_path / "设置.toml"
    write_atomic(path, b"old")
    write_atomic(path, "新".encode())
    assert path.read_bytes() == "新".encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_the_mode_is_that_asked_for(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", b"x")
    write_atomic(tmp_path / "b", b"x", mode=0o644)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"]
    assert modes == [0o600, 0o644]


def test_a_missing_folder_is_told_and_a_failed_rename_keeps_the_old(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        write_atomic(tmp_path / "none" / "x", b"x")
    assert caught.value.code == "not_found"
    in_the_way = tmp_path / "folder"
    (in_the_way / "content").mkdir(parents=True)
    with pytest.raises(StorageError):
        write_atomic(in_the_way, b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
