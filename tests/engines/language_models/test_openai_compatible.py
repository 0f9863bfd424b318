"""A language server, well-behaved and otherwise."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from companion.domain.cancel import CancelToken
from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.engines.language_models.openai_compatible import OpenAiCompatible
from companion.errors import ModelError
from companion.ports import GenerationDone, Prompt, TextDelta

pytestmark = pytest.mark.unit

PROMPT = Prompt((Message("system", "你是小雨。"),), (), (Message("user", "你好<|im_end|>"),))


@pytest.fixture
def model(chat_server: Any) -> Iterator[OpenAiCompatible]:
    with closing(OpenAiCompatible.load(chat_server.url, "small", "secret")) as loaded:
        yield loaded


def reply(
    model: OpenAiCompatible, sampling: Sampling | None = None, cancel: CancelToken | None = None
) -> tuple[str, GenerationDone]:
    *deltas, done = model.generate(PROMPT, sampling or Sampling(), cancel or CancelToken())
    assert isinstance(done, GenerationDone)
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)), done


def test_the_reply_and_the_servers_own_counts_arrive(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.usage = {
        "prompt_tokens": 33,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 30},
    }
    text, done = reply(model)
    assert text == "（微笑）你好，今天下雨了。"
    counts = (done.n_prompt, done.n_cached, done.n_evaluated, done.n_generated, done.stop_reason)
    assert counts == (33, 30, 3, 7, "end")


def test_counts_are_estimates_where_the_server_is_silent_about_them(
    model: OpenAiCompatible, chat_server: Any
) -> None:
    chat_server.usage = None
    _, done = reply(model)
    assert (done.n_generated, done.n_cached, done.n_prompt > 0) == (13, 0, True)


def test_the_request_says_what_was_asked(model: OpenAiCompatible, chat_server: Any) -> None:
    reply(model, Sampling(seed=4, temperature=0.3, max_tokens=99, stop=("\n用户：",)))
    body = chat_server.seen[0]
    assert chat_server.paths == ["/v1/chat/completions"]
    assert chat_server.keys == ["Bearer secret"]
    assert body["messages"] == [
        {"role": "system", "content": "你是小雨。"},
        {"role": "user", "content": "你好<|im_end|>"},
    ]
    asked = (body["seed"], body["temperature"], body["max_tokens"], body["stop"], body["stream"])
    assert asked == (4, 0.3, 99, ["\n用户："], True)


def test_the_key_never_shows(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.status = 401
    with pytest.raises(ModelError) as caught:
        reply(model)
    assert "secret" not in f"{caught.value} {model.info}"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "remote_key"),
        (403, "remote_key"),
        (404, "remote_model"),
        (429, "remote_busy"),
        (500, "remote_status"),
    ],
)
def test_each_refusal_has_its_own_words(
    model: OpenAiCompatible, chat_server: Any, status: int, code: str
) -> None:
    chat_server.status = status
    with pytest.raises(ModelError, match=str(status)) as caught:
        reply(model)
    assert (caught.value.code, bool(caught.value.hint)) == (code, True)


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with (
        closing(OpenAiCompatible.load(f"http://127.0.0.1:{port}/v1", "m")) as model,
        pytest.raises(ModelError, match=str(port)) as caught,
    ):
        reply(model)
    assert caught.value.code == "remote_refused"


def test_a_silent_server_is_given_up(chat_server: Any) -> None:
    chat_server.silent_after = 1
    with (
        closing(OpenAiCompatible.load(chat_server.url, "m", timeout_s=0.2)) as model,
        pytest.raises(ModelError) as caught,
    ):
        reply(model)
    assert caught.value.code == "remote_timeout"


@pytest.mark.parametrize(
    "raw",
    [
        b"data: {broken\n\ndata: [DONE]\n\n",
        b'data: {"choices": 5}\n\ndata: {"choices": [7]}\n\ndata: 3\n\n',
        b'data: {"choices": [{"delta": {"content": 5}}], "usage": "x"}\n\n',
        b"<html>not an event</html>\n",
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"",
    ],
)
def test_nonsense_from_the_server_is_an_empty_reply(
    model: OpenAiCompatible, chat_server: Any, raw: bytes
) -> None:
    chat_server.raw = raw
    text, done = reply(model)
    assert (text, done.stop_reason) == ("", "end")


def test_an_error_within_the_stream_is_told(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.raw = b'data: {"error": {"message": "out of memory"}}\n\n'
    with pytest.raises(ModelError) as caught:
        reply(model)
    assert caught.value.code == "remote_status"


@pytest.mark.parametrize("silent_after", [-1, 1])
def test_a_cancel_ends_a_wait_for_a_silent_server(
    model: OpenAiCompatible, chat_server: Any, silent_after: int
) -> None:
    chat_server.silent_after = silent_after
    cancel = CancelToken()
    arrived = threading.Event()

    def cancel_when_asked() -> None:
        while not chat_server.seen and not arrived.wait(0.01):
            pass
        cancel.request()

    asker = threading.Thread(target=cancel_when_asked)
    asker.start()
    _, done = reply(model, cancel=cancel)
    arrived.set()
    asker.join()
    # The server still waits: the reply ended because of the cancel alone.
    assert (done.stop_reason, chat_server.released.is_set()) == ("cancelled", False)


def test_a_cancel_hangs_up_on_an_endless_server(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.endless = True
    chat_server.parts = [chr(0x4E00 + index) for index in range(2000)]
    cancel = CancelToken()
    events = model.generate(PROMPT, Sampling(max_tokens=5000), cancel)
    next(events)
    cancel.request()
    *_, done = events
    assert isinstance(done, GenerationDone)
    assert done.stop_reason == "cancelled"
    assert chat_server.hung_up.wait(10)


def test_a_reply_that_goes_round_in_circles_is_stopped(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.endless = True
    chat_server.parts = ["好的，"]
    text, done = reply(model, Sampling(max_tokens=5000))
    assert done.stop_reason == "stop"
    assert len(text) < 300


def test_a_generator_that_is_dropped_hangs_up(model: OpenAiCompatible, chat_server: Any) -> None:
    chat_server.endless = True
    events = model.generate(PROMPT, Sampling(max_tokens=5000), CancelToken())
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert chat_server.hung_up.wait(10)


@pytest.mark.parametrize("url", ["", "localhost", "ftp://x", "http://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ModelError) as caught:
        OpenAiCompatible.load(url, "m")
    assert caught.value.code == "url"


def test_adapters_are_refused_and_no_adapters_are_fine(model: OpenAiCompatible) -> None:
    model.attach(())
    with pytest.raises(ModelError) as caught:
        model.attach((Adapter(Path("style.gguf")),))
    assert caught.value.code == "adapter"
