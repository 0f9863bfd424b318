"""Speak a text into a WAV file; with the default voice, and a message, where the wanted one cannot."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from companion import wiring
from companion.app import Companion, open_companion
from companion.audio.wav import write_wav
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.domain.clauses import ClauseCutter
from companion.errors import CompanionError, ModelError
from companion.text.language import language_of

_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class SpokenFile:
    """What was written. `first_audio_s` is None if there was no sound; `problem` why the default voice spoke."""

    file: Path
    seconds: float
    load_s: float
    first_audio_s: float | None
    work_s: float
    problem: CompanionError | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for `--json`."""
        out: dict[str, Any] = {"file": str(self.file), "seconds": round(self.seconds, 3)}
        out |= {"load_s": round(self.load_s, 3), "work_s": round(self.work_s, 3)}
        out["first_audio_s"] = None if self.first_audio_s is None else round(self.first_audio_s, 3)
        if self.problem is not None:
            out["instead"] = {"what": self.problem.what, "hint": self.problem.hint}
        return out


def speak(home: Path | None, text: str, spec: VoiceSpec, out: Path, *, demo: bool = False) -> SpokenFile:
    """Speak `text` with the voice `spec` into the file `out`. Raises CompanionError."""
    companion = open_companion(home, demo=demo)
    try:
        companion.start(roles=frozenset({"speech"}))
        try:
            return _spoken(companion, text, spec, out)
        except ModelError as error:
            fallback = wiring.default_voice(companion.settings, spec.language)
            if error.code != "voice" or spec == fallback:
                raise
            return dataclasses.replace(_spoken(companion, text, fallback, out), problem=error)
    finally:
        companion.close()


def _spoken(companion: Companion, text: str, spec: VoiceSpec, out: Path) -> SpokenFile:
    cancel, began, first = CancelToken(), time.monotonic(), None
    voice = companion.engines.voice.get(cancel)
    ready = time.monotonic()
    parts, rate = [], 24_000
    cutter = ClauseCutter(language_of(text))
    for clause in [*cutter.feed(text), *cutter.flush()]:
        if not clause.spoken.strip():
            continue
        for speech in voice.synthesise(clause.spoken, cancel, voice=spec):
            first = first or time.monotonic()
            rate = speech.clip.rate_hz
            parts += [speech.clip.samples, np.zeros(int(_PAUSE_S * rate) if speech.last else 0, np.float32)]
    clip = AudioClip(np.concatenate(parts) if parts else np.zeros(0, np.float32), rate)
    write_wav(out, clip.samples, clip.rate_hz)
    done = time.monotonic()
    return SpokenFile(out, clip.seconds, ready - began, first - ready if first else None, done - ready)
