"""Which stages a training goes through."""

from __future__ import annotations

import pytest

from companion.errors import UsageError
from companion.training.vits.plan import stages

pytestmark = pytest.mark.unit


def test_a_base_of_the_same_language_keeps_its_timing() -> None:
    plan = stages("cpu", has_base=True, same_language=True, schedule={})

    assert [stage.name for stage in plan] == ["invert", "regress", "decoder"]


def test_a_base_of_another_language_learns_its_timing_anew() -> None:
    plan = stages("cpu", has_base=True, same_language=False, schedule={})

    assert [stage.name for stage in plan] == ["invert", "regress", "durations", "decoder"]


def test_without_a_base_nothing_is_inverted_and_more_is_learnt() -> None:
    scratch = stages("cpu", has_base=False, same_language=False, schedule={})
    based = stages("cpu", has_base=True, same_language=True, schedule={})

    assert [stage.name for stage in scratch] == ["regress", "durations", "decoder"]
    assert scratch[0].steps > based[1].steps


def test_a_schedule_changes_steps_and_weights_of_the_stage_it_names() -> None:
    plan = stages(
        "cpu", has_base=True, same_language=True, schedule={"decoder": {"steps": 7, "feature": 3.0}}
    )

    assert (plan[2].steps, plan[2].weights) == (7, {"feature": 3.0})


def test_a_schedule_for_an_unknown_stage_is_refused() -> None:
    with pytest.raises(UsageError, match="polish"):
        stages("cpu", has_base=True, same_language=True, schedule={"polish": {"steps": 7}})


def test_a_graphics_card_takes_more_steps_than_a_processor() -> None:
    gpu, cpu = (stages(name, has_base=True, same_language=True, schedule={}) for name in ("gpu", "cpu"))

    assert all(one.steps > other.steps for one, other in zip(gpu, cpu, strict=True))
