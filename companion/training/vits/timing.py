"""How long each symbol lasts: a plain predictor learns it from the alignments, and the speed is fitted to the clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from companion.training.vits import spectra
from companion.training.vits.descent import Descent
from companion.training.vits.job import TrainingClip, padded
from companion.training.vits.plan import StagePlan

if TYPE_CHECKING:
    from torch import Tensor

    from companion.training.vits.average import Average
    from companion.training.vits.stages import Bench

_FITTED_CLIPS: Final = 24
_HALVINGS: Final = 12


class Durations:
    """The plain duration predictor learns the frames of each symbol, on hidden states that are kept."""

    def __init__(self, plan: StagePlan, bench: Bench, clips: Sequence[TrainingClip]) -> None:
        from companion.training.vits.stages import _train_only

        self._bench, self._clips = bench, clips
        self._predictor = bench.model.duration_predictor
        self._items = [_aligned(bench, clip) for clip in clips]
        self.lengths = tuple(clip.n_frames for clip in clips)
        self.average: Average | None = None
        _train_only(bench.model, [self._predictor])
        self._descent = Descent(self._predictor.parameters(), plan.lr, plan.steps)

    def step(self, places: Sequence[int]) -> dict[str, float]:
        import torch

        pad = torch.nn.utils.rnn.pad_sequence
        hidden = pad([self._items[place][0].T for place in places], batch_first=True).transpose(1, 2)
        frames = pad([self._items[place][1] for place in places], batch_first=True).unsqueeze(1)
        n_ids = torch.tensor([len(self._items[place][1]) for place in places], device=hidden.device)
        mask = (torch.arange(hidden.shape[2], device=hidden.device) < n_ids.unsqueeze(1)).float().unsqueeze(1)
        style = self._bench.style([self._clips[place] for place in places])
        guess = self._predictor(hidden, mask, g=None if style is None else style.detach())
        # Speaking rounds up: half a frame less on average is what a symbol asks for.
        wanted = torch.log((frames - 0.5).clamp_min(0.2)) * mask
        loss = ((guess - wanted).square() * mask).sum() / mask.sum()
        norm = self._descent.down(loss)
        return {"log_frames": float(loss.detach()), "norm": norm}

    def state_dict(self) -> dict[str, Any]:
        return {"descent": self._descent.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._descent.load_state_dict(state["descent"])


def fitted_length(model: Any, clips: Sequence[TrainingClip], device: str, seed: int) -> float:
    """Return the length scale at which the voice takes as long as `clips` do, .5 to 2.

    Measured with noise .8 in the durations; frames are rounded up one symbol at a time, so it is searched.
    """
    import torch

    widths, total = [], 0
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for clip in clips[:_FITTED_CLIPS]:
            widths.append(_widths(model, clip, device))
            total += clip.n_frames
    lowest, highest = 0.5, 2.0
    for _ in range(_HALVINGS):
        middle = (lowest + highest) / 2
        if sum(float(torch.ceil(one * middle).sum()) for one in widths) < total:
            lowest = middle
        else:
            highest = middle
    return (lowest + highest) / 2


def _widths(model: Any, clip: TrainingClip, device: str) -> Tensor:
    import torch

    ids, n_ids = torch.tensor([clip.ids], device=device), torch.tensor([len(clip.ids)], device=device)
    hidden, _, _, mask = model.text_encoder(ids, n_ids)
    style = (
        model.emb_g(torch.tensor([clip.style], device=device)).unsqueeze(-1)
        if hasattr(model, "emb_g")
        else None
    )
    if model.args.use_sdp:
        log_width = model.duration_predictor(hidden, mask, g=style, reverse=True, noise_scale=0.8)
    else:
        log_width = model.duration_predictor(hidden, mask, g=style)
    widths: Tensor = torch.exp(log_width) * mask
    return widths


def _aligned(bench: Bench, clip: TrainingClip) -> tuple[Tensor, Tensor]:
    """Return the hidden states of a clip's symbols, (192, symbols), and the frames of each."""
    import torch

    from companion.training.vits.stages import alignment

    model = bench.model
    ids, n_ids, waves, n_frames = (one.to(bench.device) for one in padded([clip]))
    style = bench.style([clip])
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        _, mean_q, _, mask = model.posterior_encoder(spectra.spectrogram(waves), n_frames, g=style)
        shifted = model.flow(mean_q, mask, g=style)
        hidden, mean, log_scale, id_mask = model.text_encoder(ids, n_ids)
        path = alignment(shifted, mean, log_scale, id_mask, mask)
    return hidden[0], path[0].sum(1)
