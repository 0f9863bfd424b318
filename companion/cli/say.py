"""`companion say`: one text, spoken into a WAV file."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from pathlib import Path

import numpy as np

from companion.app import open_companion
from companion.audio.wav import write_wav
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.domain.clauses import ClauseCutter
from companion.errors import UsageError
from companion.text.language import language_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--out", "-o", type=Path, required=True, metavar="FILE", help="the WAV file to write")
    parser.add_argument("--character", metavar="ID", help="whose voice; default: one that fits the language")
    parser.add_argument("--style", metavar="NAME", help="a voice of assets/voices instead of a character's")
    parser.add_argument("--speed", type=float, default=1.0, help="0.5 to 2.0")
    parser.add_argument("--demo", action="store_true", help="use the demo voice, without weights")


def run(arguments: argparse.Namespace) -> int:
    if not 0.5 <= arguments.speed <= 2.0:
        raise UsageError(f"The speed {arguments.speed} is out of range.", "Choose one from 0.5 to 2.0.")
    companion = open_companion(arguments.home, demo=arguments.demo)
    try:
        language = language_of(arguments.text)
        if arguments.demo:
            spec = VoiceSpec("tones", language=language)
        elif arguments.character:
            spec = companion.character(arguments.character).voice
        else:
            name = arguments.style or ("xiaoman" if language == "zh" else "wren")
            spec = VoiceSpec("kokoro", styles=((name, 1.0),), language=language)
        companion.start(roles=frozenset({"speech"}))
        cancel, began, first = CancelToken(), time.monotonic(), None
        voice = companion.engines.voice.get(cancel)
        ready = time.monotonic()
        parts, rate = [], 24_000
        cutter = ClauseCutter(language)
        for clause in [*cutter.feed(arguments.text), *cutter.flush()]:
            if not clause.spoken.strip():
                continue
            for speech in voice.synthesise(
                clause.spoken, cancel, voice=dataclasses.replace(spec, speed=arguments.speed * spec.speed)
            ):
                first = first or time.monotonic()
                rate = speech.clip.rate_hz
                parts += [speech.clip.samples, np.zeros(int(0.2 * rate) if speech.last else 0, np.float32)]
        clip = AudioClip(np.concatenate(parts) if parts else np.zeros(0, np.float32), rate)
        write_wav(arguments.out, clip.samples, clip.rate_hz)
        out = {
            "file": str(arguments.out),
            "seconds": round(clip.seconds, 3),
            "load_s": round(ready - began, 3),
            "first_audio_s": round(first - ready, 3) if first else None,
            "work_s": round(time.monotonic() - ready, 3),
        }
        print(
            json.dumps(out, ensure_ascii=False)
            if arguments.json
            else f"{arguments.out}: {clip.seconds:.1f} s"
        )
        return 0
    finally:
        companion.close()
