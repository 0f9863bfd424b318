from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.domain.audio import AudioClip, Speech, SpeechMark
from companion.gui.stage.visemes import MIN_HOLD_S, Cue, MouthTrack, cues_of, envelope, held, viseme_of

pytestmark = pytest.mark.unit

RATE = 24_000


def tone(seconds: float, level: float = 0.4) -> np.ndarray:
    return (level * np.sin(np.arange(int(seconds * RATE)) * 0.06)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.float32)


def speech(samples: np.ndarray, marks: list[tuple[float, str]], text: str = "你好") -> Speech:
    found = tuple(SpeechMark(int(at * RATE), i, phoneme) for i, (at, phoneme) in enumerate(marks))
    return Speech(AudioClip(samples, RATE), text, found, exact=True)


@pytest.mark.parametrize(
    ("phoneme", "viseme"),
    [
        ("a", "a"),
        ("ɑ", "a"),
        ("ɤ", "e"),
        ("ɕ", "i"),
        ("ʨ", "i"),
        ("u", "u"),
        ("y", "i"),
        ("W", "o"),
        ("ɔ", "o"),
        ("p", "closed"),
        ("m", "closed"),
        ("f", "f"),
        ("v", "f"),
        ("ʂ", None),
        ("t", None),
        ("↘", None),
        ("ˈ", None),
        ("。", "rest"),
        (",", "rest"),
        (" ", None),
    ],
)
def test_phonemes_of_both_languages_have_their_shape(phoneme: str, viseme: str | None) -> None:
    assert viseme == viseme_of(phoneme)


def test_every_vowel_of_the_shipped_voice_has_a_shape() -> None:
    vowels = "AIOQWYaeiouyæɑɐɒɔəɚɛɜɤɨɪɯøœʊʌᵻ"
    assert [vowel for vowel in vowels if viseme_of(vowel) not in ("a", "e", "i", "o", "u")] == []


def test_mandarin_marks_move_the_mouth_at_their_moments() -> None:
    made = cues_of(speech(tone(0.8), [(0.0, "m"), (0.15, "a"), (0.3, "↗"), (0.45, "u")]), 2.0)
    assert [(round(c.at_s, 3), c.viseme) for c in made] == [
        (2.0, "closed"),
        (2.15, "a"),
        (2.45, "u"),
        (2.8, "rest"),
    ]


def test_english_marks_move_the_mouth_at_their_moments() -> None:
    made = cues_of(speech(tone(0.6), [(0.0, "f"), (0.12, "O"), (0.3, "n"), (0.4, "i")], "phony"), 0.0)
    assert [cue.viseme for cue in made] == ["f", "o", "i", "rest"]


def test_quiet_sound_opens_the_mouth_less() -> None:
    loud_then_quiet = np.concatenate([tone(0.4, 0.5), tone(0.4, 0.08)])
    made = cues_of(speech(loud_then_quiet, [(0.0, "a"), (0.4, "o")]), 0.0)
    assert [cue.viseme for cue in made] == ["a", "u", "rest"]


def test_silence_inside_a_shape_closes_the_mouth() -> None:
    gap = np.concatenate([tone(0.3), np.zeros(int(0.4 * RATE), np.float32)])
    made = cues_of(speech(gap, [(0.0, "a")]), 0.0)
    assert [(cue.viseme, round(cue.at_s, 2)) for cue in made] == [("a", 0.0), ("rest", 0.3)]


def test_sound_without_marks_still_moves_the_mouth() -> None:
    made = cues_of(speech(np.concatenate([tone(0.3), np.zeros(RATE // 2, np.float32)]), []), 0.0)
    assert made[0].viseme == "a"
    assert made[-1].viseme == "rest"


def test_an_empty_clip_has_no_cues() -> None:
    assert cues_of(speech(np.zeros(0, np.float32), []), 1.0) == ()


def test_broken_samples_do_not_break_the_envelope() -> None:
    samples = tone(0.1)
    samples[10] = np.nan
    samples[20] = np.inf
    assert np.isfinite(envelope(AudioClip(samples, RATE))).all()


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["a", "i", "u", "closed", "f", "rest"]))))
def test_no_shape_is_held_shorter_than_the_minimum(raw: list[tuple[float, str]]) -> None:
    cues = held(Cue(at, viseme) for at, viseme in sorted(raw))  # type: ignore[arg-type]
    gaps = [b.at_s - a.at_s for a, b in pairwise(cues)]
    assert all(gap >= MIN_HOLD_S - 1e-6 for gap in gaps)


def test_a_shape_too_short_to_be_seen_is_left_out_and_makes_no_other_late() -> None:
    made = held([Cue(0.0, "e"), Cue(0.2, "i"), Cue(0.26, "a"), Cue(0.5, "rest")])
    assert [(cue.viseme, round(cue.at_s, 3)) for cue in made] == [("e", 0.0), ("a", 0.23), ("rest", 0.5)]


def test_edges_of_the_sound_stay_when_a_shape_beside_them_is_left_out() -> None:
    made = held([Cue(0.0, "rest"), Cue(0.3, "i"), Cue(0.35, "a"), Cue(0.6, "o"), Cue(0.66, "rest")])
    assert [(cue.viseme, round(cue.at_s, 3)) for cue in made] == [("rest", 0.0), ("a", 0.3), ("rest", 0.66)]


def test_lips_take_the_time_they_lack_where_it_can_be_spared() -> None:
    made = held([Cue(0.0, "a"), Cue(0.3, "closed"), Cue(0.36, "o"), Cue(0.47, "rest")])
    assert [(cue.viseme, round(cue.at_s, 3)) for cue in made] == [
        ("a", 0.0),
        ("closed", 0.25),
        ("o", 0.36),
        ("rest", 0.47),
    ]


def test_mouth_opens_with_the_sound_and_not_with_a_later_vowel() -> None:
    made = cues_of(speech(np.concatenate([silence(0.3), tone(0.5)]), [(0.3, "s"), (0.42, "a")]), 0.0)
    assert [(cue.viseme, round(cue.at_s, 2)) for cue in made] == [("rest", 0.0), ("a", 0.3), ("rest", 0.8)]


def test_mouth_keeps_its_last_shape_until_the_sound_ends() -> None:
    made = cues_of(speech(np.concatenate([tone(0.5), silence(0.3)]), [(0.0, "a"), (0.4, "。")]), 0.0)
    assert [(cue.viseme, round(cue.at_s, 2)) for cue in made] == [("a", 0.0), ("rest", 0.5)]


def test_hum_without_a_vowel_closes_the_lips() -> None:
    made = cues_of(speech(np.concatenate([tone(0.3), silence(0.3)]), [(0.0, "ŋ"), (0.3, "，")], "嗯，"), 0.0)
    assert [(cue.viseme, round(cue.at_s, 2)) for cue in made] == [("closed", 0.0), ("rest", 0.3)]


def test_time_of_a_stress_belongs_to_the_vowel_that_follows() -> None:
    made = cues_of(speech(tone(0.6), [(0.0, "u"), (0.2, "ˈ"), (0.3, "a")], "oo ah"), 0.0)
    assert [(cue.viseme, round(cue.at_s, 2)) for cue in made] == [("u", 0.0), ("a", 0.2), ("rest", 0.6)]


def test_lips_that_meet_briefly_are_never_lost() -> None:
    made = held([Cue(0.0, "e"), Cue(0.04, "closed"), Cue(0.1, "a")])
    assert [cue.viseme for cue in made] == ["closed", "a"]


def test_a_word_gap_does_not_close_the_mouth() -> None:
    made = cues_of(speech(tone(0.8), [(0.0, "a"), (0.3, " "), (0.4, "o")], "ah oh"), 0.0)
    assert [cue.viseme for cue in made] == ["a", "o", "rest"]


def test_the_track_follows_the_playback_position_over_clauses() -> None:
    track = MouthTrack()
    track.add(speech(tone(0.5), [(0.0, "a")]), 0.0)
    track.add(speech(tone(0.5), [(0.0, "u")]), 0.5)
    assert [track.at(at) for at in (0.2, 0.7, 1.01)] == ["a", "u", "rest"]


def test_a_new_reply_forgets_the_last_one() -> None:
    track = MouthTrack()
    track.add(speech(tone(1.0), [(0.0, "a")]), 4.0)
    track.add(speech(tone(1.0), [(0.0, "o")]), 0.0)
    assert [track.at(at) for at in (0.3, 4.3)] == ["o", "rest"]


def in_chunks(whole: Speech, cuts_s: list[float]) -> list[tuple[float, Speech]]:
    """Return chunks as voices make them: each begins with the mark of the phoneme it begins in."""
    bounds = [0, *(int(cut * RATE) for cut in cuts_s), len(whole.clip.samples)]
    chunks = []
    for first, end in pairwise(bounds):
        marks = [mark for mark in whole.marks if first <= mark.sample < end]
        before = [mark for mark in whole.marks if mark.sample < first][-1:]
        moved = tuple(
            SpeechMark(max(0, mark.sample - first), mark.char, mark.phoneme) for mark in [*before, *marks]
        )
        clip = AudioClip(whole.clip.samples[first:end], RATE)
        last = end == len(whole.clip.samples)
        chunks.append((first / RATE, Speech(clip, whole.text, moved, exact=True, last=last)))
    return chunks


@pytest.mark.parametrize("cuts_s", [[0.2], [0.31, 0.33, 0.9], [0.05, 0.1, 0.15]])
def test_clause_in_chunks_moves_the_mouth_as_the_whole_does(cuts_s: list[float]) -> None:
    loud = np.concatenate([tone(0.6, 0.5), tone(0.3, 0.05), np.zeros(RATE // 5, np.float32)])
    whole = speech(loud, [(0.0, "m"), (0.1, "a"), (0.3, "p"), (0.4, "o"), (0.7, "i")])
    expected, track = MouthTrack(), MouthTrack()
    for one in (expected, track):
        one.add(speech(tone(0.5), [(0.0, "a")]), 0.0)
    expected.add(whole, 0.5)
    for offset_s, chunk in in_chunks(whole, cuts_s):
        track.add(chunk, 0.5 + offset_s)
    times = [0.005 + 0.01 * i for i in range(170)]
    assert [expected.at(at) for at in times] == [track.at(at) for at in times]


def test_chunk_that_has_not_come_yet_leaves_the_mouth_closed() -> None:
    whole = speech(tone(1.0), [(0.0, "a")])
    track = MouthTrack()
    (_, first), (later_s, second) = in_chunks(whole, [0.4])
    track.add(first, 0.0)
    assert [track.at(at) for at in (0.3, 0.6)] == ["a", "rest"]
    track.add(second, later_s)
    assert [track.at(at) for at in (0.3, 0.6)] == ["a", "a"]


def test_short_reply_that_was_cut_off_is_forgotten_by_the_next_one() -> None:
    track = MouthTrack()
    (_, first), _ = in_chunks(speech(tone(1.0), [(0.0, "a")]), [0.4])
    track.add(first, 0.0)
    track.add(speech(tone(0.2), [(0.0, "o")]), 0.0)
    assert [track.at(at) for at in (0.1, 0.3)] == ["o", "rest"]
