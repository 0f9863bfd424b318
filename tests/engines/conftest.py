"""Small ONNX models, written field by field, for tests of the checks and of the Piper runner."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

FLOAT, INT64 = 1, 7


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def sub(field: int, payload: bytes | str) -> bytes:
    raw = payload.encode() if isinstance(payload, str) else payload
    return varint(field << 3 | 2) + varint(len(raw)) + raw


class OnnxMaker:
    """Serialised pieces of a ModelProto."""

    def value(self, name: str, kind: int, dims: Sequence[int | str]) -> bytes:
        shape = b"".join(sub(1, number(1, size) if isinstance(size, int) else sub(2, size)) for size in dims)
        return sub(1, name) + sub(2, sub(1, number(1, kind) + sub(2, shape)))

    def tensor(self, name: str, kind: int, dims: Sequence[int], values: Sequence[float]) -> bytes:
        form = "<f" if kind == FLOAT else "<q"
        raw = b"".join(struct.pack(form, value) for value in values)
        return b"".join(number(1, size) for size in dims) + number(2, kind) + sub(8, name) + sub(9, raw)

    def external(self, name: str, location: str, n_values: int = 4) -> bytes:
        entry = sub(13, sub(1, "location") + sub(2, location))
        return number(1, n_values) + number(2, FLOAT) + sub(8, name) + entry + number(14, 1)

    def node(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        attributes: Sequence[bytes] = (),
        domain: str = "",
    ) -> bytes:
        names = b"".join(sub(1, name) for name in inputs) + b"".join(sub(2, name) for name in outputs)
        return (
            names
            + sub(4, op)
            + b"".join(sub(5, raw) for raw in attributes)
            + (sub(7, domain) if domain else b"")
        )

    def graph(
        self,
        nodes: Sequence[bytes],
        initializers: Sequence[bytes] = (),
        inputs: Sequence[bytes] = (),
        outputs: Sequence[bytes] = (),
    ) -> bytes:
        return (
            b"".join(sub(1, node) for node in nodes)
            + sub(2, "g")
            + b"".join(sub(5, tensor) for tensor in initializers)
            + b"".join(sub(11, value) for value in inputs)
            + b"".join(sub(12, value) for value in outputs)
        )

    def model(self, graph: bytes, more: bytes = b"") -> bytes:
        return number(1, 8) + sub(7, graph) + sub(8, sub(1, "") + number(2, 13)) + more

    def adder(self, more: bytes = b"", initializer: bytes | None = None) -> bytes:
        """Return a sound model: y = x + w, four floats."""
        weights = initializer if initializer is not None else self.tensor("w", FLOAT, [4], [1, 2, 3, 4])
        graph = self.graph(
            [self.node("Add", ["x", "w"], ["y"])],
            [weights],
            [self.value("x", FLOAT, [4])],
            [self.value("y", FLOAT, [4])],
        )
        return self.model(graph, more)

    def piper(self, *, hop: int = 256, ceil: bool = True) -> bytes:
        """Return a voice that hums a constant 0.25: each id lasts ceil(2.5 x length) frames of `hop` samples."""
        rounding = "Ceil" if ceil else "Floor"
        to_float = sub(1, "to") + number(3, FLOAT) + number(20, 2)
        to_int = sub(1, "to") + number(3, INT64) + number(20, 2)
        nodes = [
            self.node("Cast", ["input"], ["ids"], [to_float]),
            self.node("Mul", ["ids", "zero"], ["nothing"]),
            self.node("Slice", ["scales", "one", "two"], ["length"]),
            self.node("Mul", ["length", "frames"], ["wanted"]),
            self.node("Add", ["nothing", "wanted"], ["spread"]),
            self.node(rounding, ["spread"], ["w"]),
            self.node("ReduceSum", ["w"], ["total"]),
            self.node("Mul", ["total", "hop"], ["samples"]),
            self.node("Cast", ["samples"], ["count"], [to_int]),
            self.node("Reshape", ["count", "one"], ["shape"]),
            self.node("Expand", ["level", "shape"], ["flat"]),
            self.node("Reshape", ["flat", "audio_shape"], ["output"]),
        ]
        initializers = [
            self.tensor("zero", FLOAT, [1], [0.0]),
            self.tensor("one", INT64, [1], [1]),
            self.tensor("two", INT64, [1], [2]),
            self.tensor("frames", FLOAT, [1], [2.5]),
            self.tensor("hop", FLOAT, [1], [float(hop)]),
            self.tensor("level", FLOAT, [1], [0.25]),
            self.tensor("audio_shape", INT64, [3], [1, 1, -1]),
        ]
        inputs = [
            self.value("input", INT64, ["batch", "ids"]),
            self.value("input_lengths", INT64, ["batch"]),
            self.value("scales", FLOAT, [3]),
        ]
        return self.model(self.graph(nodes, initializers, inputs, [self.value("output", FLOAT, [1, 1, "t"])]))

    def piper_voice(self, folder: Path, *, ceil: bool = True, **description: object) -> Path:
        """Write a voice of `piper` and its JSON; ids are those of `_^$ .` and the letters a to z."""
        symbols = "_^$ ." + "abcdefghijklmnopqrstuvwxyz"
        config: dict[str, object] = {
            "audio": {"sample_rate": 22050},
            "phoneme_type": "espeak",
            "espeak": {"voice": "en-us"},
            "phoneme_id_map": {symbol: [row] for row, symbol in enumerate(symbols)},
            "inference": {"noise_scale": 0.6, "length_scale": 1.0, "noise_w": 0.8},
        }
        file = folder / "voice.onnx"
        file.write_bytes(self.piper(ceil=ceil))
        (folder / "voice.onnx.json").write_text(json.dumps(config | description), encoding="utf-8")
        return file

    sub = staticmethod(sub)
    number = staticmethod(number)


@pytest.fixture
def onnx() -> OnnxMaker:
    return OnnxMaker()
