"""Where the sound stands between two reports of the loudspeaker."""

from __future__ import annotations

from typing import Final

_TRUST_S: Final = 0.3


class Playhead:
    """Interpolates the playback position on the monotonic clock; never runs back within a reply.

    Without a report for 0.3 s it stands still: sound that nobody confirms is not shown. Where the sound that was
    handed over has ended it waits for a report from beyond, for what comes next begins when it can.
    """

    def __init__(self) -> None:
        self._heard = 0.0
        self._at = 0.0
        self._shown = 0.0
        self._end: float | None = None
        self._dry: float | None = None
        self.is_running = False

    def queued(self, offset_s: float, seconds: float) -> None:
        """Note that sound of `seconds` was handed over, to begin `offset_s` after the reply's first."""
        if offset_s == 0.0:
            self._dry = None
        self._end = offset_s + seconds

    def heard(self, seconds: float, now: float) -> None:
        """Note that `seconds` of the reply have left the loudspeaker by `now`."""
        if seconds < self._heard - 0.5:
            self._shown = 0.0
        if self._dry is not None and seconds > self._dry:
            self._dry = None
        self._heard, self._at = seconds, now
        self.is_running = True

    def stop(self) -> None:
        """Forget the reply."""
        self._heard = self._shown = 0.0
        self._end = self._dry = None
        self.is_running = False

    def position(self, now: float) -> float:
        """Return the seconds of the reply that have been heard at `now`."""
        if not self.is_running:
            return 0.0
        reach = self._heard + min(_TRUST_S, max(0.0, now - self._at))
        if self._end is not None and reach >= self._end:
            self._dry = self._end
        if self._dry is not None:
            reach = min(reach, max(self._dry, self._heard))
        self._shown = max(self._shown, reach)
        return self._shown
