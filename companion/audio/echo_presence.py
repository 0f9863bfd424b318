"""Whether the microphone hears the loudspeaker at all: with headphones there is nothing to cancel.

The canceller would take the user's own voice for echo there, and soften it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

_KEPT = 300  # frames of 10 ms
_ENOUGH = 100
_LOUDER_DB = 3.0


class EchoPresence:
    """Compares the microphone's level while she is heard with that while she is silent; fed with frames of 10 ms.

    `echo_db` is the former, `noise_db` the latter.
    """

    def __init__(self) -> None:
        self._audible: deque[float] = deque(maxlen=_KEPT)
        self._silent: deque[float] = deque(maxlen=_KEPT)
        self._since_look = 0
        self.is_absent = False
        self.noise_db = -200.0
        self.echo_db = 0.0

    def feed(self, level_db: float, *, is_audible: bool, is_silent: bool, has_delay: bool) -> None:
        """Take a frame's level; `has_delay`: a delay was measured, so there is an echo, however soft."""
        if is_audible:
            self._audible.append(level_db)
        elif is_silent:
            self._silent.append(level_db)
        self._since_look += 1
        if self._since_look < 10:
            return
        self._since_look = 0
        if self._silent:
            self.noise_db = float(np.median(self._silent))
        if len(self._audible) >= _ENOUGH:
            self.echo_db = float(np.median(self._audible))
        is_known = len(self._audible) >= _ENOUGH and len(self._silent) >= _ENOUGH // 2
        if not is_known or has_delay:
            self.is_absent = False
        else:
            louder_db = self.echo_db - self.noise_db
            self.is_absent = louder_db < _LOUDER_DB

    def forget(self) -> None:
        """Another loudspeaker or microphone is in use."""
        self._audible.clear()
        self._silent.clear()
        self.is_absent = False
