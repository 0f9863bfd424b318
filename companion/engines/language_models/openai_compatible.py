"""A server that speaks the OpenAI chat protocol: vLLM, llama-server, Ollama, or another the user named.

Token counts before a request are estimates, for the server has the tokeniser; a prompt that is too long is refused
here with a margin. What the server reports as usage goes into `GenerationDone`.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.engines.language_models.loops import LoopDetector
from companion.engines.language_models.reply_stream import ReplyStream, StopReason
from companion.engines.language_models.rough_tokens import count_rough, split_rough
from companion.errors import ModelError
from companion.ports import Cancel, GenerationDone, ModelInfo, Prompt, TextDelta, Warmed

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
MAX_LINE_CHARS = 1_000_000
_FRAME_TOKENS = 4
_POLL_S = 0.05
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class OpenAiCompatible:
    """A `LanguageModel` on the other side of HTTP; nothing is evaluated ahead, adapters stay there."""

    def __init__(self, client: httpx.Client, model: str, context_tokens: int) -> None:
        self._client = client
        self._model = model
        self._closed = False
        self._info = ModelInfo(
            model, context_tokens, "remote", chat_format="server", notes=("token counts are estimates",)
        )

    @classmethod
    def load(
        cls,
        url: str,
        model: str,
        key: str = "",
        context_tokens: int = 8192,
        *,
        timeout_s: float = READ_TIMEOUT_S,
    ) -> OpenAiCompatible:
        """Return a client for `model` on the server at `url`, with or without `/v1`. Connects at the first request.

        `timeout_s` bounds the silence between two parts of a reply. Raises ModelError, code `url`.
        """
        base = url.strip().rstrip("/")
        if not re.match(r"https?://[^/\s]+", base) or not model.strip():
            raise ModelError(
                f"“{base or model}” does not name a language server and a model.",
                "Give an address such as http://127.0.0.1:8080 and the name of a model on it.",
                code="url",
            )
        if not base.endswith("/v1"):
            base += "/v1"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
        # A fresh connection for each request: a cancelled one is shut down under the client.
        limits = httpx.Limits(max_keepalive_connections=0)
        is_local = httpx.URL(base).host in _LOCAL_HOSTS
        client = httpx.Client(
            base_url=base, headers=headers, timeout=timeout, limits=limits, trust_env=not is_local
        )
        return cls(client, model.strip(), context_tokens)

    @property
    def info(self) -> ModelInfo:
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return estimates: one token for a Han character, one for four letters."""
        self._check_open()
        return [count_rough(text) for text in texts]

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        """Do nothing but count: a server keeps its own prefixes."""
        self._check_open()
        return Warmed(self._fitting(prompt), 0, False, 0.0)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self._check_open()
        return self._generate(prompt, sampling, cancel)

    def attach(self, adapters: Sequence[Adapter]) -> None:
        """Accept no adapters: they live on the server. Raises ModelError, code `adapter`, when some are asked for."""
        self._check_open()
        if adapters:
            raise ModelError(
                "A character's adapter cannot be attached to a language server.",
                "Load it on the server, or use a local model for this character.",
                code="adapter",
            )

    def close(self) -> None:
        self._closed = True
        self._client.close()

    def _generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        n_prompt = self._fitting(prompt)
        reply = _Reply(sampling, n_prompt)
        with contextlib.closing(self._lines(prompt, sampling, cancel)) as lines:
            for text in reply.texts(lines, cancel):
                yield TextDelta(text)
        if cancel.requested and not reply.is_over:
            reply.stop_reason = "cancelled"
        elif text := reply.stream.flush():
            yield TextDelta(text)
        yield reply.done()

    def _lines(self, prompt: Prompt, sampling: Sampling, cancel: Cancel) -> Generator[str, None, None]:
        """Send the request and yield the lines of the answer; a cancel ends it wherever it is."""
        if cancel.requested:
            return
        watch = _CancelWatch(cancel)
        try:
            with self._client.stream(
                "POST",
                "/chat/completions",
                json=self._body(prompt, sampling),
                extensions={"trace": watch.note},
            ) as response:
                if response.status_code != 200:
                    response.read()
                    raise self._status_error(response)
                yield from response.iter_lines()
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if not cancel.requested:
                raise self._transport_error(error) from error
        finally:
            watch.stop()

    def _body(self, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
        messages = [_spoken(message) for message in prompt.pinned + prompt.history + prompt.turn]
        if prompt.reply_prefix:
            messages.append({"role": "assistant", "content": prompt.reply_prefix})
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)[:4]
        if sampling.seed is not None:
            body["seed"] = sampling.seed
        return body

    def _fitting(self, prompt: Prompt) -> int:
        messages = prompt.pinned + prompt.history + prompt.turn
        needed = sum(count_rough(message.text) + _FRAME_TOKENS for message in messages)
        needed += count_rough(prompt.reply_prefix)
        if needed >= self._info.context_tokens:
            raise ModelError(
                f"The prompt needs about {needed} tokens, and {self._info.context_tokens} are available.",
                "Shorten the conversation, or raise “Memory of the conversation” in the settings.",
                code="context",
            )
        return needed

    def _status_error(self, response: httpx.Response) -> ModelError:
        status, server = response.status_code, self._client.base_url.host
        if status in (401, 403):
            return ModelError(
                f"The language server {server} refuses the key (status {status}).",
                "Enter the key of your account on that server in the settings.",
                code="remote_key",
            )
        if status == 404:
            return ModelError(
                f"The language server {server} has no model “{self._model}” (status 404).",
                "Check the model's name and the server's address in the settings.",
                code="remote_model",
            )
        if status == 429:
            return ModelError(
                f"The language server {server} is asked too often (status 429).",
                "Wait a moment and try once more.",
                code="remote_busy",
            )
        return ModelError(
            f"The language server {server} answers with status {status}{_reason(response)}.",
            "Look at the server's own messages.",
            code="remote_status",
        )

    def _transport_error(self, error: Exception) -> ModelError:
        server = f"{self._client.base_url.host}:{self._client.base_url.port or ''}".rstrip(":")
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return ModelError(
                f"The language server at {server} cannot be reached.",
                "Start the server, or check its address in the settings.",
                code="remote_refused",
            )
        if isinstance(error, httpx.TimeoutException):
            return ModelError(
                f"The language server at {server} has been silent for too long.",
                "Try once more, or choose a smaller model on the server.",
                code="remote_timeout",
            )
        return ModelError(
            f"The connection to the language server at {server} broke off.",
            "Try once more; if it happens again, look at the server's own messages.",
            code="remote_broken",
        )

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The language model was closed.", "Start it again.", code="closed")


class _CancelWatch:
    """Shut the socket down as soon as the cancel token is set: a read in progress cannot look for itself.

    Closing alone does not wake a blocked read on every system.
    """

    def __init__(self, cancel: Cancel) -> None:
        self._cancel = cancel
        self._ended = threading.Event()
        self._stream: Any = None
        self._thread = threading.Thread(target=self._run, name="language-cancel")
        self._thread.start()

    def note(self, event: str, details: Mapping[str, Any]) -> None:
        """Take up the connection that httpx reports (its `trace` extension)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = details["return_value"]

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_POLL_S):
            if self._cancel.requested and self._stream is not None:
                with contextlib.suppress(OSError, AttributeError):
                    self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
                return


@dataclass(slots=True)
class _Usage:
    n_prompt: int
    n_cached: int = 0
    n_generated: int = 0


class _Reply:
    """One streamed reply: server-sent events in, text out, usage kept."""

    def __init__(self, sampling: Sampling, n_prompt: int) -> None:
        self.stream = ReplyStream(sampling.stop)
        self.stop_reason: StopReason = "end"
        self.is_over = False
        self._sampling = sampling
        self._usage = _Usage(n_prompt)
        self._n_rough = 0
        self._loops = LoopDetector()
        self._ids: dict[str, int] = {}
        self._started = time.perf_counter()
        self._first: float | None = None
        self._goes_round = False

    def texts(self, lines: Iterator[str], cancel: Cancel) -> Iterator[str]:
        for line in lines:
            if cancel.requested:
                return
            event = _event(line)
            if event is None:
                continue
            if event == "end":
                self.is_over = True
                return
            self._note_usage(event)
            if text := self.stream.feed_text(self._content(event)):
                self._first = self._first or time.perf_counter()
                yield text
            if self._goes_round or self.stream.stopped:
                self.stop_reason, self.is_over = "stop", True
                return

    def done(self) -> GenerationDone:
        now = time.perf_counter()
        first = self._first or now
        usage = self._usage
        return GenerationDone(
            n_prompt=usage.n_prompt,
            n_cached=usage.n_cached,
            n_evaluated=max(0, usage.n_prompt - usage.n_cached),
            n_generated=usage.n_generated or self._n_rough,
            prefill_s=first - self._started,
            decode_s=now - first,
            stop_reason=self.stop_reason,
        )

    def _content(self, event: Mapping[str, Any]) -> str:
        choices = event.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return ""
        if choice.get("finish_reason") == "length":
            self.stop_reason = "length"
        delta = choice.get("delta")
        text = delta.get("content") if isinstance(delta, dict) else None
        if not isinstance(text, str):
            return ""
        for piece in split_rough(text):
            self._n_rough += 1
            if self._loops.feed(self._ids.setdefault(piece, len(self._ids))):
                self._goes_round = True
        return text

    def _note_usage(self, event: Mapping[str, Any]) -> None:
        usage = event.get("usage")
        if not isinstance(usage, dict):
            return
        details = usage.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else 0
        self._usage = _Usage(
            _whole(usage.get("prompt_tokens"), self._usage.n_prompt),
            _whole(cached, 0),
            _whole(usage.get("completion_tokens"), self._usage.n_generated),
        )


def _event(line: str) -> Mapping[str, Any] | Literal["end"] | None:
    """Return the object of an event line, `end` for the last one, None for anything else."""
    if not line.startswith("data:") or len(line) > MAX_LINE_CHARS:
        return None
    payload = line[5:].strip()
    if payload == "[DONE]":
        return "end"
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if isinstance(event, dict) and "error" in event:
        raise ModelError(
            "The language server broke its reply off with an error.",
            "Look at the server's own messages.",
            code="remote_status",
        )
    return event if isinstance(event, dict) else None


def _spoken(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.text}


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise


def _reason(response: httpx.Response) -> str:
    """Return the server's own words on an error, shortened, or nothing."""
    with contextlib.suppress(ValueError, AttributeError):
        error = response.json().get("error")
        text = error.get("message") if isinstance(error, dict) else error
        if isinstance(text, str) and text:
            return f": {text[:160]}"
    return ""
