"""Make recordings whose words and speaker are known, for a trial of a voice training.

    uv run --extra starter python packaging/speak_recordings.py packaging/voice_trial_en.txt OUT --kokoro MODEL.onnx
        [--voice af_heart] [--language en]
    uv run --extra train companion train-voice OUT --character ID --base PIPER.onnx

Each line becomes one clip, with its text in `metadata.csv` (LJSpeech). What lies there already is not spoken again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import soxr

from companion.audio.wav import write_wav
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.engines.voices.kokoro_onnx import KokoroOnnx
from companion.paths import bundled
from companion.training.chinese_base import levelled

RATE_HZ = 22_050


def main() -> None:
    parser = argparse.ArgumentParser(description="Speak the lines of a text file, one clip a line.")
    parser.add_argument("lines", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kokoro", type=Path, required=True)
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    given = parser.parse_args()
    lines = [line.strip() for line in given.lines.read_text(encoding="utf-8").splitlines() if line.strip()]
    voice = KokoroOnnx.load(given.kokoro, bundled("assets") / "voices", threads=2)
    spec = VoiceSpec(engine="kokoro", styles=((given.voice, 1.0),), language=given.language)
    (given.out / "wavs").mkdir(parents=True, exist_ok=True)
    rows = []
    for number, line in enumerate(lines, start=1):
        file = given.out / "wavs" / f"{number:04d}.wav"
        if not file.is_file():
            pieces = [speech.clip for speech in voice.synthesise(line, CancelToken(), voice=spec)]
            samples = np.concatenate([piece.samples for piece in pieces])
            write_wav(file, levelled(soxr.resample(samples, pieces[0].rate_hz, RATE_HZ)), RATE_HZ)
        rows.append(f"{file.stem}|{line}|{line}")
    (given.out / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
