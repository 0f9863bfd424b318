"""From slices of a recording to clips: cut, brought to one loudness, at the rates of training and of analysis."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import resample
from companion.audio.wav import write_wav
from companion.domain.audio import AudioClip
from companion.errors import AudioError, StorageError
from companion.voice_training.clip import ANALYSIS_HZ, CLIP_HZ, PART_OF_TEXT, Clip
from companion.voice_training.faults import clipped_share, snr_db
from companion.voice_training.loudness import MOST_PEAK, levelled
from companion.voice_training.outline import FRAME_S, Outline
from companion.voice_training.recordings import Recording, cuts
from companion.voice_training.slicing import LONGEST_S, SHORTEST_S, Slice

F32 = NDArray[np.float32]

_FADE_S: Final = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A clip with its sound: `speech` at 22,050 Hz, at -23 LUFS; `analysis` the same at 16,000 Hz."""

    clip: Clip
    speech: F32
    analysis: F32


def cut(
    recording: Recording, parts: Sequence[Slice], heard: Outline, *, first_number: int = 1
) -> Iterator[Cut]:
    """Yield the clip of each slice, named by number; one that is too short or too long is dropped already.

    Of a slice that is too long only the first 12 s come with it. Raises AudioError, code `unreadable`.
    """
    spans = [(part.start_s, min(part.end_s, part.start_s + LONGEST_S)) for part in parts]
    for number, (part, sound) in enumerate(zip(parts, cuts(recording, spans), strict=True), first_number):
        clip = _judged(_clip(recording, part, f"{number:04d}"), part)
        rate = recording.form.rate_hz
        figures = {
            "speech_s": part.speech_s,
            "level_dbfs": _level(heard, part),
            "snr_db": snr_db(heard, part.start_s, part.end_s),
            "clipped": clipped_share(sound),
        }
        level = levelled(resample(AudioClip(sound, rate), CLIP_HZ).samples, CLIP_HZ)
        gain = np.float32(10 ** (level.gain_db / 20))
        analysis = resample(
            AudioClip(sound - np.float32(sound.mean() if len(sound) else 0.0), rate), ANALYSIS_HZ
        )
        yield Cut(
            clip.measured(gain_db=level.gain_db, **figures),
            _faded(level.samples, CLIP_HZ),
            _faded(np.clip(gain * analysis.samples, -MOST_PEAK, MOST_PEAK), ANALYSIS_HZ),
        )


def write_cut(one: Cut, clips: Path, clips16: Path) -> None:
    """Write both sounds of a clip as `<name>.wav` into the two folders, which are made.

    Raises StorageError, code `disk_full` or `io`; no half-written file is left.
    """
    for folder, samples, rate_hz in ((clips, one.speech, CLIP_HZ), (clips16, one.analysis, ANALYSIS_HZ)):
        write_clip(folder / f"{one.clip.name}.wav", samples, rate_hz)


def write_clip(path: Path, samples: F32, rate_hz: int) -> None:
    """Write one sound, its folder too. Raises StorageError, code `disk_full` or `io`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, samples, rate_hz)
    except (AudioError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                "The disk is full: the clips of the recordings cannot be written.",
                "Make room and go on with the same job; what is done is kept.",
                code="disk_full",
            ) from error
        raise StorageError(
            f"The clip {path.name} cannot be written ({getattr(cause, 'strerror', None) or error}).",
            "Check the rights of the data folder.",
            code="io",
        ) from error


def needed_bytes(seconds: float) -> int:
    """Return how much room the clips of so much sound take at most, both copies."""
    return int(seconds * 2 * (CLIP_HZ + ANALYSIS_HZ)) + 4096


def _clip(recording: Recording, part: Slice, name: str) -> Clip:
    line = part.line
    return Clip(
        name,
        recording.name,
        part.start_s,
        part.end_s,
        text=line.text if line else "",
        language=line.language if line else "",
        style=recording.style,
        given=line is not None,
        flags=(("cut_in_speech",) if part.forced else ()) + ((PART_OF_TEXT,) if part.shared else ()),
    )


def _judged(clip: Clip, part: Slice) -> Clip:
    if part.speech_s and part.seconds > LONGEST_S:
        return clip.drop("too_long", f"{part.seconds:.1f} s")
    if part.speech_s and part.seconds < SHORTEST_S:
        return clip.drop("too_short", f"{part.seconds:.1f} s")
    return clip


def _level(heard: Outline, part: Slice) -> float:
    """Return the level of the loudest tenth of the frames, dBFS."""
    frames = heard.level_db[int(part.start_s / FRAME_S) : int(np.ceil(part.end_s / FRAME_S))]
    return float(np.percentile(frames, 90)) if len(frames) else -120.0


def _faded(samples: F32, rate_hz: int) -> F32:
    """Fade the ends, which else click."""
    n_fade = min(len(samples) // 2, round(_FADE_S * rate_hz))
    faded = samples.astype(np.float32, copy=True)
    ramp = np.linspace(0.0, 1.0, n_fade, dtype=np.float32)
    faded[:n_fade] *= ramp
    faded[len(faded) - n_fade :] *= ramp[::-1]
    return faded
