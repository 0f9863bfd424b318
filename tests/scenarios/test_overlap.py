"""What is said while she speaks, or just before: agreement lets her go on, a message takes the floor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events
from companion.engines.recognisers.scripted import ScriptedRecogniser

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

LONG = (
    "从前有一座山。山上有一座庙。庙里有一个老和尚。他每天都在给小和尚讲故事。"
    "故事里有一只猫。猫住在河边的小屋里。每天早上它都去看日出。"
)


def speaking(stage: Stage, *lines: str, said: int = 24) -> Scene:
    """Return a scene in which she has spoken aloud for a while and the microphone is open."""
    scene = stage(voice=True, replies=[LONG, "你说。"], lines=lines, half_duplex=False)
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.user_types("讲个故事")
    scene.expect(events.HeardTo, lambda event: event.char >= said)
    return scene


@pytest.mark.parametrize("line", ["嗯", "对对对", "哈哈", "Yeah.", ""])
def test_agreement_and_coughs_do_not_stop_her(stage: Stage, line: str) -> None:
    scene = speaking(stage, line)
    scene.user_speaks(0.5)
    scene.expect(events.SpeakingFinished)
    scene.let_pass(3.0)
    scene.handled()
    assert [one.message.text for one in scene.all(events.UserSaid)] == ["讲个故事"]
    assert scene.all(events.HeardTo)[-1].char == len(LONG)
    assert scene.path()[-1].text == LONG


def test_her_own_words_do_not_stop_her(stage: Stage) -> None:
    scene = speaking(stage, "庙里有个老和上")
    scene.user_speaks(0.8)
    scene.expect(events.SpeakingFinished)
    scene.let_pass(3.0)
    scene.handled()
    assert [one.message.text for one in scene.all(events.UserSaid)] == ["讲个故事"]
    assert scene.all(events.HeardTo)[-1].char == len(LONG)


@pytest.mark.parametrize(
    "line",
    ["停，换个话题，说说猫", "等一下，你多大", "不对", "我想问你明天去哪里", "Can I ask you something?"],
)
def test_a_message_takes_the_floor_and_what_was_heard_stays(stage: Stage, line: str) -> None:
    scene = speaking(stage, line)
    scene.user_speaks(0.8)
    said = scene.expect(events.UserSaid)
    assert said.message.text == line
    told = next(one for one in scene.path() if one.message == said.message.parent)
    assert told.text + told.unheard == LONG
    assert 24 <= len(told.text) < len(LONG)
    assert scene.expect(events.ReplyFinished, lambda event: event.message.text == "你说。")
    assert told.text in [one.text for one in scene.mind.prompts[-1].history]
    assert not any(told.unheard in one.text for one in scene.mind.prompts[-1].history)


@pytest.mark.parametrize(
    "line", ["停", "停，别说了。", "安静一点", "等一下", "Stop!", "Okay, that is enough."]
)
def test_who_only_wants_silence_gets_silence(stage: Stage, line: str) -> None:
    scene = speaking(stage, line)
    scene.user_speaks(0.8)
    scene.expect(events.SpeakingFinished)
    scene.expect(events.UserPaused)  # the nod
    scene.expect(events.StateChanged, lambda event: event.new == "listening")
    scene.let_pass(3.0)
    scene.handled()
    told = scene.path()[-1]
    assert 24 <= len(told.text) < len(LONG)
    assert told.text + told.unheard == LONG
    assert len(scene.mind.prompts) == 1
    assert [one.message.text for one in scene.all(events.UserSaid)] == ["讲个故事"]


def test_after_a_bare_stop_the_next_message_is_answered_as_ever(stage: Stage) -> None:
    scene = speaking(stage, "停")
    scene.user_speaks(0.8)
    scene.expect(events.UserPartial, lambda event: not event.text)
    told = scene.path()[-1]
    scene.engines.recogniser.put(ScriptedRecogniser.load(["说说猫吧"]))
    scene.let_pass(1.0)
    scene.user_speaks(0.8)
    assert scene.expect(events.UserSaid).message.text == "说说猫吧"
    assert scene.expect(events.ReplyFinished, lambda event: event.message.text == "你说。")
    assert told.text in [one.text for one in scene.mind.prompts[-1].history]


def test_stop_is_answered_when_she_is_silent_already(stage: Stage) -> None:
    scene = stage(voice=True, replies=["好。"], lines=["停"], half_duplex=False)
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.let_pass(0.5)
    scene.user_speaks(0.8)
    assert scene.expect(events.UserSaid).message.text == "停"
    assert scene.expect(events.ReplyFinished).message.text == "好。"


@pytest.mark.parametrize("line", ["您呢", "You."])
def test_a_murmur_that_was_taken_for_a_word_does_not_stop_her(stage: Stage, line: str) -> None:
    scene = speaking(stage, line)
    scene.user_speaks(0.4)
    scene.expect(events.StateChanged, lambda event: (event.old, event.new) == ("hearing", "speaking"))
    scene.expect(events.SpeakingFinished)
    scene.let_pass(2.0)
    scene.handled()
    assert scene.all(events.HeardTo)[-1].char == len(LONG)
    assert [one.message.text for one in scene.all(events.UserSaid)] == ["讲个故事"]


def test_the_same_words_said_at_length_take_the_floor(stage: Stage) -> None:
    scene = speaking(stage, "您呢")
    scene.user_speaks(0.9)
    assert scene.expect(events.UserSaid).message.text == "您呢"


def test_her_name_takes_the_floor_however_short(stage: Stage) -> None:
    scene = speaking(stage, "小满")
    scene.user_speaks(0.4)
    assert scene.expect(events.UserSaid).message.text == "小满"


def test_after_agreement_a_message_still_takes_the_floor(stage: Stage) -> None:
    scene = speaking(stage, "嗯")
    scene.user_speaks(0.4)
    scene.expect(events.StateChanged, lambda event: (event.old, event.new) == ("hearing", "speaking"))
    # A clip may be recognised more than once: what is said later needs a recogniser of its own.
    scene.engines.recogniser.put(ScriptedRecogniser.load(["等一下，我想问你"]))
    scene.let_pass(1.0)
    scene.user_speaks(0.8)
    assert scene.expect(events.UserSaid).message.text == "等一下，我想问你"


# ---- before she is heard


def answering(stage: Stage, *lines: str) -> Scene:
    """Return a scene in which the user's turn is taken as over, and she has not made a sound yet."""
    scene = stage(voice=True, replies=["想什么？", "好的。"], lines=lines)
    scene.mind.hold_at = 0
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.let_pass(0.5)
    scene.user_speaks(0.8)
    scene.expect(events.UserSaid)
    return scene


def test_who_goes_on_before_she_is_heard_has_one_turn(stage: Stage) -> None:
    scene = answering(stage, "我想问你。", "明天去哪里？")
    scene.user_speaks(0.8)
    scene.let_pass(0.3)
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.mind.go()
    finished = scene.expect(events.ReplyFinished, lambda event: event.message.text == "好的。")
    scene.expect(events.SpeakingFinished, lambda event: event.turn == finished.turn)
    scene.handled()
    assert scene.texts()[1:] == ["我想问你，明天去哪里？", "好的。"]
    told = [one.message for one in scene.all(events.UserSaid)]
    assert [one.text for one in told] == ["我想问你。", "我想问你，明天去哪里？"]
    assert len({one.message for one in told}) == 1
    assert scene.mind.prompts[-1].turn[-1].text == "我想问你，明天去哪里？"


def test_who_only_coughs_before_she_is_heard_is_answered(stage: Stage) -> None:
    scene = answering(stage, "我想问你。", "")
    scene.user_speaks(0.5)
    scene.let_pass(0.3)
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.mind.go()
    scene.expect(events.SpeakingFinished)
    scene.handled()
    assert scene.texts()[1:] == ["我想问你。", "想什么？"]
    assert scene.all(events.HeardTo)[-1].char == len("想什么？")


def test_a_pause_after_which_the_user_went_on_is_remembered(stage: Stage) -> None:
    scene = answering(stage, "我想问你。", "明天去哪里？")
    before = scene.session.pauses.n
    scene.user_speaks(0.8)
    scene.let_pass(0.3)
    scene.expect(events.StateChanged, lambda event: event.new == "hearing")
    scene.mind.go()
    scene.expect(events.ReplyFinished)
    assert scene.session.pauses.n > before
