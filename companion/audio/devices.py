"""Which microphones and loudspeakers there are, and the interface behind which a sound library opens them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from companion.audio.ring import CaptureRing, PlayRing
from companion.errors import AudioError

Direction = Literal["input", "output"]
BackendName = Literal["auto", "portaudio", "miniaudio"]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as the system names it; `rate_hz` is the rate it prefers."""

    name: str
    host_api: str
    is_default: bool
    rate_hz: int

    @property
    def label(self) -> str:
        """Name and host API; tells apart what a system offers through several of them."""
        return f"{self.name}, {self.host_api}"


class Stream(Protocol):
    """An open device; its callback runs until `close`."""

    @property
    def is_active(self) -> bool: ...
    def close(self) -> None: ...


class Backend(Protocol):
    """A sound library; all calls come from one thread. `open_*` raise AudioError."""

    @property
    def name(self) -> str: ...
    def devices(self, direction: Direction) -> list[DeviceInfo]: ...
    def open_input(self, device: DeviceInfo) -> tuple[Stream, CaptureRing]: ...
    def open_output(self, device: DeviceInfo) -> tuple[Stream, PlayRing]: ...
    def refresh(self) -> None:
        """Look for devices anew; all streams must be closed."""
        ...


class NoBackend:
    """Stands in where no sound library can be loaded."""

    name = "none"

    def devices(self, direction: Direction) -> list[DeviceInfo]:
        return []

    def open_input(self, device: DeviceInfo) -> tuple[Stream, CaptureRing]:
        raise AudioError("No sound library can be loaded.")

    def open_output(self, device: DeviceInfo) -> tuple[Stream, PlayRing]:
        raise AudioError("No sound library can be loaded.")

    def refresh(self) -> None:
        return


def load_backend(name: BackendName = "auto") -> Backend:
    """Return a sound library; `auto` prefers PortAudio where it is there and sees devices.

    Raises AudioError when the one asked for by name cannot be loaded.
    """
    from companion.audio.miniaudio_devices import MiniaudioDevices
    from companion.audio.portaudio_devices import PortAudioDevices

    if name == "portaudio":
        return PortAudioDevices.load()
    if name == "miniaudio":
        return MiniaudioDevices.load()
    found: list[Backend] = []
    for adapter in (PortAudioDevices, MiniaudioDevices):
        try:
            found.append(adapter.load())
        except AudioError:
            continue
        if found[-1].devices("output") or found[-1].devices("input"):
            return found[-1]
    return found[0] if found else NoBackend()


def list_devices(direction: Direction, *, backend: BackendName = "auto") -> list[DeviceInfo]:
    """Return the devices as they are now, the default one first. Raises AudioError like `load_backend`."""
    devices = load_backend(backend).devices(direction)
    return sorted(devices, key=lambda device: not device.is_default)


def choose(devices: Sequence[DeviceInfo], wanted: str) -> DeviceInfo | None:
    """Return the device called `wanted` (a name or a label), else the default; None where there is none.

    Some host APIs cut names at 31 characters, so the beginning of a name is enough.
    """
    exact = [device for device in devices if wanted in (device.label, device.name)] if wanted else []
    cut_off = [device for device in devices if len(device.name) >= 24 and wanted.startswith(device.name)]
    defaults = [device for device in devices if device.is_default]
    for candidates in (exact, cut_off, defaults, devices):
        if candidates:
            return max(candidates, key=lambda device: device.is_default)
    return None


def is_the_one(device: DeviceInfo, wanted: str) -> bool:
    """Tell whether `device` is what was asked for, and not a stand-in."""
    return not wanted or wanted in (device.name, device.label) or wanted.startswith(device.name)
