"""Devices through miniaudio, a wheel without system libraries."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.audio.devices import DeviceInfo, Direction, Stream
from companion.audio.ring import CaptureRing, PlayRing
from companion.errors import AudioError

_PERIOD_MS = 10
_N_PERIODS = 8
_RATE_HZ = 48_000  # miniaudio converts to the device's own rate
_LATENCY_S = _N_PERIODS * _PERIOD_MS / 1000
_DEADLINE_S = 0.5
_APP_NAME = "companion"


class MiniaudioDevices:
    """The list of devices is read anew at each call."""

    name = "miniaudio"

    def __init__(self, library: Any) -> None:
        self._library = library
        self._backends = [
            each for each in library.get_enabled_backends() if each.name not in ("NULL", "CUSTOM")
        ]
        self._backends.sort(key=lambda each: each.value)

    @classmethod
    def load(cls) -> MiniaudioDevices:
        """Raises AudioError where miniaudio is not installed."""
        try:
            import miniaudio
        except (OSError, ImportError) as error:
            raise AudioError("miniaudio is missing.", "Install it with: pip install miniaudio") from error
        return cls(miniaudio)

    def devices(self, direction: Direction) -> list[DeviceInfo]:
        host_api, rows = self._found(direction)
        return [DeviceInfo(str(row["name"]), host_api, bool(row["is_default"]), _RATE_HZ) for row in rows]

    def open_input(self, device: DeviceInfo) -> tuple[Stream, CaptureRing]:
        ring = CaptureRing(_RATE_HZ)

        def take() -> Generator[None, bytearray, None]:
            while True:
                block = yield
                ring.write(np.frombuffer(block, dtype=np.float32), time.monotonic() - _PERIOD_MS / 1000)

        make = self._library.CaptureDevice
        return self._open("input", device, make, {"input_format": self._float}, take(), 1), ring

    def open_output(self, device: DeviceInfo) -> tuple[Stream, PlayRing]:
        ring = PlayRing(_RATE_HZ)

        def give() -> Generator[NDArray[np.float32], int, None]:
            both = np.zeros((_RATE_HZ, 2), dtype=np.float32)
            mono = np.zeros(_RATE_HZ, dtype=np.float32)
            n = yield both[:0]
            while True:
                ring.fill_out(mono[:n], time.monotonic() + _LATENCY_S)
                both[:n, 0] = mono[:n]
                both[:n, 1] = mono[:n]
                n = yield both[:n]

        make = self._library.PlaybackDevice
        return self._open("output", device, make, {"output_format": self._float}, give(), 2), ring

    def refresh(self) -> None:
        return

    @property
    def _float(self) -> Any:
        return self._library.SampleFormat.FLOAT32

    def _found(self, direction: Direction) -> tuple[str, list[dict[str, Any]]]:
        class Listing(self._library.Devices):  # type: ignore[misc, name-defined]
            """The library's own listing leaves out which device is the default."""

            def _get_info(self, kind: Any, info: Any) -> dict[str, Any]:
                is_default = bool(info.isDefault)
                return {**super()._get_info(kind, info), "is_default": is_default}

        try:
            devices = Listing(self._backends)
            rows = devices.get_playbacks() if direction == "output" else devices.get_captures()
        except self._library.MiniaudioError:
            return "", []
        return str(devices.backend), list(rows)

    def _open(
        self,
        direction: Direction,
        device: DeviceInfo,
        make: Any,
        form: dict[str, Any],
        callback: Any,
        n_channels: int,
    ) -> Stream:
        rows = [row for row in self._found(direction)[1] if row["name"] == device.name]
        if not rows:
            raise AudioError(f"{device.name} is not there any more.")
        next(callback)
        try:
            stream = make(
                nchannels=n_channels,
                sample_rate=_RATE_HZ,
                buffersize_msec=_PERIOD_MS,
                callback_periods=_N_PERIODS,
                device_id=rows[0]["id"],
                backends=self._backends,
                app_name=_APP_NAME,
                **form,
            )
            stream.start(callback)
        except self._library.MiniaudioError as error:
            raise AudioError(f"{device.name} cannot be opened: {error}.") from error
        return _MiniaudioStream(stream, self._library.MiniaudioError)


class _MiniaudioStream:
    def __init__(self, stream: Any, error: type[Exception]) -> None:
        self._stream = stream
        self._error = error
        self._is_active = True
        stream.stop_callback = self._note_stop

    @property
    def is_active(self) -> bool:
        return self._is_active

    def close(self) -> None:
        """Close the device; one whose server died may never come back from that and is left to itself."""
        has_died, self._is_active = not self._is_active, False
        if has_died:
            # A daemon, because a native call that hangs must not keep the process alive.
            grave = threading.Thread(target=self._close, name="audio-grave", daemon=True)
            grave.start()
            grave.join(_DEADLINE_S)
        else:
            self._close()

    def _close(self) -> None:
        with contextlib.suppress(self._error):
            self._stream.close()

    def _note_stop(self) -> None:
        self._is_active = False
