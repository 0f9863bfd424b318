"""`companion transcribe`: what is said in a WAV file."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from companion.app import open_companion
from companion.audio.wav import read_wav
from companion.domain.cancel import CancelToken
from companion.text.pinyin import syllable_error_rate, word_error_rate

_CHANNELS = {"mix": None, "left": 0, "right": 1}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--language", choices=("zh", "en", "auto"), default="auto")
    parser.add_argument(
        "--channel", choices=("mix", "left", "right"), default="mix", help="of a two-channel recording"
    )
    parser.add_argument("--against", metavar="TEXT", help="what was to be said: prints the error rate")


def run(arguments: argparse.Namespace) -> int:
    clip = read_wav(arguments.file, channel=_CHANNELS[arguments.channel])
    companion = open_companion(arguments.home)
    try:
        companion.start(roles=frozenset({"speech"}))
        cancel = CancelToken()
        recogniser = companion.engines.recogniser.get(cancel)
        began = time.monotonic()
        language = None if arguments.language == "auto" else arguments.language
        heard = recogniser.transcribe(clip, cancel, language=language)
        out: dict[str, object] = {
            "text": heard.text,
            "language": heard.language,
            "audio_s": round(clip.seconds, 3),
            "work_s": round(time.monotonic() - began, 3),
        }
        if arguments.against is not None:
            rate = syllable_error_rate if heard.language == "zh" else word_error_rate
            out["error_rate"] = round(rate(arguments.against, heard.text), 4)
        print(json.dumps(out, ensure_ascii=False) if arguments.json else heard.text)
        return 0
    finally:
        companion.close()
