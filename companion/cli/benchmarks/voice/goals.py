"""The goals of the voice loop on two cores, and whether they were reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of the table; `reached` is None where there is no goal or nothing was measured."""

    name: str
    value: str
    n: int
    goal: str = ""
    reached: bool | None = None


def judged(out: Mapping[str, Any]) -> list[Judged]:
    """Return the lines of the table for the figures of one mind."""
    is_small = "0.5b" in out["model"].lower()
    p50, p95 = (1.0, 1.9) if is_small else (1.2, 2.1)
    cuts, barge = out["false_cuts"], out["barge_in"]
    first = out["launches"][0] if out["launches"] else {}
    return [
        _quantiles("voice to voice, p50 / p95", out["voice_to_voice_s"], p50, p95),
        _quantiles("the naive build's, p50 / p95", out["naive_voice_to_voice_s"]),
        _at_most("ratio to the naive build, p50", out["ratio_to_naive"], "p50", 0.35, "{:.2f}"),
        _quantiles("voice to voice, first turn after launch", out["voice_to_voice_first_turn_s"]),
        _single("first token of the first turn", first.get("first_turn_first_token_s"), 1.5, "{:.2f} s"),
        _single("cut off in a pause", cuts["heard_rate"], 0.08, "{:.0%}", n=cuts["pauses"]),
        _single("taken for complete in a pause", cuts["taken_for_complete"], None, "{}", n=cuts["pauses"]),
        _at_most("softer after a barge-in, p95", barge["duck_s"], "p95", 0.15, "{:.2f} s"),
        _at_most("silent after a barge-in, p95", barge["stop_s"], "p95", 0.35, "{:.2f} s"),
        _single("barge-ins missed", barge["missed"], 0, "{}", n=barge["n"]),
        _single("stopped by a cough or noise", *_share(out["stopped_by_noise"], 0.05)),
        _single("stopped by a backchannel", *_share(out["stopped_by_backchannel"], 0.05)),
        _single("stopped by nobody (echo)", *_share(out["stopped_by_herself"], 0.0)),
        _at_least("went on after a cough or backchannel", out["resumed"], 0.95),
        _at_most(
            "heard text against stored text, p95", out["heard_text_end_error"], "p95", 2, "{:.0f} characters"
        ),
        _at_most(
            "silence between clauses beyond their own, p95",
            out["gap_between_clauses_s"],
            "p95",
            0.25,
            "{:.2f} s",
        ),
        _single("gaps inside a clause", out["gaps_inside_clauses"], 0, "{}"),
        _single("underruns", out["underruns"], 0, "{}"),
        _at_most(
            "recognition errors, Chinese syllables, mean of turns p50",
            out["hearing_error_zh"],
            "p50",
            None,
            "{:.1%}",
        ),
        _at_most(
            "recognition errors, English words, mean of turns p50",
            out["hearing_error_en"],
            "p50",
            None,
            "{:.1%}",
        ),
        _at_most(
            "the program's own stamp of her first sound differs, p95",
            out["stamps_differ_s"],
            "p95",
            0.05,
            "{:.3f} s",
        ),
        *(
            [_at_most("mouth against sound, p95", out["lipsync_s"], "p95", 0.045, "{:.3f} s")]
            if "lipsync_s" in out
            else []
        ),
    ]


def _quantiles(
    name: str, of: Mapping[str, Any], p50: float | None = None, p95: float | None = None
) -> Judged:
    if not of["n"]:
        return Judged(name, "–", 0)
    reached = None if p50 is None or p95 is None else of["p50"] <= p50 and of["p95"] <= p95
    goal = "" if p50 is None else f"≤ {p50} / {p95} s"
    return Judged(name, f"{of['p50']:.2f} / {of['p95']:.2f} s", of["n"], goal, reached)


def _at_most(name: str, of: Mapping[str, Any], key: str, goal: float | None, form: str) -> Judged:
    if not of["n"]:
        return Judged(name, "–", 0, "" if goal is None else f"≤ {form.format(goal)}")
    return _single(name, of[key], goal, form, n=int(of["n"]))


def _single(name: str, value: float | None, goal: float | None, form: str, n: int = 1) -> Judged:
    aim = "" if goal is None else f"≤ {form.format(goal)}"
    if value is None or not n:
        return Judged(name, "–", 0, aim)
    return Judged(name, form.format(value), n, aim, None if goal is None else value <= goal)


def _at_least(name: str, of: Mapping[str, Any], goal: float) -> Judged:
    if not of["n"]:
        return Judged(name, "–", 0, f"≥ {goal:.0%}")
    return Judged(name, f"{of['rate']:.0%}", of["n"], f"≥ {goal:.0%}", of["rate"] >= goal)


def _share(of: Mapping[str, Any], goal: float | None) -> tuple[float | None, float | None, str, int]:
    return of["rate"], goal, "{:.0%}", of["n"]
