"""Traditional Chinese is read as simplified, character for character; names come back as they are written."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from companion.forge.cast import Cast, Merge
from companion.forge.speakers import TOGETHER, Attribution
from companion.text.mandarin import simplified
from companion.text.phonemes import Language

_SAMPLE: Final = 20_000
_LEAST_CHANGED: Final = 0.02


class Writing:
    """A text and the reading of it that the rules work on; both have the same length."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = self.read = text
        self._written: dict[str, str] = {}
        if language == "zh" and _is_traditional(text):
            read = simplified(text)
            self.read = read if len(read) == len(text) else text

    @property
    def is_other(self) -> bool:
        """Whether the reading differs from the text."""
        return self.read is not self.text

    def name_read(self, name: str) -> str:
        """Return a name as the reading has it; `name_written` will give this very name back."""
        if not self.is_other:
            return name
        read = simplified(name)
        self._written[read] = name
        return read

    def name_written(self, name: str) -> str:
        """Return a name, or several joined, as the text has it."""
        if not self.is_other:
            return name
        if name not in self._written:
            at = self.read.find(name)
            parts = name.split(TOGETHER)
            if len(parts) > 1:
                self._written[name] = TOGETHER.join(map(self.name_written, parts))
            else:
                self._written[name] = name if at < 0 else self.text[at : at + len(name)]
        return self._written[name]

    def cast_read(self, cast: Cast) -> Cast:
        """Return `cast` with its names as the reading has them."""
        if not self.is_other:
            return cast
        people = (
            replace(one, id=self.name_read(one.id), names=tuple(map(self.name_read, one.names)))
            for one in cast.people
        )
        return replace(cast, people=tuple(people))

    def cast_written(self, cast: Cast) -> Cast:
        """Return `cast` with its names as the text has them."""
        if not self.is_other:
            return cast
        people = (
            replace(one, id=self.name_written(one.id), names=tuple(map(self.name_written, one.names)))
            for one in cast.people
        )
        doubts = (
            Merge(self.name_written(one.name), self.name_written(one.other), one.why) for one in cast.doubts
        )
        return Cast(tuple(people), tuple(doubts))

    def said_by(self, found: Attribution) -> Attribution:
        """Return an attribution with its names as the text has them."""
        if not self.is_other:
            return found
        speaker = self.name_written(found.speaker) if found.speaker else found.speaker
        addressee = self.name_written(found.addressee) if found.addressee else found.addressee
        return replace(found, speaker=speaker, addressee=addressee)


def _is_traditional(text: str) -> bool:
    sample = text[:_SAMPLE]
    read = simplified(sample)
    changed = sum(one != other for one, other in zip(sample, read, strict=False))
    return changed >= _LEAST_CHANGED * max(1, len(sample))
