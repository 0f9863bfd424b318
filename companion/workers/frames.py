"""The wire format between the program and its workers: a JSON header and a raw body, nothing pickled.

`u32 header length, u32 body length, header, body`, little-endian. A header is one JSON object in UTF-8; a body
is raw float32 PCM, or empty. Whatever else arrives raises WorkerError, code `frame`: a worker that was taken
over by a hostile model file can end itself with it, and nothing more.
"""

from __future__ import annotations

import json
import os
import struct
import threading
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from companion.errors import WorkerError

HEADER_LIMIT: Final = 1 << 20
BODY_LIMIT: Final = 1 << 24
_PREFIX: Final = struct.Struct("<II")

Header = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One message; `header["op"]` says which."""

    header: Header
    body: bytes = b""

    @property
    def op(self) -> str:
        op: str = self.header["op"]
        return op


def pack(frame: Frame) -> bytes:
    """Return the bytes of `frame`; raises WorkerError, code `frame`, when it is too large to be sent."""
    # Half of a surrogate pair may stand in what a user typed; it has to come out as it went in.
    header = json.dumps(frame.header, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    if len(header) > HEADER_LIMIT or len(frame.body) > BODY_LIMIT:
        raise WorkerError(
            f"A message of {len(header) + len(frame.body):,} bytes is too long for one request.",
            "Shorten the text.",
            code="frame",
        )
    return b"".join((_PREFIX.pack(len(header), len(frame.body)), header, frame.body))


class FrameReader:
    """Reads frames from a blocking binary stream; for one thread."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self) -> Frame | None:
        """Return the next frame, None at the end of the stream. Raises WorkerError, code `frame`."""
        prefix = self._stream.read(_PREFIX.size)
        if not prefix:
            return None
        if len(prefix) < _PREFIX.size:
            raise _broken("ended inside a message")
        header_length, body_length = _PREFIX.unpack(prefix)
        if header_length > HEADER_LIMIT or body_length > BODY_LIMIT:
            raise _broken(f"announced a message of {header_length + body_length:,} bytes")
        header = _header(self._exactly(header_length))
        return Frame(header, self._exactly(body_length))

    def _exactly(self, n: int) -> bytes:
        data = self._stream.read(n) if n else b""
        if len(data) < n:
            raise _broken("ended inside a message")
        return data


class FrameWriter:
    """Writes whole frames to a descriptor from any thread; blocks while the other side does not read."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, frame: Frame) -> None:
        """Write `frame`. Raises OSError when the other side is gone, WorkerError when it is too large."""
        data = pack(frame)
        with self._lock:
            write_all(self._descriptor, data)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`; blocks while the other side does not read. Raises OSError when it is gone."""
    rest = memoryview(data)
    while len(rest):
        rest = rest[os.write(descriptor, rest) :]


def _header(data: bytes) -> Header:
    try:
        header = json.loads(data.decode("utf-8", "surrogatepass"))
    # A deeply nested header overflows the parser's stack.
    except (ValueError, RecursionError) as error:
        raise _broken("sent a header that is not JSON") from error
    if not isinstance(header, dict) or not isinstance(header.get("op"), str):
        raise _broken("sent a header without an operation")
    return header


def _broken(what: str) -> WorkerError:
    return WorkerError(f"A worker broke its protocol: it {what}.", code="frame")
