"""Which stages a training goes through, how many steps each has, and what a machine can bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from companion.errors import UsageError

StageName = Literal["invert", "regress", "decoder", "durations"]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """`every` steps a voice is exported as a candidate, 0: never; `weights` scale the losses."""

    name: StageName
    steps: int
    lr: float
    batch: int
    every: int = 0
    segment_frames: int = 32
    weights: Mapping[str, float] = field(default_factory=dict)


_CPU: Final = (
    StagePlan("invert", 150, 4e-4, 8),
    StagePlan("regress", 300, 2e-4, 4, every=0),
    StagePlan("decoder", 1500, 2e-4, 8, every=250),
)
_GPU: Final = (
    StagePlan("invert", 300, 4e-4, 16),
    StagePlan("regress", 2_000, 2e-4, 16, every=500),
    StagePlan("decoder", 20_000, 2e-4, 32, every=1_000),
)
_SMOKE: Final = (
    StagePlan("invert", 10, 4e-4, 8),
    StagePlan("regress", 15, 2e-4, 4),
    StagePlan("decoder", 10, 2e-4, 4, every=10),
)
_DURATIONS: Final = StagePlan("durations", 400, 1e-3, 16)
_NEW_LANGUAGE: Final = 3
_SCRATCH: Final = 20


def stages(
    profile: str, *, has_base: bool, same_language: bool, schedule: Mapping[str, Mapping[str, Any]]
) -> list[StagePlan]:
    """Return the stages in order. Raises UsageError, code `schedule`, for a schedule that names no stage.

    A base of the same language keeps its timing and its reading of the symbols; for another language both are learnt.
    """
    chosen: list[StagePlan] = list({"gpu": _GPU, "smoke": _SMOKE}.get(profile, _CPU))
    if not has_base:
        chosen = [one for one in chosen if one.name != "invert"]
    if not same_language:
        longer = _SCRATCH if not has_base else _NEW_LANGUAGE
        smoke = profile == "smoke"
        chosen = [
            replace(one, steps=one.steps * (1 if smoke else longer)) if one.name == "regress" else one
            for one in chosen
        ]
        timing = replace(_DURATIONS, steps=10 if smoke else _DURATIONS.steps)
        chosen.insert([one.name for one in chosen].index("decoder"), timing)
    return _changed(chosen, schedule)


def _changed(chosen: Sequence[StagePlan], schedule: Mapping[str, Mapping[str, Any]]) -> list[StagePlan]:
    names = {one.name for one in chosen}
    unknown = [name for name in schedule if name not in names]
    if unknown:
        raise UsageError(
            f"No stage of this training is called '{unknown[0]}'.",
            f"These are: {', '.join(sorted(names))}.",
            code="schedule",
        )
    return [_with(one, schedule.get(one.name, {})) for one in chosen]


def _with(stage: StagePlan, change: Mapping[str, Any]) -> StagePlan:
    own = {key: change[key] for key in ("steps", "lr", "batch", "every", "segment_frames") if key in change}
    weights = {key: float(value) for key, value in change.items() if key not in own}
    return replace(stage, **own, weights={**stage.weights, **weights})
