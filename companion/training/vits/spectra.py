"""Spectra and the distances between them, all in float32."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from companion.training.vits.voice import HOP, N_FFT, RATE_HZ

if TYPE_CHECKING:
    from torch import Tensor

# Window and bands of each resolution: short ones hear clicks and breath, long ones the harmonics (DAC, Kumar 2023).
_SCALES: Final = ((128, 10), (256, 20), (512, 40), (1024, 80), (2048, 160))
_FLOOR: Final = 1e-5


def spectrogram(waves: Tensor) -> Tensor:
    """Return magnitudes of waves, shape (n, samples) to (n, 513, samples / 256); what the posterior encoder reads."""
    from torch.nn import functional

    edge = (N_FFT - HOP) // 2
    padded = functional.pad(waves.float().unsqueeze(1), (edge, edge), mode="reflect").squeeze(1)
    return (_power(padded, N_FFT, HOP) + 1e-6).sqrt()


def log_mel(waves: Tensor, n_fft: int = N_FFT, n_mels: int = 80) -> Tensor:
    """Return natural log mel energies of waves, shape (n, samples) to (n, n_mels, frames), hop a quarter window."""
    from torch.nn import functional

    hop = n_fft // 4
    edge = (n_fft - hop) // 2
    padded = functional.pad(waves.float().unsqueeze(1), (edge, edge), mode="reflect").squeeze(1)
    magnitudes = (_power(padded, n_fft, hop) + 1e-9).sqrt()
    return (_filters(n_fft, n_mels, str(waves.device)) @ magnitudes).clamp_min(_FLOOR).log()


def mel_distance(made: Tensor, real: Tensor) -> Tensor:
    """Return the mean absolute difference of 80-band log mel energies: the figure that curves show."""
    return (log_mel(made) - log_mel(real)).abs().mean()


def multi_mel_distance(made: Tensor, real: Tensor) -> Tensor:
    """Return the mean of the log mel distances at five resolutions.

    The logarithm lets pauses weigh as much as speech: hiss in them is what DNSMOS calls background.
    """
    total = mel_distance(made, real)
    for n_fft, n_mels in _SCALES:
        if n_fft != N_FFT:
            total = total + (log_mel(made, n_fft, n_mels) - log_mel(real, n_fft, n_mels)).abs().mean()
    return total / len(_SCALES)


def stft_distance(made: Tensor, real: Tensor) -> Tensor:
    """Return spectral convergence plus log-magnitude distance at three resolutions (Yamamoto 2020)."""
    total = made.new_zeros(())
    for n_fft in (512, 1024, 2048):
        one, other = ((_power(wave.float(), n_fft, n_fft // 4) + 1e-7).sqrt() for wave in (made, real))
        total = total + (other - one).norm() / other.norm().clamp_min(1e-4)
        total = total + (other.log() - one.log()).abs().mean()
    return total / 3


def _power(waves: Tensor, n_fft: int, hop: int) -> Tensor:
    import torch

    window = _window(n_fft, str(waves.device))
    spectrum = torch.stft(waves, n_fft, hop, n_fft, window, center=False, return_complex=True)
    return spectrum.real.square() + spectrum.imag.square()


@cache
def _window(n_fft: int, device: str) -> Tensor:
    import torch

    return torch.hann_window(n_fft, device=device)


@cache
def _filters(n_fft: int, n_mels: int, device: str) -> Tensor:
    """Return Slaney's triangles of equal area from 0 Hz to half the rate, shape (n_mels, n_fft // 2 + 1)."""
    import torch
    from librosa.filters import mel  # type: ignore[import-not-found]

    return torch.from_numpy(mel(sr=RATE_HZ, n_fft=n_fft, n_mels=n_mels)).to(device)
