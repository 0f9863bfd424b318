"""Choosing among the candidates of a training by ear: each speaks lines it has not learnt, the best score wins."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from companion.jobs.stage_run import StageRun
from companion.text.phonemes import Language
from companion.voice_training.evaluation import (
    NOISE_SCALES,
    Evaluation,
    Target,
    measure_target,
    measure_voice,
    to_plain,
)
from companion.voice_training.figures import Line, Listener, RealClip, measuring_lines
from companion.voice_training.goals import likeness_level, passes
from companion.voice_training.model_stages import SPLIT, TRAINED, read_clips, read_object, real_clip
from companion.voice_training.request import VoiceRequest

FIGURES: Final = "figures.json"
SOUNDS: Final = "eval"
_RANKING_NOISE: Final = 0.333
_N_RANKING: Final = 10
_N_LINES: Final = 30
_N_SMOKE: Final = 4
_N_REAL: Final = 30


def choose(run: StageRun, request: VoiceRequest, listen: Callable[[], Listener]) -> dict[str, Any]:
    """Measure every candidate, the best one thoroughly, and write figures.json. Raises ModelError, Cancelled."""
    trained = read_object(run.job / TRAINED)
    language: Language = "zh" if trained.get("language") == "zh" else "en"
    if trained.get("route") == "similar":
        figures = _of_fit(trained)
        run.write_json(FIGURES, figures)
        return figures
    listener = listen()
    is_smoke = request.profile == "smoke"
    lines = measuring_lines(language)[: _N_SMOKE if is_smoke else _N_LINES]
    sounds = run.job / SOUNDS
    shutil.rmtree(sounds, ignore_errors=True)
    sounds.mkdir(parents=True)
    run.say("measuring the recordings themselves")
    target = measure_target(_references(run), listener, keep=sounds)
    ranking = _ranking(run, trained, lines[: _N_SMOKE if is_smoke else _N_RANKING], target, listener)
    best = max(ranking, key=lambda name: ranking[name]["score"])
    run.say(f"{best} is the best of {len(ranking)}; it is measured thoroughly")
    evaluation = measure_voice(
        run.job / best,
        lines,
        target,
        listener,
        noise_scales=(_RANKING_NOISE,) if is_smoke else NOISE_SCALES,
        keep=sounds,
        cancel=run.cancel,
        show=run.progress,
    )
    figures = _figures(evaluation, best, ranking, language)
    run.write_json(FIGURES, figures)
    return {name: value for name, value in figures.items() if name != "evaluation"}


def _references(run: StageRun) -> list[RealClip]:
    names = set(read_object(run.job / SPLIT).get("held_out", ()))
    chosen = [one for one in read_clips(run.job) if one.name in names][:_N_REAL]
    return [real_clip(run.job, one) for one in chosen]


def _ranking(
    run: StageRun, trained: Mapping[str, Any], lines: tuple[Line, ...], target: Target, listener: Listener
) -> dict[str, dict[str, Any]]:
    """Return score and figures of each candidate; what an earlier run has measured is taken from there."""
    items = run.items(scope=f"{len(lines)}")
    names = [str(one) for one in trained.get("candidates", ())]
    found: dict[str, dict[str, Any]] = {}
    for number, name in enumerate(names):
        digest = run.digest(name)
        if digest not in items:
            done = number * len(lines)

            def show(spoken: int, of: int, done: int = done) -> None:
                del of
                run.progress(done + spoken, len(names) * len(lines))

            evaluation = measure_voice(
                run.job / name,
                lines,
                target,
                listener,
                noise_scales=(_RANKING_NOISE,),
                cancel=run.cancel,
                show=show,
            )
            items.add(digest, {"score": evaluation.score, "tried": to_plain(evaluation)["tried"][0]})
        found[name] = items[digest]
    return found


def _figures(
    evaluation: Evaluation, best: str, ranking: Mapping[str, Mapping[str, Any]], language: Language
) -> dict[str, Any]:
    voice, real = evaluation.voice, evaluation.real
    return {
        "kind": "trained",
        "language": language,
        "candidate": best,
        "score": evaluation.score,
        "passes": passes(evaluation, language),
        "likeness": likeness_level(evaluation),
        "similarity": voice.secs,
        "similarity_real": real.secs,
        "similarity_strangers": evaluation.strangers,
        "error_rate": voice.error_rate,
        "error_rate_real": real.error_rate,
        "ovrl": voice.ovrl,
        "ovrl_real": real.ovrl,
        "rtf": evaluation.speed.rtf,
        "first_sound_s": evaluation.speed.first_sound_s,
        "megabytes": evaluation.speed.megabytes,
        "n_lines": voice.n,
        "n_real": real.n,
        "ranking": dict(ranking),
        "evaluation": to_plain(evaluation),
    }


def _of_fit(trained: Mapping[str, Any]) -> dict[str, Any]:
    fit: Mapping[str, Any] = trained["fit"]
    return {
        "kind": "similar",
        "language": trained["language"],
        "why": trained["why"],
        "similarity": fit["held_out_fitted"],
        "similarity_real": fit["ceiling"],
        "similarity_stock": fit["held_out_stock"],
        "gain": fit["gain"],
        "covered": fit["covered"],
        "ovrl": fit["ovrl_fitted"],
        "stock": fit["stock"],
        "n_real": fit["n_held_out"],
    }


def sounds_folder(job: Path) -> Path:
    """Return where the sounds of the evaluation are kept."""
    return job / SOUNDS
