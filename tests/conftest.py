"""Weights, model files written field by field and a language server for the whole suite."""

from __future__ import annotations

import json
import math
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SMALL_MIND = "qwen2.5-coder-0.5b-instruct-q4_k_m"

Tensor = tuple[str, Sequence[int], bytes]


class GgufMaker:
    """Serialise GGUF files, sound ones by default; every field can be made wrong."""

    def text(self, text: str) -> bytes:
        raw = text.encode()
        return struct.pack("<Q", len(raw)) + raw

    def value(self, value: object) -> bytes:
        """Return kind and content of a text, a float or a whole number (uint32)."""
        if isinstance(value, str):
            return struct.pack("<I", 8) + self.text(value)
        if isinstance(value, float):
            return struct.pack("<If", 6, value)
        if isinstance(value, Sequence):
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(self.text(item) for item in value)
        return struct.pack("<II", 4, int(str(value)))

    def pair(self, key: str, value: object) -> bytes:
        return self.text(key) + self.value(value)

    def tensor(self, name: str, dims: Sequence[int], *, kind: int = 0, offset: int = 0) -> bytes:
        shape = b"".join(struct.pack("<q", dim) for dim in dims)
        return self.text(name) + struct.pack("<I", len(dims)) + shape + struct.pack("<IQ", kind, offset)

    def file(
        self,
        pairs: Sequence[bytes],
        tensors: Sequence[bytes],
        content: bytes,
        *,
        magic: bytes = b"GGUF",
        version: int = 3,
        n_tensors: int | None = None,
        n_pairs: int | None = None,
        alignment: int = 32,
    ) -> bytes:
        head = magic + struct.pack(
            "<Iqq",
            version,
            len(tensors) if n_tensors is None else n_tensors,
            len(pairs) if n_pairs is None else n_pairs,
        )
        head += b"".join(pairs) + b"".join(tensors)
        return head + bytes(-len(head) % alignment) + content

    def model(self, more: Mapping[str, object] | None = None) -> bytes:
        """Return a file that holds two F32 tensors of 32 values and describes a model."""
        described = {
            "general.architecture": "qwen2",
            "general.name": "tiny",
            "qwen2.context_length": 512,
            "qwen2.block_count": 2,
            "tokenizer.ggml.tokens": ["a", "你", "<|im_end|>"],
            **(more or {}),
        }
        pairs = [self.pair(key, value) for key, value in described.items()]
        tensors = [self.tensor("a", [32]), self.tensor("b", [8, 4], offset=128)]
        return self.file(pairs, tensors, bytes(256))

    def adapter(self, tensors: Sequence[Tensor], *, architecture: str = "qwen2", alpha: float = 8.0) -> bytes:
        """Return a LoRA adapter of F32 tensors, each a name, its dimensions (fastest first) and its bytes."""
        described: dict[str, object] = {
            "general.type": "adapter",
            "general.architecture": architecture,
            "adapter.type": "lora",
            "adapter.lora.alpha": alpha,
        }
        heads: list[bytes] = []
        content = b""
        for name, dims, raw in tensors:
            heads.append(self.tensor(name, dims, offset=len(content)))
            content += raw + bytes(-len(raw) % 32)
        return self.file([self.pair(*item) for item in described.items()], heads, content)


class ChatServer:
    """A server on 127.0.0.1 that speaks the OpenAI chat protocol and answers with `parts`.

    `status`, `silent_after` and `raw` make it misbehave; `seen` are the bodies of the requests.
    """

    def __init__(self) -> None:
        self.parts: Sequence[str] = ("（微笑）", "你好，", "今天", "下雨了。")
        self.status = 200
        self.error: object = {"error": {"message": "no"}}
        self.raw: bytes | None = None
        self.silent_after: int | None = None
        self.endless = False
        self.finish = "stop"
        self.usage: dict[str, Any] | None = {"prompt_tokens": 33, "completion_tokens": 7}
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.released = threading.Event()
        self.hung_up = threading.Event()
        self.url = ""


@contextmanager
def running_server() -> Iterator[ChatServer]:
    server = ChatServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = False
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), name="chat-server")
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            server.seen.append(json.loads(self.rfile.read(length)))
            server.keys.append(self.headers["Authorization"])
            server.paths.append(self.path)
            if server.status != 200:
                self._answer(json.dumps(server.error).encode())
                return
            try:
                self._stream()
            except OSError:
                server.hung_up.set()

        def _answer(self, body: bytes) -> None:
            self.send_response(server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            if server.silent_after == -1:
                server.released.wait(30)
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            if server.raw is not None:
                self.wfile.write(server.raw)
                return
            limit = server.seen[-1]["max_tokens"]
            for index, part in enumerate(server.parts[:limit]):
                if server.silent_after == index:
                    server.released.wait(30)
                self._event({"choices": [{"delta": {"content": part}}]})
            while server.endless and not server.released.wait(0.001):
                self._event({"choices": [{"delta": {"content": "".join(server.parts)}}]})
            finish = "length" if limit < len(server.parts) else server.finish
            self._event({"choices": [{"delta": {}, "finish_reason": finish}]})
            if server.usage is not None:
                self._event({"choices": [], "usage": server.usage})
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, event: object) -> None:
            self.wfile.write(b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def gguf() -> GgufMaker:
    return GgufMaker()


@pytest.fixture(scope="session")
def small_mind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The GGUF file of the smallest language model that speaks Chinese."""
    from companion.engines.catalog import ensure, load_catalog, missing_packages

    catalog = load_catalog(ROOT / "models" / "catalog.toml")
    rows = [row for row in catalog.available("language") if "zh" in row.languages]
    if not rows:
        missing = missing_packages(catalog.row(SMALL_MIND))
        pytest.skip(f"packages are missing: {', '.join(missing)}; run with --extra starter or starter-small")
    row = min(rows, key=lambda one: one.bytes)
    path = ensure(row, tmp_path_factory.mktemp("models"))
    return path if path.is_file() else next(path.glob("*.gguf"))


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

    def vits(self, *, speakers: bool = False, before_end: str = "Tanh", stride: int = 1) -> bytes:
        """Return a noisy voice with a decoder like HiFi-GAN's: 6 frames of 8 samples for each id, ids of 0 silent.

        `before_end` stands for the last operator but one, `stride` is that of the last convolution.
        """
        nodes, tensors = self._vits_front()
        decoder, more = self._vits_decoder(speakers=speakers, before_end=before_end, stride=stride)
        inputs = [
            self.value("input", INT64, ["batch", "ids"]),
            self.value("input_lengths", INT64, ["batch"]),
            self.value("scales", FLOAT, [3]),
            *([self.value("sid", INT64, ["batch"])] if speakers else []),
        ]
        outputs = [self.value("output", FLOAT, [1, 1, 1, "t"])]
        return self.model(self.graph([*nodes, *decoder], [*tensors, *more], inputs, outputs))

    def _vits_front(self) -> tuple[list[bytes], list[bytes]]:
        to_float = sub(1, "to") + number(3, FLOAT) + number(20, 2)
        nodes = [
            self.node("Cast", ["input"], ["ids"], [to_float]),
            self.node("Mul", ["ids", "zero"], ["nothing"]),
            self.node("Add", ["nothing", "length"], ["wanted"]),
            self.node("Ceil", ["wanted"], ["w"]),
            self.node("Reshape", ["ids", "by_id"], ["column"]),
            self.node("Expand", ["column", "frames_of_id"], ["spread"]),
            self.node("Reshape", ["spread", "by_frame"], ["line"]),
            self.node("RandomNormalLike", ["line"], ["noise"]),
            self.node("Mul", ["line", "noise"], ["latent"]),
        ]
        tensors = [
            self.tensor("zero", FLOAT, [1], [0.0]),
            self.tensor("length", FLOAT, [1], [5.5]),
            self.tensor("by_id", INT64, [3], [1, -1, 1]),
            self.tensor("frames_of_id", INT64, [3], [1, 1, 6]),
            self.tensor("by_frame", INT64, [3], [1, 1, -1]),
        ]
        return nodes, tensors

    def _vits_decoder(
        self, *, speakers: bool, before_end: str, stride: int
    ) -> tuple[list[bytes], list[bytes]]:
        def weights(name: str, *sizes: int) -> bytes:
            n_values = math.prod(sizes)
            return self.tensor(name, FLOAT, sizes, [((7 * i) % 11 - 5) / 20 for i in range(n_values)])

        def along(kernel: int, pad: int, *, step: int = 1, spread: int = 1) -> list[bytes]:
            given = {"kernel_shape": [kernel], "pads": [pad, pad], "strides": [step], "dilations": [spread]}
            return [
                sub(1, name) + b"".join(number(8, value) for value in values) + number(20, 7)
                for name, values in given.items()
            ]

        nodes = [self.node("Conv", ["latent", "pre"], ["x0"], along(7, 3))]
        tensors = [weights("pre", 4, 1, 7), weights("up", 4, 4, 16), weights("res", 4, 4, 3)]
        if speakers:
            nodes += [
                self.node("Gather", ["speakers", "sid"], ["row"]),
                self.node("Unsqueeze", ["row", "last_axis"], ["g"]),
                self.node("Conv", ["g", "cond"], ["tint"], along(1, 0)),
                self.node("Add", ["tint", "x0"], ["x1"]),
            ]
            tensors += [
                weights("speakers", 3, 2),
                weights("cond", 4, 2, 1),
                self.tensor("last_axis", INT64, [1], [2]),
            ]
        nodes += [
            self.node("LeakyRelu", ["x1" if speakers else "x0"], ["x2"]),
            self.node("ConvTranspose", ["x2", "up"], ["x3"], along(16, 4, step=8)),
            self.node("LeakyRelu", ["x3"], ["x4"]),
            self.node("Conv", ["x4", "res"], ["x5"], along(3, 12, spread=12)),
            self.node("Add", ["x5", "x3"], ["x6"]),
            self.node("Div", ["x6", "three"], ["x7"]),
            self.node("Conv", ["x7", "post"], ["x8"], along(7, 3, step=stride)),
            self.node(before_end, ["x8"], ["x9"]),
            self.node("Unsqueeze", ["x9", "first_axis"], ["output"]),
        ]
        tensors += [weights("post", 1, 4, 7), self.tensor("three", FLOAT, [1], [3.0])]
        return nodes, [*tensors, self.tensor("first_axis", INT64, [1], [1])]

    def piper_voice(
        self, folder: Path, *, ceil: bool = True, graph: bytes = b"", **description: object
    ) -> Path:
        """Write a voice, of `piper` unless `graph` is given, and its JSON; ids are those of `_^$ .` and a to z."""
        symbols = "_^$ ." + "abcdefghijklmnopqrstuvwxyz"
        config: dict[str, object] = {
            "audio": {"sample_rate": 22050},
            "phoneme_type": "espeak",
            "espeak": {"voice": "en-us"},
            "phoneme_id_map": {symbol: [row] for row, symbol in enumerate(symbols)},
            "inference": {"noise_scale": 0.6, "length_scale": 1.0, "noise_w": 0.8},
        }
        file = folder / "voice.onnx"
        file.write_bytes(graph or self.piper(ceil=ceil))
        (folder / "voice.onnx.json").write_text(json.dumps(config | description), encoding="utf-8")
        return file

    def text_embedder(self, folder: Path) -> Path:
        """Write an embedding model of 8 dimensions whose tokens are bytes, and its tokenizer."""
        table = [((row * 37 + column * 11) % 29 - 14) / 7 for row in range(257) for column in range(8)]
        graph = self.graph(
            [self.node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
            [self.tensor("table", FLOAT, [257, 8], table)],
            [self.value(name, INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
            [self.value("last_hidden_state", FLOAT, ["batch", "tokens", 8])],
        )
        (folder / "model.onnx").write_bytes(self.model(graph))
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        letters = [*map(chr, plain), *(chr(256 + n) for n in range(256 - len(plain)))]
        tokenizer = {
            "version": "1.0",
            "added_tokens": [],
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
            "model": {"type": "BPE", "vocab": {one: row for row, one in enumerate(letters)}, "merges": []},
        }
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
        return folder

    sub = staticmethod(sub)
    number = staticmethod(number)


@pytest.fixture(scope="session")
def onnx() -> OnnxMaker:
    return OnnxMaker()


@pytest.fixture
def tiny_embedder(onnx: OnnxMaker, tmp_path: Path) -> Path:
    """A folder with an embedding model that anything may be done to."""
    folder = tmp_path / "tiny-embedder"
    folder.mkdir()
    return onnx.text_embedder(folder)
