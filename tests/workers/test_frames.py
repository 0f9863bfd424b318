"""The wire format: what comes back whole, and what is refused."""

from __future__ import annotations

import io
import os
import struct
import threading

import pytest

from companion.errors import WorkerError
from companion.workers.frames import BODY_LIMIT, HEADER_LIMIT, Frame, FrameReader, FrameWriter, pack

pytestmark = pytest.mark.unit


def _read(data: bytes) -> Frame | None:
    return FrameReader(io.BytesIO(data)).read()


@pytest.mark.parametrize(
    "text", ["你好，世界！", "Hello, world!", "", "half of 😀: \ud83d", '"\\\n\u2028'], ids=range(5)
)
def test_a_frame_comes_back_as_it_went(text: str) -> None:
    frame = _read(pack(Frame({"op": "say", "text": text, "n": 1.5}, b"\x00\x01\x02\x03")))
    assert frame is not None
    assert ({"op": "say", "text": text, "n": 1.5}, b"\x00\x01\x02\x03") == (frame.header, frame.body)


def test_frames_follow_one_another_until_the_stream_ends() -> None:
    reader = FrameReader(io.BytesIO(pack(Frame({"op": "一"})) + pack(Frame({"op": "two"}, b"1234"))))
    frames = [reader.read() for _ in range(3)]
    assert [frame.op if frame else None for frame in frames] == ["一", "two", None]


def test_every_cut_inside_a_frame_is_an_error() -> None:
    whole = pack(Frame({"op": "x"}, b"12345678"))
    for length in range(1, len(whole)):
        with pytest.raises(WorkerError) as caught:
            _read(whole[:length])
        assert caught.value.code == "frame"
    assert _read(whole) is not None  # control


@pytest.mark.parametrize(("header", "body"), [(HEADER_LIMIT + 1, 0), (2, BODY_LIMIT + 1), (2**32 - 1, 0)])
def test_an_announced_length_beyond_the_limit_is_refused_before_it_is_read(header: int, body: int) -> None:
    with pytest.raises(WorkerError) as caught:
        _read(struct.pack("<II", header, body))
    assert "announced" in caught.value.what


@pytest.mark.parametrize(
    "header",
    [b"", b"hello", b"[]", b"{}", b'{"op":3}', b'{"op":"x"', b"\xff\xfe", b'"op"', b"[" * 200_000],
    ids=range(9),
)
def test_a_header_that_is_no_object_with_an_operation_is_refused(header: bytes) -> None:
    with pytest.raises(WorkerError):
        _read(struct.pack("<II", len(header), 0) + header)


def test_printed_text_in_the_pipe_is_refused() -> None:
    with pytest.raises(WorkerError):
        _read("llama_model_loader: 加载中\n".encode() * 10)


def test_a_message_is_measured_before_it_is_sent() -> None:
    largest = Frame({"op": "x"}, bytes(BODY_LIMIT))
    assert len(pack(largest)) > BODY_LIMIT  # control
    for frame in (Frame({"op": "x"}, bytes(BODY_LIMIT + 1)), Frame({"op": "长" * HEADER_LIMIT})):
        with pytest.raises(WorkerError):
            pack(frame)


def test_frames_of_many_threads_do_not_mix() -> None:
    read_end, write_end = os.pipe()
    writer = FrameWriter(write_end)
    threads = [
        threading.Thread(target=lambda n=n: writer.write(Frame({"op": str(n)}, bytes([n]) * 100_000)))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    with os.fdopen(read_end, "rb") as stream:
        reader = FrameReader(stream)
        frames = [reader.read() for _ in range(6)]
    for thread in threads:
        thread.join()
    os.close(write_end)
    assert {str(n): bytes([n]) * 100_000 for n in range(6)} == {one.op: one.body for one in frames if one}
