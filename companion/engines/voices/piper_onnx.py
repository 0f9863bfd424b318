"""Piper-format VITS voices on ONNX Runtime: our own exports and any other Piper voice.

Source: rhasspy/piper, ids `^ _ p _ p _ ... $`, scales (noise, length, noise_w). A Piper graph rounds its
durations up in one `Ceil` node; that tensor is added to the outputs where the file has none of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.engines.voices.phonemiser import Alphabet, Phonemiser, spoken_form
from companion.engines.voices.shaping import (
    ShapedStream,
    empty_speech,
    estimated_marks,
    is_spoken,
    marks_from_durations,
    pause_after,
    shaped,
)
from companion.engines.voices.vits_graph import Rendering, VitsGraph
from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked
from companion.ports import Cancel
from companion.text.phonemes import Language, Phone

_PAD, _START, _END = "_", "^", "$"
_MAX_CONFIG_BYTES: Final = 2_000_000
_WARM_IDS: Final = 40
_HINT: Final = "Put the voice's .onnx.json of the same download beside its .onnx file."


@dataclass(frozen=True, slots=True)
class PiperConfig:
    """What the JSON beside a voice says; `ids` maps each symbol to its row of the embedding."""

    rate_hz: int
    ids: dict[str, tuple[int, ...]]
    alphabet: Alphabet
    language: Language | None
    n_speakers: int = 1
    noise_scale: float = 0.667
    length_scale: float = 1.0
    noise_w: float = 0.8


class PiperOnnx:
    """Satisfies `ports.Voice` for one voice of the engine `piper`."""

    def __init__(self, graph: VitsGraph, config: PiperConfig, phonemise: Phonemiser = spoken_form) -> None:
        self._graph: VitsGraph | None = graph
        self._config = config
        self._has_speakers = "sid" in graph.inputs
        self._phonemise = phonemise

    @classmethod
    def load(cls, model: Path | str, *, threads: int = 1, phonemise: Phonemiser = spoken_form) -> PiperOnnx:
        """Check and open `model`, with `<model>.json` beside it, and speak once to warm up.

        Raises ModelError, code `missing`, `onnx` or `voice`.
        """
        model = Path(model)
        config = read_config(model.with_name(model.name + ".json"))
        data, graph = read_checked(model)
        voice = cls(VitsGraph.load(data, graph, model.name, threads=threads), config, phonemise)
        voice._warm()
        return voice

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause` at the voice's own rate, the first syllable as soon as it is made.

        A voice whose graph cannot be cut comes in one piece. `pitch` is not applied. Raises Cancelled when
        stopped.
        """
        config = self._config
        phones = [
            phone
            for phone in self._phonemise(clause, config.language or voice.language, config.alphabet).phones
            if phone.symbol in config.ids
        ]
        if not any(is_spoken(phone.symbol) for phone in phones):
            yield empty_speech(clause, config.rate_hz)
            return
        ids, owners = symbol_ids(phones, config.ids)
        rendering = self._render(ids, voice, cancel)
        pause_s = pause_after(clause) / voice.speed
        if rendering.frames is None or len(rendering.frames) != len(ids):
            samples = np.concatenate(list(rendering.pieces))
            marks = estimated_marks(phones, samples, config.rate_hz)
            yield shaped(samples, config.rate_hz, clause, marks, exact=False, pause_s=pause_s)
            return
        frames = np.bincount(owners, weights=rendering.frames, minlength=len(phones) + 2)
        lengths = (frames * rendering.hop).astype(int)
        marks = marks_from_durations(phones, lengths[1:-1].tolist(), lead=int(lengths[0]))
        stream = ShapedStream(config.rate_hz, clause, marks, exact=True, pause_s=pause_s)
        for number, samples in enumerate(rendering.pieces, start=1):
            speech = stream.finish(samples) if number == rendering.n_pieces else stream.push(samples)
            if speech is not None:
                yield speech

    def close(self) -> None:
        self._graph = None

    def _warm(self) -> None:
        """Speak into the void: the first run of a graph reserves its memory."""
        table = self._config.ids
        ids = [*table[_START], *(table[_PAD][0],) * _WARM_IDS, *table[_END]]
        for _ in self._render(ids, VoiceSpec(engine="piper"), None).pieces:
            pass

    def _render(self, ids: Sequence[int], voice: VoiceSpec, cancel: Cancel | None) -> Rendering:
        if self._graph is None:
            raise ModelError("The voice was closed.", code="closed")
        config = self._config
        length_scale = config.length_scale / min(max(voice.speed, 0.5), 2.0)
        feeds: dict[str, NDArray[Any]] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([config.noise_scale, length_scale, config.noise_w], np.float32),
        }
        if self._has_speakers:
            speaker = min(max(voice.speaker or 0, 0), config.n_speakers - 1)
            feeds["sid"] = np.array([speaker], np.int64)
        return self._graph.render(feeds, cancel)


def symbol_ids(phones: Sequence[Phone], table: Mapping[str, tuple[int, ...]]) -> tuple[list[int], list[int]]:
    """Return ids and, for each, its owner: 0 the start, i + 1 phone i, len + 1 the end.

    A pad belongs to what follows: with joe (en_US, medium) vowels are then loud on time, median 0 ms and
    p10-p90 -10 to 5 ms in 36 clauses; counted to what precedes, marks are 20 ms late.
    """
    ids: list[int] = []
    owners: list[int] = []
    for owner, symbol in enumerate((_START, *(phone.symbol for phone in phones))):
        ids += (*table[symbol], *table[_PAD])
        owners += [owner] * len(table[symbol]) + [owner + 1] * len(table[_PAD])
    ids += table[_END]
    owners += [len(phones) + 1] * len(table[_END])
    return ids, owners


def read_config(file: Path) -> PiperConfig:
    """Return the configuration of a Piper voice. Raises ModelError, code `missing` or `voice`."""
    if not file.is_file():
        raise ModelError(f"The voice's description {file.name} does not exist.", _HINT, code="missing")
    try:
        if file.stat().st_size > _MAX_CONFIG_BYTES:
            raise ValueError("it is too large")
        return _config(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{file.name} does not describe a Piper voice: {error}.", _HINT, code="voice"
        ) from error


def _config(raw: dict[str, Any]) -> PiperConfig:
    kind = raw.get("phoneme_type", "espeak")
    if kind == "text":
        raise ValueError("voices that read letters instead of phonemes are not supported")
    ids = {str(symbol): tuple(int(row) for row in rows) for symbol, rows in raw["phoneme_id_map"].items()}
    missing = [symbol for symbol in (_PAD, _START, _END) if symbol not in ids]
    if missing:
        raise ValueError(f"its symbols lack {' '.join(missing)}")
    rate_hz = int(raw["audio"]["sample_rate"])
    if not 8_000 <= rate_hz <= 48_000:
        raise ValueError(f"its sampling rate is {rate_hz}")
    scales = raw.get("inference", {})
    return PiperConfig(
        rate_hz,
        ids,
        "espeak" if kind == "espeak" else "piper",
        _language(raw),
        max(1, int(raw.get("num_speakers", 1))),
        float(scales.get("noise_scale", 0.667)),
        float(scales.get("length_scale", 1.0)),
        float(scales.get("noise_w", 0.8)),
    )


def _language(raw: dict[str, Any]) -> Language | None:
    code = str(raw.get("language", {}).get("code", "") or raw.get("espeak", {}).get("voice", "")).lower()
    if code.startswith("en"):
        return "en"
    return "zh" if code.startswith(("zh", "cmn")) else None
