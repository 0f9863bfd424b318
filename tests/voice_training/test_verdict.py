from __future__ import annotations

import pytest

from companion.voice_training.clip import Clip
from companion.voice_training.verdict import judge, level_of

pytestmark = pytest.mark.unit


def clip(name: str, seconds: float = 6.0, text: str = "今天天气很好。", **figures: float) -> Clip:
    return Clip(name, "a.wav", 0.0, seconds, text=text, language="zh").measured(**figures)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0.0, "nothing"), (3.0, "similar"), (59.0, "similar"), (60.0, "preview"), (299.0, "preview"), (300.0, "good"),
     (1799.0, "good"), (1800.0, "best")],
)  # fmt: skip
def test_minutes_decide_what_recordings_are_good_for(seconds: float, level: str) -> None:
    assert level_of(seconds) == level


def test_minutes_are_counted_by_what_was_kept_and_why_the_rest_was_not() -> None:
    clips = [
        *(clip(f"{number:04}") for number in range(20)),
        clip("0020", 5.0).drop("noise", "SNR 8 dB"),
        clip("0021", 7.0).drop("noise", "SNR 9 dB"),
        clip("0022", 3.0).drop("music", "flat"),
        clip("0023").doubt("unsure"),
    ]
    verdict = judge(clips, "zh")
    assert (verdict.n_kept, verdict.kept_s, verdict.level, verdict.can_train) == (21, 126.0, "preview", True)
    assert [(one.reason, one.n_clips, one.seconds) for one in verdict.dropped] == [
        ("noise", 2, 12.0),
        ("music", 1, 3.0),
    ]
    assert (verdict.dropped_s, verdict.n_flagged) == (15.0, 1)


def test_a_single_short_clip_is_enough_for_a_similar_voice_only() -> None:
    verdict = judge([clip("0001", 3.0)], "zh")
    assert (verdict.level, verdict.can_train, len(verdict.record_next)) == ("similar", False, 20)


def test_no_clip_at_all_still_says_what_to_record() -> None:
    verdict = judge([], "en")
    assert (verdict.level, verdict.n_kept, len(verdict.record_next)) == ("nothing", 0, 20)


def test_histograms_hold_every_kept_clip_that_was_measured() -> None:
    clips = [clip(str(number), ovrl=3.0 + number / 10) for number in range(5)] + [
        clip("9", ovrl=9.0),
        clip("8"),
    ]
    shown = {one.figure: one for one in judge(clips, "zh").histograms}
    assert sum(shown["ovrl"].counts) == 6
    assert shown["ovrl"].counts[-1] == 1
    assert sum(shown["seconds"].counts) == 7
    assert "snr_db" not in shown


def test_clips_spoken_much_faster_are_named() -> None:
    clips = [clip(str(number), syllables_per_s=4.0) for number in range(6)] + [
        clip("fast", syllables_per_s=8.0)
    ]
    assert judge(clips, "zh").odd_speed == ("fast",)
