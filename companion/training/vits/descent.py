"""One optimiser with its falling learning rate; several processes agree on every step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Parameter

_WARM_UP: Final = 10
_LAST: Final = 0.05
_MOST_NORM: Final = 1_000.0


class Descent:
    """AdamW over `parameters`, from `lr` down to a twentieth of it along a cosine over `n_steps`."""

    def __init__(self, parameters: Iterable[Parameter], lr: float, n_steps: int) -> None:
        import torch

        self._parameters = [one for one in parameters if one.requires_grad]
        self._optimiser = torch.optim.AdamW(self._parameters, lr=lr, betas=(0.8, 0.99), weight_decay=0.01)

        def share(step: int) -> float:
            progress = min(1.0, step / max(1, n_steps))
            falling = _LAST + (1 - _LAST) * 0.5 * (1 + math.cos(math.pi * progress))
            return falling * min(1.0, (step + 1) / _WARM_UP)

        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimiser, share)

    def down(self, loss: Tensor) -> float:
        """Take one step against `loss` and return the norm of its gradient."""
        import torch

        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=self._parameters)
        _agree(self._parameters)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, _MOST_NORM)
        if torch.isfinite(norm):
            self._optimiser.step()
        self._schedule.step()
        return float(norm)

    def state_dict(self) -> dict[str, Any]:
        return {"optimiser": self._optimiser.state_dict(), "schedule": self._schedule.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._optimiser.load_state_dict(state["optimiser"])
        self._schedule.load_state_dict(state["schedule"])


def _agree(parameters: list[Parameter]) -> None:
    """Average the gradients over all processes, as `accelerate launch` starts them; one process: nothing to do."""
    import torch.distributed as dist

    if not (dist.is_available() and dist.is_initialized()):
        return
    for one in parameters:
        if one.grad is None:
            one.grad = one.new_zeros(one.shape)
        dist.all_reduce(one.grad)
        one.grad /= dist.get_world_size()
