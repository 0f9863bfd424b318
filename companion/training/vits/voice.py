"""The Coqui model in the Piper-medium shape, fresh or with the weights of a Piper voice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from companion.errors import ModelError
from companion.training.vits.onnx_weights import PiperWeights

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE_HZ: Final = 22_050
N_FFT: Final = 1024
HOP: Final = 256
N_SYMBOLS: Final = 256
_PARTS: Final = (
    (re.compile(r"^enc_p\."), "text_encoder."),
    (re.compile(r"^dec\.cond\."), "waveform_decoder.cond_layer."),
    (re.compile(r"^dec\."), "waveform_decoder."),
    (re.compile(r"^dp\.flows\.0\.m$"), "duration_predictor.flows.0.translation"),
    (re.compile(r"^dp\."), "duration_predictor."),
)
# A file for speaking holds the reverse half of the duration predictor only, and no posterior encoder.
_FRESH: Final = re.compile(
    r"^(?:posterior_encoder\.|duration_predictor\.(?:post_|flows\.1\.)|emb_g\.|.*cond(?:_layer)?\.)"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths of a voice; the defaults are those of every Piper voice of quality `medium`.

    `n_styles` > 1 makes the styles speakers. `own_durations`: a plain duration predictor instead of the stochastic
    one, for a voice that has to learn its timing anew.
    """

    n_styles: int = 1
    own_durations: bool = False
    hidden: int = 192
    layers: int = 6
    decoder: int = 256


def build(shape: Shape) -> Any:
    """Return a fresh Coqui `Vits`. Imports torch and TTS."""
    from companion.training.vits import torchaudio_stand_in

    torchaudio_stand_in.install()
    from torch import nn
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    args = VitsArgs(
        num_chars=N_SYMBOLS,
        hidden_channels=shape.hidden,
        hidden_channels_ffn_text_encoder=4 * shape.hidden,
        num_layers_text_encoder=shape.layers,
        num_layers_flow=4,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3, 5, 7],
        resblock_dilation_sizes_decoder=[[1, 2], [2, 6], [3, 12]],
        upsample_rates_decoder=[8, 8, 4],
        upsample_kernel_sizes_decoder=[16, 16, 8],
        upsample_initial_channel_decoder=shape.decoder,
        init_discriminator=False,
        use_sdp=not shape.own_durations,
        use_speaker_embedding=shape.n_styles > 1,
        speaker_embedding_channels=256,
    )
    config = VitsConfig(model_args=args)
    config.audio.fft_size = config.audio.win_length = N_FFT
    config.audio.sample_rate, config.audio.hop_length = RATE_HZ, HOP
    if shape.n_styles > 1:
        config.speakers = [str(number) for number in range(shape.n_styles)]
    model = Vits(config)
    model.text_encoder.emb = nn.Embedding(N_SYMBOLS, shape.hidden)
    nn.init.normal_(model.text_encoder.emb.weight, 0.0, shape.hidden**-0.5)
    if shape.n_styles > 1:
        _quiet_conditions(model)
    return model


def port(model: Any, weights: PiperWeights) -> int:
    """Copy a Piper voice into `model` and return the number of tensors.

    Raises ModelError, code `base`, where the voice has another shape or a part is missing.
    """
    import torch

    wanted = {_coqui_name(name): torch.from_numpy(value) for name, value in weights.tensors.items()}
    wanted["text_encoder.emb.weight"] = torch.from_numpy(weights.embedding)
    if weights.log_scale is not None:
        wanted["duration_predictor.flows.0.log_scale"] = torch.from_numpy(weights.log_scale)
    if any(name.startswith("emb_g.") for name in wanted):
        raise _unfit("it has several speakers")
    targets = _weights_of(model)
    if model.args.use_sdp is False:
        wanted = {name: value for name, value in wanted.items() if not name.startswith("duration_predictor.")}
        targets = {
            name: target for name, target in targets.items() if not name.startswith("duration_predictor.")
        }
    with torch.no_grad():
        for name, value in wanted.items():
            if name not in targets:
                raise _unfit(f"its tensor {name} has no place")
            _assign(targets[name], name, value)
    missing = [name for name in targets if name not in wanted and not _FRESH.match(name)]
    if missing:
        raise _unfit(f"it lacks {missing[0]} and {len(missing) - 1} more")
    return len(wanted)


def _coqui_name(name: str) -> str:
    if match := re.match(r"^flow\.flows\.(\d+)\.(.*)$", name):
        return f"flow.flows.{int(match[1]) // 2}.{match[2]}"
    if match := re.match(r"^dp\.flows\.([357])\.(.*)$", name):
        return f"duration_predictor.flows.{(int(match[1]) + 1) // 2}.{match[2]}"
    for pattern, replacement in _PARTS:
        if pattern.match(name):
            return pattern.sub(replacement, name)
    return name


def _weights_of(model: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """Return where each tensor lives; of a layer with weight norm the weight itself, not its two halves."""
    from torch.nn.utils import parametrize

    places = {}
    for path, module in model.named_modules():
        if ".parametrizations" in path:
            continue
        for name, _ in module.named_parameters(recurse=False):
            places[f"{path}.{name}".lstrip(".")] = (module, name)
        if parametrize.is_parametrized(module, "weight"):
            places[f"{path}.weight"] = (module, "weight")
    return places


def _assign(target: tuple[nn.Module, str], name: str, value: Tensor) -> None:
    from torch.nn.utils import parametrize

    module, attribute = target
    current = getattr(module, attribute)
    if current.shape != value.shape:
        raise _unfit(f"{name} is {tuple(value.shape)} where {tuple(current.shape)} is needed")
    if parametrize.is_parametrized(module, attribute):
        setattr(module, attribute, value)
    else:
        current.copy_(value)


def _quiet_conditions(model: nn.Module) -> None:
    """Begin with styles that all sound like the base: what they add is zero until it is learnt."""
    import torch
    from torch.nn.utils import parametrize

    with torch.no_grad():
        for path, module in model.named_modules():
            if path.rsplit(".", 1)[-1] not in ("cond_layer", "cond") or "parametrizations" in path:
                continue
            if parametrize.is_parametrized(module, "weight"):
                module.parametrizations.weight.original0.zero_()
            else:
                module.weight.zero_()
            module.bias.zero_()


def _unfit(why: str) -> ModelError:
    return ModelError(
        f"The base voice cannot be trained on: {why}.",
        "Choose a Piper voice of quality 'medium' for one speaker, or --base none.",
        code="base",
    )
