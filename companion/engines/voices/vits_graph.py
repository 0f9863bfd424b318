"""A VITS voice on ONNX Runtime: everything up to the latent once for each clause, the decoder piece by piece.

The decoder takes most of the time and needs no more of the clause than a few frames around the piece, so the
first syllable need not wait for the last. A graph that cannot be cut exactly is run whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from companion.engines.onnx_session import OnnxSession
from companion.errors import Cancelled, ModelError
from companion.model_files.onnx_cut import CutVoice, cut_voice
from companion.model_files.onnx_graph import OnnxGraph, extra_output
from companion.ports import Cancel

# Each piece lasts longer than the next takes to decode, with its context and on a shared core.
_FIRST_FRAMES: Final = 24
_MOST_FRAMES: Final = 160

Feeds = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Rendering:
    """The sound of a clause on its way: `n_pieces` of `pieces` make it, in order.

    `frames` are those of each symbol, shape (n_ids,), and one frame is `hop` samples; None where the graph
    does not tell.
    """

    pieces: Iterator[NDArray[np.float32]]
    n_pieces: int
    frames: NDArray[np.float32] | None
    hop: int


class VitsGraph:
    """Renders ids of symbols; `is_cut` tells whether in pieces."""

    def __init__(
        self, session: OnnxSession, audio: str, durations: str, cut: CutVoice | None, decoder: OnnxSession
    ) -> None:
        self._session = session
        self._audio = audio
        self._durations = durations
        self._cut = cut
        self._decoder = decoder

    @classmethod
    def load(cls, data: bytes, graph: OnnxGraph, name: str, *, threads: int) -> VitsGraph:
        """Open a checked Piper graph. Raises ModelError, code `onnx` or `voice`."""
        missing = {"input", "input_lengths", "scales"} - set(graph.inputs)
        durations, own = _durations_tensor(graph)
        audio = next((output for output in graph.outputs if output != durations), "")
        if missing or not audio:
            raise ModelError(
                f"{name} is no Piper voice: its inputs are {', '.join(graph.inputs)}.",
                "Choose a voice in Piper format.",
                code="voice",
            )
        kept = (durations,) if durations else ()
        cut = cut_voice(data, audio=audio, kept=kept) if durations else None
        if cut is not None:
            try:
                front = OnnxSession.load(cut.front, name, threads=threads)
                decoder = OnnxSession.load(cut.decoder, name, threads=threads)
                return cls(front, audio, durations, cut.without_models(), decoder)
            except ModelError:
                # A part may lack what only a subgraph names; the whole file still speaks.
                cut = None
        if durations and not own:
            data += extra_output(durations)
        session = OnnxSession.load(data, name, threads=threads)
        return cls(session, audio, durations, None, session)

    @property
    def inputs(self) -> list[str]:
        return self._session.inputs

    @property
    def is_cut(self) -> bool:
        return self._cut is not None

    def render(self, feeds: Feeds, cancel: Cancel | None) -> Rendering:
        """Return the sound of `feeds`, a clause's ids and scales. Raises Cancelled or ModelError, `pieces` too."""
        if self._cut is not None:
            latent, frames = self._session.run([self._cut.latent, self._durations], feeds, cancel)
            frames = frames.reshape(-1)
            exact = int(frames.sum()) == latent.shape[2]
            bounds = pieces_of(latent.shape[2])
            pieces = self._decoded(self._cut, latent, bounds, feeds, cancel)
            return Rendering(pieces, len(bounds), frames if exact else None, self._cut.hop)
        names = [self._audio, self._durations] if self._durations else [self._audio]
        samples, *rest = self._session.run(names, feeds, cancel)
        samples = samples.reshape(-1)
        frames_or_none = rest[0].reshape(-1) if rest else None
        n_frames = int(frames_or_none.sum()) if frames_or_none is not None else 0
        hop, left = divmod(len(samples), max(1, n_frames))
        exact = n_frames > 0 and hop > 0 and left == 0
        return Rendering(iter((samples,)), 1, frames_or_none if exact else None, hop if exact else 0)

    def _decoded(
        self,
        cut: CutVoice,
        latent: NDArray[np.float32],
        bounds: Sequence[tuple[int, int]],
        feeds: Feeds,
        cancel: Cancel | None,
    ) -> Iterator[NDArray[np.float32]]:
        speaker = {name: feeds[name] for name in cut.decoder_inputs[1:]}
        for start, end in bounds:
            if cancel is not None and cancel.requested:
                raise Cancelled
            first, after = max(0, start - cut.reach), min(latent.shape[2], end + cut.reach)
            # A fresh array: the decoder's allocation is planned for a contiguous one.
            part = np.ascontiguousarray(latent[:, :, first:after])
            (samples,) = self._decoder.run([self._audio], {cut.latent: part, **speaker}, cancel)
            yield samples.reshape(-1)[(start - first) * cut.hop : (end - first) * cut.hop]


def pieces_of(n_frames: int) -> list[tuple[int, int]]:
    """Return the bounds of the pieces of a clause: the first is short, each next one twice as long up to a limit.

    A rest shorter than the first piece is added to the last one.
    """
    bounds: list[tuple[int, int]] = []
    start, size = 0, _FIRST_FRAMES
    while start < n_frames:
        end = start + size if n_frames - start - size >= _FIRST_FRAMES else n_frames
        bounds.append((start, end))
        start, size = end, min(2 * size, _MOST_FRAMES)
    return bounds


def _durations_tensor(graph: OnnxGraph) -> tuple[str, bool]:
    """Return the tensor of frames per id and whether it is an output of the file already, or ("", False)."""
    if "durations" in graph.outputs:
        return "durations", True
    ceils = [node for node in graph.nodes if node.op == "Ceil"]
    return (ceils[0].outputs[0], False) if len(ceils) == 1 else ("", False)
