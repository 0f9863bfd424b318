"""`companion say`: one text, spoken into a WAV file."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from companion.cli.speaking import speak
from companion.domain.character import VoiceSpec
from companion.errors import UsageError
from companion.packs.library import Library
from companion.paths import Paths, bundled
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
    spec = _voice(arguments)
    spec = dataclasses.replace(spec, speed=arguments.speed * spec.speed)
    spoken = speak(arguments.home, arguments.text, spec, arguments.out, demo=arguments.demo)
    if spoken.problem is not None:
        print(f"{spoken.problem.what} The default voice spoke instead.", file=sys.stderr)
    if arguments.json:
        print(json.dumps(spoken.as_json(), ensure_ascii=False))
    else:
        print(f"{arguments.out}: {spoken.seconds:.1f} s")
    return 0


def _voice(arguments: argparse.Namespace) -> VoiceSpec:
    language = language_of(arguments.text)
    if arguments.demo:
        return VoiceSpec("tones", language=language)
    if arguments.character:
        paths = Paths.under(arguments.home) if arguments.home else Paths.for_user()
        library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
        return library.get(arguments.character).voice
    name = arguments.style or ("xiaoman" if language == "zh" else "wren")
    return VoiceSpec("kokoro", styles=((name, 1.0),), language=language)
