"""The running mean of weights: what is spoken with, while the weights themselves go on swinging."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn


class Average:
    """Keeps for every parameter of `modules` a mean that forgets with `decay` a step, faster at the start."""

    def __init__(self, modules: Mapping[str, nn.Module], decay: float) -> None:
        self._parameters = [one for name in sorted(modules) for one in modules[name].parameters()]
        self._decay = decay
        self._means: list[Tensor] = [one.detach().clone() for one in self._parameters]
        self._n_steps = 0

    def update(self) -> None:
        """Take in the present weights."""
        import torch

        self._n_steps += 1
        decay = min(self._decay, self._n_steps / (self._n_steps + 9))
        with torch.no_grad():
            torch._foreach_lerp_(self._means, [one.detach() for one in self._parameters], 1 - decay)

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Put the means in place of the weights for as long as the context lasts."""
        kept = [one.detach().clone() for one in self._parameters]
        self._put(self._means)
        try:
            yield
        finally:
            self._put(kept)

    def settle(self) -> None:
        """Put the means in place of the weights for good."""
        self._put(self._means)

    def state_dict(self) -> dict[str, Any]:
        return {"means": self._means, "n_steps": self._n_steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._n_steps = int(state["n_steps"])
        for mean, saved in zip(self._means, state["means"], strict=True):
            mean.copy_(saved)

    def _put(self, values: list[Tensor]) -> None:
        import torch

        with torch.no_grad():
            for parameter, value in zip(self._parameters, values, strict=True):
                parameter.copy_(value)
