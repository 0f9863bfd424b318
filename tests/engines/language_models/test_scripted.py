"""The demo's mind."""

from __future__ import annotations

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.engines.language_models.scripted import Scripted
from companion.ports import GenerationDone, Prompt, TextDelta

pytestmark = pytest.mark.unit


def said(model: Scripted, text: str, sampling: Sampling | None = None) -> str:
    prompt = Prompt((), (), (Message("user", text),) if text else ())
    events = model.generate(prompt, sampling or Sampling(), CancelToken())
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("你好", "演示"),
        ("你是谁？", "演示"),
        ("今天吃什么？", "演示"),
        ("我今天有点累", "演示"),
        ("", "演示"),
        ("Hello!", "demo"),
        ("Who are you?", "demo"),
        ("What is the time?", "demo"),
    ],
)
def test_it_answers_in_the_users_language_and_says_that_it_is_a_demo(text: str, mark: str) -> None:
    assert mark in said(Scripted.load(), text)


def test_it_does_not_say_the_same_twice_in_a_row() -> None:
    model = Scripted.load()
    assert said(model, "我今天有点累") != said(model, "我今天有点累")


def test_a_seed_fixes_the_answer() -> None:
    answers = {said(Scripted.load(), "我今天有点累", Sampling(seed=seed)) for seed in [3] * 5}
    assert len(answers) == 1


def test_given_replies_come_in_turn() -> None:
    model = Scripted.load(replies=("一", "two"))
    assert [said(model, "x") for _ in range(3)] == ["一", "two", "一"]


def test_a_slow_reply_is_cancelled_within_a_token() -> None:
    model = Scripted.load(replies=("一二三四五",), delay_s=0.005)
    cancel = CancelToken()
    events = model.generate(Prompt((), (), (Message("user", "x"),)), Sampling(), cancel)
    first = next(events)
    model_hangs = 3600.0
    model._delay_s = model_hangs
    cancel.request()
    *rest, done = events
    assert (first, rest) == (TextDelta("一"), [])
    assert isinstance(done, GenerationDone)
    assert (done.stop_reason, done.n_generated) == ("cancelled", 1)
