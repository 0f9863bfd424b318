"""How fast she thinks: time to the first token, tokens evaluated each turn, speed beside bare llama-cpp-python."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

from companion import wiring
from companion.cli.benchmarks.bare_llama import BareLlama
from companion.cli.benchmarks.figures import summary
from companion.conversation.preparation import TokenCounter, pinned_for
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.messages import Message
from companion.domain.prompt import Standing
from companion.engines.catalog import Catalog
from companion.paths import Paths
from companion.ports import GenerationDone, LanguageModel, Prompt, TextDelta
from companion.settings import Settings
from companion.workers.clients import LanguageClient

_REPLY_TOKENS = 48
QUESTIONS = {
    "zh": (
        "你好，你是谁？",
        "今天店里忙不忙？",
        "我最近总是睡不好。",
        "你的猫叫什么名字？",
        "推荐我一种茶吧。",
        "下周我要去考试了。",
        "你外婆是个怎样的人？",
        "那我先走了，改天再来。",
    ),
    "en": (
        "Hi, who are you?",
        "What do you do when it is quiet?",
        "I cannot sleep again.",
        "Tell me about the telescope.",
        "What should I drink tonight?",
        "I have an exam next week.",
        "Who taught you the stars?",
        "I will go now, see you.",
    ),
}


def measure(
    settings: Settings, paths: Paths, catalog: Catalog, character: Character, model: str
) -> dict[str, Any]:
    """Talk eight turns to `model` and write the same replies with the reference, in turn."""
    settings = settings.model_copy(deep=True)
    settings.mind.engine, settings.mind.model = "local", model
    cancel = CancelToken()
    spec = wiring.language_spec(settings, paths, catalog, progress=lambda done, total: None, cancel=cancel)
    began = time.monotonic()
    client = LanguageClient(spec, on_event=lambda event: None)
    try:
        load_s = time.monotonic() - began
        pinned = pinned_for(Standing(character), client, TokenCounter())
        began = time.monotonic()
        client.warm(Prompt(pinned.messages), cancel, keep_as=None)
        cold_s = time.monotonic() - began
        file, threads = Path(str(spec.options["model"])), int(str(spec.options["threads"]))
        with BareLlama(file, context_tokens=settings.mind.context_tokens, threads=threads) as bare:
            rows = _turns(client, bare, character, pinned.messages, cancel)
    finally:
        client.close()
    ratios = [row["ours_tokens_per_s"] / row["bare_tokens_per_s"] for row in rows if row["bare_tokens_per_s"]]
    return {
        "model": model,
        "load_s": round(load_s, 3),
        "persona_tokens": pinned.n_tokens,
        "persona_cold_s": round(cold_s, 3),
        "first_token_warm_s": summary([row["first_token_s"] for row in rows]),
        "bare_first_token_cold_s": summary([row["bare_cold_s"] for row in rows if row["bare_cold_s"]]),
        "evaluated_beyond_new_tokens": summary([row["beyond_new"] for row in rows], 0),
        "tokens_per_s": summary([row["ours_tokens_per_s"] for row in rows], 1),
        "bare_tokens_per_s": summary([row["bare_tokens_per_s"] for row in rows], 1),
        "speed_ratio": summary(ratios),
    }


def _turns(
    client: LanguageModel,
    bare: BareLlama,
    character: Character,
    pinned: tuple[Message, ...],
    cancel: CancelToken,
) -> list[dict[str, Any]]:
    sampling = dataclasses.replace(character.sampling, max_tokens=_REPLY_TOKENS, seed=1)
    history: list[Message] = []
    rows = []
    for i, question in enumerate(QUESTIONS[character.language]):
        prompt = Prompt(pinned, tuple(history), (Message("user", question),))
        began, first, text, done = time.monotonic(), None, "", None
        for item in client.generate(prompt, sampling, cancel):
            if isinstance(item, TextDelta):
                first = first or time.monotonic()
                text += item.text
            else:
                done = item
        assert isinstance(done, GenerationDone)
        messages = [
            {"role": one.role, "content": one.text} for one in (*pinned, *history, Message("user", question))
        ]
        # Only the first turn of the reference starts cold: its later ones find their prefix too.
        other = bare.run(messages, max_tokens=_REPLY_TOKENS, cold=i == 0, sentence=False)
        history += [Message("user", question), Message("assistant", text.strip())]
        rows.append(
            {
                "first_token_s": (first or time.monotonic()) - began,
                "bare_cold_s": other["first_token_s"] if i == 0 else None,
                "beyond_new": done.n_evaluated - client.count_tokens([question])[0],
                "ours_tokens_per_s": (done.n_generated - 1) / done.decode_s if done.decode_s else 0.0,
                "bare_tokens_per_s": other["tokens_per_s"],
            }
        )
    return rows
