"""A Chinese base voice, distilled: a Kokoro voice reads any Chinese text, and a Piper-format voice learns from it.

    python -m companion.training.chinese_base TEXT OUT --kokoro MODEL.onnx --base PIPER.onnx [--voice zf_xiaoxiao]
        [--minutes 60] [--held-out 30]
    python -m companion.training.vits OUT/training.json

Both go on where they were stopped. The first needs no torch; Kokoro-82M and its voices are Apache-2.0, so the result
may be passed on under the licence of the base it started from.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.wav import read_wav, write_wav
from companion.domain.cancel import CancelToken
from companion.domain.character import VoiceSpec
from companion.paths import bundled
from companion.text.sentences import sentence_ends
from companion.training.vits.voice import RATE_HZ
from companion.voice_training import symbols

if TYPE_CHECKING:
    from companion.ports import Voice

_FEWEST, _MOST = 6, 40
_HAN: Final = re.compile("[\u4e00-\u9fff]")
# A line with letters, digits or rare signs tests the normaliser, not the voice.
_PLAIN: Final = re.compile("[\u4e00-\u9fff，。！？、；：…“”]+")
_LEVEL: Final = 10 ** (-22 / 20)
_PEAK: Final = 0.89
_QUIET: Final = 0.01
_LEAD, _TAIL = RATE_HZ // 12, RATE_HZ // 8


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be read: `minutes` of sound by `voice`, the first `held_out` lines kept from the training."""

    text: Path
    out: Path
    voice: str
    minutes: float
    held_out: int
    base: Path | None


def lines_of(text: str) -> Iterator[str]:
    """Yield the sentences of `text` that are fit to be read aloud, each once: 6 to 40 characters, Chinese only."""
    seen: set[str] = set()
    text = text.replace("．", "。").replace("\r", "")
    start = 0
    for end in sentence_ends(text):
        line = re.sub(r"\s+", "", text[start:end]).strip("“”\"'")
        start = end
        if line in seen or not _FEWEST <= len(_HAN.findall(line)) <= _MOST or not _PLAIN.fullmatch(line):
            continue
        seen.add(line)
        yield line


def read_aloud(reading: Reading, voice: Voice) -> list[dict[str, Any]]:
    """Speak until there is enough sound and return the clips of the job; what lies there already is not spoken again.

    Raises StorageError, ModelError.
    """
    (reading.out / "clips").mkdir(parents=True, exist_ok=True)
    table = symbols.TABLE
    if reading.base is not None:
        beside = reading.base.with_name(reading.base.name + ".json")
        table = symbols.table_of(json.loads(beside.read_text(encoding="utf-8")))
    clips: list[dict[str, Any]] = []
    seconds = 0.0
    for number, line in enumerate(lines_of(reading.text.read_text(encoding="utf-8"))):
        if seconds >= reading.minutes * 60:
            break
        file = reading.out / "clips" / f"{number:05d}.wav"
        if not file.is_file():
            write_wav(file, _spoken(voice, line, reading.voice), RATE_HZ)
        seconds += len(read_wav(file).samples) / RATE_HZ
        split = "held_out" if number < reading.held_out else "train"
        ids = symbols.ids(line, "zh", table=table)
        clips.append({"file": f"clips/{file.name}", "ids": ids, "style": 0, "split": split, "text": line})
        if number % 50 == 0:
            print(f"{number + 1} lines, {seconds / 60:.1f} of {reading.minutes:g} minutes", file=sys.stderr)
    return clips


def levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return speech at -22 dBFS, peak at most -1 dBFS, with 83 ms before and 125 ms behind it; silence stays."""
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(loud):
        return samples
    kept = samples[max(0, loud[0] - _LEAD) : loud[-1] + _TAIL]
    rms = float(np.sqrt(np.mean(np.square(kept[np.abs(kept) > _QUIET], dtype=np.float64))))
    gain = min(_LEVEL / rms, _PEAK / float(np.abs(kept).max()))
    return (kept * gain).astype(np.float32)


def _spoken(voice: Voice, line: str, name: str) -> NDArray[np.float32]:
    import soxr

    spec = VoiceSpec(engine="kokoro", styles=((name, 1.0),), language="zh")
    pieces = [speech.clip for speech in voice.synthesise(line, CancelToken(), voice=spec)]
    samples = np.concatenate([piece.samples for piece in pieces])
    return levelled(soxr.resample(samples, pieces[0].rate_hz, RATE_HZ).astype(np.float32))


def _job(reading: Reading, clips: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": 1,
        "base": None if reading.base is None else str(reading.base.resolve()),
        "base_json": None,
        "language": "zh",
        "profile": "auto",
        "seed": 1,
        "out": str(reading.out.resolve()),
        "clips": clips,
        "n_styles": 1,
        "schedule": None,
        "time_limit_s": None,
        "resume": True,
    }


def main(arguments: Sequence[str]) -> int:
    """Read the text aloud and write the job of the training."""
    from companion.engines.voices.kokoro_onnx import KokoroOnnx

    parser = argparse.ArgumentParser(description="Make the recordings of a Chinese base voice.")
    parser.add_argument("text", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--kokoro", type=Path, required=True)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--voice", default="zf_xiaoxiao")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--held-out", type=int, default=30)
    given = parser.parse_args(arguments)
    reading = Reading(given.text, given.out, given.voice, given.minutes, given.held_out, given.base)
    voice = KokoroOnnx.load(given.kokoro, bundled("assets") / "voices", threads=2)
    clips = read_aloud(reading, voice)
    text = json.dumps(_job(reading, clips), ensure_ascii=False, indent=1)
    (reading.out / "training.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(clips)} clips; now run: python -m companion.training.vits {reading.out / 'training.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
