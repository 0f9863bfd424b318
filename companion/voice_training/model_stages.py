"""The computer looked at, and the voice learnt: by training where that can be done, else fitted to be similar."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from companion import hardware
from companion.audio.wav import read_wav
from companion.errors import UsageError
from companion.jobs.stage_run import StageRun
from companion.text.phonemes import Language
from companion.voice_training import symbols
from companion.voice_training.clip import Clip, clips_from_json
from companion.voice_training.figures import RealClip
from companion.voice_training.request import VoiceRequest
from companion.voice_training.style_fit import fit_style, style_json
from companion.voice_training.surroundings import Base, Surroundings
from companion.voice_training.torch_home import TorchHome, find_torch
from companion.voice_training.trainer import TRAINING, Estimate, has_checkpoint, try_steps
from companion.voice_training.trainer import train as run_training

CLIPS: Final = "clips.json"
VERDICT: Final = "verdict.json"
TRAINED: Final = "trained.json"
SPLIT: Final = "split.json"
STYLE: Final = "voice/style.json"
_LEAST_FREE_BYTES: Final = 500_000_000
_TRAIN_FREE_BYTES: Final = 3_000_000_000
_TRAIN_RAM_GB: Final = 4.0
_LEAST_HELD_OUT, _MOST_HELD_OUT = 3, 30
_SCRATCH_S: Final = 3 * 3600.0
_SMOKE_S: Final = 10.0
_FIT_CLIPS: Final = 24
_LEAST_MORE_STEPS: Final = 50
_EVERY_N_CANDIDATES: Final = 4
_LEAST_SHARE: Final = 0.25


def look_at_computer(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Tell what this computer can do. Raises StorageError, code `disk_full`, where nothing can be done."""
    found = hardware.look(str(run.job))
    home = find_torch()
    run.need_room(_LEAST_FREE_BYTES)
    gpu = found.gpu or "no graphics card for it"
    run.say(
        f"{found.cores} cores, {found.ram_free_gb:.0f} GB of memory and {found.disk_free_gb:.0f} GB of disk free, {gpu}"
    )
    if home is None:
        run.say("The packages for training are not installed: a similar voice will be fitted.")
    elif found.ram_free_gb < _TRAIN_RAM_GB:
        run.say(
            f"Less than {_TRAIN_RAM_GB:.0f} GB of memory are free: close other programs before the training."
        )
    if not request.recordings.is_dir():
        raise UsageError(
            f"The folder {request.recordings.name} is not there any more.", "Bring it back and go on."
        )
    return {**asdict(found), "can_train": home is not None}


def learn(run: StageRun, request: VoiceRequest, around: Surroundings) -> dict[str, Any]:
    """Train a voice, or fit a similar one, and say in trained.json which. Raises ModelError, WorkerError, Cancelled."""
    verdict = read_object(run.job / VERDICT)
    language: Language = "zh" if verdict.get("language") == "zh" else "en"
    kept_s = float(verdict.get("kept_s", 0.0))
    clips = [one for one in read_clips(run.job) if one.dropped is None and one.text]
    if not clips:
        raise UsageError(
            "No clip of the recordings can be used.",
            "The table review.csv in the job's folder says why; record some sentences in a quiet room.",
            code="no_clips",
        )
    home, base, why = _means(
        request, around, language, kept_s, can_train=_is_enough(verdict, request, kept_s)
    )
    if home is None:
        run.say(f"{why} A similar voice is fitted instead.")
        return _fit(run, request, around, clips, language, why)
    return _train(run, request, home, base, clips, language)


def read_clips(job: Path) -> list[Clip]:
    """Return the clips of a job as they are after the review. Raises StorageError."""
    return clips_from_json((job / CLIPS).read_text(encoding="utf-8"))


def read_object(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, an empty one if there is none."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def real_clip(job: Path, clip: Clip) -> RealClip:
    """Return a clip with its sound. Raises AudioError."""
    sound = read_wav(job / "clips" / f"{clip.name}.wav")
    return RealClip(clip.text, "zh" if clip.language == "zh" else "en", sound.samples, sound.rate_hz)


def held_out(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips that are kept back for measuring: a tenth of them, 3 to 30, spread over the recordings."""
    n = min(_MOST_HELD_OUT, max(_LEAST_HELD_OUT, len(clips) // 10), len(clips) // 2)
    fitting = sorted(clips, key=lambda one: (bool(one.flags), not 2.0 <= one.seconds <= 10.0))
    fitting = sorted(fitting[: max(n, len(clips) // 2)], key=lambda one: one.name)
    return [fitting[len(fitting) * place // n] for place in range(n)] if n else []


def _is_enough(verdict: Mapping[str, Any], request: VoiceRequest, kept_s: float) -> bool:
    if request.profile == "smoke":
        return kept_s >= _SMOKE_S
    return verdict.get("level") in ("preview", "good", "best")


def _means(
    request: VoiceRequest, around: Surroundings, language: Language, kept_s: float, *, can_train: bool
) -> tuple[TorchHome | None, Base | None, str]:
    """Return where to train and from what, or no place and why there is none."""
    if not can_train:
        return None, None, f"{kept_s:.0f} s of speech are too little to train a voice; a minute is the least."
    home = find_torch()
    if home is None:
        return None, None, "The packages for training are not installed (uv sync --extra train)."
    base = around.base(request.base, language)
    if base is None and kept_s < _SCRATCH_S:
        why = "There is no voice to start from, and without one three hours of speech are the least."
        return None, None, why
    return home, base, ""


# ---- a similar voice


def _fit(
    run: StageRun,
    request: VoiceRequest,
    around: Surroundings,
    clips: Sequence[Clip],
    language: Language,
    why: str,
) -> dict[str, Any]:
    kokoro = around.kokoro(lambda done, total: run.check(), run.cancel)
    best = sorted(clips, key=lambda one: (bool(one.flags), abs(one.seconds - 5.0)))[:_FIT_CLIPS]
    chosen = [real_clip(run.job, one) for one in sorted(best, key=lambda one: one.name)]
    is_quick = request.profile == "smoke"
    fit = fit_style(
        chosen,
        kokoro,
        language=language,
        evaluations=60 if is_quick else 140,
        time_limit_s=60.0 if is_quick else 300.0,
        seed=request.seed,
        cancel=run.cancel,
        show=lambda done, total, likeness: run.progress(done, total, likeness=round(likeness, 3)),
    )
    run.write(STYLE, style_json(fit))
    plain = {name: value for name, value in _plain(fit).items() if name != "delta"}
    plain |= {"gain": fit.gain, "covered": fit.covered}
    trained = {"route": "similar", "why": why, "language": language, "fit": plain}
    run.write_json(TRAINED, trained)
    return trained


def _plain(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


# ---- a trained voice


def _train(
    run: StageRun,
    request: VoiceRequest,
    home: TorchHome,
    base: Base | None,
    clips: Sequence[Clip],
    language: Language,
) -> dict[str, Any]:
    run.need_room(_TRAIN_FREE_BYTES if request.profile != "smoke" else _LEAST_FREE_BYTES)
    table = symbols.TABLE
    if base is not None:
        table = symbols.table_of(json.loads(base.description.read_text(encoding="utf-8")))
    kept_back = {one.name for one in held_out(clips)}
    styles = sorted({one.style for one in clips}) if request.style_folders else [""]
    rows = []
    for clip in clips:
        ids = symbols.ids(clip.text, "zh" if clip.language == "zh" else "en", table=table)
        if len(ids) < 4:
            run.refuse(clip.name, "Nothing in its text can be spoken.")
            continue
        split = "held_out" if clip.name in kept_back else "train"
        style = styles.index(clip.style) if clip.style in styles else 0
        rows.append({"file": f"clips/{clip.name}.wav", "ids": ids, "style": style, "split": split})
    run.write_json(SPLIT, {"held_out": sorted(kept_back)})
    plan: dict[str, Any] = {
        "format": 1,
        "base": str(base.model) if base is not None else None,
        "base_json": str(base.description) if base is not None else None,
        "language": language,
        "profile": request.profile,
        "seed": request.seed,
        "out": str(run.job),
        "clips": rows,
        "n_styles": len(styles),
    }
    forget_others(run.job, plan)
    before = read_object(run.job / TRAINED)
    plan["schedule"], plan["time_limit_s"] = _more(before, request)
    estimate = None
    if request.profile != "smoke" and not has_checkpoint(run):
        run.say("trying a few steps, to see how long it will take")
        estimate = try_steps(run, home, plan)
        for told in time_told(estimate, request.time_limit_s):
            run.say(told)
    began = time.monotonic()
    trained = run_training(run, home, plan, estimate=estimate)
    candidates = sorted((run.job / "candidates").glob("*.onnx"))
    for path in candidates:
        run.keep(f"candidates/{path.name}")
        run.keep(f"candidates/{path.name}.json")
    result = {
        "route": "train",
        "language": language,
        "styles": styles,
        "candidates": [f"candidates/{path.name}" for path in candidates],
        "steps": {**before.get("steps", {}), **trained.last_step},
        "step_s": {**before.get("step_s", {}), **trained.step_s},
        "seconds": float(before.get("seconds", 0.0)) + time.monotonic() - began,
        "text_version": symbols.TEXT_VERSION,
        "base": None if base is None else {"name": base.model.stem, "licence": base.licence},
    }
    run.write_json(TRAINED, result)
    return result


def time_told(estimate: Estimate | None, limit_s: float | None) -> list[str]:
    """Return how long a training will take here, and what the time that was given is enough for."""
    if estimate is None or not estimate.seconds:
        return ["How long it will take cannot be told yet."]
    paces = ", ".join(f"{stage} {step_s:.2f} s" for stage, step_s in estimate.step_s.items())
    told = [f"On this computer a step takes: {paces}. All of it takes about {minutes(estimate.seconds)}."]
    if limit_s is not None and limit_s < estimate.seconds:
        share = limit_s / estimate.seconds
        told.append(f"In the {minutes(limit_s)} that were given about {share:.0%} of it can be done.")
        if share < _LEAST_SHARE:
            told.append("That is too little for a good voice; it can be gone on with later.")
    return told


def minutes(seconds: float) -> str:
    """Return a length of time such as "25 minutes"."""
    return f"{max(1, round(seconds / 60))} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def forget_others(job: Path, plan: Mapping[str, Any]) -> None:
    """Remove what was trained on other clips or from another base: it must not be gone on with."""
    earlier = read_object(job / TRAINING)
    if any(earlier.get(name) != value for name, value in plan.items()):
        for name in ("checkpoints", "candidates"):
            shutil.rmtree(job / name, ignore_errors=True)
        (job / TRAINED).unlink(missing_ok=True)


def _more(before: Mapping[str, Any], request: VoiceRequest) -> tuple[dict[str, Any] | None, float | None]:
    """Return the schedule and the time limit; a training that was done before gets further steps of its last stage."""
    if before.get("route") != "train" or not before.get("steps"):
        return None, request.time_limit_s
    last = "decoder" if "decoder" in before["steps"] else next(iter(before["steps"]))
    step_s = float(before.get("step_s", {}).get(last) or 1.0)
    steps = int(before["steps"][last])
    more = max(_LEAST_MORE_STEPS, int((request.time_limit_s or 3600.0) / step_s))
    every = max(_LEAST_MORE_STEPS // 2, more // _EVERY_N_CANDIDATES)
    return {last: {"steps": steps + more, "every": every}}, None
