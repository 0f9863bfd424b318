"""Two hundred turns of ten days in one chat: what is told stays known and a turn costs what it brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from companion.cli.benchmarks.memory_script import FACTS, Line, Planted, ten_days
from companion.domain import commands as do
from companion.domain import events

if TYPE_CHECKING:
    from tests.scenarios.conftest import Scene

    Stage = Callable[..., Scene]

pytestmark = pytest.mark.unit

DAY, MINUTE = 86_400.0, 60.0
BOUND = 64
_REPLIES = ("嗯，我听着呢，你慢慢说。", "（点头）原来是这样呀，我记下了。", "好呀，那就说定了。")


@dataclass(frozen=True)
class Lived:
    """A turn: what its prompt told of the user outside of the history, the history, the tokens beyond its own."""

    line: Line
    told: str
    history: str
    beyond: int


def lived(scene: Scene) -> list[Lived]:
    scene.opens()
    turns, day = [], 0
    for line in ten_days():
        scene.now += MINUTE + DAY * (line.day - day)
        day = line.day
        for fact in line.rewrites:
            rewrite(scene, fact)
        scene.answered(line.said)
        turns.append(seen(scene, line))
    return turns


def rewrite(scene: Scene, fact: Planted) -> None:
    """Correct a card as the list in the window does."""
    for card in scene.log.memories.cards("xiaoman"):
        if fact.value in card.text:
            scene.log.memories.correct(card.memory, fact.corrected.removeprefix("="))
    scene.post(do.Reload())


def seen(scene: Scene, line: Line) -> Lived:
    prompt, done = scene.mind.prompts[-1], scene.mind.done[-1]
    told = [one.text for one in (*prompt.history, *prompt.turn[:-1]) if one.role == "system"]
    history = [one.text for one in prompt.history if one.role != "system"]
    own = sum(scene.mind.count_tokens([one.text for one in prompt.turn]))
    return Lived(line, "\n".join(told), "\n".join(history), done.n_evaluated - own)


def missing(turns: list[Lived]) -> list[str]:
    return [
        turn.line.said
        for turn in turns
        if turn.line.asks is not None and turn.line.asks.wanted not in f"{turn.told}\n{turn.history}"
    ]


def returned(turns: list[Lived]) -> list[str]:
    """Return what was told in its old form after the turn that corrected it, questions left out."""
    corrected: list[Planted] = []
    back = []
    for turn in turns:
        corrected += turn.line.rewrites
        lines = turn.told.replace("；", "\n").replace("。", "\n").splitlines()
        pieces = [one for one in lines if "现在回应" not in one]
        back += [piece for piece in pieces if any(fact.is_outdated(piece) for fact in corrected)]
        if turn.line.corrects is not None:
            corrected.append(turn.line.corrects)
    return back


def test_the_script_tells_corrects_and_asks_for_everything() -> None:
    lines = ten_days()
    assert len(lines) == 200
    assert {line.day for line in lines} == set(range(10))
    assert [line.asks for line in lines if line.asks is not None] == list(FACTS)
    assert {fact.told for fact in FACTS} <= {line.said for line in lines}
    corrected = [
        fact for line in lines for fact in (*line.rewrites, *([line.corrects] if line.corrects else []))
    ]
    assert sorted(fact.told for fact in corrected) == sorted(fact.told for fact in FACTS if fact.corrected)
    assert len(corrected) >= 10


def test_what_was_told_is_found_in_its_newest_form_at_the_cost_of_the_turn(stage: Stage) -> None:
    scene = stage(knows=True, replies=_REPLIES)
    turns = lived(scene)
    assert len(missing(turns)) <= 3, missing(turns)
    assert returned(turns) == []
    assert max(turn.beyond for turn in turns) <= BOUND
    at_hand = sum(1 for turn in turns if turn.line.asks is not None and turn.line.asks.wanted in turn.history)
    assert at_hand <= 10
    assert len(scene.all(events.TurnFailed)) == 0


def test_control_without_knowledge_most_is_lost(stage: Stage) -> None:
    assert len(missing(lived(stage(replies=_REPLIES)))) >= 15
