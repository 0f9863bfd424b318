"""A user who talks by a script, in real time, and a room in which both are recorded on one sample clock."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.capture import RATE_HZ
from companion.audio.echo import EchoCanceller
from companion.audio.resample import resample
from companion.audio.room import EchoPath, Room
from companion.audio.signals import SignalQueue
from companion.audio.simulated import MIC_STEP, OUTPUT_RATE_HZ, OUTPUT_STEP, STEP_S, SimulatedDevice
from companion.audio.wav import write_wav
from companion.cli.benchmarks.voice.manners import Entry, Manners, read_entries
from companion.domain.audio import AudioClip, Speech
from companion.domain.messages import TurnId
from companion.domain.state import ListenMode
from companion.ports import (
    AudioPlan,
    AudioSignal,
    DeviceLost,
    Level,
    PlaybackEnded,
    Played,
    SpeechDetector,
)

_log = logging.getLogger(__name__)

LATENCY_S: Final = 0.06
_DELAY_S: Final = 0.085
_NOISE_DB: Final = -62.0
DEVICE_BUFFER_S: Final = 0.15  # what a real stream holds: a later step would be heard as a gap
_AUDIBLE: Final = 10 ** (-50 / 20)
_JOIN_S: Final = 10.0
_POLL_STEPS: Final = 5

Samples = NDArray[np.float32]


class Baton:
    """A number in a file that says whose turn it is, where two programs are measured in turns."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def may_begin(self, order: int) -> bool:
        """Tell whether all turns before `order` are over."""
        return self._file is None or int(self._file.read_text(encoding="ascii") or 0) >= order

    def done(self, order: int) -> None:
        """Let the turn after `order` begin."""
        if self._file is not None:
            aside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            aside.write_text(str(order + 1), encoding="ascii")
            aside.replace(self._file)


class ScriptedUser:
    """Satisfies `ports.AudioIO`. The signals end by themselves once the last turn of the script is over.

    `folder` then holds `recording.wav` (left the user, right what left the loudspeaker, 24 kHz), `made.wav` (what
    was handed over to be played, end to end) and `log.json`. With `echo_db` her voice comes back into the
    microphone through a small room, at that level.
    """

    def __init__(
        self,
        entries: list[Entry],
        folder: Path,
        detector: SpeechDetector,
        *,
        baton: Path | None,
        seed: int,
        echo_db: float | None,
        reply_timeout_s: float,
    ) -> None:
        self._folder = folder
        self._baton = Baton(baton)
        self._manners = Manners(entries, seed=seed, reply_timeout_s=reply_timeout_s)
        self._sounds = {file: _Sound.read(file) for one in entries for file in one.files}
        self._sound: _Sound | None = None
        self._sound_step = 0
        self._noise = np.random.default_rng(seed)
        self._path = EchoPath(
            Room(delay_ms=_DELAY_S * 1000, latency_ms=LATENCY_S * 1000, echo_gain_db=echo_db, seed=seed)
        )
        self._signals = SignalQueue()
        self._user, self._hers, self._made = (_Tape(folder / f"{n}.pcm") for n in ("user", "hers", "made"))
        self._n_steps = 0
        self._was_audible = False
        self._late_ms = array("f")
        self._told: list[dict[str, Any]] = []
        self._clips: list[dict[str, Any]] = []
        self._device = SimulatedDevice(
            "script",
            detector,
            self._tell,
            time.monotonic,
            latency_s=LATENCY_S,
            canceller=EchoCanceller.load() if echo_db is not None else None,
        )
        self._lock = threading.Lock()
        self._handing = threading.Lock()
        self._closing = threading.Event()
        self._origin_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="audio-script")
        self._thread.start()

    @classmethod
    def load(
        cls,
        script: str | Path,
        folder: str | Path,
        *,
        detector: SpeechDetector,
        baton: str | Path | None = None,
        seed: int = 1,
        echo_db: float | None = None,
        reply_timeout_s: float = 30.0,
    ) -> ScriptedUser:
        """Read the entries in `script` and begin. Raises AudioError for a clip that cannot be read."""
        return cls(
            read_entries(Path(script)),
            Path(folder),
            detector,
            baton=Path(baton) if baton else None,
            seed=seed,
            echo_db=echo_db,
            reply_timeout_s=reply_timeout_s,
        )

    def open(self, plan: AudioPlan) -> None:
        with self._lock:
            self._device.open(plan)

    def listen(self, mode: ListenMode) -> None:
        self._device.ears.listen(mode)

    def talk(self, held: bool) -> None:
        self._device.ears.talk(held)

    def signals(self) -> Iterator[AudioSignal]:
        return iter(self._signals)

    def enqueue(self, turn: TurnId, speech: Speech) -> None:
        sound = resample(speech.clip, OUTPUT_RATE_HZ).samples
        row = {
            "turn": turn.turn,
            "revision": turn.revision,
            "last": speech.last,
            "at_s": time.monotonic() - self._origin_s,
        }
        with self._handing:
            self._clips.append({**row, "begin": self._made.n, "n": len(sound)})
            self._made.append(sound)
        self._device.playback.enqueue(turn, speech)

    def finish(self, turn: TurnId) -> None:
        self._device.playback.finish(turn)

    def stop(self, turn: TurnId) -> None:
        self._device.playback.stop(turn)

    def resume(self, turn: TurnId) -> None:
        self._device.resume(turn)

    def end_after(self, silence_ms: int) -> None:
        self._device.ears.end_after(silence_ms)

    def set_volume(self, volume: float) -> None:
        self._device.playback.set_volume(volume)

    def close(self) -> None:
        """End at once; what was recorded so far is written."""
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    # ---- the sound thread

    def _run(self) -> None:
        try:
            while not self._closing.is_set() and not self._manners.is_over:
                end_s = self._origin_s + (self._n_steps + 1) * STEP_S
                early_s = end_s - time.monotonic()
                if early_s > 0 and self._closing.wait(early_s):
                    break
                self._late_ms.append(max(0.0, time.monotonic() - end_s) * 1000)
                self._take_step(end_s)
            self._write()
        except Exception as error:  # noqa: BLE001 thread top: whoever waits for signals must come to an end
            _log.exception("the recording broke off")
            self._signals.put(DeviceLost("output", "script", str(error), reopening=False))
        finally:
            self._device.playback.close()
            self._signals.close()

    def _take_step(self, end_s: float) -> None:
        with self._lock:
            self._act(end_s - STEP_S)
            user = self._next_of_sound()
            hiss = self._noise.standard_normal(MIC_STEP) * 10 ** (_NOISE_DB / 20)
            out = self._device.play(end_s)
            mic = np.clip(user[0] + hiss.astype(np.float32) + self._path.carry(out), -1.0, 1.0)
            self._device.hear(mic, end_s)
            self._user.append(user[1])
            self._hers.append(out)
            self._was_audible = float(np.abs(out).max()) > _AUDIBLE
            self._n_steps += 1

    def _act(self, now_s: float) -> None:
        manners, n = self._manners, self._n_steps
        started = manners.step(
            now_s,
            mic_is_open=self._device.mic_is_open,
            has_speech=self._device.playback.has_speech,
            is_audible=self._was_audible,
            is_talking=self._sound is not None,
            may_begin=lambda order: n % _POLL_STEPS == 0 and self._baton.may_begin(order),
        )
        for order in manners.take_done():
            self._baton.done(order)
        if started is not None:
            self._sound, self._sound_step = self._sounds[started.file], 0
            self._told.append(
                {"name": "user", "what": started.what, "order": started.order, "sample": n * OUTPUT_STEP}
            )

    def _next_of_sound(self) -> tuple[Samples, Samples]:
        if self._sound is None:
            return np.zeros(MIC_STEP, np.float32), np.zeros(OUTPUT_STEP, np.float32)
        rows = self._sound.mic[self._sound_step], self._sound.record[self._sound_step]
        self._sound_step += 1
        if self._sound_step >= len(self._sound.mic):
            self._sound = None
        return rows

    def _tell(self, signal: AudioSignal) -> None:
        now_s = self._origin_s + self._n_steps * STEP_S
        if isinstance(signal, PlaybackEnded):
            self._manners.ended(now_s, stopped=signal.stopped)
        if not isinstance(signal, Level | Played):
            self._told.append(self._row(signal))
        self._signals.put(signal)

    def _row(self, signal: AudioSignal) -> dict[str, Any]:
        row: dict[str, Any] = {"name": type(signal).__name__, "sample": self._n_steps * OUTPUT_STEP}
        for field in ("at_s", "speech_end_s"):
            if (moment := getattr(signal, field, None)) is not None:
                row["at"] = round((moment - self._origin_s) * OUTPUT_RATE_HZ)
        if (turn := getattr(signal, "turn", None)) is not None:
            row |= {"turn": turn.turn, "revision": turn.revision}
        for field in ("seconds", "stopped", "final", "same_as_soft_end", "why"):
            if (value := getattr(signal, field, None)) is not None:
                row[field] = value
        return row

    def _write(self) -> None:
        both = np.stack((self._user.samples(), self._hers.samples()), axis=1)
        write_wav(self._folder / "recording.wav", both, OUTPUT_RATE_HZ)
        with self._handing:
            write_wav(self._folder / "made.wav", self._made.samples(), OUTPUT_RATE_HZ)
        late = np.array(self._late_ms or [0.0])
        log = {
            "origin_s": self._origin_s,
            "told": self._told,
            "made": self._clips,
            "outcomes": self._manners.outcomes,
            "late_ms": {"p99": float(np.quantile(late, 0.99)), "max": float(late.max())},
            "underruns": underruns(late),
        }
        (self._folder / "log.json").write_text(json.dumps(log), encoding="utf-8")


def underruns(late_ms: NDArray[np.float64]) -> int:
    """Return how often the steps fell behind by more than a device holds; catching up counts once."""
    is_late = late_ms > DEVICE_BUFFER_S * 1000
    return int(is_late[:1].sum() + (is_late[1:] & ~is_late[:-1]).sum())


class _Tape:
    """Sound on its way to a file, 16 bits: a long talk must not look like memory that the program loses."""

    def __init__(self, file: Path) -> None:
        self._file, self._out = file, file.open("wb")
        self.n = 0

    def append(self, samples: Samples) -> None:
        """Take a block; nothing after `samples`."""
        if self._out.closed:
            return
        self._out.write(np.round(np.clip(samples, -1.0, 1.0) * 32767.0).astype("<i2").tobytes())
        self.n += len(samples)

    def samples(self) -> Samples:
        """Return all of it and remove the file."""
        self._out.close()
        sound = np.fromfile(self._file, "<i2").astype(np.float32) / 32767.0
        self._file.unlink()
        return sound


class _Sound:
    """A clip in rows of 10 ms, for the microphone and for the recording."""

    def __init__(self, mic: Samples, record: Samples) -> None:
        self.mic, self.record = mic, record

    @classmethod
    def read(cls, file: Path) -> _Sound:
        from companion.audio.wav import read_wav

        clip = read_wav(file)
        n_steps = -(-len(clip.samples) // OUTPUT_STEP)
        return cls(_rows(clip, RATE_HZ, MIC_STEP, n_steps), _rows(clip, OUTPUT_RATE_HZ, OUTPUT_STEP, n_steps))


def _rows(clip: AudioClip, rate_hz: int, step: int, n_steps: int) -> Samples:
    samples = resample(clip, rate_hz).samples[: n_steps * step]
    return np.pad(samples, (0, n_steps * step - len(samples))).reshape(n_steps, step)
