"""Cutting a Piper voice in two before its decoder, so that the decoder can be run on pieces of a clause.

A VITS graph ends in a HiFi-GAN decoder: convolutions over time, of which each looks a fixed number of
frames to both sides. What reaches it is one tensor, latent x mask; everything random stands before it. How
far one sample of sound sees is added up from the kernels, never guessed: a piece decoded with that much
context on both sides equals the same stretch of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from companion.model_files.onnx_graph import (
    Buffer,
    GraphFormatError,
    Node,
    Parts,
    attributes,
    carried,
    declared,
    read_parts,
)

_POINTWISE: Final = frozenset(
    (
        "LeakyRelu",
        "Relu",
        "Tanh",
        "Sin",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "Identity",
        "Unsqueeze",
        "Squeeze",
    )
)
_FRONT_INPUTS: Final = frozenset(("input", "input_lengths", "scales"))
_SIZES: Final = ("kernel_shape", "strides", "dilations", "output_padding", "pads")
_KNOWN: Final = frozenset((*_SIZES, "group"))
_ALONG_TIME: Final[dict[str, list[int] | bytes]] = {
    "strides": [1],
    "dilations": [1],
    "output_padding": [0],
    "pads": [0, 0],
}
_MOST_SIZE: Final = 1024
_MOST_HOP: Final = 4096
_MOST_REACH: Final = 128
_Pieces = list[tuple[Node, Buffer]]


@dataclass(frozen=True, slots=True)
class CutVoice:
    """Two models that together are one: `front` ends in the tensor `latent`, `decoder` begins with it.

    `latent` has shape (1, channels, frames); the decoder makes `hop` samples of each frame, and these depend
    on `reach` frames to either side. `decoder_inputs` are its inputs, `latent` first.
    """

    front: bytes
    decoder: bytes
    latent: str
    decoder_inputs: tuple[str, ...]
    hop: int
    reach: int

    def without_models(self) -> CutVoice:
        """Return the figures alone: the bytes of two open models are no longer needed."""
        return replace(self, front=b"", decoder=b"")


def cut_voice(data: bytes, *, audio: str, kept: Sequence[str] = ()) -> CutVoice | None:
    """Return the parts of a serialised voice that `read_graph` accepts, or None where it cannot be cut exactly.

    `audio` names its sound, `kept` float tensors that the front gives out as well.
    """
    try:
        return _cut(read_parts(memoryview(data)), audio, kept)
    except GraphFormatError:
        return None


def _cut(parts: Parts, audio: str, kept: Sequence[str]) -> CutVoice | None:
    latent = _latent(parts, audio) if audio in parts.outputs else ""
    if not latent:
        return None
    decoder = _ancestors(parts.nodes, (audio,), stop=latent)
    seen = _sight(decoder, latent, audio)
    read = {name for node, _ in decoder for name in node.inputs}
    wanted = sorted((read & set(parts.inputs)) - set(parts.initializers))
    if seen is None or _FRONT_INPUTS & set(wanted):
        return None
    hop, reach = seen
    if hop > _MOST_HOP or reach > _MOST_REACH:
        return None
    return CutVoice(
        _front(parts, decoder, latent, kept),
        _decoder(parts, decoder, latent, wanted, audio),
        latent,
        (latent, *wanted),
        hop,
        reach,
    )


def _latent(parts: Parts, audio: str) -> str:
    """Return the tensor that the first convolution of the decoder reads, or ""."""
    made_by = {name: node for node, _ in parts.nodes for name in node.outputs}
    timed = _descendants(parts.nodes, _FRONT_INPUTS)
    below = _ancestors(parts.nodes, (audio,))
    first = next((node for node, _ in below if node.op == "ConvTranspose"), None)
    while first is not None:
        name = next((name for name in first.inputs if name in timed), "")
        first = made_by.get(name)
        if first is not None and first.op == "Conv":
            return first.inputs[0] if first.inputs[0] in timed else ""
        if first is not None and first.op not in _POINTWISE:
            return ""
    return ""


def _sight(decoder: _Pieces, latent: str, audio: str) -> tuple[int, int] | None:
    """Return samples per frame and the frames a sample sees to either side; None unless all of it is local."""
    seen: dict[str, tuple[int, float]] = {latent: (1, 0.0)}
    for node, raw in decoder:
        sources = [seen[name] for name in node.inputs if name in seen]
        if not sources:
            continue
        rate, reach = sources[0][0], max(reach for _, reach in sources)
        if any(other != rate for other, _ in sources):
            return None
        if node.op in ("Conv", "ConvTranspose"):
            step = _convolution(node, raw) if node.inputs[0] in seen and len(sources) == 1 else None
            if step is None:
                return None
            rate, reach = rate * step[0], reach + step[1] / rate
        elif node.op not in _POINTWISE:
            return None
        seen |= dict.fromkeys(node.outputs, (rate, reach))
    return (seen[audio][0], math.ceil(seen[audio][1] - 1e-9)) if audio in seen else None


def _convolution(node: Node, raw: Buffer) -> tuple[int, int] | None:
    """Return by how much a convolution multiplies the length exactly, and the input samples it sees to a side."""
    given = _ALONG_TIME | attributes(raw)
    if given.pop("auto_pad", b"NOTSET") != b"NOTSET" or given.keys() - _KNOWN:
        return None
    figures = [given.get(name, b"") for name in _SIZES]
    if [len(values) for values in figures] != [1, 1, 1, 1, 2] or max(map(max, figures)) > _MOST_SIZE:
        return None
    kernel, stride, dilation, padding, before, after = (value for values in figures for value in values)
    span = (kernel - 1) * dilation
    if node.op == "Conv":
        return (1, max(before, after)) if stride == 1 and before + after == span else None
    exact = stride > 0 and before + after == span + 1 + padding - stride
    return (stride, math.ceil(max(before, span - before) / stride)) if exact else None


def _front(parts: Parts, decoder: _Pieces, latent: str, kept: Sequence[str]) -> bytes:
    shared = {id(raw) for _, raw in _ancestors(parts.nodes, (latent, *kept))}
    only_decoder = {id(raw) for _, raw in decoder} - shared
    nodes = [(node, raw) for node, raw in parts.nodes if id(raw) not in only_decoder]
    # A tensor that only a subgraph names stays with the front.
    gone = _names(decoder, parts.initializers) - _names(nodes, parts.initializers)
    border = [carried(11, raw) for raw in parts.inputs.values()]
    border += [
        carried(12, parts.outputs[name]) if name in parts.outputs else declared(12, name) for name in kept
    ]
    border.append(declared(12, latent))
    tensors = [name for name in parts.initializers if name not in gone]
    return parts.model([raw for _, raw in nodes], tensors, b"".join(border))


def _decoder(parts: Parts, decoder: _Pieces, latent: str, wanted: Sequence[str], audio: str) -> bytes:
    border = declared(11, latent, ("one", "channels", "frames"))
    border += b"".join(carried(11, parts.inputs[name]) for name in wanted)
    border += carried(12, parts.outputs[audio])
    names = _names(decoder, parts.initializers)
    return parts.model(
        [raw for _, raw in decoder], [name for name in parts.initializers if name in names], border
    )


def _names(nodes: _Pieces, tensors: Iterable[str]) -> set[str]:
    return {name for node, _ in nodes for name in node.inputs} & set(tensors)


def _ancestors(nodes: _Pieces, wanted: Iterable[str], stop: str = "") -> _Pieces:
    """Return, in their order, the nodes that `wanted` depend on; what lies behind the tensor `stop` is left out."""
    needed = set(wanted)
    found: _Pieces = []
    # Nodes of an ONNX graph are sorted topologically.
    for node, raw in reversed(nodes):
        if needed & set(node.outputs) - {stop}:
            found.append((node, raw))
            needed |= set(node.inputs)
    return found[::-1]


def _descendants(nodes: _Pieces, sources: Iterable[str]) -> set[str]:
    """Return the tensors that depend on one of `sources`."""
    found = set(sources)
    for node, _ in nodes:
        if found & set(node.inputs):
            found |= set(node.outputs)
    return found
