"""The critic of the decoder: several small networks that learn to tell made sound from real sound.

Sources: HiFi-GAN (Kong 2020) for the periods, UnivNet (Jang 2021) for the spectra. Small widths: on two cores the
critic costs more than the decoder, and it starts from nothing with every voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import Tensor

PERIODS: Final = (2, 3, 5, 7, 11)
SPECTRA: Final = ((512, 128), (1024, 256), (2048, 512))
Judgement = tuple["Tensor", list["Tensor"]]


def build(widths: Sequence[int] = (16, 64, 128, 256), spectral_width: int = 16) -> Any:
    """Return a module that maps waves, shape (n, 1, samples), to one judgement with its features for each network."""
    from torch import nn

    return nn.ModuleList(
        [
            *(_periodic(period, widths) for period in PERIODS),
            *(_spectral(*resolution, spectral_width) for resolution in SPECTRA),
        ]
    )


def judge(critic: Any, waves: Tensor) -> list[Judgement]:
    """Return (judgement, features) of every network in `critic`."""
    return [network(waves) for network in critic]


def critic_loss(real: list[Judgement], made: list[Judgement]) -> Tensor:
    """Return how wrong the critic is (least squares)."""
    return _sum(
        (1 - one[0].float()).square().mean() + other[0].float().square().mean()
        for one, other in zip(real, made, strict=True)
    )


def adversarial_loss(made: list[Judgement]) -> Tensor:
    """Return how well the critic sees through what was made, 1 a network."""
    return _sum((1 - one[0].float()).square().mean() for one in made)


def feature_loss(real: list[Judgement], made: list[Judgement]) -> Tensor:
    """Return how far the features of made sound lie from those of real sound."""
    return _sum(
        (one.detach().float() - other.float()).abs().mean()
        for wanted, given in zip(real, made, strict=True)
        for one, other in zip(wanted[1], given[1], strict=True)
    )


def _sum(terms: Any) -> Tensor:
    total: Any = 0.0
    for term in terms:
        total = total + term
    result: Tensor = total
    return result


def _periodic(period: int, widths: Sequence[int]) -> Any:
    from torch import nn
    from torch.nn import functional
    from torch.nn.utils.parametrizations import weight_norm

    class Periodic(nn.Module):  # type: ignore[misc]
        """Folds the wave into rows of `period` samples."""

        def __init__(self) -> None:
            super().__init__()
            sizes = [1, *widths]
            self.layers = nn.ModuleList(
                weight_norm(nn.Conv2d(a, b, (5, 1), (3, 1), (2, 0))) for a, b in pairwise(sizes)
            )
            self.last = weight_norm(nn.Conv2d(sizes[-1], 1, (3, 1), 1, (1, 0)))

        def forward(self, waves: Tensor) -> Judgement:
            short = -waves.shape[2] % period
            folded = functional.pad(waves, (0, short), mode="reflect").unflatten(2, (-1, period))
            return _through(self.layers, self.last, folded)

    return Periodic()


def _spectral(n_fft: int, hop: int, width: int) -> Any:
    import torch
    from torch import nn
    from torch.nn.utils.parametrizations import weight_norm

    class Spectral(nn.Module):  # type: ignore[misc]
        """Looks at log magnitudes as at a picture."""

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
            steps = ((1, 1), (2, 1), (2, 1), (2, 2))
            sizes = [1, width, width, width, width]
            self.layers = nn.ModuleList(
                weight_norm(nn.Conv2d(a, b, (5, 3), step, (2, 1)))
                for a, b, step in zip(sizes[:-1], sizes[1:], steps, strict=True)
            )
            self.last = weight_norm(nn.Conv2d(width, 1, 3, 1, 1))

        def forward(self, waves: Tensor) -> Judgement:
            spectrum = torch.stft(
                waves.float().squeeze(1), n_fft, hop, n_fft, self.window, center=True, return_complex=True
            )
            magnitudes = (spectrum.real.square() + spectrum.imag.square() + 1e-9).sqrt()
            return _through(self.layers, self.last, magnitudes.clamp_min(1e-4).log().unsqueeze(1) / 4)

    return Spectral()


def _through(layers: Any, last: Any, value: Tensor) -> Judgement:
    from torch.nn import functional

    features = []
    for layer in layers:
        value = functional.leaky_relu(layer(value), 0.1)
        features.append(value)
    return last(value), features
