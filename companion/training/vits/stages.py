"""The stages of a training: each changes some parts of the voice, step by step, and can be put down and taken up.

A stage draws from torch's own generator while it steps; what it prepares at its start depends on the seed alone.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from companion.training.vits import discriminator, spectra
from companion.training.vits.average import Average
from companion.training.vits.descent import Descent
from companion.training.vits.job import TrainingClip, padded
from companion.training.vits.plan import StagePlan
from companion.training.vits.voice import HOP

if TYPE_CHECKING:
    from torch import Tensor, nn

Losses = dict[str, float]
_INVERSION_TEXTS: Final = 40
_INVERSION_FRAMES: Final = 80


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the work is done. `half`: the matrix products run in bfloat16, because the processor has it.

    `cache` is a folder for what can be computed again.
    """

    model: Any
    device: str
    half: bool
    seed: int
    cache: Path

    def narrow(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context in which convolutions may run in bfloat16."""
        import torch

        context: contextlib.AbstractContextManager[Any] = torch.autocast(
            self.device.partition(":")[0], torch.bfloat16, enabled=self.half
        )
        return context

    def style(self, clips: Sequence[TrainingClip]) -> Tensor | None:
        """Return the styles' embeddings, shape (n, 256, 1); None for a voice of one style."""
        import torch

        if not hasattr(self.model, "emb_g"):
            return None
        numbers = torch.tensor([clip.style for clip in clips], device=self.device)
        embedded: Tensor = self.model.emb_g(numbers).unsqueeze(-1)
        return embedded


class Stage(Protocol):
    """`lengths` are those of its items in frames; `parts` are what it changes; `average` is spoken with, if any."""

    lengths: tuple[int, ...]
    average: Average | None

    def step(self, places: Sequence[int]) -> Losses: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state: Mapping[str, Any]) -> None: ...


def build_stage(plan: StagePlan, bench: Bench, clips: Sequence[TrainingClip], *, learns_text: bool) -> Stage:
    """Return the stage `plan` on `clips`; `learns_text`: the reading of the symbols changes too."""
    if plan.name == "invert":
        return Inversion(plan, bench, clips)
    if plan.name == "regress":
        return Regression(plan, bench, clips, learns_text=learns_text)
    if plan.name == "durations":
        from companion.training.vits.timing import Durations

        return Durations(plan, bench, clips)
    return DecoderStage(plan, bench, clips)


class Inversion:
    """The posterior encoder learns to find the latents from which the base speaks: those are known."""

    def __init__(self, plan: StagePlan, bench: Bench, clips: Sequence[TrainingClip]) -> None:
        self._bench = bench
        self._posterior = bench.model.posterior_encoder
        self._pairs = _spoken_by_base(bench, clips[:_INVERSION_TEXTS])
        self.lengths = tuple(latent.shape[1] for _, latent in self._pairs)
        self.average: Average | None = None
        _train_only(bench.model, [self._posterior])
        self._descent = Descent(self._posterior.parameters(), plan.lr, plan.steps)

    def step(self, places: Sequence[int]) -> Losses:
        import torch

        windows = [_window(*self._pairs[place]) for place in places]
        spec = torch.stack([window[0] for window in windows])
        latent = torch.stack([window[1] for window in windows])
        n_frames = torch.full((len(windows),), spec.shape[2], device=spec.device)
        with self._bench.narrow():
            _, mean, log_scale, _ = self._posterior(spec, n_frames)
        mean, log_scale = mean.float(), log_scale.float().clamp(-7, 2)
        loss = (log_scale + 0.5 * (latent - mean).square() * torch.exp(-2 * log_scale)).mean()
        norm = self._descent.down(loss)
        return {
            "nll": float(loss.detach()),
            "error": float((latent - mean).detach().abs().mean()),
            "norm": norm,
        }

    def state_dict(self) -> dict[str, Any]:
        return {"descent": self._descent.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._descent.load_state_dict(state["descent"])


class Regression:
    """Posterior encoder, flow and decoder move to the new voice without a critic.

    `decoder` = 0 among the weights keeps the decoder as it is: then the latents learn to say the new voice through it.
    """

    def __init__(
        self, plan: StagePlan, bench: Bench, clips: Sequence[TrainingClip], *, learns_text: bool
    ) -> None:
        model = bench.model
        self._plan, self._bench, self._clips = plan, bench, clips
        self._learns_text = learns_text
        self._weights = {"mel": 45.0, "stft": 5.0, "kl": 1.0, "decoder": 1.0, **plan.weights}
        parts = {"posterior": model.posterior_encoder, "flow": model.flow}
        if self._weights["decoder"]:
            parts["decoder"] = model.waveform_decoder
        if learns_text:
            parts["text"] = model.text_encoder
        if hasattr(model, "emb_g"):
            parts["styles"] = model.emb_g
        self.lengths = tuple(clip.n_frames for clip in clips)
        _train_only(model, list(parts.values()))
        self._descent = Descent(
            (one for name in sorted(parts) for one in parts[name].parameters()), plan.lr, plan.steps
        )
        self.average: Average | None = Average(parts, 0.99)

    def step(self, places: Sequence[int]) -> Losses:
        clips = [self._clips[place] for place in places]
        made, real, kl = self._made(clips)
        mel = spectra.multi_mel_distance(made, real)
        stft = spectra.stft_distance(made, real)
        weights = self._weights
        norm = self._descent.down(weights["mel"] * mel + weights["stft"] * stft + weights["kl"] * kl)
        assert self.average is not None
        self.average.update()
        return {
            "mel": float(mel.detach()),
            "stft": float(stft.detach()),
            "kl": float(kl.detach()),
            "norm": norm,
        }

    def _made(self, clips: Sequence[TrainingClip]) -> tuple[Tensor, Tensor, Tensor]:
        """Return made and real segments, shape (n, samples), and the divergence of posterior and prior."""
        import torch

        model, bench = self._bench.model, self._bench
        ids, n_ids, waves, n_frames = (one.to(bench.device) for one in padded(clips))
        style = bench.style(clips)
        with bench.narrow():
            latent, _, log_q, mask = model.posterior_encoder(spectra.spectrogram(waves), n_frames, g=style)
            shifted = model.flow(latent, mask, g=style)
        with torch.set_grad_enabled(self._learns_text), bench.narrow():
            _, mean, log_scale, id_mask = model.text_encoder(ids, n_ids)
        mean, log_scale, shifted = mean.float(), log_scale.float(), shifted.float()
        path = alignment(shifted, mean, log_scale, id_mask, mask)
        mean, log_scale = mean @ path, log_scale @ path
        kl = log_scale - log_q.float() - 0.5 + 0.5 * (shifted - mean).square() * torch.exp(-2 * log_scale)
        latents, segments = _segments(latent, waves, n_frames, self._plan.segment_frames)
        with bench.narrow():
            made = model.waveform_decoder(latents, g=style)
        return made.float().squeeze(1), segments, (kl * mask).sum() / mask.sum()

    def state_dict(self) -> dict[str, Any]:
        assert self.average is not None
        return {"descent": self._descent.state_dict(), "average": self.average.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        assert self.average is not None
        self._descent.load_state_dict(state["descent"])
        self.average.load_state_dict(state["average"])


class DecoderStage:
    """The decoder alone, against a critic, on latents that are kept from the start of the stage."""

    def __init__(self, plan: StagePlan, bench: Bench, clips: Sequence[TrainingClip]) -> None:
        import torch

        self._plan, self._bench, self._clips = plan, bench, clips
        self._decoder = bench.model.waveform_decoder
        self._posteriors = _posteriors(bench, clips)
        self.lengths = (plan.segment_frames,) * len(clips)
        self._weights = {"mel": 45.0, "feature": 2.0, "adversarial": 1.0, "critic_first": 50.0, "tau": 1.0}
        self._weights |= {"critic_lr": plan.lr, "decay": 0.998, **plan.weights}
        _train_only(bench.model, [self._decoder])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(bench.seed)
            self._critic = discriminator.build().to(bench.device)
        self._descent = Descent(self._decoder.parameters(), plan.lr, plan.steps)
        self._critic_descent = Descent(self._critic.parameters(), self._weights["critic_lr"], plan.steps)
        self.average: Average | None = Average({"decoder": self._decoder}, self._weights["decay"])
        self._n_steps = 0

    def step(self, places: Sequence[int]) -> Losses:
        latents, real = self._batch(places)
        style = self._bench.style([self._clips[place] for place in places])
        with self._bench.narrow():
            made = self._decoder(latents, g=None if style is None else style.detach()).float()
            judged = discriminator.judge(self._critic, real.unsqueeze(1))
            critic_loss = discriminator.critic_loss(judged, discriminator.judge(self._critic, made.detach()))
        norm = self._critic_descent.down(critic_loss)
        self._n_steps += 1
        losses = {"critic": float(critic_loss.detach()), "critic_norm": norm}
        mel = spectra.multi_mel_distance(made.squeeze(1), real)
        losses["mel"] = float(mel.detach())
        loss = self._weights["mel"] * mel
        if self._n_steps > self._weights["critic_first"]:
            with self._bench.narrow():
                judged = [(one.detach(), [f.detach() for f in fs]) for one, fs in judged]
                judged_made = discriminator.judge(self._critic, made)
                adversarial = discriminator.adversarial_loss(judged_made)
                feature = discriminator.feature_loss(judged, judged_made)
            loss = loss + self._weights["adversarial"] * adversarial + self._weights["feature"] * feature
            losses |= {"adversarial": float(adversarial.detach()), "feature": float(feature.detach())}
        losses["norm"] = self._descent.down(loss)
        assert self.average is not None
        self.average.update()
        return losses

    def _batch(self, places: Sequence[int]) -> tuple[Tensor, Tensor]:
        import torch

        size = self._plan.segment_frames
        latents, waves = [], []
        for place in places:
            mean, log_scale, wave = self._posteriors[place]
            start = int(torch.randint(max(1, mean.shape[1] - size + 1), ()))
            piece = mean[:, start : start + size]
            noise = torch.randn(piece.shape).to(piece.device) * self._weights["tau"]
            latent = piece + noise * torch.exp(log_scale[:, start : start + size])
            samples = wave[start * HOP : (start + size) * HOP]
            short = size - latent.shape[1]
            latents.append(torch.nn.functional.pad(latent, (0, short)))
            waves.append(torch.nn.functional.pad(samples, (0, short * HOP)))
        return torch.stack(latents), torch.stack(waves)

    def state_dict(self) -> dict[str, Any]:
        assert self.average is not None
        return {
            "descent": self._descent.state_dict(),
            "critic_descent": self._critic_descent.state_dict(),
            "critic": self._critic.state_dict(),
            "average": self.average.state_dict(),
            "n_steps": self._n_steps,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        assert self.average is not None
        self._descent.load_state_dict(state["descent"])
        self._critic_descent.load_state_dict(state["critic_descent"])
        self._critic.load_state_dict(state["critic"])
        self.average.load_state_dict(state["average"])
        self._n_steps = int(state["n_steps"])


def alignment(shifted: Tensor, mean: Tensor, log_scale: Tensor, id_mask: Tensor, mask: Tensor) -> Tensor:
    """Return which symbol each frame speaks, 0 or 1, shape (n, symbols, frames): the likeliest monotonic path.

    Source: VITS (Kim 2021), section 2.2.1.
    """
    import math

    import torch
    from monotonic_alignment_search import maximum_path  # type: ignore[import-not-found]

    with torch.no_grad():
        precision = torch.exp(-2 * log_scale)
        constant = (-0.5 * math.log(2 * math.pi) - log_scale - 0.5 * mean.square() * precision).sum(1)
        likelihood = (
            constant.unsqueeze(2)
            + precision.transpose(1, 2) @ (-0.5 * shifted.square())
            + (mean * precision).transpose(1, 2) @ shifted
        )
        allowed = id_mask.transpose(1, 2).float() * mask.float()
        path: Tensor = maximum_path(likelihood, allowed).detach().float()
    return path


def _train_only(model: nn.Module, parts: Sequence[nn.Module]) -> None:
    """Freeze everything but `parts`; dropout is off everywhere, so that a cached result stays true."""
    model.eval()
    model.requires_grad_(requires_grad=False)
    for part in parts:
        part.requires_grad_(requires_grad=True)


def _spoken_by_base(bench: Bench, clips: Sequence[TrainingClip]) -> list[tuple[Tensor, Tensor]]:
    """Return spectrogram (513, frames) and latent (192, frames) of what the base says of the clips' texts."""
    import torch

    from companion.training.vits.speaking import speak

    pairs = _cached(bench, clips)
    if pairs:
        return pairs
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(bench.seed)
        for clip in clips:
            spoken = speak(bench.model, clip.ids, style=clip.style, device=bench.device)
            spec = spectra.spectrogram(spoken["model_outputs"].reshape(1, -1))[0]
            pairs.append((spec, spoken["z"][0].float().clone()))
    torch.save({"key": _key(bench, clips), "pairs": pairs}, _cache_file(bench))
    return pairs


def _cached(bench: Bench, clips: Sequence[TrainingClip]) -> list[tuple[Tensor, Tensor]]:
    """Return what an earlier start of the same stage has prepared, or nothing."""
    import torch

    try:
        content = torch.load(_cache_file(bench), map_location=bench.device, weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
        return []
    return list(content["pairs"]) if content.get("key") == _key(bench, clips) else []


def _cache_file(bench: Bench) -> Path:
    bench.cache.mkdir(parents=True, exist_ok=True)
    return bench.cache / "inversion.pt"


def _key(bench: Bench, clips: Sequence[TrainingClip]) -> str:
    return repr((bench.seed, [(clip.ids, clip.style) for clip in clips]))


def _posteriors(bench: Bench, clips: Sequence[TrainingClip]) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return mean and log scale (192, frames) of each clip's latent, and its wave."""
    import torch

    found = []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for clip in clips:
            wave = torch.from_numpy(clip.wave).to(bench.device)
            n_frames = torch.tensor([clip.n_frames], device=bench.device)
            spec = spectra.spectrogram(wave.unsqueeze(0))
            _, mean, log_scale, _ = bench.model.posterior_encoder(spec, n_frames, g=bench.style([clip]))
            found.append((mean[0].float(), log_scale[0].float(), wave))
    return found


def _window(spec: Tensor, latent: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    size = min(_INVERSION_FRAMES, latent.shape[1])
    start = int(torch.randint(latent.shape[1] - size + 1, ()))
    short = (0, _INVERSION_FRAMES - size)
    pad = torch.nn.functional.pad
    return pad(spec[:, start : start + size], short), pad(latent[:, start : start + size], short)


def _segments(latent: Tensor, waves: Tensor, n_frames: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return a random piece of `size` frames of each item: latents (n, 192, size) and waves (n, size * 256)."""
    import torch

    size = min(size, int(n_frames.min()))
    starts = [int(torch.randint(int(one) - size + 1, ())) for one in n_frames]
    latents = [latent[row, :, start : start + size] for row, start in enumerate(starts)]
    pieces = [waves[row, start * HOP : (start + size) * HOP] for row, start in enumerate(starts)]
    return torch.stack(latents), torch.stack(pieces)
