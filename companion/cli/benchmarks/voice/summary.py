"""The figures of issue 3's table, from measured turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from companion.cli.benchmarks.figures import summary
from companion.cli.benchmarks.voice.mouth import lipsync
from companion.cli.benchmarks.voice.script import NOISES
from companion.cli.benchmarks.voice.sitting import Sitting
from companion.cli.benchmarks.voice.turns import MeasuredTurn

STAGES: Final = (
    "soft end",
    "recognised",
    "first token",
    "first clause",
    "committed",
    "handed over",
    "first sound",
)


def figures(
    sittings: Sequence[Sitting], turns: Sequence[Sequence[MeasuredTurn]], naive: Sequence[MeasuredTurn]
) -> dict[str, Any]:
    """Return every figure with its n; `turns` holds one sequence for each sitting."""
    firsts = [one[0] for one in turns if one]
    later = [turn for one in turns for turn in one[1:]]
    every = [turn for one in turns for turn in one]
    ours, theirs = _voice_to_voice(later), _voice_to_voice(naive)
    out: dict[str, Any] = {
        "turns": len(every),
        "voice_to_voice_s": summary(ours),
        "voice_to_voice_zh_s": summary(_voice_to_voice(_of(later, "zh"))),
        "voice_to_voice_en_s": summary(_voice_to_voice(_of(later, "en"))),
        "voice_to_voice_first_turn_s": summary(_voice_to_voice(firsts)),
        "voice_to_voice_after_barge_in_s": summary(_some(turn.after_barge_in_s for turn in every)),
        "naive_voice_to_voice_s": summary(theirs),
        "ratio_to_naive": _ratio(every, naive),
        "stages_s": _stages(later),
        "without_reply": sum(
            turn.voice_to_voice_s is None and not turn.is_cut and not turn.is_crossed for turn in every
        ),
        "crossed": sum(turn.is_crossed for turn in every),
        "false_cuts": _cuts(every),
        "naive_false_cuts": _cuts(naive),
        **_interruptions(every),
        **_replies(every),
        "lipsync_s": lipsync(sittings),
        "hearing_error_zh": summary(_some(turn.hearing_error for turn in _of(every, "zh"))),
        "hearing_error_en": summary(_some(turn.hearing_error for turn in _of(every, "en"))),
        "underruns": sum(one.recording.underruns for one in sittings),
        "sound_thread_late_ms": {
            "p99": round(max((one.recording.late_ms["p99"] for one in sittings), default=0.0), 2),
            "max": round(max((one.recording.late_ms["max"] for one in sittings), default=0.0), 2),
        },
        "recorded_s": round(sum(one.recording.seconds(len(one.recording.hers)) for one in sittings), 1),
        "launches": [_launch(one, own[0] if own else None) for one, own in zip(sittings, turns, strict=True)],
        "naive_parts_s": _naive_parts(sittings),
    }
    return out


def _voice_to_voice(turns: Iterable[MeasuredTurn]) -> list[float]:
    return _some(turn.voice_to_voice_s for turn in turns)


def _some(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _of(turns: Iterable[MeasuredTurn], language: str) -> list[MeasuredTurn]:
    return [turn for turn in turns if turn.spoken.turn.language == language]


def _ratio(every: Sequence[MeasuredTurn], naive: Sequence[MeasuredTurn]) -> dict[str, Any]:
    """Return the ratio of each of the control's turns that ours answered, too: the same words in the same minute."""
    ours = {turn.order: turn.voice_to_voice_s for turn in every}
    pairs = []
    for turn in naive:
        mine = ours.get(turn.order - 1)
        if mine is not None and turn.voice_to_voice_s:
            pairs.append(mine / turn.voice_to_voice_s)
    return summary(pairs)


def _stages(turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    answered = [turn for turn in turns if turn.voice_to_voice_s is not None]
    return {name: summary(_some(turn.marks.get(name) for turn in answered)) for name in STAGES}


def _cuts(every: Sequence[MeasuredTurn]) -> dict[str, Any]:
    turns = [turn for turn in every if not turn.is_crossed]
    paused = [turn for turn in turns if turn.spoken.said.pauses]
    n_pauses = sum(len(turn.spoken.said.pauses) for turn in paused)
    heard, early = sum(turn.is_cut for turn in paused), sum(turn.n_early for turn in paused)
    return {
        "pauses": n_pauses,
        "heard": heard,
        "heard_rate": round(heard / n_pauses, 3) if n_pauses else None,
        "taken_for_complete": early,
        "without_pauses": sum(
            turn.is_cut or turn.n_early > 0 for turn in turns if not turn.spoken.said.pauses
        ),
    }


def _interruptions(turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    barge_ins = [turn for turn in turns if turn.spoken.turn.during == "barge_in" and turn.reaction]
    noises = [turn for turn in turns if turn.spoken.turn.during in NOISES and turn.reaction]
    backchannels = [turn for turn in turns if turn.spoken.turn.during == "backchannel" and turn.reaction]
    harmless = [turn.reaction for turn in (*noises, *backchannels) if turn.reaction]
    held = [one for one in harmless if one.effect in ("resumed", "stopped")]
    stopped = [turn.reaction for turn in barge_ins if turn.reaction and turn.reaction.effect == "stopped"]
    return {
        "barge_in": {
            "n": len(barge_ins),
            "missed": sum(
                turn.reaction is not None and turn.reaction.effect != "stopped" for turn in barge_ins
            ),
            "duck_s": summary(_some(one.duck_s for one in stopped)),
            "stop_s": summary(_some(one.stop_s for one in stopped)),
        },
        "stopped_by_noise": _rate(sum(_stopped(turn) for turn in noises), len(noises)),
        "stopped_by_backchannel": _rate(sum(_stopped(turn) for turn in backchannels), len(backchannels)),
        "stopped_by_herself": _by_herself(turns),
        "resumed": _rate(sum(one.effect == "resumed" for one in held), len(held)),
        "resume_s": summary(_some(one.resume_s for one in held)),
    }


def _stopped(turn: MeasuredTurn) -> bool:
    return turn.reaction is not None and turn.reaction.effect == "stopped"


def _by_herself(turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    """Count the replies that broke off although the user was silent."""
    undisturbed = [
        turn for turn in turns if turn.during_onset is None and not turn.is_cut and not turn.n_early
    ]
    alone = [one for turn in undisturbed for one in turn.replies]
    return _rate(sum(one.interrupted for one in alone), len(alone))


def _rate(count: int, n: int) -> dict[str, Any]:
    return {"n": n, "count": count, "rate": round(count / n, 3) if n else None}


def _replies(turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    replies = [one for turn in turns for one in turn.replies]
    gaps = [gap for one in replies for gap in one.gaps]
    whole = [one.heard for one in replies if one.heard and not one.interrupted]
    broken = [one.heard for one in replies if one.heard and one.interrupted]
    return {
        "heard_text_end_error": summary([one.end for one in whole + broken], 0),
        "heard_text_end_error_interrupted": summary([one.end for one in broken], 0),
        "heard_text_edits": summary([one.edits for one in whole + broken], 0),
        "gap_between_clauses_s": summary([gap.seconds for gap in gaps if not gap.in_clause]),
        "gaps_inside_clauses": sum(gap.in_clause and gap.seconds > 0.005 for gap in gaps),
        "stamps_differ_s": summary([one.stamp_error_s for one in replies]),
    }


def _launch(sitting: Sitting, first: MeasuredTurn | None) -> dict[str, Any]:
    reply = first.replies[0] if first is not None and first.replies else None
    timings = reply.timings if reply is not None else None
    return {
        "language": sitting.language,
        "ready_cold_s": round(sitting.cold_ready_s, 2),
        "ready_from_saved_state_s": round(sitting.ready_s, 2),
        "persona_tokens": sitting.persona_tokens,
        "first_turn_first_token_s": timings.first_token_s if timings else None,
        "first_turn_evaluated_tokens": timings.n_evaluated_tokens if timings else None,
        "state_at_end": sitting.state,
        "rss_mb": sitting.watched[-1].rss_mb,
    }


def _naive_parts(sittings: Sequence[Sitting]) -> dict[str, Any]:
    rows = [row for one in sittings for row in one.naive_rows]
    names = ("recogniser_s", "first_token_s", "mind_s", "voice_s")
    return {name: summary([row[name] for row in rows]) for name in names}
