"""What every language model promises, on each engine that is at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.engines.language_models.llama_cpp import LlamaCpp
from companion.engines.language_models.openai_compatible import OpenAiCompatible
from companion.engines.language_models.scripted import Scripted
from companion.errors import CompanionError, ModelError
from companion.ports import GenerationDone, LanguageModel, Prompt, TextDelta

pytestmark = pytest.mark.engine

CONTEXT = 1024
PINNED = (
    Message("system", "你是小雨，住在桌面上，说话温柔。"),
    Message("user", "早"),
    Message("assistant", "早呀。"),
)
TURN = (Message("user", "今天下雨了，你在做什么呢？"),)
PROMPT = Prompt(PINNED, (), TURN)


def open_scripted(request: pytest.FixtureRequest) -> LanguageModel:
    return Scripted.load(context_tokens=CONTEXT)


def open_server(request: pytest.FixtureRequest) -> LanguageModel:
    server = request.getfixturevalue("chat_server")
    return OpenAiCompatible.load(server.url, "small", context_tokens=CONTEXT)


def open_llama(request: pytest.FixtureRequest) -> LanguageModel:
    folder = request.getfixturevalue("tmp_path_factory").mktemp("states")
    weights = request.getfixturevalue("small_mind")
    return LlamaCpp.load(weights, context_tokens=CONTEXT, threads=1, state_folder=folder)


@pytest.fixture(scope="module")
def llama(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    opened = open_llama(request)
    yield opened
    opened.close()


def shared_llama(request: pytest.FixtureRequest) -> LanguageModel:
    model: LanguageModel = request.getfixturevalue("llama")
    return model


@pytest.fixture(params=[open_scripted, open_server, shared_llama])
def model(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    opener: Callable[[pytest.FixtureRequest], LanguageModel] = request.param
    opened = opener(request)
    yield opened
    if opener is not shared_llama:
        opened.close()


@pytest.fixture(params=[open_scripted, shared_llama])
def caching(request: pytest.FixtureRequest) -> LanguageModel:
    """The models that keep prefixes themselves; a server does so on its side."""
    opened: LanguageModel = request.param(request)
    return opened


def run(
    model: LanguageModel,
    prompt: Prompt = PROMPT,
    sampling: Sampling | None = None,
    cancel: CancelToken | None = None,
) -> tuple[str, GenerationDone]:
    events = list(
        model.generate(prompt, sampling or Sampling(seed=1, max_tokens=24), cancel or CancelToken())
    )
    dones = [event for event in events if isinstance(event, GenerationDone)]
    assert dones == events[-1:]
    return "".join(event.text for event in events if isinstance(event, TextDelta)), dones[0]


def test_a_reply_is_text_and_then_one_done(model: LanguageModel) -> None:
    text, done = run(model)
    assert text.strip()
    assert "\ufffd" not in text
    assert 0 < done.n_generated <= 24
    assert done.n_prompt == done.n_cached + done.n_evaluated
    assert done.stop_reason in ("end", "length")


def test_deltas_are_never_empty(model: LanguageModel) -> None:
    events = model.generate(PROMPT, Sampling(seed=1, max_tokens=16), CancelToken())
    assert all(event.text for event in events if isinstance(event, TextDelta))


def test_max_tokens_bounds_a_reply(model: LanguageModel) -> None:
    _, done = run(model, sampling=Sampling(seed=1, max_tokens=2))
    assert (done.n_generated <= 7, done.stop_reason) == (True, "length")


def test_a_cancel_before_the_start_gives_no_text(model: LanguageModel) -> None:
    cancel = CancelToken()
    cancel.request()
    text, done = run(model, cancel=cancel)
    assert (text, done.n_generated, done.stop_reason) == ("", 0, "cancelled")


def test_a_cancel_in_the_middle_ends_the_reply(model: LanguageModel) -> None:
    cancel = CancelToken()
    events = model.generate(PROMPT, Sampling(seed=1, max_tokens=200), cancel)
    assert isinstance(next(events), TextDelta)
    cancel.request()
    *_, done = events
    assert isinstance(done, GenerationDone)
    assert done.stop_reason == "cancelled"


def test_the_next_reply_is_clean_after_a_cancel(model: LanguageModel) -> None:
    sampling = Sampling(seed=1, temperature=0.0, max_tokens=12)
    expected, _ = run(model, sampling=sampling)
    for stop_after in (1, 2, 3):
        cancel = CancelToken()
        other = Prompt(PINNED, (), (Message("user", "请背一首长长的诗"),))
        events = model.generate(other, Sampling(seed=2, max_tokens=200), cancel)
        for _ in range(stop_after):
            next(events)
        cancel.request()
        list(events)
    if isinstance(model, Scripted):
        model._n_replies = 0
    assert run(model, sampling=sampling)[0] == expected


def test_warming_never_costs_more_than_the_prompt(model: LanguageModel) -> None:
    warmed = model.warm(Prompt(PINNED), CancelToken())
    assert warmed.n_tokens > 0
    assert 0 <= warmed.n_evaluated <= warmed.n_tokens


def test_a_warm_prefix_is_not_evaluated_again(caching: LanguageModel) -> None:
    warmed = caching.warm(Prompt(PINNED), CancelToken())
    _, done = run(caching)
    assert done.n_cached == warmed.n_tokens


def test_history_is_appended_to_and_not_evaluated_again(caching: LanguageModel) -> None:
    text, first = run(caching)
    history = (*TURN, Message("assistant", text))
    _, second = run(caching, Prompt(PINNED, history, (Message("user", "那我们聊点别的"),)))
    assert second.n_cached >= first.n_prompt
    assert second.n_evaluated < first.n_prompt


def test_a_kept_state_is_restored(caching: LanguageModel) -> None:
    pinned = Prompt((Message("system", "你是小雨，住在桌面上，喜欢旧书、热茶和下雨天。" * 4),))
    first = caching.warm(pinned, CancelToken(), keep_as="小雨")
    caching.warm(Prompt((Message("system", "another persona"),)), CancelToken())
    second = caching.warm(pinned, CancelToken(), keep_as="小雨")
    assert (first.restored, second.restored, second.n_evaluated) == (False, True, 0)


def test_a_stop_string_is_not_shown(model: LanguageModel) -> None:
    whole, _ = run(model, sampling=Sampling(seed=1, temperature=0.0, max_tokens=24))
    stop = whole.strip()[3:5]
    if isinstance(model, Scripted):
        model._n_replies = 0
    text, done = run(model, sampling=Sampling(seed=1, temperature=0.0, max_tokens=24, stop=(stop,)))
    assert (text, done.stop_reason) == (whole[: whole.index(stop)], "stop")


@pytest.mark.parametrize("text", ["今天天气很好，我们去公园吧。", "The rain has stopped, let us go out."])
def test_tokens_are_counted(model: LanguageModel, text: str) -> None:
    once, twice, nothing = model.count_tokens([text, text * 2, ""])
    assert (3 < once < 30, once < twice <= 2 * once, nothing) == (True, True, 0)


def test_a_prompt_that_does_not_fit_is_refused_with_both_numbers(model: LanguageModel) -> None:
    prompt = Prompt(PINNED, (), (Message("user", "雨" * 3 * CONTEXT),))
    with pytest.raises(ModelError, match=str(CONTEXT)) as caught:
        list(model.generate(prompt, Sampling(), CancelToken()))
    assert caught.value.code == "context"
    assert run(model)[1].n_generated > 0


def test_a_reply_may_be_continued(model: LanguageModel) -> None:
    text, done = run(model, Prompt(PINNED, (), TURN, reply_prefix="（微笑）我在"))
    assert (bool(text), done.n_generated > 0) == (True, True)


def test_no_adapters_are_always_welcome(model: LanguageModel) -> None:
    model.attach(())
    assert run(model)[0]


def test_the_model_describes_itself(model: LanguageModel) -> None:
    info = model.info
    assert (bool(info.name), info.context_tokens, bool(info.backend)) == (True, CONTEXT, True)


@pytest.mark.parametrize("opener", [open_scripted, open_server, open_llama])
def test_closing_twice_is_safe_and_then_every_call_is_refused(
    opener: Callable[[pytest.FixtureRequest], LanguageModel], request: pytest.FixtureRequest
) -> None:
    model = opener(request)
    model.close()
    model.close()
    calls: list[Callable[[], Any]] = [
        lambda: model.count_tokens(["x"]),
        lambda: model.warm(PROMPT, CancelToken()),
        lambda: model.generate(PROMPT, Sampling(), CancelToken()),
        lambda: model.attach(()),
    ]
    for call in calls:
        with pytest.raises(CompanionError):
            call()
