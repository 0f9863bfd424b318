"""Token counts are asked for once; the budget leaves room for a reply; a preparation can be called off."""

from __future__ import annotations

import threading

import pytest

from companion.conversation.preparation import Budget, Preparation, TokenCounter
from companion.conversation.slots import Engines
from companion.domain.character import Sampling
from companion.engines.language_models.scripted import Scripted
from companion.errors import CompanionError, ModelError
from companion.ports import Cancel, LanguageModel

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("context", [256, 512, 4096])
def test_the_budget_leaves_room_for_a_reply(context: int) -> None:
    budget = Budget.of(Scripted.load(context_tokens=context), Sampling(max_tokens=10_000))
    assert 128 <= budget.prompt <= context - context // 3


def test_a_text_is_counted_once_until_the_model_changes() -> None:
    mind = Scripted.load()
    counter = TokenCounter()
    assert counter.of(mind)(["你好", "hello there", "你好"]) == mind.count_tokens(
        ["你好", "hello there", "你好"]
    )
    mind.close()
    assert counter.of(mind)(["你好"]) == [2]
    counter.forget()
    with pytest.raises(ModelError):
        counter.of(mind)(["你好"])


def test_a_preparation_tells_its_end_and_its_error() -> None:
    engines = Engines()
    engines.language.put(Scripted.load())
    told: list[CompanionError | None] = []
    done = threading.Event()

    def work(language: LanguageModel, cancel: Cancel) -> None:
        raise ModelError("Too long.", code="persona_too_long")

    preparation = Preparation(work, engines, lambda error: (told.append(error), done.set())[1])
    assert done.wait(10)
    assert preparation.done.is_set()
    assert [error.code for error in told if error] == ["persona_too_long"]
    preparation.cancel()


def test_a_preparation_that_waits_for_a_model_can_be_called_off() -> None:
    told: list[object] = []
    preparation = Preparation(lambda language, cancel: None, Engines(), told.append)
    preparation.cancel()
    assert preparation.done.is_set()
    assert told == []


def test_a_chat_of_more_texts_than_are_remembered_is_still_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TokenCounter, "_LIMIT", 10)
    mind = Scripted.load()
    count = TokenCounter().of(mind)
    texts = [f"第{n}句" for n in range(30)]
    for end in (12, 20, 30):
        assert count(texts[:end]) == mind.count_tokens(texts[:end])
