"""From the bytes of tokens to text that may be shown: whole characters only, nothing past a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Literal

StopReason = Literal["end", "length", "stop", "cancelled"]


class ReplyStream:
    """Hold back what may still turn out to be half a character or the beginning of a stop string."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._held = ""
        self.stopped = False

    def feed(self, piece: bytes) -> str:
        """Return the text that is certain by now; after a stop string `stopped` is set and nothing more comes."""
        return self.feed_text(self._decoder.decode(piece))

    def feed_text(self, text: str) -> str:
        """Do the same for text that is already decoded."""
        if self.stopped:
            return ""
        self._held += text
        found = [at for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            return self._release(min(found))
        return self._release(len(self._held) - self._uncertain())

    def flush(self) -> str:
        """Return what was held back; half a character at the end is dropped."""
        return "" if self.stopped else self._release(len(self._held))

    def _release(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text

    def _uncertain(self) -> int:
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            tail = self._held[-size:]
            if any(stop.startswith(tail) for stop in self._stop):
                return size
        return 0
