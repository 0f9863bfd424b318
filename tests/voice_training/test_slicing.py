"""Recordings are cut at pauses into clips of a length that can be trained on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import write_wav
from companion.voice_training.outline import FRAME_S, Outline, outline
from companion.voice_training.recordings import find_recordings
from companion.voice_training.slicing import LONGEST_S, SHORTEST_S, Slice, slices
from companion.voice_training.transcripts import Line

pytestmark = pytest.mark.unit


def heard(*parts: float) -> Outline:
    """Return the outline of speech and pauses in turn, seconds, beginning with a pause."""
    speech: list[float] = []
    for number, seconds in enumerate(parts):
        speech += [0.95 if number % 2 else 0.02] * round(seconds / FRAME_S)
    probabilities = np.asarray(speech, np.float32)
    return Outline(
        probabilities, np.where(probabilities > 0.5, -20, -70).astype(np.float32), len(speech) * FRAME_S
    )


def ends(found: Sequence[Slice]) -> list[float]:
    return [second for one in found for second in (one.start_s, one.end_s)]


def near(*seconds: float) -> object:
    """The frames are of 32 ms, so that lengths of parts are rounded to them."""
    return pytest.approx(list(seconds), abs=0.1)


def test_sentences_parted_by_pauses_become_clips_with_little_silence() -> None:
    assert ends(slices(heard(1, 4, 1.5, 6, 2))) == near(0.9, 5.1, 6.4, 12.6)


def test_short_sentences_close_together_are_joined() -> None:
    assert ends(slices(heard(0.5, 1.2, 0.5, 1.4, 0.5, 1.0, 3, 4, 0.5))) == near(0.36, 5.3, 8.0, 12.3)


def test_short_word_far_from_everything_stays_too_short() -> None:
    found = slices(heard(0.5, 4, 3, 0.6, 3, 4, 0.5))
    assert [one.seconds < SHORTEST_S for one in found] == [False, True, False]


def test_short_word_goes_to_the_nearer_neighbour() -> None:
    assert ends(slices(heard(0.5, 9.5, 0.5, 0.6, 0.9, 9.5, 0.5))) == near(0.4, 11.2, 11.9, 21.7)


def test_speech_without_a_pause_is_cut_where_it_is_quietest_and_says_so() -> None:
    long = heard(1, 25, 1)
    dip = round(8.5 / FRAME_S)
    long.level_db[dip - 2 : dip + 3] = -45
    long.speech[dip - 2 : dip + 3] = 0.6
    found = slices(long)
    assert found[0].end_s == pytest.approx(8.5, abs=0.1)
    assert all(one.forced and SHORTEST_S <= one.seconds <= LONGEST_S for one in found)
    assert (found[0].start_s, found[-1].end_s) == (
        pytest.approx(0.85, abs=0.05),
        pytest.approx(26.15, abs=0.05),
    )


@pytest.mark.parametrize("seed", range(20))
def test_clips_never_overlap_and_lose_no_speech(seed: int) -> None:
    rng = np.random.default_rng(seed)
    recording = heard(
        *(x for _ in range(40) for x in (rng.exponential(0.7) + 0.05, rng.gamma(2.0, 1.8) + 0.1)), 0.5
    )
    found = slices(recording)
    assert all(one.end_s <= other.start_s + 1e-6 for one, other in pairwise(found))
    assert max(one.seconds for one in found) <= LONGEST_S
    covered = np.zeros(len(recording.speech), bool)
    for one in found:
        covered[int(one.start_s / FRAME_S) : int(np.ceil(one.end_s / FRAME_S))] = True
    assert covered[recording.speech > 0.5].all()


def test_recording_without_speech_is_one_piece_without_speech() -> None:
    (only,) = slices(heard(20))
    assert (only.start_s, only.speech_s) == (0.0, 0.0)
    assert only.end_s == pytest.approx(20, abs=0.1)


def test_text_of_the_whole_keeps_the_recording_in_one_piece() -> None:
    line = Line("今天天气很好，我们去公园吧。", "zh")
    (only,) = slices(heard(1, 2, 1.5, 3, 1), (line,))
    assert only.line == line
    assert ends([only]) == near(0.85, 7.65)


def test_long_recording_with_one_text_is_cut_and_each_piece_has_a_part_of_it() -> None:
    line = Line("很长的一段话。", "zh")
    found = slices(heard(1, 6, 1, 5, 1, 4, 1), (line,))
    assert [(one.line, one.shared) for one in found] == [(line, True)] * 3
    assert ends(found) == near(0.85, 7.15, 7.85, 13.15, 13.85, 18.15)


def test_subtitles_take_the_speech_in_their_time() -> None:
    lines = (
        Line("你好。", "zh", 0.8, 4.9),
        Line("Nobody says this.", "en", 5.1, 5.4),
        Line("第二句。", "zh", 6.0, 9.0),
        Line("第三句。", "zh", 9.0, 12.7),
    )
    found = slices(heard(1, 4, 1.5, 6, 2), lines)
    assert [one.line.text for one in found if one.line] == ["你好。", "第二句。", "第三句。"]
    assert ends(found) == near(0.85, 5.15, 6.35, 9.0, 9.0, 12.65)
    assert [one.forced for one in found] == [False, True, True]


class Threshold:
    """Speech wherever there is sound, and a memory that `reset` must clear."""

    def __init__(self) -> None:
        self.n_resets = 0

    def probabilities(self, samples: np.ndarray) -> np.ndarray:
        padded = np.pad(samples, (0, -len(samples) % 512))
        return (np.abs(padded).reshape(-1, 512).max(axis=1) > 0.01).astype(np.float32)

    def reset(self) -> None:
        self.n_resets += 1


def test_outline_follows_the_recording_across_blocks(tmp_path: Path) -> None:
    sound = np.zeros(44_100 * 35, np.float32)
    sound[44_100 * 8 : 44_100 * 12] = 0.1
    sound[44_100 * 34 :] = 0.1
    write_wav(tmp_path / "a.wav", sound, 44_100)
    (recording,) = find_recordings(tmp_path).recordings
    detector = Threshold()
    told: list[float] = []
    found = outline(recording, detector, told.append)
    assert detector.n_resets == 1
    assert found.seconds == pytest.approx(35.0, abs=0.001)
    assert told[-1] == pytest.approx(35.0, abs=0.001)
    assert len(found.speech) == len(found.level_db) == int(np.ceil(35 / FRAME_S))
    assert [(round(one.start_s, 1), round(one.end_s, 1)) for one in slices(found)] == [
        (7.8, 12.2),
        (33.8, 35.0),
    ]
    assert found.level_db[int(10 / FRAME_S)] == pytest.approx(-20.0, abs=0.2)
