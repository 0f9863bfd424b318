"""What a user hears: speech, what of it counts after an interruption, voices that fail."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from companion.domain import commands as do
from companion.domain import events
from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.ports import Cancel, Voice

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

STORY_ZH = "从前有一座山。山上有一座庙。庙里有一个老和尚。他每天都在给小和尚讲故事。"
STORY_EN = "Once there was a tall mountain. On it stood an old temple. A monk lived there and told stories."
SPOKEN = [("xiaoman", STORY_ZH), ("wren", STORY_EN)]


def speaking(stage: Stage, character: str, reply: str, *, until_char: int = 6, **wishes: object) -> Scene:
    """Return a scene in which she has been heard up to `until_char` characters, with time standing still."""
    scene = stage(replies=[reply], voice=True, **wishes)
    scene.opens(character)
    scene.user_types("讲个故事")
    scene.expect(events.ReplyFinished)
    scene.expect(events.HeardTo, lambda event: event.char >= until_char)
    return scene


@pytest.mark.parametrize(("character", "reply"), SPOKEN)
def test_a_reply_is_spoken_to_its_end(stage: Stage, character: str, reply: str) -> None:
    scene = stage(replies=[reply], voice=True)
    scene.opens(character)
    finished = scene.answered("讲个故事")
    assert finished.message.text == reply
    assert "".join(one.text for one in scene.all(events.ClauseReady)) == reply
    assert scene.all(events.HeardTo)[-1].char == len(reply)
    scene.expect(events.StateChanged, lambda event: event.new == "idle")
    states = [one.new for one in scene.all(events.StateChanged)]
    assert states[-3:] == ["thinking", "speaking", "idle"]
    seconds = sum(one.speech.clip.seconds for one in scene.all(events.SpeechReady))
    assert scene.all(events.HeardTo)[-1].seconds == pytest.approx(seconds, abs=0.05)


@pytest.mark.parametrize(("character", "reply"), SPOKEN)
def test_stop_while_she_speaks_keeps_only_what_was_heard(stage: Stage, character: str, reply: str) -> None:
    scene = speaking(stage, character, reply)
    scene.post(do.Interrupt())
    kept = scene.expect(events.ChatChanged).messages[-1]
    assert 6 <= len(kept.text) < len(reply)
    assert kept.text + kept.unheard == reply
    assert "..." not in kept.text
    assert kept.meta["interrupted"] is True
    played = scene.audio.played.samples
    scene.let_pass(1.0)
    assert not scene.audio.played.samples[len(played) :].any()
    assert [one.interrupted for one in scene.all(events.ReplyFinished)] == [False]
    # It was written to its end, but not said.
    assert [one.interrupted for one in scene.all(events.SpeakingFinished)] == [True]


def test_a_reply_that_is_heard_to_its_end_was_not_interrupted(stage: Stage) -> None:
    scene = stage(replies=["好。"], voice=True)
    scene.opens()
    scene.user_types("在吗")
    assert not scene.expect(events.SpeakingFinished).interrupted


@pytest.mark.parametrize(("character", "reply"), [("xiaoman", "好。"), ("wren", "Yes.")])
def test_of_a_short_reply_too_it_is_told_when_it_was_first_heard(
    stage: Stage, character: str, reply: str
) -> None:
    scene = stage(replies=[reply], voice=True)
    scene.opens(character)
    timings = scene.answered("在吗").timings
    assert timings.first_audio_s is not None
    assert timings.first_clause_s is not None
    assert timings.first_clause_s <= timings.first_audio_s


def test_what_was_not_heard_is_in_no_later_prompt(stage: Stage) -> None:
    scene = speaking(stage, "xiaoman", STORY_ZH)
    scene.post(do.Interrupt())
    kept = scene.expect(events.ChatChanged).messages[-1]
    scene.answered("然后呢")
    history = [one.text for one in scene.mind.prompts[-1].history]
    assert kept.text in history
    assert not any("讲故事" in text for text in history)


def test_an_interruption_of_writing_and_speaking_keeps_what_was_heard(stage: Stage) -> None:
    scene = stage(replies=[STORY_ZH], voice=True)
    scene.mind.hold_at = 20
    scene.opens()
    scene.user_types("讲个故事")
    scene.expect(events.HeardTo, lambda event: event.char >= 4)
    scene.post(do.Interrupt())
    finished = scene.expect(events.ReplyFinished)
    assert finished.interrupted
    assert 4 <= len(finished.message.text) <= 14
    assert finished.message.text + finished.message.unheard == STORY_ZH[:20]


def test_a_typed_message_stops_the_voice_and_keeps_the_whole_text(stage: Stage) -> None:
    scene = speaking(stage, "xiaoman", STORY_ZH)
    scene.user_types("等一下")
    scene.expect(events.UserSaid, lambda event: event.message.text == "等一下")
    stopped = scene.path()[2]
    assert (stopped.text, stopped.unheard) == (STORY_ZH, "")
    assert [one.turn.turn for one in scene.all(events.SpeakingFinished)] == [1]


def test_continue_after_an_interruption_takes_up_what_was_not_heard(stage: Stage) -> None:
    scene = speaking(stage, "xiaoman", STORY_ZH)
    scene.post(do.Interrupt())
    scene.expect(events.ChatChanged)
    scene.options = dataclasses.replace(scene.options, speak=False)
    scene.post(do.Continue())
    assert scene.expect(events.ReplyFinished).message.text == STORY_ZH + STORY_ZH


@pytest.mark.parametrize(
    ("character", "reply", "silent"),
    [
        ("xiaoman", "<think>她在想什么。</think>（倒茶）请坐吧。", "想"),
        ("wren", "<think>what now</think>(pours tea) Please sit down.", "what"),
    ],
)
def test_thoughts_and_gestures_are_not_spoken(stage: Stage, character: str, reply: str, silent: str) -> None:
    scene = stage(replies=[reply], voice=True)
    scene.opens(character)
    scene.answered("?")
    spoken = "".join(one.speech.text for one in scene.all(events.SpeechReady))
    assert spoken in ("请坐吧。", "Please sit down.")
    assert silent not in spoken


def test_replay_speaks_a_message_again_and_changes_nothing(stage: Stage) -> None:
    scene = stage(replies=["你好，请坐。"], voice=True)
    scene.opens()
    message = scene.answered("在吗").message
    n_spoken = len(scene.all(events.SpeechReady))
    before = scene.path()
    scene.post(do.Replay(message.message))
    scene.expect(events.SpeakingFinished)
    assert len(scene.all(events.SpeechReady)) == 2 * n_spoken
    assert before == scene.path()
    assert len(scene.all(events.ReplyFinished)) == 1


def test_a_replay_is_stopped_without_touching_the_message(stage: Stage) -> None:
    scene = stage(replies=[STORY_ZH], voice=True)
    scene.opens()
    message = scene.answered("讲").message
    scene.forget()
    scene.post(do.Replay(message.message))
    scene.expect(events.HeardTo, lambda event: event.char >= 3)
    scene.post(do.Interrupt())
    scene.expect(events.SpeakingFinished)
    assert scene.texts()[-1] == STORY_ZH


def test_the_first_greeting_of_a_new_chat_is_spoken_when_wished(stage: Stage) -> None:
    scene = stage(voice=True)
    scene.options = dataclasses.replace(scene.options, greet_aloud=True)
    scene.opens()
    assert "".join(one.text for one in scene.all(events.ClauseReady)) == "你来啦，阿明。"
    scene.opens("wren")
    assert len(scene.all(events.SpeakingFinished)) == 2
    n_clauses = len(scene.all(events.ClauseReady))
    scene.opens("xiaoman")
    scene.handled()
    assert len(scene.all(events.ClauseReady)) == n_clauses


def test_a_voice_that_cannot_be_loaded_gives_way_to_the_default_one(stage: Stage) -> None:
    scene = stage(replies=["我还是可以说话的。"], voice=True)
    scene.characters["xiaoman"] = dataclasses.replace(
        scene.characters["xiaoman"], voice=VoiceSpec("kokoro", styles=(("xiaoman", 1.0),))
    )
    scene.opens()
    finished = scene.answered("说句话")
    assert [(one.stage, bool(one.hint)) for one in scene.all(events.TurnFailed)] == [("voice", True)]
    assert finished.message.text == "我还是可以说话的。"
    assert scene.all(events.HeardTo)[-1].char == len(finished.message.text)


def test_without_any_voice_the_reply_is_text(stage: Stage) -> None:
    scene = stage(replies=["只有字。没有声音。"], voice=True)
    scene.voice.close()
    scene.opens()
    finished = scene.answered("说句话")
    assert finished.message.text == scene.texts()[-1] == "只有字。没有声音。"
    assert len(scene.all(events.TurnFailed)) == 1
    assert scene.all(events.SpeechReady) == []
    assert scene.answered("再说").message.text == "只有字。没有声音。"


def test_a_slow_loudspeaker_holds_the_writing_back_but_never_the_stop(stage: Stage) -> None:
    """More speech than the queue may hold: the turn waits, and stops at once all the same."""
    scene = stage(replies=["这一句话说了又说。" * 40], voice=True)
    scene.opens()
    scene.user_types("讲")
    scene.expect(events.HeardTo, lambda event: event.char >= 9)
    scene.post(do.Interrupt())
    scene.expect(events.SpeakingFinished)
    queued_s = sum(one.speech.clip.seconds for one in scene.all(events.SpeechReady))
    assert queued_s < 45
    assert 9 <= len(scene.texts()[-1]) < 40


def test_an_emotion_is_shown_before_the_words_are_over(stage: Stage) -> None:
    scene = stage(replies=["（微笑）见到你真好。"], voice=True)
    scene.opens()
    finished = scene.answered("你好")
    emotions = scene.all(events.EmotionChanged)
    assert [one.emotion for one in emotions] == ["happy"]
    assert finished.message.meta["emotion"] == "happy"
    assert scene.seen.index(emotions[0]) < scene.seen.index(finished)


@pytest.mark.parametrize("how", ["stop", "key"])
def test_she_falls_silent_within_150_ms_of_the_stop_and_history_is_what_was_heard(
    stage: Stage, how: str
) -> None:
    """Twenty times at twenty places; the sound itself is measured, in virtual time."""
    scene = stage(replies=[STORY_ZH], voice=True)
    scene.opens()
    scene.post(do.Listen("push_to_talk"))
    for n in range(20):
        scene.user_types("讲")
        scene.expect(events.UserSaid)
        scene.expect(events.HeardTo, lambda event, n=n: event.char > n)  # type: ignore[misc]
        at = len(scene.audio.played.samples)
        with scene.standing_time():
            scene.post(do.Interrupt() if how == "stop" else do.Talk(True))
        scene.expect(events.SpeakingFinished)
        scene.post(do.Talk(False))
        scene.handled()
        after = scene.audio.played
        audible = np.flatnonzero(np.abs(after.samples[at:]) > 0.003)
        assert (audible[-1] + 1 if len(audible) else 0) / after.rate_hz <= 0.150
        kept = scene.path()[-1]
        assert STORY_ZH.startswith(kept.text + kept.unheard)
        assert n < len(kept.text) <= n + 12


def test_a_mind_that_never_ends_is_ended(stage: Stage) -> None:
    scene = stage(replies=["哈" * 5_000])
    limit = scene.characters["xiaoman"].sampling.max_tokens
    scene.opens()
    assert len(scene.answered("笑一个").message.text) <= limit


class _SlowVoice:
    """The demo voice; its first clause takes until the mind has written on, or a while without."""

    def __init__(self, voice: Voice, wrote_on: threading.Event) -> None:
        self._voice, self._wrote_on = voice, wrote_on
        self.written_meanwhile: bool | None = None

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        if self.written_meanwhile is None:
            self.written_meanwhile = self._wrote_on.wait(0.3)
        yield from self._voice.synthesise(clause, cancel, voice=voice)

    def close(self) -> None:
        self._voice.close()


def test_the_mind_rests_while_the_first_clause_is_made(stage: Stage) -> None:
    scene = stage(voice=True, replies=["你好呀，今天想喝什么茶？我刚烧好水。"])
    scene.opens()
    wrote_on = threading.Event()
    voice = _SlowVoice(scene.voice, wrote_on)
    scene.engines.voice.put(voice)

    def note(event: events.Event) -> None:
        is_later = any(isinstance(one, events.ClauseReady) for one in scene.seen)
        if is_later and isinstance(event, events.ReplyDelta):
            wrote_on.set()

    scene.bus.subscribe(note)
    scene.answered("你好")
    assert wrote_on.is_set()
    assert voice.written_meanwhile is False


@pytest.mark.parametrize("fillers", [True, False])
def test_where_an_answer_is_long_in_coming_she_may_make_a_sound_that_is_no_part_of_it(
    stage: Stage, fillers: bool
) -> None:
    scene = stage(voice=True, replies=["好的。"], lines=["明天我们去哪里？"])
    scene.options = dataclasses.replace(scene.options, fillers=fillers)
    scene.mind.hold_at = 0
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.let_pass(0.5)
    scene.user_speaks(0.8)
    said = scene.expect(events.UserSaid)
    if fillers:
        assert scene.expect(events.SpeechReady).speech.text == "嗯……"
        scene.expect(events.StateChanged, lambda event: event.new == "speaking")
        assert {one.char for one in scene.all(events.HeardTo)} <= {0}
    scene.mind.go()
    finished = scene.expect(events.ReplyFinished)
    scene.expect(events.SpeakingFinished, lambda event: event.turn == said.turn)
    sounds = list(dict.fromkeys(one.speech.text for one in scene.all(events.SpeechReady)))
    assert sounds == (["嗯……", "好的。"] if fillers else ["好的。"])
    assert scene.all(events.HeardTo)[-1].char == len("好的。")
    assert finished.timings.first_audio_s is not None
    assert finished.timings.first_clause_s is not None
    assert finished.timings.first_clause_s <= finished.timings.first_audio_s
    assert [one.text for one in scene.path()][1:] == ["明天我们去哪里？", "好的。"]
