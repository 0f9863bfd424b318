"""From the Coqui model to a file in Piper's format, whose second output tells how long each symbol lasts."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from companion.errors import ModelError
from companion.training.vits.speaking import speak
from companion.training.vits.voice import HOP, RATE_HZ, Shape, build

_OPSET: Final = 18
_PROBE: Final = (1, 0, 66, 0, 120, 0, 100, 0, 17, 0, 3, 0, 25, 0, 120, 0, 54, 0, 122, 0, 10, 0, 2)
_LEAST_PARITY: Final = 0.9999


def export(model: Any, shape: Shape, file: Path, description: Mapping[str, Any]) -> float | None:
    """Write `model` as `file`, `description` as `<file>.json`, and return how well the file repeats the model.

    The figure is the correlation at zero noise, None where ONNX Runtime is missing. `model` and the generator of
    random numbers stay as they are. Raises ModelError, code `export`, when the file says something else.
    """
    import torch

    file.parent.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = _plain_copy(model, shape)
        beside = file.with_name(file.name + ".part")
        _write(plain, shape, beside)
        parity = _parity(plain, shape, beside)
    if parity is not None and parity < _LEAST_PARITY:
        beside.unlink()
        raise ModelError(
            f"The exported voice differs from the trained one: correlation {parity:.6f}.",
            "Go on with the training, or start it again.",
            code="export",
        )
    text = json.dumps(description, ensure_ascii=False, indent=1)
    file.with_name(file.name + ".json").write_text(text + "\n", encoding="utf-8")
    os.replace(beside, file)
    return parity


def describe(
    base: Mapping[str, Any], *, language: str, n_styles: int, length_scale: float, noise: tuple[float, float]
) -> dict[str, Any]:
    """Return the `.onnx.json` of a voice; symbols come from `base`, or from our own table where it has none."""
    from companion.voice_training.symbols import ALPHABETS, TABLE, TEXT_VERSION

    table = base.get("phoneme_id_map") or {symbol: list(rows) for symbol, rows in TABLE.items()}
    code = {"zh": "zh_CN", "en": "en_US"}[language]
    old = str(base.get("language", {}).get("code", ""))
    return {
        "audio": {"sample_rate": RATE_HZ, "quality": "medium"},
        "inference": {"noise_scale": noise[0], "length_scale": round(length_scale, 4), "noise_w": noise[1]},
        "phoneme_type": ALPHABETS[language],
        "espeak": {"voice": "cmn" if language == "zh" else "en-us"},
        "phoneme_map": {},
        "phoneme_id_map": table,
        "num_symbols": 256,
        "num_speakers": n_styles,
        "speaker_id_map": {str(number): number for number in range(n_styles)} if n_styles > 1 else {},
        "language": {"code": old if old.startswith(language) else code, "family": language},
        "hop_length": HOP,
        "companion": {"text_version": TEXT_VERSION},
    }


def _plain_copy(model: Any, shape: Shape) -> Any:
    """Return a copy on the processor without weight norm.

    Not by `deepcopy`: that shares the classes which torch makes for weight norm, and taking it off the copy would
    break the original.
    """
    import torch
    from torch.nn.utils import parametrize

    copy = build(shape)
    copy.load_state_dict(
        {name: value.detach().cpu() for name, value in model.state_dict().items()}, strict=False
    )
    for module in list(copy.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight")
    copy.eval()
    copy.requires_grad_(requires_grad=False)
    assert not torch.is_grad_enabled() or not any(one.requires_grad for one in copy.parameters())
    return copy


def _write(plain: Any, shape: Shape, file: Path) -> None:
    import torch

    def spoken(ids: Any, n_ids: Any, scales: Any, style: Any = None) -> tuple[Any, Any]:
        plain.inference_noise_scale = scales[0]
        plain.length_scale = scales[1]
        plain.inference_noise_scale_dp = scales[2]
        given = {
            "x_lengths": n_ids,
            "speaker_ids": style,
            "d_vectors": None,
            "language_ids": None,
            "durations": None,
        }
        made = plain.inference(ids, given)
        return made["model_outputs"], made["durations"]

    plain.forward = spoken
    ids = torch.tensor([list(_PROBE)])
    inputs: tuple[Any, ...] = (ids, torch.tensor([ids.shape[1]]), torch.tensor([0.667, 1.0, 0.8]))
    names = ["input", "input_lengths", "scales"]
    if shape.n_styles > 1:
        inputs, names = (*inputs, torch.tensor([0])), [*names, "sid"]
    torch.onnx.export(
        plain,
        inputs,
        str(file),
        opset_version=_OPSET,
        input_names=names,
        output_names=["output", "durations"],
        dynamic_axes={
            "input": {0: "batch_size", 1: "phonemes"},
            "input_lengths": {0: "batch_size"},
            "output": {0: "batch_size", 2: "time"},
            "durations": {0: "batch_size", 2: "phonemes"},
        },
        dynamo=False,
    )


def _parity(plain: Any, shape: Shape, file: Path) -> float | None:
    import numpy as np

    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
    feeds = {
        "input": np.array([_PROBE], np.int64),
        "input_lengths": np.array([len(_PROBE)], np.int64),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
    }
    if shape.n_styles > 1:
        feeds["sid"] = np.array([0], np.int64)
    samples, durations = session.run(["output", "durations"], feeds)
    if int(durations.sum()) * HOP != samples.size:
        raise ModelError(
            "The exported voice tells wrong durations.", "Start the training again.", code="export"
        )
    wanted = speak(plain, _PROBE, noise=0.0, noise_w=0.0)["model_outputs"].numpy().ravel()
    if len(wanted) != samples.size:
        return 0.0
    return float(np.corrcoef(wanted, samples.ravel())[0, 1])
