"""Saved KV states as files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from companion.engines.language_models.kept_states import MAX_FILES, KeptStates, file_identity

pytestmark = pytest.mark.unit

TOKENS = [1, 2, 3]


def test_a_state_comes_back_under_the_same_circumstances_only(tmp_path: Path) -> None:
    states = KeptStates(tmp_path, "model A")
    assert states.write("小雨", "", TOKENS, b"state")
    assert states.read("小雨", "", TOKENS) == b"state"
    assert states.read("小雨", "style*1", TOKENS) is None
    assert states.read("小雨", "", [1, 2, 4]) is None
    assert states.read("Rain", "", TOKENS) is None
    assert KeptStates(tmp_path, "model B").read("小雨", "", TOKENS) is None


@pytest.mark.parametrize("at", [0, 9, 20, -1])
def test_a_changed_byte_is_noticed_and_the_file_removed(tmp_path: Path, at: int) -> None:
    states = KeptStates(tmp_path, "model")
    states.write("小雨", "", TOKENS, b"state" * 9)
    (file,) = tmp_path.iterdir()
    raw = bytearray(file.read_bytes())
    raw[at] ^= 1
    file.write_bytes(raw)
    assert states.read("小雨", "", TOKENS) is None
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_states_leave(tmp_path: Path) -> None:
    states = KeptStates(tmp_path, "model")
    for index in range(MAX_FILES + 3):
        states.write(f"角色{index}", "", TOKENS, b"state")
        newest = max(tmp_path.glob("*.kv"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (index, index))
    assert len(list(tmp_path.glob("*.kv"))) == MAX_FILES
    assert states.read("角色0", "", TOKENS) is None
    assert states.read(f"角色{MAX_FILES + 2}", "", TOKENS) == b"state"


def test_left_overs_of_a_killed_writer_are_removed(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"half")
    KeptStates(tmp_path, "model").write("小雨", "", TOKENS, b"state")
    assert [path.suffix for path in tmp_path.iterdir()] == [".kv"]


def test_the_identity_of_a_file_follows_its_ends_and_its_time(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    seen = set()
    for raw in (b"a" * 200_000, b"a" * 199_999 + b"b", b"b" + b"a" * 199_999):
        path.write_bytes(raw)
        os.utime(path, (1, 1))
        seen.add(file_identity(path))
    os.utime(path, (2, 2))
    seen.add(file_identity(path))
    assert len(seen) == 4
