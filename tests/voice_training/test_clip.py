"""Clips keep their first reason, and survive a file."""

from __future__ import annotations

import pytest

from companion.errors import StorageError
from companion.voice_training.clip import Clip, clips_from_json, clips_to_json

pytestmark = pytest.mark.unit


def test_first_reason_stays_and_later_figures_are_added() -> None:
    clip = Clip("0001", "录音 一.wav", 1.0, 3.5)
    dropped = clip.drop("noise", "SNR 7 dB", snr_db=7.0).drop("music", "BAK 2.1", bak=2.1)
    assert (dropped.dropped, dropped.detail) == ("noise", "SNR 7 dB")
    assert dict(dropped.figures) == {"snr_db": 7.0, "bak": 2.1}
    assert clip.dropped is None


def test_doubts_are_kept_once_and_in_order() -> None:
    clip = Clip("0001", "a.wav", 0.0, 2.0).doubt("slow").doubt("unsure", "slow", "two_ways")
    assert clip.flags == ("slow", "unsure", "two_ways")


def test_list_of_clips_survives_a_file() -> None:
    clips = [
        Clip(
            "0001", "文件夹/录音 一.flac", 0.25, 3.5, "你好，世界。", "zh", "happy", True, ("slow",)
        ).measured(snr_db=31.4159265),
        Clip("0002", "b.wav", 0.0, 1.0, "Hello.", "en").drop("too_short", "1.0 s"),
    ]
    assert clips_from_json(clips_to_json(clips)) == [clips[0].measured(snr_db=31.4159), clips[1]]


@pytest.mark.parametrize("broken", ["{", "[1]", '[{"name": "1"}]', '[{"dropped": "ugly"}]', '{"a": 1}'])
def test_broken_list_of_clips_is_refused_with_a_hint(broken: str) -> None:
    with pytest.raises(StorageError) as refused:
        clips_from_json(broken)
    assert refused.value.code == "clips"
    assert refused.value.hint
