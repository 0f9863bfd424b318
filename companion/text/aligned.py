"""Text that remembers which character of the original each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Replace = Callable[[re.Match[str]], str | None]


@dataclass(frozen=True, slots=True)
class Aligned:
    """`origin[i]` is the place in the original text that character i of `text` speaks for; never falling."""

    text: str
    origin: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Aligned:
        return cls(text, tuple(range(len(text))))

    def sub(self, pattern: re.Pattern[str], replace: Replace | str) -> Aligned:
        """Return the text with each match replaced; None from `replace` leaves it as it was.

        The new characters are spread evenly over the characters that they replace.
        """
        parts: list[str] = []
        origin: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            new = match.expand(replace) if isinstance(replace, str) else replace(match)
            start, end = match.span()
            if new is None or new == match.group() or start < done:
                continue
            parts += [self.text[done:start], new]
            origin += self.origin[done:start]
            origin += self._spread(start, end, len(new))
            done = end
        if not parts:
            return self
        return Aligned("".join(parts) + self.text[done:], (*origin, *self.origin[done:]))

    def translate(self, table: Mapping[int, str | int]) -> Aligned:
        """Return the text with single characters exchanged for single characters."""
        return Aligned(self.text.translate(table), self.origin)

    def slice(self, start: int, end: int) -> Aligned:
        return Aligned(self.text[start:end], self.origin[start:end])

    def _spread(self, start: int, end: int, length: int) -> list[int]:
        span = end - start
        if not span:
            place = self.origin[min(start, len(self.origin) - 1)] if self.origin else 0
            return [place] * length
        return [self.origin[start + index * span // max(length, 1)] for index in range(length)]
