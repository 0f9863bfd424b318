"""The GGUF header check: sound files pass, damaged ones give a reason and nothing else."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companion.errors import ModelError
from companion.model_files.gguf_check import check_gguf

pytestmark = pytest.mark.unit

ARCHITECTURE = ("general.architecture", "qwen2")


@pytest.fixture
def check(tmp_path: Path) -> Callable[[bytes], Any]:
    def write_and_check(raw: bytes) -> Any:
        path = tmp_path / "模型.gguf"
        path.write_bytes(raw)
        return check_gguf(path)

    return write_and_check


def test_a_sound_file_describes_itself(gguf: Any, check: Callable[[bytes], Any]) -> None:
    header = check(gguf.model({"tokenizer.chat_template": "{{ messages }}", "general.file_type": 15}))
    described = (header.architecture, header.name, header.kind, header.n_tensors, header.context_length)
    assert described == ("qwen2", "tiny", "model", 2, 512)
    assert (header.chat_template, header.file_type, header.tensor_bytes) == ("{{ messages }}", 15, 256)


def test_a_file_without_a_template_tells_so(gguf: Any, check: Callable[[bytes], Any]) -> None:
    assert check(gguf.model()).chat_template is None


def test_an_adapter_is_told_from_a_model(gguf: Any, check: Callable[[bytes], Any]) -> None:
    assert check(gguf.adapter([("x.lora_a", [32], bytes(128))])).kind == "adapter"


def damaged(gguf: Any) -> dict[str, bytes]:
    pair = gguf.pair(*ARCHITECTURE)
    one = gguf.tensor("a", [32])
    body = bytes(128)
    huge = 1 << 62
    return {
        "text": "这不是模型。\n".encode() * 20,
        "empty": b"",
        "magic": gguf.file([pair], [one], body, magic=b"GGML"),
        "version": gguf.file([pair], [one], body, version=1),
        "big endian": gguf.file([pair], [one], body, version=0x03000000),
        "many tensors": gguf.file([pair], [one], body, n_tensors=huge),
        "negative tensors": gguf.file([pair], [one], body, n_tensors=-1),
        "many pairs": gguf.file([pair], [one], body, n_pairs=huge),
        "more tensors than there are": gguf.file([pair], [one], body, n_tensors=9),
        "no tensors": gguf.file([pair], [], body),
        "long text": gguf.file([struct.pack("<Q", huge)], [one], body),
        "long value": gguf.file([gguf.text("k") + struct.pack("<IQ", 8, huge)], [one], body),
        "long list": gguf.file([gguf.text("k") + struct.pack("<IIQ", 9, 4, huge)], [one], body),
        "deep list": gguf.file(
            [gguf.text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 40], [one], body
        ),
        "unknown kind": gguf.file([gguf.text("k") + struct.pack("<II", 77, 0)], [one], body),
        "twice described": gguf.file([pair, pair], [one], body),
        "no architecture": gguf.file([gguf.pair("general.name", "x")], [one], body),
        "architecture is a number": gguf.file([gguf.pair("general.architecture", 5)], [one], body),
        "alignment 0": gguf.file([pair, gguf.pair("general.alignment", 0)], [one], body),
        "alignment 48": gguf.file([pair, gguf.pair("general.alignment", 48)], [one], body),
        "alignment is text": gguf.file([pair, gguf.pair("general.alignment", "32")], [one], body),
        "twice the same tensor": gguf.file([pair], [one, one], body),
        "overlap": gguf.file([pair], [one, gguf.tensor("b", [32], offset=64)], body * 2),
        "off alignment": gguf.file([pair], [gguf.tensor("a", [8], offset=4)], body),
        "no dimensions": gguf.file([pair], [gguf.tensor("a", [])], body),
        "five dimensions": gguf.file([pair], [gguf.tensor("a", [1] * 5)], body),
        "dimension 0": gguf.file([pair], [gguf.tensor("a", [0])], body),
        "dimension -32": gguf.file([pair], [gguf.tensor("a", [-32])], body),
        "product overflows": gguf.file([pair], [gguf.tensor("a", [1 << 32, 1 << 32])], body),
        "unknown type": gguf.file([pair], [gguf.tensor("a", [32], kind=999)], body),
        "removed type": gguf.file([pair], [gguf.tensor("a", [32], kind=4)], body),
        "broken rows": gguf.file([pair], [gguf.tensor("a", [31], kind=2)], body),
        "tensor longer than the file": gguf.file([pair], [gguf.tensor("a", [64])], body),
        "offset behind the file": gguf.file([pair], [gguf.tensor("a", [8], offset=huge)], body),
    }


def test_each_damage_gives_a_reason(gguf: Any, check: Callable[[bytes], Any]) -> None:
    for name, raw in damaged(gguf).items():
        with pytest.raises(ModelError) as caught:
            check(raw)
        assert (caught.value.code, bool(caught.value.hint)) == ("gguf", True), name


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "没有.gguf", tmp_path):
        with pytest.raises(ModelError, match=path.name) as caught:
            check_gguf(path)
        assert caught.value.code == "gguf"


def test_a_cut_at_any_byte_is_noticed(gguf: Any, check: Callable[[bytes], Any]) -> None:
    raw = gguf.model()
    for end in range(len(raw)):
        with pytest.raises(ModelError):
            check(raw[:end])
    assert check(raw).n_tensors == 2


def test_mutated_headers_give_a_header_or_a_model_error(gguf: Any, check: Callable[[bytes], Any]) -> None:
    sound = gguf.model({"tokenizer.chat_template": "{{ x }}", "general.alignment": 32})
    dice = random.Random(7)
    verdicts = {True: 0, False: 0}
    codes: set[str] = set()
    for _ in range(300):
        raw = bytearray(sound)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(raw) - 256)
            width = dice.choice([1, 1, 4, 8])
            raw[at : at + width] = dice.choice(
                [dice.randbytes(width), b"\xff" * width, b"\0" * width, b"\x7f" * width]
            )
        try:
            check(bytes(raw))
        except ModelError as error:
            codes.add(error.code)
            verdicts[False] += 1
        else:
            verdicts[True] += 1
    assert codes == {"gguf"}
    assert verdicts[False] > 50
    assert verdicts[True] > 5
