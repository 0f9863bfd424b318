"""A reply is begun while the user may still go on: in hiding, and only what answers his words comes out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events
from companion.errors import ModelError, StorageError
from companion.ports import AudioPlan
from tests.scenarios.conftest import XIAOMAN

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

SPOKEN_S = 0.8


def foreseeing(stage: Stage, **wishes: object) -> Scene:
    """Return a scene in which the user has fallen silent and the reply is begun, before his turn is over."""
    scene = stage(**wishes)
    # Virtual time runs on while a test waits for the session: there must be plenty of it.
    scene.audio.open(
        AudioPlan(duplex="half" if wishes.get("half_duplex", True) else "full", end_silence_ms=4000)
    )
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.let_pass(0.5)
    scene.forget()
    pauses(scene)
    return scene


def pauses(scene: Scene) -> None:
    """Let the user speak and be silent long enough for a soft end, and wait until the reply to it is begun."""
    before = len(scene.mind.prompts)
    scene.user_speaks(SPOKEN_S)
    scene.let_pass(SPOKEN_S + 0.3)
    awaited(lambda: len(scene.mind.prompts) > before)


def awaited(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.002)


def of_turns(scene: Scene) -> list[str]:
    kinds = (
        events.UserSaid, events.PromptBuilt, events.ReplyStarted, events.ReplyDelta, events.ClauseReady,
        events.SpeechReady, events.EmotionChanged, events.ReplyFinished, events.SpeakingFinished,
    )  # fmt: skip
    return [type(event).__name__ for event in scene.seen if isinstance(event, kinds)]


def test_the_reply_is_begun_before_the_turn_is_over_and_shown_after(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["今天天气怎么样"], replies=["下雨了。"])
    awaited(lambda: len(scene.mind.done) == 1)
    assert of_turns(scene) == []
    assert [one.role for one in scene.path()] == ["assistant"]
    said = scene.expect(events.UserSaid)
    finished = scene.expect(events.ReplyFinished)
    assert (finished.message.text, finished.message.parent) == ("下雨了。", said.message.message)
    assert len(scene.mind.prompts) == 1
    order = of_turns(scene)
    assert order[:4] == ["UserSaid", "PromptBuilt", "ReplyStarted", "ReplyDelta"]
    assert "".join(one.text for one in scene.all(events.ReplyDelta)) == "下雨了。"


def test_no_sound_of_hers_is_heard_before_the_turn_is_over(stage: Stage) -> None:
    scene = foreseeing(
        stage, lines=["讲个故事"], replies=["从前有座山。山里有座庙。"], voice=True, half_duplex=False
    )
    awaited(lambda: len(scene.mind.done) == 1)
    assert of_turns(scene) == []
    scene.expect(events.UserSaid)
    scene.expect(events.SpeakingFinished)
    order = of_turns(scene)
    assert order.index("UserSaid") < order.index("SpeechReady")
    assert scene.all(events.HeardTo)[-1].char == len("从前有座山。山里有座庙。")


def test_the_sound_is_there_at_once_when_the_turn_is_over(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["讲"], replies=["从前有座山。"], voice=True)
    awaited(lambda: len(scene.mind.done) == 1)
    finished = scene.expect(events.ReplyFinished)
    assert finished.timings.first_audio_s is not None
    scene.expect(events.HeardTo, lambda event: event.char > 0)


def test_what_was_begun_is_dropped_when_the_user_goes_on(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["我想", "我想问你一件事"], replies=["想什么？", "你问吧。"])
    scene.user_speaks(SPOKEN_S)
    said = scene.expect(events.UserSaid)
    assert said.message.text == "我想问你一件事"
    assert scene.expect(events.ReplyFinished).message.text == "你问吧。"
    scene.handled()
    assert scene.texts()[1:] == ["我想问你一件事", "你问吧。"]
    assert [prompt.turn[-1].text for prompt in scene.mind.prompts] == ["我想", "我想问你一件事"]
    assert len(scene.all(events.ReplyStarted)) == 1


def test_what_was_begun_is_kept_when_the_user_only_cleared_his_throat(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["你好。", "你好"], replies=["你也好。", "又一句。"])
    scene.user_speaks(SPOKEN_S)
    assert scene.expect(events.UserSaid).message.text == "你好"
    assert scene.expect(events.ReplyFinished).message.text == "你也好。"
    assert len(scene.mind.prompts) == 1


def test_typing_drops_what_was_begun(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["说的话"], replies=["一。", "二。", "三。"])
    scene.user_types("打的字")
    assert scene.expect(events.UserSaid).message.text == "打的字"
    assert scene.expect(events.ReplyFinished).message.text == "二。"


def test_switching_the_microphone_off_drops_what_was_begun(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["说的话"], replies=["一。", "二。"])
    scene.post(do.Listen("off"))
    scene.let_pass(3.0)
    scene.handled()
    assert of_turns(scene) == []
    assert len(scene.path()) == 1


def test_a_fault_in_hiding_is_told_when_the_turn_is_over(stage: Stage) -> None:
    scene = stage(lines=["你好"])
    scene.mind.fail_at = 0
    scene.mind.error = ModelError("The mind broke.", code="broken")
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    pauses(scene)
    awaited(lambda: scene.mind.fail_at is None)
    assert scene.all(events.TurnFailed) == []
    scene.expect(events.UserSaid)
    assert scene.expect(events.TurnFailed).code == "broken"
    scene.expect(events.StateChanged, lambda event: event.new == "listening")


def test_an_interruption_keeps_what_was_heard_of_a_reply_begun_in_hiding(stage: Stage) -> None:
    text = "从前有一座山。山上有一座庙。庙里有一个老和尚。他每天都在讲故事。"
    scene = foreseeing(stage, lines=["讲"], replies=[text, "好。"], voice=True)
    scene.expect(events.HeardTo, lambda event: event.char >= 7)
    scene.post(do.Interrupt())
    kept = scene.expect(events.ChatChanged).messages[-1]
    assert kept.text + kept.unheard == text
    assert 7 <= len(kept.text) < len(text)


def test_a_log_that_cannot_be_written_ends_the_turn_and_says_so(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = foreseeing(stage, lines=["你好", "再来"], replies=["一。", "二。"])
    awaited(lambda: len(scene.mind.done) == 1)

    def full(*_: object, **__: object) -> None:
        raise StorageError("The disk is full.", "Make room.", code="full")

    with monkeypatch.context() as broken:
        broken.setattr(scene.log, "add", full)
        assert scene.expect(events.TurnFailed).code == "full"
        scene.expect(events.StateChanged, lambda event: event.new == "listening")
    scene.forget()
    scene.user_speaks(SPOKEN_S)
    assert scene.expect(events.UserSaid).message.text == "再来"
    scene.expect(events.ReplyFinished)


def test_a_soft_end_alone_commits_nothing(stage: Stage) -> None:
    scene = foreseeing(stage, lines=["你好"], replies=["一。"])
    awaited(lambda: len(scene.mind.done) == 1)
    scene.handled()
    assert scene.all(events.UserSaid) == []


def test_what_hangs_not_on_the_words_is_read_while_the_user_speaks(stage: Stage) -> None:
    rules = "回答时总要提到茶馆里的一件东西，语气温和，不要说得太长，也不要问太多问题。" * 3
    teacher = dataclasses.replace(XIAOMAN, post_history_instructions=rules)
    scene = stage(lines=["讲个故事吧"], replies=["好呀。"], characters=[teacher])
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    n_warmed = len(scene.mind.warmed)
    scene.user_speaks(SPOKEN_S)
    scene.let_pass(0.4)
    awaited(lambda: len(scene.mind.warmed) > n_warmed)
    scene.expect(events.ReplyFinished)
    assert rules in scene.mind.prompts[-1].turn[0].text
    n_rules = scene.mind.count_tokens([rules])[0]
    assert scene.mind.done[-1].n_evaluated < n_rules // 2


def test_what_is_being_said_is_shown_and_read_before_it_is_over(stage: Stage) -> None:
    scene = stage(lines=["讲个", "讲个故事吧"], replies=["好呀。"])
    scene.opens()
    scene.post(do.Listen("hands_free"))
    scene.expect(events.ListeningChanged, lambda event: event.is_open)
    scene.user_speaks(1.6)
    scene.let_pass(1.4)
    awaited(lambda: "讲个" in [one.text for one in scene.all(events.UserPartial)])
    assert scene.all(events.UserSaid) == []
    assert scene.expect(events.UserSaid).message.text == "讲个故事吧"
    assert scene.expect(events.ReplyFinished).message.text == "好呀。"
    assert scene.mind.prompts[0].turn[-1].text == "讲个故事吧"
