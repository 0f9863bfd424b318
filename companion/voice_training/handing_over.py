"""The chosen voice is tried out, described, and given to the character."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.audio.wav import write_wav
from companion.domain.character import Character, VoiceSpec
from companion.domain.clauses import ClauseCutter
from companion.engines.voices.bank import VoiceBank
from companion.errors import ModelError
from companion.jobs.digests import sha_of
from companion.jobs.stage_run import StageRun
from companion.packs.library import Library
from companion.packs.voice import MODEL, voice_of
from companion.packs.voice import STYLE as STYLE_FILE
from companion.paths import bundled
from companion.ports import Cancel
from companion.text.phonemes import Language
from companion.voice_training.choosing import FIGURES, sounds_folder
from companion.voice_training.evaluation import Tried, from_plain, with_scales
from companion.voice_training.figures import Figures
from companion.voice_training.install import PREVIEWS, find_report, install_voice
from companion.voice_training.model_stages import SPLIT, STYLE, TRAINED, read_clips, read_object
from companion.voice_training.report import Checkpoint, VoiceReport, write_report
from companion.voice_training.request import VoiceRequest
from companion.voice_training.style_fit import fit_from_plain
from companion.voice_training.surroundings import Surroundings
from companion.voice_training.trainer import STEPS
from companion.voice_training.verdict import judge

VOICE: Final = "voice"
REAL: Final = "real.wav"
CARD: Final = "voice/card.json"
REPORT: Final = "report.html"
_PAUSE_S: Final = 0.15
_MOST_PREVIEW_CHARS: Final = 90
_LINES: Final[dict[Language, tuple[str, ...]]] = {
    "zh": (
        "你来啦，今天过得怎么样？",
        "外面下雨了，出门记得带伞，别着凉。",
        "等一下，我想到一个好主意，你猜猜是什么！",
    ),
    "en": (
        "There you are! How was your day?",
        "It is raining outside, so take an umbrella with you.",
        "Wait a moment, I have an idea. Guess what it is!",
    ),
}


def export(run: StageRun, request: VoiceRequest, around: Surroundings) -> dict[str, Any]:
    """Put down the voice's files, previews, card and report; the voice must speak. Raises ModelError, Cancelled."""
    trained, figures = read_object(run.job / TRAINED), read_object(run.job / FIGURES)
    character = _character(request, around)
    language: Language = "zh" if figures.get("language") == "zh" else "en"
    is_trained = figures.get("kind") == "trained"
    if is_trained:
        _put_model(run, figures)
        spec = VoiceSpec("piper", model=run.job / VOICE / MODEL, language=language)
    else:
        run.keep(STYLE)
        fit = json.loads((run.job / STYLE).read_text(encoding="utf-8"))
        spec = VoiceSpec(
            style_file=run.job / STYLE,
            speed=float(fit["speed"]),
            pitch=float(fit["pitch"]),
            language=language,
        )
    kokoro = None if is_trained else around.kokoro(lambda done, total: run.check(), run.cancel)
    bank = VoiceBank.load(kokoro, bundled("assets") / "voices", threads=2)
    try:
        exact = _speak_previews(run, bank, spec, preview_lines(character, language))
    finally:
        bank.close()
    if is_trained and not exact:
        raise ModelError(
            "The trained voice does not tell when it speaks which sound.",
            "Train again with --again train; if it stays so, choose another base.",
            code="voice",
        )
    real = _real(run)
    card = voice_card(request, trained, figures, spec, run)
    run.write_json(CARD, card)
    _write_report(run, request, character, figures, card)
    return {"previews": len(PREVIEWS), "real": real, "exact_marks": exact}


def give(run: StageRun, request: VoiceRequest, around: Surroundings) -> dict[str, Any]:
    """Install the voice into the character's pack, unless it is there already. Raises PackError, StorageError."""
    card = read_object(run.job / CARD)
    report = find_report(request.character, _library(around).reports())
    present = voice_of(report.path, cache=around.place.cache).card
    if present.get("voice_sha256") == card.get("voice_sha256"):
        # The process died between the installation and remembering it.
        return {"path": str(report.path), "installed": False}
    names = [MODEL, f"{MODEL}.json"] if card.get("kind") == "trained" else [STYLE_FILE]
    files: dict[str, Path | bytes] = {
        name: run.job / VOICE / name for name in (*names, *PREVIEWS) if (run.job / VOICE / name).is_file()
    }
    done = install_voice(report, files, card, around.place)
    run.say(f"{done.id} has the new voice; the one before is kept")
    return {"path": str(done.path), "installed": True}


def preview_lines(character: Character | None, language: Language) -> tuple[str, ...]:
    """Return three lines to hear a voice with: the character's own greetings where they fit, else ours."""
    own = []
    for text in (character.first_mes, *character.alternate_greetings) if character is not None else ():
        spoken = " ".join(one.spoken.strip() for one in _clauses(text, language)).strip()
        if spoken and "{{" not in text and len(spoken) >= 4:
            own.append(_shortened(spoken))
    return tuple([*own, *_LINES[language]][: len(PREVIEWS)])


def voice_card(
    request: VoiceRequest,
    trained: Mapping[str, Any],
    figures: Mapping[str, Any],
    spec: VoiceSpec,
    run: StageRun,
) -> dict[str, Any]:
    """Return what the pack says of its voice: how it was made, of what, with whose consent, and how good it is."""
    kept = [one for one in read_clips(run.job) if one.dropped is None]
    is_trained = figures.get("kind") == "trained"
    base = trained.get("base") if is_trained else {"name": "Kokoro-82M", "licence": "Apache-2.0"}
    measured = {name: value for name, value in figures.items() if name not in ("evaluation", "ranking")}
    card: dict[str, Any] = {
        "engine": "piper" if is_trained else "kokoro",
        "kind": figures.get("kind"),
        "speed": round(spec.speed, 3),
        "pitch": round(spec.pitch, 2),
        "language": figures.get("language"),
        "minutes": round(sum(one.seconds for one in kept) / 60, 2),
        "clips": len(kept),
        "base": base,
        "licences": sorted({str(base["licence"])}) if isinstance(base, Mapping) else [],
        "consent": {
            "sentence": request.consent.sentence,
            "given_at": round(request.consent.given_at),
            "how": request.consent.how,
        },
        "figures": measured,
        "data_sha256": _data_sha(run, kept),
        "voice_sha256": run.digest(f"{VOICE}/{MODEL}" if is_trained else STYLE),
        "text_version": trained.get("text_version"),
    }
    styles = [str(one) for one in trained.get("styles", ()) if one]
    if len(styles) > 1:
        card["moods"] = {name: number for number, name in enumerate(styles)}
    if not is_trained:
        card["styles"] = {str(figures.get("stock")): 1.0}
    return card


def _put_model(run: StageRun, figures: Mapping[str, Any]) -> None:
    source = run.job / str(figures["candidate"])
    with run.placing(f"{VOICE}/{MODEL}") as path:
        shutil.copyfile(source, path)
    description = read_object(source.with_name(f"{source.name}.json"))
    scaled = with_scales(description, from_plain(figures["evaluation"]))
    run.write_json(f"{VOICE}/{MODEL}.json", scaled)


def _speak_previews(run: StageRun, bank: VoiceBank, spec: VoiceSpec, lines: Sequence[str]) -> bool:
    """Speak the lines into files; return whether every mark was exact. Raises ModelError for a silent voice."""
    exact = True
    for number, (name, text) in enumerate(zip(PREVIEWS, lines, strict=False), start=1):
        samples, rate_hz, marked = _spoken(bank, spec, text, run.cancel)
        exact = exact and marked
        if not len(samples) or float(np.abs(samples).max()) < 1e-3:
            raise ModelError(
                "The new voice says nothing.",
                "Train longer, or look at the recordings' verdict.",
                code="voice",
            )
        with run.placing(f"{VOICE}/{name}") as path:
            write_wav(path, samples, rate_hz)
        run.progress(number, len(PREVIEWS))
    return exact


def _spoken(bank: VoiceBank, spec: VoiceSpec, text: str, cancel: Cancel) -> tuple[Any, int, bool]:
    parts, rate_hz, exact = [], 22_050, True
    for clause in _clauses(text, spec.language):
        if not clause.spoken.strip():
            continue
        for speech in bank.synthesise(clause.spoken, cancel, voice=spec):
            rate_hz = speech.clip.rate_hz
            exact = exact and speech.exact
            pause = int(_PAUSE_S * rate_hz) if speech.last else 0
            parts += [speech.clip.samples, np.zeros(pause, np.float32)]
    return (np.concatenate(parts) if parts else np.zeros(0, np.float32)), rate_hz, exact


def _clauses(text: str, language: Language) -> list[Any]:
    cutter = ClauseCutter(language)
    return [*cutter.feed(text), *cutter.flush()]


def _shortened(text: str) -> str:
    if len(text) <= _MOST_PREVIEW_CHARS:
        return text
    ends = [text.rfind(mark, 0, _MOST_PREVIEW_CHARS) for mark in "。！？.!?，,"]
    return text[: max(ends) + 1] if max(ends) > 10 else text[:_MOST_PREVIEW_CHARS]


def _real(run: StageRun) -> str:
    """Put a recording down that can be held beside the voice; return the clip's name."""
    clips = [one for one in read_clips(run.job) if one.dropped is None]
    back = set(read_object(run.job / SPLIT).get("held_out", ()))
    chosen = min(clips, key=lambda one: (one.name not in back, bool(one.flags), abs(one.seconds - 5.0)))
    with run.placing(f"{VOICE}/{REAL}") as path:
        shutil.copyfile(run.job / "clips" / f"{chosen.name}.wav", path)
    return chosen.name


def _data_sha(run: StageRun, kept: Sequence[Any]) -> str:
    return sha_of([[one.text, one.language, run.digest(f"clips/{one.name}.wav")] for one in kept])


def _character(request: VoiceRequest, around: Surroundings) -> Character | None:
    return find_report(request.character, _library(around).reports()).character


def _library(around: Surroundings) -> Library:
    paths = around.paths
    return Library([paths.characters], bundled=bundled("characters"), cache=around.place.cache)


def _write_report(
    run: StageRun,
    request: VoiceRequest,
    character: Character | None,
    figures: Mapping[str, Any],
    card: Mapping[str, Any],
) -> None:
    spoken: Language = "zh" if figures.get("language") == "zh" else "en"
    ranking: Mapping[str, Any] = figures.get("ranking") or {}
    checkpoints = [
        Checkpoint(_step_of(name), _tried(row["tried"]), chosen=name == figures.get("candidate"))
        for name, row in ranking.items()
    ]
    evaluation = figures.get("evaluation")
    facts = {name: str(card[name]) for name in ("kind", "minutes", "clips", "data_sha256", "voice_sha256")}
    base = card.get("base")
    facts["base"] = f"{base['name']}, {base['licence']}" if isinstance(base, Mapping) else "none"
    facts["consent"] = request.consent.sentence
    steps_file = run.folder.parent / "train" / STEPS
    write_report(
        run.job / REPORT,
        VoiceReport(
            name=character.shown_name if character is not None else request.character,
            language=character.language if character is not None else spoken,
            spoken=spoken,
            verdict=judge(read_clips(run.job), spoken),
            evaluation=from_plain(evaluation) if evaluation else None,
            similar=fit_from_plain(fit) if (fit := read_object(run.job / TRAINED).get("fit")) else None,
            steps=_rows(steps_file),
            checkpoints=checkpoints,
            sounds=sounds_folder(run.job),
            facts=facts,
        ),
    )
    run.keep(REPORT)


def _tried(raw: Mapping[str, Any]) -> Tried:
    return Tried(float(raw["noise_scale"]), Figures(**raw["figures"]), float(raw["score"]))


def _step_of(name: str) -> int:
    digits = Path(name).stem.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows
