"""The report on a voice as one page that needs no other file: figures, sounds, curves, the data and its verdict."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from companion.storage.atomic import write_atomic
from companion.text.phonemes import Language
from companion.voice_training.coverage import Coverage
from companion.voice_training.evaluation import Evaluation, Tried, to_plain
from companion.voice_training.figures import LineFigures
from companion.voice_training.goals import Goal, goals
from companion.voice_training.plots import bars, curves, histogram
from companion.voice_training.report_words import said
from companion.voice_training.style_fit import StyleFit
from companion.voice_training.verdict import Verdict

_MOST_SOUNDS: Final = 12
_MOST_REAL_SOUNDS: Final = 6
_MOST_SOUND_BYTES: Final = 1_500_000


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A candidate on the way, measured at one noise scale."""

    step: int
    tried: Tried
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """All that the page tells. `steps` are the rows of steps.jsonl: `stage`, `step`, losses by name.

    `sounds` is the folder of the files that the evaluation kept. `facts` are shown as they are: base, licences,
    consent, data hash. `language` is the reader's, `spoken` the voice's.
    """

    name: str
    language: Language
    spoken: Language
    verdict: Verdict | None = None
    evaluation: Evaluation | None = None
    similar: StyleFit | None = None
    steps: Sequence[Mapping[str, Any]] = ()
    checkpoints: Sequence[Checkpoint] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    sounds: Path | None = None


def write_report(file: Path, report: VoiceReport) -> None:
    """Write the page. Raises StorageError."""
    write_atomic(file, page(report).encode())


def page(report: VoiceReport) -> str:
    """Return the page."""
    title = escape(said("title", report.language, name=report.name))
    body = [f"<h1>{title}</h1>", _facts(report)]
    if report.evaluation is not None:
        body += [_figures(report, report.evaluation), _listen(report, report.evaluation)]
    if report.similar is not None:
        body.append(_similar(report.similar, report.language))
    body += [_checkpoints(report), _losses(report)]
    if report.verdict is not None:
        body.append(_data(report, report.verdict))
    body.append(_everything(report))
    style = files("companion.voice_training.data").joinpath("report.css").read_text("utf-8")
    code = "zh-CN" if report.language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{code}"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{title}</title><style>{style}</style></head>'
        f"<body>{''.join(body)}</body></html>"
    )


def _facts(report: VoiceReport) -> str:
    rows = "".join(
        f"<tr><td class=quiet>{escape(name)}</td><td>{escape(value)}</td></tr>"
        for name, value in report.facts.items()
    )
    return f"<h2>{said('facts', report.language)}</h2><table><tbody>{rows}</tbody></table>" if rows else ""


def _figures(report: VoiceReport, evaluation: Evaluation) -> str:
    language = report.language
    head = "".join(f"<th>{said(name, language)}</th>" for name in ("figure", "voice", "real", "goal"))
    rows = "".join(_goal(goal, language) for goal in goals(evaluation, report.spoken))
    tried = "".join(f"<li>{escape(_tried(one, language))}</li>" for one in evaluation.tried)
    return (
        f"<h2>{said('figures', language)}</h2>"
        f"<p class=verdict>{escape(said('score', language, score=evaluation.score))}</p>"
        f"<table><thead><tr>{head}<th>n</th><th></th></tr></thead><tbody>{rows}</tbody></table>"
        f"<p class=quiet>{escape(said('strangers', language, strangers=evaluation.strangers))}</p>"
        f"<h3>{said('noise', language)}</h3><ul class=quiet>{tried}</ul>"
    )


def _goal(goal: Goal, language: Language) -> str:
    kind, sign = ("good", "reached") if goal.reached else ("bad", "not_reached")
    return (
        f"<tr><td>{said(goal.name, language)}</td><td class=number>{escape(goal.value)}</td>"
        f"<td class='number quiet'>{escape(goal.real)}</td><td class='number quiet'>{escape(goal.goal)}</td>"
        f"<td class='number quiet'>{goal.n}</td><td class={kind}>{said(sign, language)}</td></tr>"
    )


def _tried(one: Tried, language: Language) -> str:
    figures = one.figures
    return said(
        "noise_row",
        language,
        noise=one.noise_scale,
        score=one.score,
        secs=figures.secs,
        errors=figures.error_rate,
        ovrl=figures.ovrl,
    )


def _similar(fit: StyleFit, language: Language) -> str:
    likeness = said(
        "similar_row",
        language,
        stock=fit.stock,
        before=fit.held_out_stock,
        after=fit.held_out_fitted,
        gain=fit.gain,
        covered=fit.covered,
        ceiling=fit.ceiling,
        n=fit.n_held_out,
    )
    sound = said(
        "similar_sound",
        language,
        before=fit.ovrl_stock,
        after=fit.ovrl_fitted,
        speed=fit.speed,
        pitch=fit.pitch,
        evaluations=fit.n_evaluations,
        seconds=fit.seconds,
    )
    return (
        f"<h2>{said('similar', language)}</h2><p class=quiet>{said('similar_note', language)}</p>"
        f"<p>{escape(likeness)}</p><p class=quiet>{escape(sound)}</p>"
    )


def _listen(report: VoiceReport, evaluation: Evaluation) -> str:
    language = report.language
    real = "".join(_line(line, report) for line in evaluation.real_lines[:_MOST_REAL_SOUNDS])
    # The worst come first: they are what one has to hear.
    worst = sorted(evaluation.lines, key=lambda line: (-line.n_edits / max(1, line.n_tokens), line.ovrl))
    voice = "".join(_line(line, report) for line in worst[:_MOST_SOUNDS])
    return (
        f"<h2>{said('listen', language)}</h2><h3>{said('listen_real', language)}</h3>{real}"
        f"<h3>{said('listen_voice', language)}</h3>{voice}"
    )


def _line(line: LineFigures, report: VoiceReport) -> str:
    language = report.language
    facts = said(
        "line_facts",
        language,
        edits=line.n_edits,
        tokens=line.n_tokens,
        secs=line.secs,
        ovrl=line.ovrl,
    )
    heard = said("heard", language, heard=line.heard or said("nothing", language))
    missing = (
        f"<div class=bad>{escape(said('missing', language, clauses=' / '.join(line.missing)))}</div>"
        if line.missing
        else ""
    )
    return (
        f"<article><header><span>{escape(line.text)}</span><span class=quiet>{escape(facts)}</span></header>"
        f"<div class=quiet>{escape(heard)}</div>{missing}{_player(line, report.sounds)}</article>"
    )


def _player(line: LineFigures, folder: Path | None) -> str:
    file = folder / line.sound if folder is not None and line.sound else None
    if file is None or not file.is_file() or file.stat().st_size > _MOST_SOUND_BYTES:
        return ""
    sound = base64.b64encode(file.read_bytes()).decode()
    return f'<audio controls preload="none" src="data:audio/wav;base64,{sound}"></audio>'


def _checkpoints(report: VoiceReport) -> str:
    points = sorted(report.checkpoints, key=lambda one: one.step)
    if not points:
        return ""
    language = report.language
    marked = next((float(one.step) for one in points if one.chosen), None)
    series = (
        ("score", [one.tried.score for one in points]),
        (said("likeness", language), [one.tried.figures.secs for one in points]),
        (said("words", language), [one.tried.figures.error_rate for one in points]),
        (said("cleanness", language), [one.tried.figures.ovrl for one in points]),
    )
    drawn = "".join(
        f"<div class=box>{curves(name, {name: _points(points, values)}, marked=marked)}</div>"
        for name, values in series
    )
    return f"<h2>{said('checkpoints', language)}</h2><div class=grid>{drawn}</div>"


def _points(checkpoints: Sequence[Checkpoint], values: Sequence[float]) -> list[tuple[float, float]]:
    return [(float(one.step), value) for one, value in zip(checkpoints, values, strict=True)]


def _losses(report: VoiceReport) -> str:
    series: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in report.steps:
        stage, step = str(row.get("stage", "")), row.get("step")
        for name, value in row.items():
            if name in ("stage", "step") or not isinstance(value, int | float) or not isinstance(step, int):
                continue
            series.setdefault((stage, name), []).append((float(step), float(value)))
    drawn = [curves(f"{stage}: {name}", {name: points}) for (stage, name), points in series.items()]
    boxes = "".join(f"<div class=box>{one}</div>" for one in drawn if one)
    return f"<h2>{said('losses', report.language)}</h2><div class=grid>{boxes}</div>" if boxes else ""


def _data(report: VoiceReport, verdict: Verdict) -> str:
    language = report.language
    kept = said(
        "kept",
        language,
        minutes=verdict.kept_s / 60,
        n=verdict.n_kept,
        dropped=verdict.dropped_s / 60,
        flagged=verdict.n_flagged,
    )
    parts = [
        f"<h2>{said('data', language)}</h2><p class=verdict>{said(f'level_{verdict.level}', language)}</p>",
        f"<p>{escape(kept)}</p>",
        _reasons(verdict, language),
    ]
    drawn = "".join(
        f"<div class=box>{histogram(said(f'{one.figure}_bins', language), one.edges, one.counts)}</div>"
        for one in verdict.histograms
    )
    parts.append(f"<div class=grid>{drawn}</div>" if drawn else "")
    if verdict.odd_speed:
        parts.append(f"<p>{escape(said('odd_speed', language, names=', '.join(verdict.odd_speed)))}</p>")
    parts.append(_coverage(verdict.coverage, language))
    sentences = "".join(f"<li>{escape(text)}</li>" for text in verdict.record_next)
    head = said("record_next", language, n=len(verdict.record_next))
    parts.append(f"<h3>{escape(head)}</h3><ol>{sentences}</ol>" if sentences else "")
    return "".join(parts)


def _reasons(verdict: Verdict, language: Language) -> str:
    rows = [
        (
            said(f"{one.reason}_reason", language),
            one.seconds,
            said("dropped_row", language, n=one.n_clips, seconds=one.seconds),
        )
        for one in verdict.dropped
    ]
    drawn = bars(said("dropped", language), rows)
    return f"<h3>{said('dropped', language)}</h3><div class=box>{drawn}</div>" if drawn else ""


def _coverage(covered: Coverage, language: Language) -> str:
    parts = [f"<h3>{escape(said('coverage', language, share=covered.share))}</h3>"]
    for kind in dict.fromkeys(sound.kind for sound in covered.sounds):
        cells = "".join(
            f"<span class={'bad' if sound.lacking else 'good'}>{escape(sound.name)} {sound.count}</span>"
            for sound in covered.sounds
            if sound.kind == kind
        )
        parts.append(f"<div class=sounds>{said(kind, language)}: {cells}</div>")
    return "".join(parts)


def _everything(report: VoiceReport) -> str:
    plain: dict[str, Any] = {}
    if report.evaluation is not None:
        plain["evaluation"] = to_plain(report.evaluation)
    if report.verdict is not None:
        plain["verdict"] = asdict(report.verdict)
    if not plain:
        return ""
    text = escape(json.dumps(plain, ensure_ascii=False, indent=1))
    return f"<h2>{said('all', report.language)}</h2><details><pre>{text}</pre></details>"
