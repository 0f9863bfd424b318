"""How clean speech sounds: DNSMOS P.835, an estimate of what listeners would say, 1 to 5.

Source: Reddy et al. 2022, "DNSMOS P.835"; speechmos 0.0.1.1. It hears noise and artefacts, not prosody: a flat voice
without noise scores well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.voice_training.measuring import at_rate, measuring_net

_RATE_HZ: Final = 16_000
_WINDOW: Final = 144_160
# Raw outputs to the scale of listeners, highest power first.
_SIG: Final = (-0.08397278, 1.22083953, 0.0052439)
_BAK: Final = (-0.13166888, 1.60915514, -0.39604546)
_OVRL: Final = (-0.06766283, 1.11546468, 0.04602535)


@dataclass(frozen=True, slots=True)
class Naturalness:
    """Scores of 1 to 5: the speech itself, freedom from background, the whole."""

    sig: float
    bak: float
    ovrl: float


def naturalness(samples: NDArray[np.float32], rate: int) -> Naturalness:
    """Return the scores of `samples`; sound under 9.01 s is repeated, longer sound is heard in steps of 1 s.

    Empty sound scores 1. Raises ModelError, code `missing` or `onnx`.
    """
    sound = np.clip(at_rate(samples, rate, _RATE_HZ), -1.0, 1.0)
    if not len(sound):
        return Naturalness(1.0, 1.0, 1.0)
    if len(sound) < _WINDOW:
        sound = np.tile(sound, -(-_WINDOW // len(sound)))[:_WINDOW]
    starts = range(0, len(sound) - _WINDOW + 1, _RATE_HZ)
    net = measuring_net("dnsmos", "sig_bak_ovr.onnx")
    (raw,) = net.run(net.outputs, {"input_1": np.stack([sound[start : start + _WINDOW] for start in starts])})
    sig, bak, ovrl = (
        float(np.clip(np.mean(np.polyval(powers, raw[:, column].astype(np.float64))), 1.0, 5.0))
        for column, powers in enumerate((_SIG, _BAK, _OVRL))
    )
    return Naturalness(sig, bak, ovrl)
