"""The recordings of a Chinese base: which lines are read, and that reading goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from companion.domain.audio import AudioClip, Speech
from companion.domain.character import VoiceSpec
from companion.ports import Cancel
from companion.training.chinese_base import Reading, levelled, lines_of, read_aloud

pytestmark = pytest.mark.unit
STORY = (
    "第一回  甄士隐梦幻识通灵\r\n\r\n今日天气真好．我们去园里看花罢！好。看那2只鸟儿飞过来了。"
    "今日天气真好．\nHe said nothing to 他们的朋友。"
)


class Hummer:
    """A voice that hums as long as the line is, and counts."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        del cancel, voice
        self.lines.append(clause)
        samples = 0.1 * np.sin(np.arange(4_800 * len(clause)) / 20, dtype=np.float32)
        yield Speech(AudioClip(samples.astype(np.float32), 24_000), clause)

    def close(self) -> None:
        pass


def test_only_plain_chinese_sentences_are_read_and_each_once() -> None:
    assert list(lines_of(STORY)) == ["第一回甄士隐梦幻识通灵", "今日天气真好。", "我们去园里看花罢！"]


def test_reading_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason="soxr is not installed")
    text = tmp_path / "书.txt"
    text.write_text(STORY, encoding="utf-8")
    first, second = Hummer(), Hummer()

    read_aloud(Reading(text, tmp_path / "out", "zf_xiaoxiao", 0.001, 1, None), first)
    clips = read_aloud(Reading(text, tmp_path / "out", "zf_xiaoxiao", 10.0, 1, None), second)

    assert (len(first.lines), len(second.lines)) == (1, 2)
    assert [clip["split"] for clip in clips] == ["held_out", "train", "train"]
    assert all(clip["ids"][:2] == [1, 0] and clip["ids"][-1] == 2 for clip in clips)


def test_recordings_have_one_level_and_short_edges() -> None:
    time = np.arange(22_050) / 22_050
    quiet = np.concatenate([np.zeros(9_000), 0.05 * np.sin(900 * time), np.zeros(9_000)]).astype(np.float32)

    sound = levelled(quiet)

    assert len(sound) < 22_050 + 5_000
    assert np.sqrt(np.mean(np.square(sound[4_000:18_000]))) == pytest.approx(10 ** (-22 / 20), rel=0.15)
