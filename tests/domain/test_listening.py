"""When an utterance begins, pauses, resumes and ends."""

from __future__ import annotations

import pytest

from companion.domain.listening import Began, Completed, Listener, ListenRules, Ongoing, Paused, Resumed

pytestmark = pytest.mark.unit

FRAME = 512
MS = 16


def run(listener, *spans, level_db=-120.0):
    """Feed (probability, milliseconds) spans in frames of 32 ms; return all decisions."""
    decisions = []
    for probability, ms in spans:
        for _ in range(round(ms / 32)):
            decisions += listener.feed(probability, FRAME, level_db=level_db)
    return decisions


def kinds(decisions):
    return [type(each) for each in decisions]


def test_utterance_has_lead_in_soft_end_and_end():
    began, paused, completed = run(Listener(), (0.0, 640), (0.95, 960), (0.0, 640))
    assert began == Began(640 * MS)
    assert paused.first == (640 - 350) * MS
    assert paused.end == 1600 * MS
    assert paused.until - paused.end == 128 * MS
    assert completed == Completed(paused.first, paused.end, paused.until, True)


def test_lead_in_does_not_reach_before_the_stream():
    decisions = run(Listener(), (0.95, 320), (0.0, 640))
    assert decisions[-1].first == 0


def test_next_utterance_does_not_repeat_the_end_of_the_last():
    listener = Listener(ListenRules(end_silence_ms=192))
    decisions = run(listener, (0.95, 320), (0.0, 192), (0.95, 320), (0.0, 640))
    first, second = [each for each in decisions if isinstance(each, Completed)]
    assert second.first >= first.until


def test_pause_shorter_than_the_soft_end_is_not_told():
    decisions = run(Listener(), (0.95, 320), (0.1, 96), (0.95, 320), (0.0, 640))
    assert kinds(decisions) == [Began, Paused, Completed]


def test_speech_after_a_soft_end_takes_it_back():
    decisions = run(Listener(), (0.95, 320), (0.0, 320), (0.95, 320), (0.0, 640))
    assert kinds(decisions) == [Began, Paused, Resumed, Paused, Completed]
    assert decisions[2].at == 640 * MS
    assert decisions[-1].first == decisions[1].first


def test_speech_begun_at_the_last_moment_still_belongs_to_the_utterance():
    decisions = run(Listener(), (0.95, 320), (0.0, 544), (0.95, 320), (0.0, 640))
    assert kinds(decisions) == [Began, Paused, Resumed, Paused, Completed]


def test_click_after_a_soft_end_does_not_hold_up_the_end():
    decisions = run(Listener(), (0.95, 320), (0.0, 256), (0.9, 32), (0.0, 640))
    assert kinds(decisions) == [Began, Paused, Completed]
    assert decisions[-1].same_as_pause


def test_wavering_voice_is_one_utterance():
    decisions = run(Listener(), (0.95, 320), (0.45, 320), (0.95, 320), (0.0, 640))
    assert kinds(decisions) == [Began, Paused, Completed]


@pytest.mark.parametrize("ms", [128, 160, 250])
def test_one_syllable_passes(ms):
    assert kinds(run(Listener(), (0.0, 320), (0.93, ms), (0.0, 640))) == [Began, Paused, Completed]


@pytest.mark.parametrize(("probability", "ms"), [(0.99, 64), (0.6, 128), (0.45, 2000), (0.7, 96)])
def test_clicks_and_coughs_are_passed_over(probability, ms):
    assert run(Listener(), (0.0, 320), (probability, ms), (0.0, 640)) == []


def test_doubtful_speech_is_taken_when_it_lasts():
    assert kinds(run(Listener(), (0.65, 400), (0.0, 640))) == [Began, Paused, Completed]


def test_endless_speech_is_cut_at_the_limit_and_goes_on():
    decisions = run(Listener(ListenRules(longest_s=2.0, ongoing_ms=9000)), (0.95, 3200), (0.0, 640))
    assert kinds(decisions) == [Began, Completed, Began, Paused, Completed]
    assert decisions[1].until - decisions[1].first == pytest.approx(2.0 * 16_000, abs=FRAME)
    assert not decisions[1].same_as_pause


def test_speech_that_goes_on_is_told_now_and_then_and_its_pauses_are_not():
    decisions = run(Listener(ListenRules(ongoing_ms=960)), (0.95, 2400), (0.0, 320), (0.95, 800), (0.0, 640))
    assert kinds(decisions) == [Began, Ongoing, Ongoing, Paused, Resumed, Paused, Completed]
    assert [each.until - decisions[1].until for each in decisions[1:3]] == [0, 960 * MS]
    assert {each.first for each in decisions if isinstance(each, Ongoing | Completed)} == {decisions[1].first}


def test_key_up_ends_at_once():
    listener = Listener()
    listener.press()
    assert kinds(run(listener, (0.95, 640))) == [Began]
    assert listener.release() == [Completed(0, 640 * MS, 640 * MS, False)]


def test_held_key_survives_a_long_pause():
    listener = Listener()
    listener.press()
    assert kinds(run(listener, (0.95, 320), (0.0, 3200), (0.95, 320))) == [Began, Paused, Resumed]
    assert kinds(listener.release()) == [Completed]


def test_key_up_after_a_soft_end_keeps_its_clip():
    listener = Listener()
    listener.press()
    paused = run(listener, (0.95, 320), (0.0, 320))[-1]
    assert listener.release() == [Completed(paused.first, paused.end, paused.until, True)]


def test_loud_sound_under_the_key_counts_though_the_detector_is_unsure():
    listener = Listener()
    listener.press()
    run(listener, (0.1, 96), level_db=-60.0)
    run(listener, (0.1, 320), level_db=-25.0)
    assert kinds(listener.release()) == [Began, Completed]


def test_steady_noise_under_the_key_does_not_count():
    listener = Listener()
    listener.press()
    run(listener, (0.1, 640), level_db=-35.0)
    assert listener.release() == []


def test_short_syllable_under_the_key_counts():
    listener = Listener()
    listener.press()
    run(listener, (0.95, 64))
    assert kinds(listener.release()) == [Began, Completed]


def test_cut_ends_an_open_utterance_once():
    listener = Listener()
    run(listener, (0.95, 320))
    assert kinds(listener.cut()) == [Completed]
    assert listener.cut() == []


def test_reset_forgets_and_leaves_no_lead_in():
    listener = Listener()
    run(listener, (0.95, 320))
    listener.reset()
    decisions = run(listener, (0.95, 320), (0.0, 640))
    assert decisions[-1].first == 320 * MS


def test_an_utterance_may_be_asked_to_be_over_sooner_or_later():
    for silence_ms in (256, 1600):
        listener = Listener()
        run(listener, (0.95, 320), (0.0, 160))
        assert listener.end_after(silence_ms) == []
        run(listener, (0.0, silence_ms - 192))
        assert listener.is_open
        assert kinds(run(listener, (0.0, 64))) == [Completed]


def test_an_utterance_that_has_been_silent_so_long_is_over_at_once():
    listener = Listener()
    run(listener, (0.95, 320), (0.0, 320))
    assert kinds(listener.end_after(300)) == [Completed]
    assert not listener.is_open


def test_an_utterance_is_never_over_before_its_soft_end():
    listener = Listener()
    run(listener, (0.95, 320))
    assert listener.end_after(0) == []
    assert kinds(run(listener, (0.95, 320), (0.0, 128))) == [Began, Paused, Completed][1:]


def test_asking_again_replaces_what_was_asked_before():
    listener = Listener()
    run(listener, (0.95, 320), (0.0, 160))
    listener.end_after(256)
    listener.end_after(1600)
    assert kinds(run(listener, (0.0, 1280))) == []


def test_what_was_asked_holds_through_resumed_speech_and_for_no_later_utterance():
    listener = Listener()
    run(listener, (0.95, 320), (0.0, 160))
    listener.end_after(256)
    assert kinds(run(listener, (0.95, 320), (0.0, 256))) == [Resumed, Paused, Completed]
    assert kinds(run(listener, (0.95, 320), (0.0, 512))) == [Began, Paused]
    assert kinds(run(listener, (0.0, 64))) == [Completed]


def test_without_an_open_utterance_nothing_is_asked():
    listener = Listener()
    assert listener.end_after(0) == []
    assert kinds(run(listener, (0.95, 320), (0.0, 512))) == [Began, Paused]
