"""Speech into her turn: when it ducks her, pauses her, and when it was nothing."""

from __future__ import annotations

import pytest

from companion.domain.barge_in import BargeInWatch, Duck, Heard, Pause, Release

pytestmark = pytest.mark.unit

FRAME = 512  # 32 ms
SPEECH, SILENCE, NOISE = (0.95, -30.0), (0.02, -70.0), (0.1, -25.0)


class Ears:
    """Feeds frames of 32 ms and notes the steps with their time in ms."""

    def __init__(self, *, warm: bool = True) -> None:
        self.watch = BargeInWatch()
        self.until = 0
        self.steps: list[tuple[int, object]] = []
        if warm:
            self.hear(SILENCE, 3200)

    def hear(self, sound: tuple[float, float], ms: int, *, is_playing: bool = True) -> list[object]:
        """Hear a sound for so long; return the steps of it."""
        before = len(self.steps)
        for _ in range(round(ms / 32)):
            self.until += FRAME
            probability, level_db = sound
            found = self.watch.feed(probability, FRAME, self.until, level_db=level_db, is_playing=is_playing)
            self.steps += [(self.until * 1000 // 16_000, step) for step in found]
        return [step for _, step in self.steps[before:]]

    def time_of(self, kind: type) -> int:
        return next(ms for ms, step in self.steps if isinstance(step, kind))


def kinds(steps: list[object]) -> list[str]:
    return [type(step).__name__ for step in steps]


def test_speech_ducks_her_and_then_pauses_her() -> None:
    ears = Ears()
    began_ms, onset = ears.until * 1000 // 16_000, ears.until
    steps = ears.hear(SPEECH, 320)
    assert kinds(steps) == ["Duck", "Pause", "Heard"]
    assert ears.time_of(Duck) - began_ms <= 64
    assert 160 <= ears.time_of(Pause) - began_ms <= 200
    assert steps[2] == Heard(onset, onset + 5 * FRAME, final=False)


def test_a_short_sound_ducks_her_and_is_taken_back() -> None:
    ears = Ears()
    steps = ears.hear(SPEECH, 128) + ears.hear(SILENCE, 320)
    assert kinds(steps) == ["Duck", "Release"]
    assert ears.watch.state == "speaking"


def test_doubtful_speech_ducks_her_later_than_certain_speech() -> None:
    doubtful = Ears()
    assert kinds(doubtful.hear((0.3, -30.0), 32)) == []
    assert kinds(doubtful.hear((0.3, -30.0), 32)) == ["Duck"]
    assert kinds(Ears().hear(SPEECH, 32)) == ["Duck"]


def test_a_doubtful_frame_now_and_then_is_not_noticed() -> None:
    ears = Ears()
    steps = [step for _ in range(10) for step in ears.hear((0.3, -30.0), 32) + ears.hear(SILENCE, 128)]
    assert steps == []


def test_a_gap_within_a_word_does_not_count_against_speech() -> None:
    ears = Ears()
    steps = ears.hear(SPEECH, 96) + ears.hear(SILENCE, 64) + ears.hear(SPEECH, 160)
    assert kinds(steps) == ["Duck", "Pause", "Heard"]


def test_nothing_pauses_her_before_the_canceller_has_had_its_time() -> None:
    ears = Ears(warm=False)
    assert kinds(ears.hear(SPEECH, 768)) == ["Duck"]
    assert kinds(ears.hear(SPEECH, 64)) == ["Pause", "Heard"]


def test_before_the_canceller_has_surely_converged_only_long_speech_pauses_her() -> None:
    ears = Ears(warm=False)
    ears.hear(SILENCE, 1600)
    assert kinds(ears.hear(SPEECH, 352)) == ["Duck"]
    assert kinds(ears.hear(SPEECH, 64)) == ["Pause", "Heard"]
    ears = Ears()  # three seconds are over
    assert kinds(ears.hear(SPEECH, 352)) == ["Duck", "Pause", "Heard"]


def test_loud_noise_that_is_no_speech_does_nothing() -> None:
    ears = Ears()
    assert ears.hear(NOISE, 3200) == []


def test_speech_that_does_not_rise_above_the_noise_does_nothing() -> None:
    ears = Ears()
    ears.hear((0.1, -32.0), 25_600)
    assert ears.hear(SPEECH, 640) == []
    assert kinds(ears.hear((0.95, -24.0), 320)) == ["Duck", "Pause", "Heard"]


def test_while_she_is_silent_nothing_is_counted() -> None:
    ears = Ears()
    assert ears.hear(SPEECH, 640, is_playing=False) == []
    assert kinds(ears.hear(SPEECH, 128)) == ["Duck"]


def test_a_duck_ends_with_her_sound() -> None:
    ears = Ears()
    ears.hear(SPEECH, 128)
    assert kinds(ears.hear(SPEECH, 32, is_playing=False)) == ["Release"]


def test_further_speech_is_told_each_quarter_second_and_its_soft_end_as_final() -> None:
    ears = Ears()
    ears.hear(SPEECH, 288)
    steps = ears.hear(SPEECH, 512, is_playing=False) + ears.hear(SILENCE, 320, is_playing=False)
    assert [step.final for step in steps] == [False, False, True]
    again = ears.hear(SPEECH, 288, is_playing=False) + ears.hear(SILENCE, 160, is_playing=False)
    assert [step.final for step in again] == [False, True]


def test_after_a_decision_to_go_on_she_is_left_alone_for_a_second_of_the_same_speech() -> None:
    ears = Ears()
    ears.hear(SPEECH, 320)
    ears.watch.resumed(by_decision=True)
    assert ears.hear(SPEECH, 960) == []
    assert kinds(ears.hear(SPEECH, 288)) == ["Duck", "Pause", "Heard"]


def test_without_a_decision_she_is_left_alone_until_there_is_silence() -> None:
    ears = Ears()
    ears.hear(SPEECH, 320)
    ears.watch.resumed(by_decision=False)
    assert ears.hear(SPEECH, 6400) == []
    assert ears.hear(SILENCE, 224) == []
    assert kinds(ears.hear(SPEECH, 320)) == ["Duck", "Pause", "Heard"]


def test_taken_back_by_hand_a_duck_begins_anew() -> None:
    ears = Ears()
    ears.hear(SPEECH, 128)
    assert ears.watch.release() == [Release()]
    assert ears.watch.release() == []
    assert kinds(ears.hear(SPEECH, 320)) == ["Duck", "Pause", "Heard"]


def test_scattered_sounds_duck_her_without_a_pause() -> None:
    ears = Ears()
    steps = [step for _ in range(12) for step in ears.hear(SPEECH, 32) + ears.hear(SILENCE, 64)]
    assert kinds(steps) == ["Duck"]
