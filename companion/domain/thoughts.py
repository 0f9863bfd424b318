"""Split what a reasoning model thinks from what it says."""

from __future__ import annotations

from dataclasses import dataclass

_TAGS = (("<think>", "</think>"), ("<thinking>", "</thinking>"))
_LONGEST = max(len(tag) for pair in _TAGS for tag in pair)


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    thought: bool


class ThoughtFilter:
    """Feed a reply as it streams; tags may be split over deltas and are never shown.

    Thoughts are recognised anywhere in the reply; an unclosed thought lasts to its end. A reply that goes on
    with `continued` text keeps the blank it begins with.
    """

    def __init__(self, *, continued: bool = False) -> None:
        self._pending = ""
        self._close: str | None = None
        self._at_start = not continued

    def feed(self, delta: str) -> list[Piece]:
        """Return what is certain by now; text that may be the beginning of a tag is held back."""
        self._pending += delta
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return pieces

    def flush(self) -> list[Piece]:
        """Return what was held back."""
        pieces: list[Piece] = []
        self._emit(pieces, self._pending)
        self._pending = ""
        return pieces

    def _step(self, pieces: list[Piece]) -> bool:
        wanted = [self._close] if self._close else [opening for opening, _ in _TAGS]
        found = [(self._pending.find(tag), tag) for tag in wanted if tag in self._pending]
        if found:
            at, tag = min(found)
            self._emit(pieces, self._pending[:at])
            self._pending = self._pending[at + len(tag) :]
            self._close = None if self._close else dict(_TAGS)[tag]
            self._at_start = True
            return True
        keep = _possible_tag(self._pending, wanted)
        self._emit(pieces, self._pending[: len(self._pending) - keep])
        self._pending = self._pending[len(self._pending) - keep :]
        return False

    def _emit(self, pieces: list[Piece], text: str) -> None:
        if self._at_start:
            text = text.lstrip()
        if text:
            self._at_start = False
            pieces.append(Piece(text, self._close is not None))


def _possible_tag(text: str, tags: list[str]) -> int:
    """Return how many characters at the end of `text` may be the beginning of one of `tags`."""
    for size in range(min(_LONGEST - 1, len(text)), 0, -1):
        if any(tag.startswith(text[-size:]) for tag in tags):
            return size
    return 0
