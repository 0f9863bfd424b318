"""Devices through PortAudio (sounddevice)."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from companion.audio.devices import DeviceInfo, Direction, Stream
from companion.audio.ring import CaptureRing, PlayRing
from companion.errors import AudioError

_Ring = TypeVar("_Ring", CaptureRing, PlayRing)

# The callback needs Python's lock: this much sound lies beyond its reach, in the device's own buffer.
_OUTPUT_LATENCY_S = 0.07
# A deep buffer does not make the microphone later, it only keeps what a late callback would lose.
_INPUT_LATENCY_S = 0.2
_UNKNOWN_DELAY_S = 0.04
_BLOCKS_PER_S = 100
_OTHER_RATES_HZ = (48_000, 44_100, 16_000)
# MME, the default of PortAudio on Windows, is 100 to 200 ms late.
_PREFERRED_HOST_API = "Windows WASAPI" if sys.platform == "win32" else ""


class PortAudioDevices:
    """The library reads the list of devices when it starts; `refresh` restarts it."""

    name = "portaudio"

    def __init__(self, library: Any) -> None:
        self._library = library

    @classmethod
    def load(cls) -> PortAudioDevices:
        """Raises AudioError where the PortAudio library is missing."""
        try:
            import sounddevice
        except (OSError, ImportError) as error:
            raise AudioError(
                "The PortAudio library is missing.", "Install libportaudio2; without it miniaudio is used."
            ) from error
        return cls(sounddevice)

    def devices(self, direction: Direction) -> list[DeviceInfo]:
        default = self._default_index(direction)
        return [
            DeviceInfo(
                name=str(row["name"]),
                host_api=str(self._library.query_hostapis(row["hostapi"])["name"]),
                is_default=int(row["index"]) == default,
                rate_hz=int(row["default_samplerate"]),
            )
            for row in self._rows(direction)
        ]

    def open_input(self, device: DeviceInfo) -> tuple[Stream, CaptureRing]:
        def make(rate_hz: int) -> tuple[CaptureRing, Callable[..., None]]:
            ring = CaptureRing(rate_hz)

            def take(block: NDArray[np.float32], _n: int, times: Any, _status: Any) -> None:
                ring.write(
                    block[:, 0], time.monotonic() - _delay(times.currentTime - times.inputBufferAdcTime)
                )

            return ring, take

        return self._open("input", device, make)

    def open_output(self, device: DeviceInfo) -> tuple[Stream, PlayRing]:
        def make(rate_hz: int) -> tuple[PlayRing, Callable[..., None]]:
            ring = PlayRing(rate_hz)

            def give(out: NDArray[np.float32], _n: int, times: Any, _status: Any) -> None:
                audible_s = time.monotonic() + _delay(times.outputBufferDacTime - times.currentTime)
                ring.fill_out(out[:, 0], audible_s)
                out[:, 1:] = out[:, :1]

            return ring, give

        return self._open("output", device, make)

    def refresh(self) -> None:
        with contextlib.suppress(self._library.PortAudioError):
            self._library._terminate()
        with contextlib.suppress(self._library.PortAudioError):
            self._library._initialize()

    def _rows(self, direction: Direction) -> list[dict[str, Any]]:
        try:
            rows = list(self._library.query_devices())
        except self._library.PortAudioError:
            return []
        return [row for row in rows if row[f"max_{direction}_channels"] > 0]

    def _default_index(self, direction: Direction) -> int:
        with contextlib.suppress(self._library.PortAudioError):
            for host_api in self._library.query_hostapis():
                if host_api["name"] == _PREFERRED_HOST_API:
                    return int(host_api[f"default_{direction}_device"])
            return int(self._library.query_devices(kind=direction)["index"])
        return -1

    def _open(
        self,
        direction: Direction,
        device: DeviceInfo,
        make: Callable[[int], tuple[_Ring, Callable[..., None]]],
    ) -> tuple[Stream, _Ring]:
        row = self._row_of(direction, device)
        kind = self._library.InputStream if direction == "input" else self._library.OutputStream
        most = int(row[f"max_{direction}_channels"])
        # A microphone that exists in stereo only is opened so; loudspeakers get both sides.
        n_channels = (1, min(2, most)) if direction == "input" else (min(2, most), 1)
        problem = ""
        for rate_hz in dict.fromkeys((device.rate_hz, *_OTHER_RATES_HZ)):
            for channels in dict.fromkeys(n_channels):
                ring, callback = make(rate_hz)
                try:
                    stream = kind(
                        samplerate=rate_hz,
                        blocksize=rate_hz // _BLOCKS_PER_S,
                        device=int(row["index"]),
                        channels=channels,
                        dtype="float32",
                        latency=_INPUT_LATENCY_S if direction == "input" else _OUTPUT_LATENCY_S,
                        callback=callback,
                    )
                    stream.start()
                except self._library.PortAudioError as error:
                    problem = str(error)
                    continue
                return _PortAudioStream(stream, self._library.PortAudioError), ring
        raise AudioError(f"{device.name} cannot be opened: {problem}.")

    def _row_of(self, direction: Direction, device: DeviceInfo) -> dict[str, Any]:
        for row in self._rows(direction):
            host_api = str(self._library.query_hostapis(row["hostapi"])["name"])
            if (str(row["name"]), host_api) == (device.name, device.host_api):
                return row
        raise AudioError(f"{device.name} is not there any more.")


class _PortAudioStream:
    def __init__(self, stream: Any, error: type[Exception]) -> None:
        self._stream = stream
        self._error = error

    @property
    def is_active(self) -> bool:
        with contextlib.suppress(self._error):
            return bool(self._stream.active)
        return False

    def close(self) -> None:
        # `abort` first: closing a running stream would wait for what is queued.
        with contextlib.suppress(self._error):
            self._stream.abort(ignore_errors=True)
        with contextlib.suppress(self._error):
            self._stream.close(ignore_errors=True)


def _delay(seconds: float) -> float:
    """Return what a driver says about its delay where that can be true, else the usual."""
    return seconds if 0.0 < seconds < 1.0 else _UNKNOWN_DELAY_S
