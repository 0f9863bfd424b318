from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from companion.engines.onnx_session import OnnxSession
from companion.model_files.onnx_cut import CutVoice, cut_voice
from companion.model_files.onnx_graph import extra_output

pytestmark = pytest.mark.unit

FEEDS = {
    "input": np.arange(1, 41, dtype=np.int64)[None] % 7,
    "input_lengths": np.array([40], np.int64),
    "scales": np.ones(3, np.float32),
}


def cut(data: bytes) -> CutVoice:
    found = cut_voice(data, audio="output", kept=("w",))
    assert found is not None
    return found


def test_sight_is_added_up_from_the_kernels(onnx: Any) -> None:
    found = cut(onnx.vits())
    # conv 3 frames, up-sampling (16 - 1 - 4) / 8 -> 2, then (12 + 3) samples of 8 to a frame -> 1.9
    assert (found.latent, found.hop, found.reach) == ("latent", 8, 7)


@pytest.mark.parametrize("speakers", [False, True])
def test_pieces_with_that_context_equal_the_whole(onnx: Any, speakers: bool) -> None:
    data = onnx.vits(speakers=speakers)
    found = cut(data)
    speaker = {"sid": np.array([2], np.int64)} if speakers else {}
    whole = OnnxSession.load(data + extra_output("latent"), "whole")
    expected, latent = whole.run(["output", "latent"], FEEDS | speaker)
    decoder = OnnxSession.load(found.decoder, "decoder")
    assert decoder.inputs == list(found.decoder_inputs) == ["latent", *speaker]
    for size in (1, 8, 50):
        stitched = stitched_pieces(decoder, found, latent, speaker, size)
        np.testing.assert_allclose(stitched, expected.reshape(-1), atol=1e-6)


def test_control_less_context_than_the_sight_does_not_equal_the_whole(onnx: Any) -> None:
    found = cut(onnx.vits())
    latent = np.random.default_rng(3).normal(size=(1, 1, 60)).astype(np.float32)
    decoder = OnnxSession.load(found.decoder, "decoder")
    (expected,) = decoder.run(["output"], {"latent": latent})
    stitched = stitched_pieces(decoder, found, latent, {}, 8, reach=found.reach - 2)
    assert float(np.abs(stitched - expected.reshape(-1)).max()) > 1e-4


def stitched_pieces(
    decoder: OnnxSession,
    found: CutVoice,
    latent: np.ndarray,
    speaker: dict[str, np.ndarray],
    size: int,
    reach: int | None = None,
) -> np.ndarray:
    reach = found.reach if reach is None else reach
    pieces = []
    for start in range(0, latent.shape[2], size):
        end = min(latent.shape[2], start + size)
        first = max(0, start - reach)
        part = latent[:, :, first : end + reach]
        (sound,) = decoder.run(["output"], {"latent": part, **speaker})
        pieces.append(sound.reshape(-1)[(start - first) * found.hop : (end - first) * found.hop])
    return np.concatenate(pieces)


def test_front_draws_the_noise_and_gives_the_durations(onnx: Any) -> None:
    found = cut(onnx.vits())
    front = OnnxSession.load(found.front, "front")
    latent, frames = front.run(["latent", "w"], FEEDS)
    assert (latent.shape, frames.tolist()) == ((1, 1, 240), [[6.0] * 40])
    assert "output" not in front.outputs


def test_weights_go_to_the_part_that_needs_them(onnx: Any) -> None:
    found = cut(onnx.vits())
    assert b"by_frame" in found.front
    assert b"by_frame" not in found.decoder
    # "up" is the up-sampling kernel: 256 floats.
    assert len(found.decoder) > 4 * 256 > len(found.front)


@pytest.mark.parametrize(
    "changed",
    [
        {"before_end": "GlobalAveragePool"},
        {"before_end": "Softmax"},
        {"stride": 2},
    ],
)
def test_decoder_that_sees_further_than_its_kernels_is_not_cut(onnx: Any, changed: dict[str, Any]) -> None:
    assert cut_voice(onnx.vits(**changed), audio="output", kept=("w",)) is None


def test_graph_without_a_decoder_is_not_cut(onnx: Any) -> None:
    assert cut_voice(onnx.piper(), audio="output", kept=("w",)) is None
    assert cut_voice(onnx.adder(), audio="y") is None


@pytest.mark.fault
def test_damaged_bytes_give_no_cut_or_a_cut_but_no_surprise(onnx: Any) -> None:
    sound = bytearray(onnx.vits())
    random_bytes = random.Random(7)
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(sound)
        for _ in range(random_bytes.randint(1, 4)):
            damaged[random_bytes.randrange(len(damaged))] = random_bytes.randrange(256)
        found = cut_voice(bytes(damaged), audio="output", kept=("w",))
        outcomes.add(found is None)
    assert outcomes == {True, False}
