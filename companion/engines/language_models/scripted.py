"""The mind of `--demo` and of tests: fixed lines, no weights, the bookkeeping of a real model."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence

from companion.domain.character import Adapter, Sampling
from companion.domain.messages import Message
from companion.engines.language_models.reply_stream import ReplyStream, StopReason
from companion.engines.language_models.rough_tokens import count_rough, split_rough
from companion.errors import ModelError
from companion.ports import Cancel, GenerationDone, ModelInfo, Prompt, TextDelta, Warmed

_HAN = re.compile(r"[㐀-鿿]")
_POLL_S = 0.01

_LINES: dict[str, dict[str, tuple[str, ...]]] = {
    "zh": {
        "greeting": (
            "（微笑）你好呀。这是演示，我说的话都是事先写好的，不过能见到你还是很高兴。",
            "（挥挥手）嗨，你来啦。先说一声，这里是演示模式，我还没有真正的脑子可以用。",
        ),
        "who": (
            "（歪头）我是你的桌面伙伴。现在是演示，装上语言模型以后，我才会用自己的性格回答你。",
            "（想了想）我是住在你电脑里的角色。演示里只有几句台词，装好模型我们再慢慢认识。",
        ),
        "question": (
            "（思考）这个问题我得老实说：演示模式里我不会真的思考，等装上语言模型再认真回答你，好吗？",
            "（不好意思）我现在答不上来，这只是演示的台词。去设置里选一个模型，我就能接着聊了。",
        ),
        "other": (
            "（轻声）我听到了。虽然这只是演示，你说的话也不会离开这台电脑，可以放心。",
            "（笑着）嗯，我在听。演示里我只有这几句话，但声音、表情和打断都是真的，你可以随时打断我试试。",
            "（温柔）谢谢你告诉我这些。等有了真正的模型，我会好好记住的。",
        ),
    },
    "en": {
        "greeting": (
            "(smiles) Hello there. This is the demo, so my lines were written beforehand, but I am glad you came.",
            "(waves happily) Hi! Just so you know, in demo mode I have no real mind to think with yet.",
        ),
        "who": (
            "(tilts head, thinking) I am your companion. In this demo I cannot be myself yet; with a model I will.",
            "(smiles) Someone who lives on your computer. The demo gives me a few lines; a model, the rest.",
        ),
        "question": (
            "(thinking) Honestly, I cannot think in demo mode. Choose a language model and ask me once more?",
            "(embarrassed) I have no answer to that, only demo lines. Pick a model in the settings and we can go on.",
        ),
        "other": (
            "(softly) I heard you. This is only a demo, but nothing you say leaves this computer.",
            "(smiles) I am listening. My words are fixed here; the voice and the face are real, so do interrupt me.",
            "(tenderly) Thank you for telling me. With a real model I would remember it.",
        ),
    },
}
_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("who", re.compile(r"你是谁|你叫什么|介绍.{0,4}自己|who are you|your name", re.IGNORECASE)),
    ("question", re.compile(r"[？?]|吗|什么|为什么|怎么|\b(?:what|why|how|when|where)\b", re.IGNORECASE)),
    (
        "greeting",
        re.compile(
            r"你好|您好|嗨|早上好|晚上好|在吗|\b(?:hello|hi|hey)\b|good (?:morning|evening)", re.IGNORECASE
        ),
    ),
)

_Token = tuple[str, str]


class Scripted:
    """A `LanguageModel` with a pretended KV prefix: its counts are those a real one would report."""

    def __init__(self, replies: Sequence[str], *, delay_s: float, context_tokens: int) -> None:
        self._replies = tuple(replies)
        self._delay_s = delay_s
        self._n_replies = 0
        self._cached: list[_Token] = []
        self._kept: dict[tuple[str, tuple[Adapter, ...]], list[_Token]] = {}
        self._adapters: tuple[Adapter, ...] = ()
        self._closed = False
        self._info = ModelInfo("scripted", context_tokens, "scripted", chat_format="scripted")

    @classmethod
    def load(
        cls, *, replies: Sequence[str] = (), delay_s: float = 0.0, context_tokens: int = 4096
    ) -> Scripted:
        """Return a ready mind; `replies` are given one after the other, round and round, instead of the demo's lines.

        `delay_s` is the time one token takes.
        """
        return cls(replies, delay_s=delay_s, context_tokens=context_tokens)

    @property
    def info(self) -> ModelInfo:
        return self._info

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return an estimate: one token for a Han character, one for four letters."""
        self._check_open()
        return [count_rough(text) for text in texts]

    def warm(self, prompt: Prompt, cancel: Cancel, *, keep_as: str | None = None) -> Warmed:
        self._check_open()
        started = time.perf_counter()
        tokens = self._fitting(prompt)
        restored = self._restore(prompt, keep_as)
        n_cached = self._keep_common(tokens)
        n_evaluated = 0 if cancel.requested else len(tokens) - n_cached
        if not cancel.requested:
            self._cached = tokens
        return Warmed(len(tokens), n_evaluated, restored, time.perf_counter() - started)

    def generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        self._check_open()
        return self._generate(prompt, sampling, cancel)

    def attach(self, adapters: Sequence[Adapter]) -> None:
        self._check_open()
        if tuple(adapters) != self._adapters:
            self._adapters = tuple(adapters)
            self._cached = []

    def close(self) -> None:
        self._closed = True

    def _generate(
        self, prompt: Prompt, sampling: Sampling, cancel: Cancel
    ) -> Iterator[TextDelta | GenerationDone]:
        started = time.perf_counter()
        tokens = [*self._fitting(prompt), ("assistant", "")]
        n_cached = self._keep_common(tokens)
        self._cached = list(tokens)
        prefilled = time.perf_counter()
        limit = min(sampling.max_tokens, self._info.context_tokens - len(tokens))
        stream = ReplyStream(sampling.stop)
        n_generated = 0
        reason: StopReason = "end"
        for piece in split_rough(self._reply(prompt, sampling)):
            if self._pause(cancel):
                reason = "cancelled"
                break
            if n_generated >= limit:
                reason = "length"
                break
            n_generated += 1
            self._cached.append(("text", piece))
            if text := stream.feed_text(piece):
                yield TextDelta(text)
            if stream.stopped:
                reason = "stop"
                break
        if reason in ("end", "length") and (text := stream.flush()):
            yield TextDelta(text)
        yield GenerationDone(
            n_prompt=len(tokens),
            n_cached=n_cached,
            n_evaluated=len(tokens) - n_cached,
            n_generated=n_generated,
            prefill_s=prefilled - started,
            decode_s=time.perf_counter() - prefilled,
            stop_reason=reason,
        )

    def _pause(self, cancel: Cancel) -> bool:
        """Wait the time of a token; return True when stopping is requested."""
        end = time.monotonic() + self._delay_s
        while not cancel.requested:
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _POLL_S))
        return True

    def _reply(self, prompt: Prompt, sampling: Sampling) -> str:
        turn = self._n_replies
        self._n_replies += 1
        if self._replies:
            return self._replies[turn % len(self._replies)]
        text = next((m.text for m in reversed(prompt.turn + prompt.history) if m.role == "user"), "")
        lines = _LINES["zh" if _HAN.search(text) or not text else "en"]
        sort = next((name for name, sign in _SIGNS if sign.search(text)), "other")
        if sampling.seed is None:
            return lines[sort][turn % len(lines[sort])]
        return random.Random(f"{sampling.seed} {text}").choice(lines[sort])

    def _fitting(self, prompt: Prompt) -> list[_Token]:
        tokens = _tokens(prompt.pinned + prompt.history + prompt.turn)
        tokens += [("text", piece) for piece in split_rough(prompt.reply_prefix)]
        if len(tokens) >= self._info.context_tokens:
            raise ModelError(
                f"The prompt needs {len(tokens)} tokens, and {self._info.context_tokens} are available.",
                "Shorten the conversation, or raise “Memory of the conversation” in the settings.",
                code="context",
            )
        return tokens

    def _restore(self, prompt: Prompt, keep_as: str | None) -> bool:
        if keep_as is None:
            return False
        pinned = _tokens(prompt.pinned)
        key = (keep_as, self._adapters)
        is_cached = self._cached[: len(pinned)] == pinned
        restored = not is_cached and self._kept.get(key) == pinned
        if restored:
            self._cached = list(pinned)
        self._kept[key] = pinned
        return restored

    def _keep_common(self, tokens: Sequence[_Token]) -> int:
        n_common = 0
        for ours, theirs in zip(self._cached, tokens, strict=False):
            if ours != theirs:
                break
            n_common += 1
        del self._cached[n_common:]
        return n_common

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The language model was closed.", "Start it again.", code="closed")


def _tokens(messages: Sequence[Message]) -> list[_Token]:
    tokens: list[_Token] = []
    for message in messages:
        tokens.append((message.role, ""))
        tokens += [("text", piece) for piece in split_rough(message.text)]
        tokens.append(("end", ""))
    return tokens
