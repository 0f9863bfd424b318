"""The bench of memory counts what was found, what came back, and why a turn cost more than it brought."""

from __future__ import annotations

from dataclasses import replace

import pytest

from companion.cli.benchmarks.memory import BOUND, Turn, told
from companion.cli.benchmarks.memory_prompts import Watched
from companion.cli.benchmarks.memory_script import FACTS, Line
from companion.domain.cancel import CancelToken
from companion.domain.character import Sampling
from companion.domain.messages import Message
from companion.engines.language_models.scripted import Scripted
from companion.ports import Prompt

pytestmark = pytest.mark.unit

HOME = next(fact for fact in FACTS if fact.new_value == "厦门")
CAT = next(fact for fact in FACTS if fact.new_value == "年糕")
TURN = Turn(Line(0, "嗯"), 20, 5, 7, "turn", "", "", 0.2, 3, 0)


def test_a_fact_counts_as_found_where_it_was_recalled_or_still_stands_in_the_history() -> None:
    asked = [Line(8, fact.asked, asks=fact) for fact in (HOME, CAT, FACTS[0])]
    turns = [
        replace(TURN, line=asked[0], known="用户住在厦门"),
        replace(TURN, line=asked[1], present="我的猫现在叫年糕"),
        replace(TURN, line=asked[2]),
    ]
    facts = told(turns)["facts"]
    assert (facts["asked"], facts["found"], facts["recalled"], facts["still_in_the_history"]) == (3, 2, 1, 1)
    assert facts["missing"] == [FACTS[0].asked]


def test_an_old_form_counts_from_the_turn_after_its_correction() -> None:
    old = replace(TURN, known="用户住在青岛；他怕打雷")
    correcting = replace(old, line=Line(5, HOME.corrected, corrects=HOME))
    rewritten = replace(TURN, line=Line(5, "嗯", rewrites=(CAT,)), known="用户养了一只猫叫豆包")
    assert told([old, correcting])["corrected"]["n_old_forms_returned"] == 0
    assert told([old, correcting, old])["corrected"]["old_forms_returned"] == ["嗯: 用户住在青岛"]
    assert (
        told([correcting, replace(TURN, known="用户从青岛搬到了厦门")])["corrected"]["n_old_forms_returned"]
        == 0
    )
    assert told([rewritten])["corrected"]["n_old_forms_returned"] == 1


def test_turns_beyond_the_bound_are_told_with_their_reason() -> None:
    turns = [TURN, replace(TURN, beyond=BOUND), replace(TURN, beyond=BOUND + 1, reason="trim")]
    within = told(turns)["within_bound"]
    assert (within["n"], within["reasons_of_the_others"]) == (2, {"trim": 1})
    assert told(turns)["evaluated_beyond"]["max"] == BOUND + 1


def _prompt(*history: str, summary: str = "") -> Prompt:
    before = (Message("system", summary),) if summary else ()
    said = tuple(Message("assistant" if n % 2 else "user", text) for n, text in enumerate(history))
    return Prompt((Message("system", "她"),), (*before, *said), (Message("user", "嗯"),))


@pytest.mark.parametrize(
    ("prompt", "read_before", "reason"),
    [
        (_prompt("一", "二", "三", "四"), True, "turn"),
        (_prompt("一", "二", "三", "四"), False, "reply not read yet"),
        (_prompt("三", "四"), False, "trim"),
        (_prompt("一", "二", summary="之前"), False, "summary"),
        (replace(_prompt("一", "二"), pinned=(Message("system", "他"),)), False, "persona"),
    ],
)
def test_what_was_read_anew_is_named(prompt: Prompt, read_before: bool, reason: str) -> None:
    mind, cancel = Watched(Scripted.load()), CancelToken()
    list(mind.generate(_prompt("一", "二"), Sampling(), cancel))
    if read_before:
        mind.warm(Prompt(prompt.pinned, prompt.history), cancel)
        assert mind.n_warmed > 0
    list(mind.generate(prompt, Sampling(), cancel))
    assert mind.reason == reason
