"""When the microphone is open and when its sound is listened to."""

from __future__ import annotations

import threading

from companion.audio.capture import Capture
from companion.domain.state import ListenMode

TAIL_S = 0.25  # the room's echo and what the devices still hold, after she has spoken


class Ears:
    """Listening mode, push-to-talk key and half duplex, applied in order to one `Capture`.

    `listen` and `talk` may be called from any thread, `update` from the one that feeds the capture.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._lock = threading.Lock()
        self._wishes: list[ListenMode | bool | int] = []
        self._mode: ListenMode = "off"
        self._wanted_mode: ListenMode = "off"
        self._held = False
        self._wanted_held = False
        self._spoke_s = float("-inf")

    def listen(self, mode: ListenMode) -> None:
        with self._lock:
            if mode != self._wanted_mode:
                self._wanted_mode = mode
                self._wishes.append(mode)

    def talk(self, held: bool) -> None:
        with self._lock:
            if held != self._wanted_held:
                self._wanted_held = held
                self._wishes.append(held)

    def end_after(self, silence_ms: int) -> None:
        with self._lock:
            self._wishes.append(silence_ms)

    @property
    def want_input(self) -> bool:
        """Whether the input stream has to be open; it stays so until the last sound has been taken in."""
        with self._lock:
            return _is_open(self._mode, self._held) or _is_open(self._wanted_mode, self._wanted_held)

    @property
    def is_deaf(self) -> bool:
        """Whether the microphone is off by the user's wish, up to the last `update`."""
        return not _is_open(self._mode, self._held)

    def update(self, *, is_playing: bool, half_duplex: bool, now_s: float) -> None:
        """Apply what was asked for, then open or close the ears."""
        with self._lock:
            wishes, self._wishes = self._wishes, []
        for wish in wishes:
            self._apply(wish)
        if is_playing:
            self._spoke_s = now_s
        self._capture.mute(half_duplex and not self._held and now_s - self._spoke_s < TAIL_S)

    def _apply(self, wish: ListenMode | bool | int) -> None:
        match wish:
            case True:
                self._held = True
                if self._mode != "off":
                    self._capture.mute(False)
                    self._capture.press()
            case False:
                if self._mode != "off":
                    self._capture.release()
                self._held = False
            case int(silence_ms):
                self._capture.end_after(silence_ms)
            case mode:
                self._mode = mode
                self._capture.reset()
                if self._held and mode != "off":
                    self._capture.press()


def _is_open(mode: ListenMode, held: bool) -> bool:
    return mode in ("hands_free", "on_call") or (mode == "push_to_talk" and held)
