"""The weights of an ONNX file by the names they had in training, read without the package `onnx`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.model_files.onnx_check import read_checked
from companion.model_files.onnx_graph import GraphFormatError, Node, read_parts

F32 = NDArray[np.float32]
_HINT: Final = "Choose a voice of Piper's quality 'medium', for one speaker."
_CONVOLUTIONS: Final = ("Conv", "ConvTranspose")
_FOLDED_SCALE: Final = "/dp/flows.0/Exp_output_0"
_KEPT: Final = re.compile(r"(?:enc_p|dec|flow|dp|emb_g)\.")


@dataclass(frozen=True, slots=True)
class PiperWeights:
    """`tensors` are called as in Piper's own checkpoint; `log_scale` is the duration predictor's first flow, (2, 1)."""

    tensors: dict[str, F32]
    embedding: F32
    log_scale: F32 | None


def read_weights(file: Path) -> PiperWeights:
    """Return the weights of a Piper voice. Raises ModelError, code `missing`, `onnx` or `base`."""
    data, _ = read_checked(file)
    try:
        parts = read_parts(memoryview(data))
        raw = {name: _tensor(message) for name, message in parts.initializers.items()}
        nodes = [node for node, _ in parts.nodes]
    except (GraphFormatError, ValueError) as error:
        raise ModelError(f"{file.name} cannot be read: {error}.", _HINT, code="base") from error
    tensors = {name: value for name, value in raw.items() if value is not None and _KEPT.match(name)}
    tensors |= {name: value for name, value in _folded(nodes, raw) if _KEPT.match(name)}
    table = next((raw[node.inputs[0]] for node in nodes if _looks_up_input(node)), None)
    if table is None or table.ndim != 2:
        raise ModelError(f"{file.name} has no table of symbols.", _HINT, code="base")
    scale = raw.get(_FOLDED_SCALE)
    return PiperWeights(tensors, table, None if scale is None else -np.log(scale).reshape(-1, 1))


def _looks_up_input(node: Node) -> bool:
    return node.op == "Gather" and len(node.inputs) > 1 and node.inputs[1] == "input"


def _folded(nodes: list[Node], raw: dict[str, F32 | None]) -> Iterator[tuple[str, F32]]:
    """Yield convolutions whose weight norm was folded: the file calls them by number, their node by its path."""
    for node in nodes:
        if node.op not in _CONVOLUTIONS or len(node.inputs) < 2:
            continue
        weight = raw.get(node.inputs[1])
        path = node.outputs[0].rsplit("/", 1)[0].strip("/").replace("/", ".")
        if weight is not None and not _KEPT.match(node.inputs[1]):
            yield f"{path}.weight", weight


def _tensor(message: memoryview) -> F32 | None:
    """Return a float32 tensor; None for other types. Fields of TensorProto: dims 1, type 2, floats 4, raw 9."""
    dims: list[int] = []
    kind, content = 0, b""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(message, position)
            if number == 1:
                dims.append(value)
            elif number == 2:
                kind = value
            continue
        size, position = (
            (4, position) if wire == 5 else (8, position) if wire == 1 else _varint(message, position)
        )
        payload = message[position : position + size]
        position += size
        if number == 1:
            dims += _packed(payload)
        elif number in (4, 9):
            content += bytes(payload)
    if kind != 1:
        return None
    return np.frombuffer(content, "<f4").reshape(dims).copy()


def _packed(payload: memoryview) -> list[int]:
    values, position = [], 0
    while position < len(payload):
        value, position = _varint(payload, position)
        values.append(value)
    return values


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
