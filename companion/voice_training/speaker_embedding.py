"""Whose voice it is: 256 numbers for a piece of speech, alike for one speaker, apart for two.

Source: Resemblyzer 0.1.4 (Wan et al. 2018, generalised end-to-end loss), an LSTM over mel energies, computed with
numpy. The energies are no logarithms, so loudness would count as a trait of the voice: unlike the original, which only
raises quiet sound, all speech is brought to one level. Clips of one stock voice of Kokoro lie at a cosine of .90 (.83
to .95), of two at .64 (.46 to .86); both depend on language and microphone, so a figure means something beside the same
figure of real clips only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.paths import bundled
from companion.voice_training.measuring import at_rate

WIDTH: Final = 256
_RATE_HZ: Final = 16_000
_N_FFT: Final = 400
_HOP_LENGTH: Final = 160
_N_MELS: Final = 40
# Of -30, -26, -23 and -20 the level that tells 12 voices apart best: d' 3.99; 3.96 as the original does it.
_LEVEL_DBFS: Final = -26.0
_SILENT_RMS: Final = 1e-6
_WINDOW_FRAMES: Final = 160
_STEP_FRAMES: Final = 77
_LEAST_COVERAGE: Final = 0.75
_LAYERS: Final = 3
_UNTHREADED_STEPS: Final = 2**18
# Pauses longer than this many steps of 30 ms are cut out: they say nothing about the speaker.
_STEP_S: Final = 0.03
_SMOOTHED_STEPS: Final = 8
_KEPT_STEPS: Final = 3
_PAUSE_DB: Final = 35.0

F32 = NDArray[np.float32]


def speaker_embedding(samples: F32, rate: int) -> F32:
    """Return the unit vector of the voice in `samples`, shape (256,), float32, every value >= 0.

    Speech of 1.6 s and more counts in full; silence gives zeros. Raises ModelError, code `missing`.
    """
    speech = _levelled(_without_pauses(at_rate(samples, rate, _RATE_HZ)))
    if not len(speech):
        return np.zeros(WIDTH, np.float32)
    windows = _windows(speech)
    return _unit(_encode(windows).mean(axis=0))


def centroid(embeddings: Sequence[F32]) -> F32:
    """Return the unit mean of several embeddings, shape (256,); zeros for none."""
    return _unit(np.mean(embeddings, axis=0)) if len(embeddings) else np.zeros(WIDTH, np.float32)


def cosine(one: F32, other: F32) -> float:
    """Return how alike two embeddings are, 0 to 1; 0 where one of them is of silence."""
    scale = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.dot(one, other)) / scale if scale else 0.0


def self_similarity(embeddings: Sequence[F32]) -> list[float]:
    """Return for each embedding its cosine with the centroid of all the others; empty for fewer than two."""
    if len(embeddings) < 2:
        return []
    total = np.sum(embeddings, axis=0)
    return [cosine(embedding, total - embedding) for embedding in embeddings]


def _unit(vector: F32) -> F32:
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)


def _levelled(samples: F32) -> F32:
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
    if rms < _SILENT_RMS:
        return samples[:0]
    return samples * np.float32(10 ** (_LEVEL_DBFS / 20) / rms)


def _without_pauses(samples: F32) -> F32:
    size = int(_RATE_HZ * _STEP_S)
    steps = samples[: len(samples) // size * size].reshape(-1, size)
    if not len(steps):
        return samples
    level_db = 10 * np.log10(np.mean(np.square(steps, dtype=np.float64), axis=1) + 1e-12)
    spoken = level_db > np.percentile(level_db, 95) - _PAUSE_DB
    smooth = np.convolve(spoken, np.full(_SMOOTHED_STEPS, 1 / _SMOOTHED_STEPS), mode="full")
    smooth = smooth[_SMOOTHED_STEPS // 2 :][: len(steps)]
    kept = (
        np.convolve(smooth >= 0.5, np.ones(2 * _KEPT_STEPS + 1), mode="full")[_KEPT_STEPS:][: len(steps)] > 0
    )
    return steps[kept].ravel()


def _windows(speech: F32) -> F32:
    """Return mel energies of 1.6 s pieces every 0.77 s, shape (n, 160, 40)."""
    n_frames = -(-(len(speech) + 1) // _HOP_LENGTH)
    starts = list(range(0, max(1, n_frames - _WINDOW_FRAMES + _STEP_FRAMES + 1), _STEP_FRAMES))
    covered = (len(speech) / _HOP_LENGTH - starts[-1]) / _WINDOW_FRAMES
    if covered < _LEAST_COVERAGE and len(starts) > 1:
        starts.pop()
    wanted = (starts[-1] + _WINDOW_FRAMES) * _HOP_LENGTH
    mel = _mel_energies(np.pad(speech, (0, max(0, wanted - len(speech)))))
    return np.stack([mel[start : start + _WINDOW_FRAMES] for start in starts])


def _mel_energies(samples: F32) -> F32:
    padded = np.pad(samples, _N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP_LENGTH]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)
    power = np.square(np.abs(np.fft.rfft(frames * hann, axis=-1)))
    energies: F32 = (power @ _filters()).astype(np.float32)
    return energies


@cache
def _filters() -> NDArray[np.float64]:
    """Return Slaney's 40 triangles of equal area over 0 to 8,000 Hz, shape (201, 40)."""
    most = 15.0 + 27.0 * np.log(_RATE_HZ / 2000.0) / np.log(6.4)
    mels = np.linspace(0.0, most, _N_MELS + 2)
    edges = np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0))
    bins = np.linspace(0.0, _RATE_HZ / 2, _N_FFT // 2 + 1)
    rising = (bins[:, np.newaxis] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins[:, np.newaxis]) / np.diff(edges)[1:]
    triangles: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    equal_areas: NDArray[np.float64] = triangles * 2.0 / (edges[2:] - edges[:-2])
    return equal_areas


def _encode(windows: F32) -> F32:
    """Return the unit vector of each window, shape (n, 256)."""
    weights = _weights()
    sequence = windows
    for layer in range(_LAYERS):
        sequence = _lstm(sequence, weights, layer)
    raw = np.maximum(sequence[:, -1] @ weights["linear.weight"].T + weights["linear.bias"], 0.0)
    return np.asarray(raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9), np.float32)


def _lstm(sequence: F32, weights: Mapping[str, F32], layer: int) -> F32:
    """Run one layer over (n, frames, inputs); gates lie in PyTorch's order: input, forget, cell, output."""
    recurrent = _in_pieces(weights[f"lstm.weight_hh_l{layer}"].T, len(sequence))
    bias = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
    driven = sequence @ weights[f"lstm.weight_ih_l{layer}"].T + bias
    hidden = np.zeros((len(sequence), WIDTH), np.float32)
    cell = np.zeros_like(hidden)
    outputs = np.empty((*sequence.shape[:2], WIDTH), np.float32)
    for frame in range(sequence.shape[1]):
        gates = driven[:, frame] + np.concatenate(hidden @ recurrent, axis=1)
        opened = 1.0 / (1.0 + np.exp(-np.clip(gates, -40.0, 40.0)))
        entering, kept, leaving = (opened[:, at : at + WIDTH] for at in (0, WIDTH, 3 * WIDTH))
        cell = kept * cell + entering * np.tanh(gates[:, 2 * WIDTH : 3 * WIDTH])
        hidden = leaving * np.tanh(cell)
        outputs[:, frame] = hidden
    return outputs


def _in_pieces(matrix: F32, n_rows: int) -> F32:
    """Return `matrix`, shape (k, n), as pieces of its columns, shape (pieces, k, n / pieces).

    OpenBLAS shares out a product of more than 2^18 steps among threads, and between 160 short products each wait for a
    thread on busy cores costs more than the product: 2.5 s a clip instead of 0.2 s.
    """
    most = max(1, _UNTHREADED_STEPS // (max(2, n_rows) * matrix.shape[0]))
    n_pieces = 1
    while matrix.shape[1] // n_pieces > most and n_pieces < matrix.shape[1]:
        n_pieces *= 2
    return np.ascontiguousarray(matrix.reshape(matrix.shape[0], n_pieces, -1).transpose(1, 0, 2))


@cache
def _weights() -> dict[str, F32]:
    file = bundled("assets") / "models" / "resemblyzer" / "encoder.npz"
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The speaker encoder {file.name} cannot be read.", "Install the program again.", code="missing"
        ) from error
