"""Figures of recordings whose truth is known by construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from companion.cli.benchmarks.voice.recording import Recording, find

pytestmark = pytest.mark.unit

_RATE = 24_000


def _speech(seconds: float, seed: int) -> np.ndarray:
    """Return noise with the loudness of syllables, about four a second."""
    dice = np.random.default_rng(seed)
    n = int(seconds * _RATE)
    at = np.arange(n) / _RATE
    envelope = 0.1 + np.abs(np.sin(2 * np.pi * 2.0 * at))
    return (0.1 * envelope * dice.standard_normal(n)).astype(np.float32)


def _recording(
    hers: np.ndarray, clips: list[np.ndarray], start: int, *, last: list[bool] | None = None
) -> Recording:
    made, at = [], 0
    for clip, is_last in zip(clips, last or [True] * len(clips), strict=True):
        made.append({"turn": 1, "revision": 0, "begin": at, "n": len(clip), "last": is_last, "at_s": 0.0})
        at += len(clip)
    log: dict[str, Any] = {
        "told": [{"name": "PlaybackStarted", "sample": start, "at": start, "turn": 1, "revision": 0}],
        "outcomes": [],
        "made": made,
        "origin_s": 100.0,
        "underruns": 0,
        "late_ms": {"p99": 0.0, "max": 0.0},
    }
    return Recording(np.zeros_like(hers), hers, np.concatenate(clips), log, _RATE)


def _silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * _RATE), np.float32)


def _s(seconds: float) -> int:
    return int(seconds * _RATE)


def test_her_first_sound_is_found_to_the_sample() -> None:
    clip = np.full(_s(0.5), 0.1, np.float32)
    recording = _recording(np.concatenate([_silence(1.25), clip]), [clip], _s(1.25))
    assert recording.first_sound(_s(0.5)) == _s(1.25)
    assert recording.first_sound(0, _s(1.0)) is None


def test_silence_that_no_clip_holds_is_a_gap() -> None:
    clips = [_speech(0.6, 1), _speech(0.5, 2), _speech(0.7, 3)]
    hers = np.concatenate([_silence(0.3), clips[0], clips[1], _silence(0.4), clips[2], _silence(0.2)])
    recording = _recording(hers, clips, _s(0.3), last=[False, True, True])
    gaps = recording.gaps(recording.replies[0])
    assert [gap.in_clause for gap in gaps] == [True, False]
    assert gaps[0].seconds == pytest.approx(0.0, abs=0.001)
    assert gaps[1].seconds == pytest.approx(0.4, abs=0.001)


def test_a_voice_that_is_left_alone_is_untouched() -> None:
    clip = _speech(4.0, 4)
    recording = _recording(np.concatenate([_silence(0.2), clip]), [clip], _s(0.2))
    reaction = recording.reaction(_s(1.0))
    assert reaction is not None
    assert reaction.effect == "untouched"


def test_a_duck_is_dated_by_her_loudness_against_what_was_made() -> None:
    clip = _speech(4.0, 5)
    heard = clip.copy()
    heard[_s(1.1) : _s(1.6)] *= 0.2
    recording = _recording(np.concatenate([_silence(0.2), heard]), [clip], _s(0.2))
    reaction = recording.reaction(_s(1.2))
    assert reaction is not None
    assert reaction.effect == "ducked"
    assert reaction.duck_s == pytest.approx(0.1, abs=0.015)


def test_a_pause_that_ends_is_no_stop() -> None:
    clip = _speech(4.0, 6)
    hers = np.concatenate([_silence(0.2), clip[: _s(1.3)], _silence(0.5), clip[_s(1.2) :]])
    reaction = _recording(hers, [clip], _s(0.2)).reaction(_s(1.2))
    assert reaction is not None
    assert reaction.effect == "resumed"
    assert reaction.stop_s == pytest.approx(0.3, abs=0.015)
    assert reaction.resume_s == pytest.approx(0.5, abs=0.015)


def test_a_stop_is_dated_and_her_next_words_are_no_resuming() -> None:
    clip = _speech(4.0, 7)
    hers = np.concatenate([_silence(0.2), clip[: _s(1.25)], _silence(1.0), _speech(2.0, 8)])
    reaction = _recording(hers, [clip], _s(0.2)).reaction(_s(1.2))
    assert reaction is not None
    assert reaction.effect == "stopped"
    assert reaction.stop_s == pytest.approx(0.25, abs=0.015)


def test_her_next_reply_is_no_resuming_although_it_begins_alike() -> None:
    clip = _speech(4.0, 7)
    hers = np.concatenate([_silence(0.2), clip[: _s(1.25)], _silence(1.0), clip[_s(1.1) : _s(2.0)]])
    recording = _recording(hers, [clip], _s(0.2))
    again = {"name": "PlaybackStarted", "sample": _s(2.45), "at": _s(2.45), "turn": 2, "revision": 0}
    log = {"told": [*recording.told, again], "outcomes": [], "origin_s": 0.0, "underruns": 0, "late_ms": {}}
    made = [{"turn": 1, "revision": 0, "begin": 0, "n": len(clip), "last": True, "at_s": 0.0}]
    both = Recording(recording.user, hers, recording.made, {**log, "made": made}, _RATE)
    reaction = both.reaction(_s(1.2))
    assert reaction is not None
    assert reaction.effect == "stopped"


def test_a_stop_at_the_end_of_what_was_made_is_a_stop() -> None:
    clip = _speech(1.3, 16)
    hers = np.concatenate([_silence(0.2), clip[: _s(1.2)], _silence(3.0)])
    recording = _recording(hers, [clip], _s(0.2))
    assert recording.reaction(_s(1.1)) is not None
    assert recording.reaction(_s(1.1)).effect != "stopped"  # type: ignore[union-attr]
    ended = {"name": "PlaybackEnded", "sample": _s(1.6), "turn": 1, "revision": 0, "stopped": True}
    recording.told.append(ended)
    reaction = recording.reaction(_s(1.1))
    assert reaction is not None
    assert reaction.effect == "stopped"
    assert reaction.stop_s == pytest.approx(0.3, abs=0.015)


def test_a_voice_that_comes_late_is_no_pause_because_of_the_user() -> None:
    clips = [_speech(1.5, 17), _speech(1.5, 18)]
    hers = np.concatenate([_silence(0.2), clips[0], _silence(0.6), clips[1]])
    recording = _recording(hers, clips, _s(0.2))
    made = {"turn": 1, "revision": 0, "n": _s(1.5), "last": True}
    late = [{**made, "begin": 0, "at_s": 0.0}, {**made, "begin": _s(1.5), "at_s": 2.15}]
    log = {
        "told": recording.told,
        "made": late,
        "outcomes": [],
        "origin_s": 0.0,
        "underruns": 0,
        "late_ms": {},
    }
    reaction = Recording(recording.user, hers, recording.made, log, _RATE).reaction(_s(1.0))
    assert reaction is not None
    assert reaction.effect == "untouched"


def test_a_pause_of_her_own_is_no_stop() -> None:
    clip = np.concatenate([_speech(1.0, 9), _silence(0.4), _speech(1.0, 10)])
    reaction = _recording(np.concatenate([_silence(0.2), clip]), [clip], _s(0.2)).reaction(_s(1.0))
    assert reaction is not None
    assert reaction.effect == "untouched"


def test_a_sound_while_she_is_silent_does_nothing_to_her() -> None:
    clip = _speech(1.0, 11)
    hers = np.concatenate([_silence(0.2), clip, _silence(3.0)])
    assert _recording(hers, [clip], _s(0.2)).reaction(_s(3.0)) is None


def test_a_sound_is_found_at_any_loudness_and_another_is_not() -> None:
    sound = _speech(0.1, 12)
    where = np.concatenate([_speech(1.0, 13), 0.3 * sound, _speech(1.0, 14)])
    assert find(sound, where) == pytest.approx(_s(1.0), abs=1)
    assert find(_speech(0.1, 15), where) is None
