"""Where the sound stands between two reports of the loudspeaker."""

from __future__ import annotations

from typing import Final

_TRUST_S: Final = 0.3


class Playhead:
    """Interpolates the playback position on the monotonic clock; never runs back within a reply.

    Without a report for 0.3 s it stands still: sound that nobody confirms is not shown.
    """

    def __init__(self) -> None:
        self._heard = 0.0
        self._at = 0.0
        self._shown = 0.0
        self.is_running = False

    def heard(self, seconds: float, now: float) -> None:
        """Note that `seconds` of the reply have left the loudspeaker by `now`."""
        if seconds < self._heard - 0.5:
            self._shown = 0.0
        self._heard, self._at = seconds, now
        self.is_running = True

    def stop(self) -> None:
        """Forget the reply."""
        self._heard = self._shown = 0.0
        self.is_running = False

    def position(self, now: float) -> float:
        """Return the seconds of the reply that have been heard at `now`."""
        if not self.is_running:
            return 0.0
        self._shown = max(self._shown, self._heard + min(_TRUST_S, max(0.0, now - self._at)))
        return self._shown
