"""A recogniser for the demo and for tests: it hears its own lines, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from companion.domain.audio import AudioClip
from companion.errors import Cancelled, ModelError
from companion.ports import Cancel, Transcript

_LINES: Final = ("你好，今天过得怎么样？", "给我讲个故事吧。", "Hello, what can you do?", "晚安。")
_MIN_S: Final = 0.1
_MIN_RMS: Final = 1e-3


class ScriptedRecogniser:
    """Satisfies `ports.Recogniser`; a clip with sound in it is the next line, silence is nothing."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = tuple(lines)
        self._next = 0
        self._closed = False

    @classmethod
    def load(cls, lines: Sequence[str] = _LINES) -> ScriptedRecogniser:
        """Return a recogniser that hears `lines` in turn, beginning anew after the last."""
        return cls(lines)

    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        """Return the next line for a clip with sound. Raises Cancelled when stopped."""
        if self._closed:
            raise ModelError("The recogniser was closed.", code="closed")
        if cancel.requested:
            raise Cancelled
        samples = np.nan_to_num(clip.samples, posinf=0.0, neginf=0.0).astype(np.float64)
        rms = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
        if clip.seconds < _MIN_S or rms < _MIN_RMS or not self._lines:
            return Transcript("", language or "zh", no_speech=1.0)
        text = self._lines[self._next % len(self._lines)]
        self._next += 1
        said_in = "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"
        return Transcript(text, language or said_in)

    def close(self) -> None:
        self._closed = True
