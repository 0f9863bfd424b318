"""Long chats and restless users: the prompt always fits, nothing hangs, no reply is tainted by a stopped one."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

N_CONTEXT = 512
WORDS = ("今天", "下雨", "我想", "出去", "走走", "，", "。", "tea", " and ", "rain", "？", "你说呢")


def _text(rng: random.Random, longest: int) -> str:
    return "".join(rng.choices(WORDS, k=rng.randint(1, longest)))


def _long_chat(scene: Scene, n_turns: int, seed: int) -> None:
    rng = random.Random(seed)
    scene.opens()
    for _ in range(n_turns):
        scene.answered(_text(rng, 400 if rng.random() < 0.02 else 20))


@pytest.mark.parametrize(
    "n_turns", [500, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])]
)
def test_prompt_and_reply_always_fit_and_the_persona_is_always_whole(stage: Stage, n_turns: int) -> None:
    rng = random.Random(1)
    scene = stage(replies=[_text(rng, 120) for _ in range(97)], context_tokens=N_CONTEXT)
    persona = "小满开茶馆，阿明是客人。"
    _long_chat(scene, n_turns, seed=2)
    assert scene.all(events.TurnFailed) == []
    assert len(scene.all(events.ReplyFinished)) == n_turns
    assert max(one.n_prompt + one.n_generated for one in scene.mind.done) <= N_CONTEXT
    assert all(persona in prompt.pinned[0].text for prompt in scene.mind.prompts)
    assert len(scene.path()) == 2 * n_turns + 1


def test_a_long_chat_is_not_read_anew_each_turn(stage: Stage) -> None:
    """Once the oldest messages leave, the history is evaluated in idle time, and then only every few turns."""
    replies = ["好的，我们就这么办吧。" * 3, "Fine with me. " * 4, "嗯。"]
    scene = stage(replies=replies, context_tokens=1024)
    scene.opens()
    rng = random.Random(3)
    for _ in range(120):
        scene.answered(_text(rng, 20))
    answered, settled = scene.mind.done[60:], scene.mind.warmed[60:]
    assert sum(one.n_prompt - one.n_cached > one.n_prompt // 3 for one in answered) <= 2
    assert sum(one.n_evaluated > one.n_tokens // 3 for one in settled) <= len(settled) // 3


def test_the_second_turn_evaluates_only_what_is_new(stage: Stage) -> None:
    scene = stage(replies=["（倒茶）雨天就该喝热茶。"])
    scene.opens()
    scene.answered("一直在下雨，我哪里也没去。")
    said = "那我改天再来看你吧。"
    scene.answered(said)
    first, second = scene.mind.done
    n_new = scene.mind.count_tokens([said])[0]
    assert second.n_evaluated <= n_new + 64
    assert second.n_cached >= first.n_prompt


ACTS: tuple[Callable[[Scene], None], ...] = (
    lambda scene: scene.post(do.Interrupt()),
    lambda scene: scene.user_types("等等"),
    lambda scene: scene.post(do.Regenerate()),
    lambda scene: scene.post(do.Talk(True)),
    lambda scene: scene.post(do.Undo()),
    lambda scene: scene.post(do.OpenCharacter("xiaoman")),
)
MOMENTS: tuple[type[events.Event], ...] = (
    events.UserSaid,
    events.PromptBuilt,
    events.ReplyStarted,
    events.ReplyDelta,
    events.ReplyDelta,
    events.EmotionChanged,
    events.ClauseReady,
    events.SpeechReady,
    events.HeardTo,
    events.HeardTo,
    events.ReplyFinished,
)


def _interrupt_at_random(scene: Scene, rng: random.Random) -> None:
    """Say something, then do something else at a random event of the turn."""
    scene.forget()
    scene.user_types(_text(rng, 6))
    moment, left = rng.choice(MOMENTS), rng.randint(1, 6)
    last = scene.expect(events.UserSaid)
    event: events.Event = last
    while left and not isinstance(event, events.SpeakingFinished):
        event = scene.expect(object)  # type: ignore[assignment]
        left -= isinstance(event, moment)
    rng.choice(ACTS)(scene)


@pytest.mark.parametrize(("voice", "n"), [(False, 140), (True, 60)])
def test_interruptions_at_any_moment_leave_no_trace(stage: Stage, voice: bool, n: int) -> None:
    rng = random.Random(4)
    replies = [f"（微笑）第{n}个回答。{_text(rng, 10)}。" for n in range(31)]
    scene = stage(replies=replies, voice=voice)
    scene.opens()
    scene.post(do.Listen("push_to_talk"))
    for _ in range(n):
        _interrupt_at_random(scene, rng)
        scene.post(do.Talk(False))
        scene.post(do.Interrupt())
        scene.handled()
        before = [(one.role, one.text) for one in scene.path() if one.text]
        scene.options = dataclasses.replace(scene.options, speak=False)
        finished = scene.answered("现在呢")
        scene.options = dataclasses.replace(scene.options, speak=voice)
        prompt = scene.mind.prompts[-1]
        seen = [(one.role, one.text) for one in prompt.history]
        assert seen == before[len(before) - len(seen) :]
        assert finished.message.text in replies
        assert not finished.interrupted
    turns = [one.turn for one in scene.all(events.ReplyStarted)]
    assert len(turns) >= n
    assert sorted(turns, key=lambda one: one.turn) == [one.turn for one in scene.all(events.ReplyFinished)]
    assert len(turns) == len(set(turns))
    assert scene.all(events.TurnFailed) == []
