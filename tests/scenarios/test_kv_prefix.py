"""A real model reads only what is new in each turn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from companion.domain import commands as do
from companion.domain import events
from companion.domain.character import Sampling

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("character", "lines"),
    [
        ("xiaoman", ("一直在下雨，我哪里也没去。", "那我改天再来看你吧。")),
        ("wren", ("It rained and I stayed in.", "Then I shall come back.")),
    ],
)
def test_the_second_turn_evaluates_at_most_its_own_tokens_and_a_frame(
    stage: Stage, small_mind: Path, character: str, lines: tuple[str, str]
) -> None:
    from companion.engines.language_models.llama_cpp import LlamaCpp

    scene = stage(language_loads_later=True)
    short = Sampling(max_tokens=12, seed=1)
    scene.characters[character] = dataclasses.replace(scene.characters[character], sampling=short)
    mind = LlamaCpp.load(small_mind, context_tokens=1024, threads=1, threads_batch=1)
    try:
        scene.engines.language.put(mind)
        scene.opens(character)
        scene.answered(lines[0])
        timings = scene.answered(lines[1]).timings
        assert timings.n_evaluated_tokens <= mind.count_tokens([lines[1]])[0] + 64
        assert timings.n_prompt_tokens > timings.n_evaluated_tokens
        scene.post(do.Regenerate())
        again = scene.expect(events.ReplyFinished).timings
        assert again.n_evaluated_tokens <= mind.count_tokens([lines[1]])[0] + 64
    finally:
        scene.close()
        mind.close()
