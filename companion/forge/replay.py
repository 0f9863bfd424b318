"""Replay: the base's own answers to general questions, so that what it can do is not unlearnt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.engines.language_models.vocabulary import Vocabulary
from companion.forge.datasets.rendering import render
from companion.jobs.stage_run import StageRun
from companion.ports import LanguageModel, Prompt, TextDelta

PREFIX: Final = "general"
QUESTIONS: Final = (
    "月亮为什么有圆有缺？",
    "15加27等于多少？",
    "把“今天下雨了”翻译成英语。",
    "冬天怎样保暖？",
    "列出三种乐器。",
    "用Python写一个求最大值的函数。",
    "什么是光年？",
    "给我一个JSON对象，里面有书名和作者。",
    "怎样煮一碗面？",
    "一年有多少个星期？",
    "解释一下什么是民主。",
    "把下面的词按笔画少到多排列：山、水、人。",
    "Why is the sky blue?",
    "What is 9 times 7?",
    "Translate 'thank you very much' into Chinese.",
    "Write a Python function that reverses a string.",
    "Give me a JSON object with a city and its country.",
    "Name two rivers.",
    "How do I sharpen a knife?",
    "What is a prime number?",
    "Summarise in one sentence: plants turn light into sugar.",
    "How many minutes are there in a day?",
    "What is the opposite of 'generous'?",
    "List the colours of a traffic light.",
)
_MOST_TOKENS: Final = 64


def replay_rows(
    run: StageRun, vocabulary: Vocabulary, opened: Callable[[], AbstractContextManager[LanguageModel]]
) -> list[dict[str, Any]]:
    """Return a row for each general question with the base's own greedy answer; each is kept as it comes."""
    items = run.items("answers.jsonl")
    missing = [question for question in QUESTIONS if question not in items]
    if missing:
        with opened() as model:
            for question in missing:
                items.add(question, _answer(model, question, run))
                run.progress(len(items), len(QUESTIONS))
    return [_row(vocabulary, number, question, items[question]) for number, question in enumerate(QUESTIONS)]


def _answer(model: LanguageModel, question: str, run: StageRun) -> str:
    prompt = Prompt((), (), (Message("user", question),))
    parts = model.generate(prompt, Sampling(temperature=0.0, max_tokens=_MOST_TOKENS), run.cancel)
    return "".join(part.text for part in parts if isinstance(part, TextDelta))


def _row(vocabulary: Vocabulary, number: int, question: str, answer: str) -> dict[str, Any]:
    turns = (Message("user", question), Message("assistant", answer))
    made = render(vocabulary, (), turns, (False, True))
    return {
        "id": f"{PREFIX}-{number}",
        "prefix": PREFIX,
        "ids": made.ids,
        # An answer that was cut has no end of its own.
        "spans": [(start, end - 1, 0) for start, end, _ in made.spans],
        "n_chars": made.n_chars,
        "split": "replay",
        "view": "replay",
    }
