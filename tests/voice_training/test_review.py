"""What a user corrects in the table is kept, survives new cuts, and reaches the clips."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from companion.errors import StorageError
from companion.voice_training.clip import Clip
from companion.voice_training.review import (
    BY_HAND,
    Edit,
    Edits,
    applied,
    collect_edits,
    digest_of_clips,
    key_of,
    read_edits,
    save_edits,
    worst_first,
    write_table,
)

pytestmark = pytest.mark.unit

_CLIPS = (
    Clip("0001", "甲.wav", 0.0, 3.0, "你好，世界。", "zh"),
    Clip("0002", "甲.wav", 3.2, 7.0, "=1+1 是二", "zh", flags=("two readings apart", "fast")),
    Clip("0003", "b/c.wav", 0.5, 2.5, "Hello, there", "en", dropped="noise", detail="SNR 8 dB"),
    Clip("0004", "b/c.wav", 3.0, 6.0, "It rains; it pours", "en", flags=("fast",)),
)


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def _rewrite(
    path: Path, changes: dict[str, dict[str, str]], *, separator: str = ",", code: str = "utf-8"
) -> None:
    rows = _rows(path)
    for row in rows:
        row.update(changes.get(row["clip"], {}))
    with path.open("w", encoding=code, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(reversed(rows))


def test_doubts_come_first_and_what_is_fine_last() -> None:
    assert [clip.name for clip in worst_first(_CLIPS)] == ["0002", "0004", "0003", "0001"]


def test_a_table_opens_in_a_spreadsheet_without_doing_harm(tmp_path: Path) -> None:
    path = write_table(tmp_path, _CLIPS, Edits({}))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    first = _rows(path)[0]
    assert (first["keep"], first["text"], first["doubts"]) == (
        "yes",
        "'=1+1 是二",
        "two readings apart; fast",
    )
    assert _rows(path)[2]["why_dropped"] == "noise: SNR 8 dB"
    assert collect_edits(tmp_path, _CLIPS) == Edits({})


@pytest.mark.parametrize(("separator", "code"), [(",", "utf-8-sig"), (";", "gb18030"), ("\t", "utf-8")])
def test_changes_in_the_table_are_read_back(tmp_path: Path, separator: str, code: str) -> None:
    path = write_table(tmp_path, _CLIPS, Edits({}))
    changes = {
        "clips/0001.wav": {"text": "你好，时节。"},
        "clips/0003.wav": {"keep": "是"},
        "clips/0004.wav": {"keep": "No", "text": "It rains"},
    }
    _rewrite(path, changes, separator=separator, code=code)
    edits = collect_edits(tmp_path, _CLIPS)
    assert edits.by_clip == {
        "甲.wav@0.0-3.0": Edit(None, "你好，时节。"),
        "b/c.wav@0.5-2.5": Edit(True, None),
        "b/c.wav@3.0-6.0": Edit(False, "It rains"),
    }
    done = applied(_CLIPS, edits)
    assert [(clip.name, clip.text, clip.dropped) for clip in done] == [
        ("0001", "你好，时节。", None),
        ("0002", "=1+1 是二", None),
        ("0003", "Hello, there", None),
    ]
    assert done[0].given
    assert done[2].flags == (BY_HAND,)


def test_decisions_survive_new_cuts_and_a_new_table(tmp_path: Path) -> None:
    save_edits(tmp_path, Edits({key_of(_CLIPS[0]): Edit(False, "哦")}, reviewed="abc"))
    assert read_edits(tmp_path) == Edits({key_of(_CLIPS[0]): Edit(False, "哦")}, "abc")
    renamed = [replace(clip, name=f"1{clip.name}") for clip in _CLIPS]
    path = write_table(tmp_path, renamed, read_edits(tmp_path))
    row = next(row for row in _rows(path) if row["clip"] == "clips/10001.wav")
    assert (row["keep"], row["text"]) == ("no", "哦")
    assert len(applied(renamed, collect_edits(tmp_path, renamed))) == 3


def test_a_word_that_is_neither_yes_nor_no_is_told_with_its_line(tmp_path: Path) -> None:
    path = write_table(tmp_path, _CLIPS, Edits({}))
    _rewrite(path, {"clips/0001.wav": {"keep": "perhaps"}})
    with pytest.raises(StorageError, match=r"Line 2 of review\.csv says 'perhaps'"):
        collect_edits(tmp_path, _CLIPS)
    path.write_text("text,clip\n", encoding="utf-8")
    with pytest.raises(StorageError, match="lacks the column 'keep'"):
        collect_edits(tmp_path, _CLIPS)


def test_equal_clips_have_equal_digests() -> None:
    assert digest_of_clips(_CLIPS) == digest_of_clips(list(_CLIPS))
    assert digest_of_clips(_CLIPS) != digest_of_clips(_CLIPS[1:])


def test_a_table_of_other_clips_is_not_taken_for_that_of_these(tmp_path: Path) -> None:
    path = write_table(tmp_path, _CLIPS, Edits({}))
    _rewrite(path, {"clips/0001.wav": {"keep": "no"}})
    assert collect_edits(tmp_path, _CLIPS).by_clip
    other = [replace(clip, start_s=clip.start_s + 1) for clip in _CLIPS]
    assert collect_edits(tmp_path, other) == Edits({})
