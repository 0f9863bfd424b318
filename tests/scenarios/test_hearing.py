"""What happens when the user speaks: recognition, push-to-talk, interruption by voice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

LONG = "从前有一座山。山上有一座庙。庙里有一个老和尚。他每天都在给小和尚讲故事。"


def listening(stage: Stage, mode: str = "hands_free", **wishes: object) -> Scene:
    scene = stage(**wishes)
    scene.opens()
    scene.post(do.Listen(mode))  # type: ignore[arg-type]
    if mode == "hands_free":
        scene.expect(events.ListeningChanged, lambda event: event.is_open)
        scene.let_pass(0.5)
    return scene


@pytest.mark.parametrize(
    ("line", "reply"), [("今天天气怎么样", "下雨了。"), ("How is the weather", "It rains.")]
)
def test_what_was_said_is_answered(stage: Stage, line: str, reply: str) -> None:
    scene = listening(stage, lines=[line], replies=[reply])
    scene.user_speaks()
    said = scene.expect(events.UserSaid)
    assert (said.message.text, said.spoken) == (line, True)
    assert scene.expect(events.ReplyFinished).message.text == reply
    partials = [one.text for one in scene.all(events.UserPartial)]
    assert partials == [line, ""]
    assert "hearing" in [one.new for one in scene.all(events.StateChanged)]


def test_speech_that_goes_on_after_a_pause_is_one_utterance(stage: Stage) -> None:
    scene = listening(stage, lines=["我想", "我想说的是你好"])
    scene.user_speaks(0.8)
    scene.user_speaks(0.8, in_s=0.8 + 0.35)
    said = scene.expect(events.UserSaid)
    scene.expect(events.SpeakingFinished)
    scene.let_pass(2.0)
    scene.handled()
    assert [one.message.text for one in scene.all(events.UserSaid)] == [said.message.text]
    assert said.message.text == "我想说的是你好"


def test_a_noise_that_is_no_speech_says_nothing(stage: Stage) -> None:
    scene = listening(stage, lines=[""])
    scene.user_speaks()
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.expect(events.StateChanged, lambda event: event.new == "listening")
    assert scene.all(events.UserSaid) == []
    assert scene.mind.prompts == []


def test_a_recogniser_that_fails_tells_why_and_listening_goes_on(stage: Stage) -> None:
    scene = listening(stage)
    scene.recogniser.close()
    scene.user_speaks()
    failed = scene.expect(events.TurnFailed)
    assert failed.stage == "recogniser"
    assert "closed" in failed.what
    assert scene.expect(events.StateChanged).new == "listening"
    scene.user_types("那我打字")
    assert scene.expect(events.ReplyFinished).message.text


@pytest.mark.parametrize("half_duplex", [True, False])
def test_push_to_talk_stops_her_and_keeps_what_was_heard(stage: Stage, half_duplex: bool) -> None:
    scene = stage(voice=True, replies=[LONG, "好。"], lines=["停一下"], half_duplex=half_duplex)
    scene.opens()
    scene.post(do.Listen("push_to_talk"))
    scene.user_types("讲")
    scene.expect(events.HeardTo, lambda event: event.char >= 6)
    scene.post(do.Talk(True))
    kept = scene.expect(events.ChatChanged).messages[-1]
    assert kept.text + kept.unheard == LONG
    assert 6 <= len(kept.text) < len(LONG)
    scene.user_speaks(0.6)
    scene.let_pass(0.7)
    scene.post(do.Talk(False))
    assert scene.expect(events.UserSaid).message.text == "停一下"
    assert scene.expect(events.ReplyFinished).message.text == "好。"
    assert kept.text in [one.text for one in scene.mind.prompts[-1].history]


def test_the_microphone_of_push_to_talk_is_open_only_while_the_key_is_down(stage: Stage) -> None:
    scene = listening(stage, "push_to_talk")
    scene.post(do.Talk(True))
    assert scene.expect(events.ListeningChanged).is_open
    scene.post(do.Talk(False))
    assert not scene.expect(events.ListeningChanged).is_open
    assert scene.all(events.UserSaid) == []


def test_without_headphones_her_own_voice_is_not_heard(stage: Stage) -> None:
    scene = listening(stage, voice=True, replies=[LONG], half_duplex=True)
    scene.user_types("讲")
    scene.expect(events.HeardTo, lambda event: event.char >= 3)
    scene.user_speaks(1.0)
    scene.expect(events.SpeakingFinished)
    scene.let_pass(1.0)
    scene.handled()
    assert [one.message.text for one in scene.all(events.UserSaid)] == ["讲"]
    assert scene.all(events.HeardTo)[-1].char == len(LONG)


def test_with_headphones_the_user_may_interrupt_by_speaking(stage: Stage) -> None:
    scene = listening(stage, voice=True, replies=[LONG, "你说。"], lines=["等等，后来呢"], half_duplex=False)
    scene.user_types("讲")
    scene.expect(events.HeardTo, lambda event: event.char >= 3)
    scene.user_speaks(0.6)
    said = scene.expect(events.UserSaid)
    assert said.message.text == "等等，后来呢"
    told = next(one for one in scene.path() if one.message == said.message.parent)
    assert told.text + told.unheard == LONG
    assert 3 <= len(told.text) < len(LONG)
    scene.expect(events.ReplyFinished, lambda event: event.message.text == "你说。")


def test_switching_the_microphone_off_drops_what_was_being_said(stage: Stage) -> None:
    scene = listening(stage)
    scene.user_speaks(3.0)
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.post(do.Listen("off"))
    scene.expect(events.StateChanged, lambda event: event.new == "idle")
    scene.let_pass(4.0)
    scene.handled()
    assert scene.all(events.UserSaid) == []


def test_typing_while_the_user_is_heard_is_answered_first(stage: Stage) -> None:
    scene = listening(stage, lines=["说的话"], replies=["一", "二"])
    scene.user_speaks(1.0)
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.user_types("打的字")
    assert scene.expect(events.UserSaid).message.text == "打的字"
    assert scene.expect(events.UserSaid).message.text == "说的话"
    scene.expect(events.ReplyFinished, lambda event: event.message.text == "二")


def on_call(stage: Stage, *lines: str, character: str = "xiaoman") -> Scene:
    scene = stage(lines=lines, replies=["在呢。", "好。", "嗯。"])
    scene.opens(character)
    scene.post(do.Listen("on_call"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.let_pass(0.5)
    return scene


def test_in_a_room_full_of_people_she_answers_to_her_name_only(stage: Stage) -> None:
    scene = on_call(stage, "晚饭吃什么", "小满，晚饭吃什么")
    scene.user_speaks()
    scene.let_pass(4.0)
    scene.handled()
    assert scene.all(events.UserSaid) == []
    scene.user_speaks()
    assert scene.expect(events.UserSaid).message.text == "晚饭吃什么"
    scene.expect(events.ReplyFinished)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("小满，几点了？", "几点了？"),
        ("Wren, what time is it?", "What time is it?"),
        ("小满？", "小满？"),
        ("Wren!", "Wren!"),
    ],
)
def test_her_name_is_no_part_of_what_follows_it(stage: Stage, line: str, message: str) -> None:
    scene = on_call(stage, line, character="xiaoman" if "小满" in line else "wren")
    scene.user_speaks()
    assert scene.expect(events.UserSaid).message.text == message


def test_who_was_just_talked_with_need_not_call_again(stage: Stage) -> None:
    scene = on_call(stage, "小满，你在吗", "我饿了", "我还是饿")
    scene.user_speaks()
    scene.expect(events.ReplyFinished)
    scene.let_pass(3.0)
    scene.user_speaks()
    assert scene.expect(events.UserSaid).message.text == "我饿了"
    scene.expect(events.ReplyFinished)
    scene.let_pass(40.0)
    scene.user_speaks()
    scene.let_pass(4.0)
    scene.handled()
    assert len(scene.all(events.UserSaid)) == 2
