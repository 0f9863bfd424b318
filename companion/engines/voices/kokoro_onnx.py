"""Kokoro-82M on ONNX Runtime: Mandarin and English in one voice, with exact speech marks.

Source: hexgrad/Kokoro-82M v1.0, a StyleTTS 2 decoder. Its graph computes frames per token and rounds
them (`Clip` after the only `Round`); that tensor is added to the outputs, and one frame is 600 samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.engines.onnx_session import OnnxSession
from companion.engines.voices.phonemiser import Phonemiser, spoken_form
from companion.engines.voices.shaping import (
    empty_speech,
    estimated_marks,
    is_spoken,
    marks_from_durations,
    pause_after,
    shaped,
)
from companion.engines.voices.styles import ROWS, Styles, StyleSource
from companion.errors import Cancelled, ModelError
from companion.model_files.onnx_check import read_checked
from companion.model_files.onnx_graph import OnnxGraph, extra_output
from companion.ports import Cancel
from companion.text.phonemes import Phone

RATE_HZ: Final = 24_000
_HOP: Final = 600
# The decoder sounds a token before its frames. Measured on 36 Chinese and 36 English clauses: vowels are loud
# 55 and 45 ms early, p10-p90 35 to 72 ms.
_EARLY_FRAMES: Final = 2
_PAD: Final = 0
# Memory grows with the clause: 420 MB at 80 tokens, 500 MB at 160.
_PIECE_TOKENS: Final = 180
_MAX_TOKENS: Final = ROWS - 2
_STRONG: Final = frozenset(".!?;…—")
_WEAK: Final = frozenset(",: ")


class KokoroOnnx:
    """Satisfies `ports.Voice` for voices of the engine `kokoro`."""

    def __init__(
        self,
        session: OnnxSession,
        durations: str,
        styles: StyleSource,
        ids: dict[str, int],
        phonemise: Phonemiser = spoken_form,
    ) -> None:
        self._session: OnnxSession | None = session
        self._durations = durations
        self._styles = styles
        self._ids = ids
        self._phonemise = phonemise

    @classmethod
    def load(
        cls,
        model: Path | str,
        styles_folder: Path | str,
        *,
        threads: int = 1,
        phonemise: Phonemiser = spoken_form,
        styles: StyleSource | None = None,
    ) -> KokoroOnnx:
        """Open the weights and the folder with `vocab.json`, `blends.toml` and style tables; speak once to warm up.

        `styles` are asked instead of that folder's tables. Raises ModelError, code `missing`, `onnx` or `voice`.
        """
        model, folder = Path(model), Path(styles_folder)
        data, graph = read_checked(model, domains=("", "ai.onnx", "com.microsoft"))
        durations = _durations_tensor(graph)
        session = OnnxSession.load(
            data + extra_output(durations) if durations else data, model.name, threads=threads
        )
        try:
            ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(
                "The symbol table of the Kokoro voice, vocab.json, cannot be read.",
                "Install the program again.",
                code="voice",
            ) from error
        voice = cls(session, durations, styles or Styles.load(folder), ids, phonemise)
        voice._compute([Phone("a", 0)], VoiceSpec(), None)
        return voice

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause` at 24 kHz, in one piece unless it is longer than about 15 s.

        `pitch` is made by resampling with the tempo kept, so the timbre moves with it: natural to about
        2 semitones, a smaller or bigger person beyond. Raises Cancelled when stopped.
        """
        phones = [
            phone
            for phone in self._phonemise(clause, voice.language, "kokoro").phones
            if phone.symbol in self._ids
        ]
        if not any(is_spoken(phone.symbol) for phone in phones):
            yield empty_speech(clause, RATE_HZ)
            return
        pieces = split_phones(phones)
        for number, piece in enumerate(pieces):
            if cancel.requested:
                raise Cancelled
            last = number == len(pieces) - 1
            yield self._spoken(clause, piece, voice, cancel, last)

    def close(self) -> None:
        self._session = None

    def _spoken(
        self, clause: str, phones: Sequence[Phone], voice: VoiceSpec, cancel: Cancel, last: bool
    ) -> Speech:
        ratio = 2.0 ** (min(max(voice.pitch, -6.0), 6.0) / 12.0)
        samples, frames = self._compute(phones, voice, cancel, tempo=1.0 / ratio)
        exact = frames is not None and int(frames.sum()) * _HOP == len(samples)
        scale = 1.0
        if abs(ratio - 1.0) > 1e-3:
            n_before = len(samples)
            samples = _resampled(samples, ratio)
            scale = len(samples) / n_before
        if exact and frames is not None:
            begins = np.concatenate([[0], np.maximum(np.cumsum(frames) - _EARLY_FRAMES, 0)])
            lengths = np.diff(np.rint(begins * (_HOP * scale)).astype(int))
            marks = marks_from_durations(phones, lengths[1:-1].tolist(), lead=int(lengths[0]))
        else:
            marks = estimated_marks(phones, samples, RATE_HZ)
        pause_s = pause_after(clause) if last else 0.06
        return shaped(samples, RATE_HZ, clause, marks, exact=exact, pause_s=pause_s / voice.speed, last=last)

    def _compute(
        self, phones: Sequence[Phone], voice: VoiceSpec, cancel: Cancel | None, tempo: float = 1.0
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        if self._session is None:
            raise ModelError("The Kokoro voice was closed.", code="closed")
        ids = [self._ids[phone.symbol] for phone in phones]
        style = self._styles.table(voice)[len(ids) - 1 : len(ids)]
        feeds: dict[str, NDArray[Any]] = {
            "tokens": np.array([[_PAD, *ids, _PAD]], np.int64),
            "style": style,
            "speed": np.array([min(max(voice.speed, 0.5), 2.0) * tempo], np.float32),
        }
        names = ["audio", self._durations] if self._durations else ["audio"]
        results = self._session.run(names, feeds, cancel)
        frames = results[1].reshape(-1) if len(results) > 1 else None
        return results[0].reshape(-1), frames


def split_phones(
    phones: Sequence[Phone], wanted: int = _PIECE_TOKENS, most: int = _MAX_TOKENS
) -> list[list[Phone]]:
    """Return `phones` in pieces of at most `most`, cut after a mark or a gap near the middle where possible.

    A run of up to `wanted` phones stays whole.
    """
    if len(phones) <= wanted:
        return [list(phones)]
    n_pieces = -(-len(phones) // wanted)
    target = len(phones) // n_pieces
    reach = max(1, min(most, len(phones) - 1) - target)
    cut = _cut_near(phones, target, reach)
    return [list(phones[:cut]), *split_phones(phones[cut:], wanted, most)]


def _cut_near(phones: Sequence[Phone], target: int, reach: int) -> int:
    """Return where to cut: after the strongest mark within half of `target`, the nearest one if several."""
    nearby = range(max(1, target - target // 2), min(target + min(reach, target // 2), len(phones) - 1) + 1)
    for marks in (_STRONG, _WEAK):
        places = [place for place in nearby if phones[place - 1].symbol in marks]
        if places:
            return min(places, key=lambda place: abs(place - target))
    return target


def _durations_tensor(graph: OnnxGraph) -> str:
    """Return the name of the rounded frames per token, or "" if the graph has another shape."""
    rounds = [node for node in graph.nodes if node.op == "Round"]
    if len(rounds) != 1:
        return ""
    rounded = rounds[0].outputs[0]
    clips = [node for node in graph.nodes if node.op == "Clip" and node.inputs[:1] == (rounded,)]
    return clips[0].outputs[0] if len(clips) == 1 else ""


def _resampled(samples: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(samples, RATE_HZ * ratio, RATE_HZ)
    return resampled
