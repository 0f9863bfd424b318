"""Clips at one loudness: -23 LUFS, no peak above -1 dBFS, no constant offset.

Source: ITU-R BS.1770-4 (K weighting, 400 ms blocks, absolute and relative gate).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

TARGET_LUFS: Final = -23.0
MOST_PEAK: Final = 10 ** (-1.0 / 20)
_OFFSET_DB: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_BLOCK_S: Final = 0.4
_STEP_S: Final = 0.1
_LEAST_HZ: Final = 20.0
# The two stages of BS.1770-4 as analogue prototypes, so that they fit any sampling rate (De Man 2014).
_SHELF_HZ: Final = 1681.974450955533
_SHELF_DB: Final = 3.999843853973347
_SHELF_Q: Final = 0.7071752369554196
_PASS_HZ: Final = 38.13547087602444
_PASS_Q: Final = 0.5003270373238773


@dataclass(frozen=True, slots=True, eq=False)
class Levelled:
    """`samples` at the wanted loudness; `gain_db` is what was added; `lufs` what the sound had before."""

    samples: F32
    gain_db: float
    lufs: float


def levelled(samples: F32, rate_hz: int) -> Levelled:
    """Return `samples` without offset, at -23 LUFS or as near as a peak of -1 dBFS lets it come.

    Silence stays as it is.
    """
    centred = without_offset(samples)
    lufs = loudness(centred, rate_hz)
    if not np.isfinite(lufs):
        return Levelled(centred, 0.0, lufs)
    gain = 10 ** ((TARGET_LUFS - lufs) / 20)
    gain = min(gain, MOST_PEAK / float(np.abs(centred).max()))
    return Levelled((centred * np.float32(gain)).astype(np.float32), 20 * float(np.log10(gain)), lufs)


def without_offset(samples: F32) -> F32:
    """Return `samples` with a mean of 0."""
    return (samples - np.float32(samples.mean(dtype=np.float64))) if len(samples) else samples


def loudness(samples: F32, rate_hz: int) -> float:
    """Return the gated loudness in LUFS of one channel, shape (n,); minus infinity for silence.

    Sound shorter than 400 ms counts as one block.
    """
    power = np.square(_weighted(samples, rate_hz))
    if not len(power):
        return float("-inf")
    block, step = round(_BLOCK_S * rate_hz), round(_STEP_S * rate_hz)
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - block + 1), step)
    ends = np.minimum(starts + block, len(power))
    blocks = (total[ends] - total[starts]) / (ends - starts)
    heard = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if not len(heard):
        return float("-inf")
    loud = heard[_lufs(heard) > _lufs(heard.mean()) + _RELATIVE_GATE]
    return float(_lufs(loud.mean()))


def _lufs(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(_OFFSET_DB + 10 * np.log10(np.maximum(power, 1e-20)), np.float64)


def _weighted(samples: F32, rate_hz: int) -> NDArray[np.float64]:
    """Filter by the response in the frequency domain; half a second of zeros takes the filters' ringing."""
    n_fft = 1 << (len(samples) + rate_hz // 2).bit_length()
    hertz = np.maximum(np.fft.rfftfreq(n_fft, 1 / rate_hz), _LEAST_HZ / 10)
    spectrum = np.fft.rfft(samples.astype(np.float64), n_fft) * _k_response(hertz, rate_hz)
    return np.asarray(np.fft.irfft(spectrum, n_fft)[: len(samples)])


def _k_response(hertz: NDArray[np.float64], rate_hz: int) -> NDArray[np.complex128]:
    """Return the response of both stages, bilinear transforms of the prototypes."""
    shelf = np.tan(np.pi * _SHELF_HZ / rate_hz)
    high = 10 ** (_SHELF_DB / 20)
    band = high**0.4996667741545416
    base = 1 + shelf / _SHELF_Q + shelf**2
    first = _response(
        hertz,
        rate_hz,
        (
            high + band * shelf / _SHELF_Q + shelf**2,
            2 * (shelf**2 - high),
            high - band * shelf / _SHELF_Q + shelf**2,
        ),
        (base, 2 * (shelf**2 - 1), 1 - shelf / _SHELF_Q + shelf**2),
    )
    cut = np.tan(np.pi * _PASS_HZ / rate_hz)
    under = 1 + cut / _PASS_Q + cut**2
    second = _response(
        hertz, rate_hz, (under, -2 * under, under), (under, 2 * (cut**2 - 1), 1 - cut / _PASS_Q + cut**2)
    )
    return first * second


def _response(
    hertz: NDArray[np.float64],
    rate_hz: int,
    above: tuple[float, float, float],
    below: tuple[float, float, float],
) -> NDArray[np.complex128]:
    back = np.exp(-2j * np.pi * hertz / rate_hz)
    return np.asarray(np.polyval(above[::-1], back) / np.polyval(below[::-1], back), np.complex128)
