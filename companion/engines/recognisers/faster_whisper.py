"""Whisper on CTranslate2, with the features and the tokenizer of faster-whisper.

The decoder is called directly: one pass without timestamps on stretches that the speech detector found,
greedy, no text carried over. Nothing is fetched: the folder must hold the whole model.
"""

from __future__ import annotations

import importlib.util
import sys
import time
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import AudioClip
from companion.engines.detectors.silero import Silero
from companion.engines.recognisers.hallucinations import (
    Evidence,
    cleaned,
    is_hallucinated,
    is_looped,
    with_chinese_marks,
)
from companion.engines.recognisers.spans import Span, speech_spans, windows
from companion.errors import Cancelled, ModelError
from companion.ports import Cancel, Transcript
from companion.text.mandarin import simplified

RATE_HZ: Final = 16_000
_FRAME: Final = 512
_FRAMES_PER_S: Final = RATE_HZ / _FRAME
_MAX_WINDOW_S: Final = 28.0
_PADDING_FRAMES: Final = 7
_MIN_SPEECH_FRAMES: Final = 3
_MEL_FRAMES: Final = 3000
# Trained on 30 s; what is less pads less. Error rates of each width: docs/weights.md.
_MIN_MEL_FRAMES: Final = 1500
_SHORT_FRAMES: Final = 600
_MIN_SHORT_MEL_FRAMES: Final = 1000
_MEL_MARGIN: Final = 50
_QUIET: Final = 1e-4
_PROMPTS: Final = {"zh": "以下是普通话的句子。"}
_HINT: Final = "Fetch the model again, or choose another recogniser in the settings."

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Decoding:
    """One reading of a clip, with the mean log probability of its tokens and the probability of no speech."""

    text: str
    average_logprob: float
    no_speech: float


class FasterWhisper:
    """Satisfies `ports.Recogniser`."""

    def __init__(self, model: Any, features: Any, new_tokenizer: Any, detector: Silero, storage: Any) -> None:
        self._model = model
        self._features = features
        self._new_tokenizer = new_tokenizer
        self._tokenizers: dict[str, Any] = {}
        self._detector = detector
        self._storage = storage

    @classmethod
    def load(
        cls,
        folder: Path | str,
        *,
        device: Device = "auto",
        compute_type: str = "auto",
        threads: int = 2,
    ) -> FasterWhisper:
        """Open a folder in faster-whisper's format, on CUDA where there is one, and warm it. Raises ModelError."""
        folder = Path(folder)
        absent = [name for name in ("model.bin", "config.json") if not (folder / name).is_file()]
        if absent:
            raise ModelError(
                f"The recogniser folder {folder.name} lacks {' and '.join(absent)}.", _HINT, code="missing"
            )
        _stand_in_for_av()
        import ctranslate2
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        model = _opened(WhisperModel, folder, device, compute_type, threads)

        def new_tokenizer(language: str) -> Any:
            multilingual = model.model.is_multilingual
            return Tokenizer(model.hf_tokenizer, multilingual, task="transcribe", language=language)

        storage = ctranslate2.StorageView.from_array
        recogniser = cls(model.model, model.feature_extractor, new_tokenizer, Silero.load(), storage)
        recogniser.warm()
        return recogniser

    def warm(self, *, languages: Sequence[str] = ("zh", "en")) -> None:
        """Listen to a breath of noise, so that no first utterance waits for memory, a tokenizer or a detector."""
        if self._model is None:
            raise ModelError("The recogniser was closed.", code="closed")
        noise = np.random.default_rng(0).normal(0.0, 0.01, RATE_HZ).astype(np.float32)
        self._speech(noise)
        encoded = self._encode(noise)
        window = Span(0, int(_FRAMES_PER_S), 0.0, 0.0)
        for language in languages:
            self._text(encoded, window, language, ())

    def transcribe(
        self,
        clip: AudioClip,
        cancel: Cancel,
        *,
        language: str | None = None,
        hotwords: Sequence[str] = (),
    ) -> Transcript:
        """Return what was said, simplified Chinese for `zh`; empty text for silence, noise and music.

        Stops between windows of at most 28 s and then raises Cancelled.
        """
        if self._model is None:
            raise ModelError("The recogniser was closed.", code="closed")
        started = time.monotonic()
        samples = _prepared(clip)
        probabilities = self._speech(samples)
        spans = [span for span in speech_spans(probabilities) if span.frames >= _MIN_SPEECH_FRAMES]
        no_speech = 1.0 - float(probabilities.max(initial=0.0))
        texts: list[str] = []
        most = int(_MAX_WINDOW_S * _FRAMES_PER_S)
        for window in windows(spans, most=most, padding=_PADDING_FRAMES, n_frames=len(probabilities)):
            if cancel.requested:
                raise Cancelled
            part = samples[window.start * _FRAME : window.end * _FRAME]
            encoded = self._encode(part)
            language = language or self._language(encoded)
            text = self._text(encoded, window, language, hotwords)
            if language == "zh":
                text = with_chinese_marks(simplified(text))
            if text:
                texts.append(text)
        if cancel.requested:
            raise Cancelled
        joined = ("" if language == "zh" else " ").join(texts)
        return Transcript(joined, language or "", no_speech, time.monotonic() - started)

    def decodings(self, clip: AudioClip, *, language: str, beams: Sequence[int] = (1,)) -> list[Decoding]:
        """Return what a clip of at most 28 s may say, once for each beam width, unfiltered; nothing for silence."""
        if self._model is None:
            raise ModelError("The recogniser was closed.", code="closed")
        samples = _prepared(clip)[: int(_MAX_WINDOW_S * RATE_HZ)]
        if not len(samples) or float(np.abs(samples).max()) < _QUIET:
            return []
        encoded = self._encode(samples)
        window = Span(0, -(-len(samples) // _FRAME), 1.0, 1.0)
        seconds = len(samples) / RATE_HZ
        found = []
        for beam in beams:
            text, evidence = self._decoded(encoded, window, seconds, language, (), beam=beam)
            text = with_chinese_marks(simplified(text)) if language == "zh" else text
            found.append(Decoding(text.strip(), evidence.average_logprob, evidence.no_speech))
        return found

    def language_of(self, clip: AudioClip) -> str:
        """Return the language of a clip, ISO 639-1. Raises ModelError, code `closed`."""
        if self._model is None:
            raise ModelError("The recogniser was closed.", code="closed")
        return self._language(self._encode(_prepared(clip)[: int(_MAX_WINDOW_S * RATE_HZ)]))

    def close(self) -> None:
        self._model = None

    def _speech(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(samples) or float(np.abs(samples).max()) < _QUIET:
            return np.zeros(0, np.float32)
        self._detector.reset()
        return self._detector.probabilities(samples)

    def _encode(self, samples: NDArray[np.float32]) -> Any:
        mel = self._features(samples, padding=RATE_HZ // 100)
        n_frames = min(mel.shape[1], _MEL_FRAMES)
        least = _MIN_SHORT_MEL_FRAMES if n_frames <= _SHORT_FRAMES else _MIN_MEL_FRAMES
        # The encoder halves the rate: an odd count would be cut.
        width = min(_MEL_FRAMES, max(least, (n_frames + _MEL_MARGIN) // 2 * 2))
        frames = np.full((1, mel.shape[0], width), float(mel.min()), np.float32)
        frames[0, :, :n_frames] = mel[:, :n_frames]
        return self._model.encode(self._storage(frames))

    def _language(self, encoded: Any) -> str:
        if not self._model.is_multilingual:
            return "en"
        scores = self._model.detect_language(encoded)[0]
        return str(scores[0][0])[2:-2]

    def _text(self, encoded: Any, window: Span, language: str, hotwords: Sequence[str]) -> str:
        speech_s = max(0.0, window.frames - 2 * _PADDING_FRAMES) / _FRAMES_PER_S
        text, evidence = self._decoded(encoded, window, speech_s, language, hotwords)
        if is_looped(text):
            text, evidence = self._decoded(encoded, window, speech_s, language, (), no_repeat=3)
        text = cleaned(text)
        return "" if is_hallucinated(text, evidence) else text

    def _decoded(
        self,
        encoded: Any,
        window: Span,
        speech_s: float,
        language: str,
        hotwords: Sequence[str],
        no_repeat: int = 0,
        beam: int = 1,
    ) -> tuple[str, Evidence]:
        tokenizer = self._tokenizer(language)
        prompt = _prompt(tokenizer, language, hotwords)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            # A loop on a short clip would otherwise run to 448 tokens, several seconds.
            max_length=len(prompt) + min(220, 16 + int(14 * speech_s)),
            return_scores=True,
            return_no_speech_prob=True,
            no_repeat_ngram_size=no_repeat,
        )[0]
        tokens = result.sequences_ids[0]
        text = tokenizer.decode([token for token in tokens if token < tokenizer.eot])
        # CTranslate2 normalises by length; the end token counts as one more.
        average = result.scores[0] * len(tokens) / (len(tokens) + 1)
        evidence = Evidence(speech_s, window.mean, window.peak, float(average), float(result.no_speech_prob))
        return str(text), evidence

    def _tokenizer(self, language: str) -> Any:
        if language not in self._tokenizers:
            self._tokenizers[language] = self._new_tokenizer(language)
        return self._tokenizers[language]


def _prompt(tokenizer: Any, language: str, hotwords: Sequence[str]) -> list[int]:
    words = ("、" if language == "zh" else ", ").join(word.strip() for word in hotwords if word.strip())
    context = _PROMPTS.get(language, "") + (words + ("。" if language == "zh" else ".") if words else "")
    tokens = tokenizer.encode(" " + context)[-200:] if context else []
    before = [tokenizer.sot_prev, *tokens] if tokens else []
    return [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]


def _prepared(clip: AudioClip) -> NDArray[np.float32]:
    samples = np.nan_to_num(np.ravel(clip.samples), nan=0.0, posinf=0.0, neginf=0.0).astype(np.float32)
    if clip.rate_hz != RATE_HZ and len(samples):
        import soxr

        samples = soxr.resample(samples, clip.rate_hz, RATE_HZ).astype(np.float32)
    return np.clip(samples, -1.0, 1.0)


def _opened(new_model: Any, folder: Path, device: Device, compute_type: str, threads: int) -> Any:
    for place in _places(device):
        kind = compute_type if compute_type != "auto" else {"cuda": "float16"}.get(place, "int8")
        try:
            return new_model(
                str(folder), device=place, compute_type=kind, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            cause = error
    raise ModelError(
        f"The recogniser {folder.name} cannot be loaded: {str(cause).splitlines()[0][:200]}",
        _HINT,
        code="damaged",
    ) from cause


def _places(device: Device) -> list[str]:
    if device != "auto":
        return [device]
    import ctranslate2

    return ["cuda", "cpu"] if ctranslate2.get_cuda_device_count() > 0 else ["cpu"]


def _stand_in_for_av() -> None:
    """Let faster-whisper be imported without PyAV, which it needs for files only; it gets arrays here."""
    if "av" not in sys.modules and importlib.util.find_spec("av") is None:
        sys.modules["av"] = types.ModuleType("av")
