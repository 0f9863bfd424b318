"""Piper-format VITS voices on ONNX Runtime: our own exports and any other Piper voice.

Source: rhasspy/piper, ids `^ _ p _ p _ ... $`, scales (noise, length, noise_w). A Piper graph rounds its
durations up in one `Ceil` node; that tensor is added to the outputs where the file has none of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.engines.onnx_session import OnnxSession
from companion.engines.voices.phonemiser import Alphabet, Phonemiser, spoken_form
from companion.engines.voices.shaping import (
    empty_speech,
    estimated_marks,
    is_spoken,
    marks_from_durations,
    pause_after,
    shaped,
)
from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked
from companion.model_files.onnx_graph import OnnxGraph, extra_output
from companion.ports import Cancel
from companion.text.phonemes import Language, Phone

_PAD, _START, _END = "_", "^", "$"
_MAX_CONFIG_BYTES: Final = 2_000_000
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

    def __init__(
        self, session: OnnxSession, config: PiperConfig, durations: str, phonemise: Phonemiser = spoken_form
    ) -> None:
        self._session: OnnxSession | None = session
        self._config = config
        self._audio = next(name for name in session.outputs if name != durations)
        self._durations = durations
        self._has_speakers = "sid" in session.inputs
        self._phonemise = phonemise

    @classmethod
    def load(cls, model: Path | str, *, threads: int = 1, phonemise: Phonemiser = spoken_form) -> PiperOnnx:
        """Check and open `model`, with `<model>.json` beside it.

        Raises ModelError, code `missing`, `onnx` or `voice`.
        """
        model = Path(model)
        config = read_config(model.with_name(model.name + ".json"))
        data, graph = read_checked(model)
        durations, own = _durations_tensor(graph)
        if durations and not own:
            data += extra_output(durations)
        session = OnnxSession.load(data, model.name, threads=threads)
        if not {"input", "input_lengths", "scales"} <= set(session.inputs):
            raise ModelError(
                f"{model.name} is no Piper voice: its inputs are {', '.join(session.inputs)}.",
                "Choose a voice in Piper format.",
                code="voice",
            )
        return cls(session, config, durations, phonemise)

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause` at the voice's own rate; `pitch` is not applied.

        Raises Cancelled when stopped.
        """
        config = self._config
        language = config.language or voice.language
        phones = [
            phone
            for phone in self._phonemise(clause, language, config.alphabet).phones
            if phone.symbol in config.ids
        ]
        if not any(is_spoken(phone.symbol) for phone in phones):
            yield empty_speech(clause, config.rate_hz)
            return
        ids, owners = self._ids(phones)
        samples, frames = self._compute(ids, voice, cancel)
        marks, exact = None, False
        if frames is not None and len(frames) == len(ids):
            hop, rest = divmod(len(samples), max(1, int(frames.sum())))
            exact = rest == 0 and hop > 0
            if exact:
                lengths = np.bincount(owners, weights=frames * hop, minlength=len(phones) + 2).astype(int)
                marks = marks_from_durations(phones, lengths[1:-1].tolist(), lead=int(lengths[0]))
        if marks is None:
            marks = estimated_marks(phones, samples, config.rate_hz)
        pause_s = pause_after(clause) / voice.speed
        yield shaped(samples, config.rate_hz, clause, marks, exact=exact, pause_s=pause_s)

    def close(self) -> None:
        self._session = None

    def _ids(self, phones: Sequence[Phone]) -> tuple[list[int], list[int]]:
        """Return ids and, for each, its owner: 0 the start, i + 1 phone i, len + 1 the end."""
        table = self._config.ids
        ids: list[int] = []
        owners: list[int] = []
        for owner, symbol in enumerate((_START, *(phone.symbol for phone in phones))):
            group = (*table[symbol], *table[_PAD])
            ids += group
            owners += [owner] * len(group)
        ids += table[_END]
        owners += [len(phones) + 1] * len(table[_END])
        return ids, owners

    def _compute(
        self, ids: Sequence[int], voice: VoiceSpec, cancel: Cancel
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        if self._session is None:
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
        names = [self._audio, self._durations] if self._durations else [self._audio]
        results = self._session.run(names, feeds, cancel)
        frames = results[1].reshape(-1) if len(results) > 1 else None
        return results[0].reshape(-1), frames


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


def _durations_tensor(graph: OnnxGraph) -> tuple[str, bool]:
    """Return the tensor of frames per id and whether it is an output of the file already, or ("", False)."""
    if "durations" in graph.outputs:
        return "durations", True
    ceils = [node for node in graph.nodes if node.op == "Ceil"]
    return (ceils[0].outputs[0], False) if len(ceils) == 1 else ("", False)
