"""The report as one page: the figures, then each turn as a time line with its sound."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.cli.benchmarks.voice.goals import Judged, judged
from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.sitting import Sitting
from companion.cli.benchmarks.voice.timeline import drawn, span_of
from companion.cli.benchmarks.voice.turns import MeasuredTurn
from companion.domain.audio import AudioClip
from companion.storage.atomic import write_atomic

_SOUND_HZ: Final = 12_000


def write_page(
    file: Path,
    out: dict[str, Any],
    machine: dict[str, Any],
    sittings: Sequence[Sitting],
    turns: Sequence[Sequence[MeasuredTurn]],
) -> None:
    """Write the page, which needs no other file. Raises StorageError."""
    body = [
        f"<h1>companion bench voice</h1><p class=quiet>{escape(_line(out, machine))}</p>",
        _table(judged(out)),
        "<h2>Turns</h2><p class=quiet>Above the line the user, below it her. All marks are counted from the "
        "last audible sample of the user.</p>",
    ]
    for sitting, own in zip(sittings, turns, strict=True):
        body += [_article(turn, sitting.recording) for turn in own]
    if sittings and any(one.naive is not None for one in sittings):
        body.append("<p class=quiet>The naive control's own turns are in the figures only.</p>")
    body.append(f"<h2>All figures</h2><pre>{escape(json.dumps(out, ensure_ascii=False, indent=1))}</pre>")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><title>companion bench voice</title>'
        f"<style>{_style()}</style></head><body>{''.join(body)}</body></html>"
    )
    write_atomic(file, page.encode())


def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")


def _line(out: dict[str, Any], machine: dict[str, Any]) -> str:
    return (
        f"{out['model']}, {out['turns']} turns, seed {out['seed']}. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, load {machine['load_1min']} before."
    )


def _table(rows: Sequence[Judged]) -> str:
    cells = []
    for row in rows:
        kind = "" if row.reached is None else ("good" if row.reached else "bad")
        sign = "" if row.reached is None else ("reached" if row.reached else "not reached")
        cells.append(
            f"<tr><td>{escape(row.name)}</td><td class=number>{escape(row.value)}</td>"
            f"<td class='number quiet'>{row.n}</td><td class='number quiet'>{escape(row.goal)}</td>"
            f"<td class={kind or 'quiet'}>{sign}</td></tr>"
        )
    head = "<tr><th>figure</th><th>measured</th><th>n</th><th>goal</th><th></th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(cells)}</tbody></table>"


def _article(turn: MeasuredTurn, recording: Recording) -> str:
    facts = []
    if turn.voice_to_voice_s is not None:
        facts.append(f"{turn.voice_to_voice_s:.2f} s")
    if turn.is_cut:
        facts.append("<span class=bad>cut off</span>")
    if turn.reaction is not None:
        facts.append(f"{turn.spoken.turn.during.replace('_', '-')}: {turn.reaction.effect}")
    said = escape(turn.spoken.turn.text) + (
        f" / {escape(turn.spoken.turn.during_text)}" if turn.spoken.turn.during_text else ""
    )
    replies = " / ".join(escape(one.text) for one in turn.replies)
    return (
        f"<article><header><h3>{escape(turn.spoken.turn.name)}</h3><span>{', '.join(facts)}</span></header>"
        f"<div>{said}</div><div class=quiet>heard: {escape(turn.transcript) or '–'}</div>"
        f"<div class=quiet>{replies or 'no reply'}</div>{drawn(turn, recording)}"
        f'<audio controls preload="none" src="data:audio/wav;base64,{_sound(turn, recording)}"></audio></article>'
    )


def _sound(turn: MeasuredTurn, recording: Recording) -> str:
    begin, end = span_of(turn, recording)
    both = [
        resample(AudioClip(np.ascontiguousarray(one[begin:end]), recording.rate_hz), _SOUND_HZ).samples
        for one in (recording.user, recording.hers)
    ]
    sound = mu_law(np.stack(both, axis=1).reshape(-1)).tobytes()
    return base64.b64encode(_wav(sound, n_channels=2)).decode()


def mu_law(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return samples in [-1, 1], shape (n,), as 8 bits each (ITU-T G.711): half the size of 16-bit sound."""
    level = np.minimum(np.abs(samples) * 32768.0, 32635.0).astype(np.int32) + 132
    exponent = np.floor(np.log2(level)).astype(np.int32) - 7
    mantissa = (level >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    codes: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return codes


def _wav(sound: bytes, *, n_channels: int) -> bytes:
    form = struct.pack("<HHIIHHH", 7, n_channels, _SOUND_HZ, _SOUND_HZ * n_channels, n_channels, 8, 0)
    fact = struct.pack("<I", len(sound) // n_channels)
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in ((b"fmt ", form), (b"fact", fact), (b"data", sound))
    )
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
