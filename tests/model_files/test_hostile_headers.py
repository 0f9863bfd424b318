"""Fuzzed, cut and booby-trapped model files: a header or a sentence, at little cost, before native code sees them."""

from __future__ import annotations

import itertools
import random
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from companion.errors import ModelError
from companion.model_files.gguf_check import MAX_ARRAY_ITEMS, check_gguf
from companion.model_files.onnx_check import check_onnx

pytestmark = pytest.mark.fault

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 255, 256, 1 << 16, 1 << 20, (1 << 31) - 1, 1 << 31,
            (1 << 32) - 1, 1 << 32, (1 << 62), (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip
# Wide guards: an unbounded reader needs minutes and gigabytes for the worst of these files.
_GUARD_S = 2
_GUARD_BYTES = 50_000_000


def fuzzed(gguf: Any, bases: list[bytes], dice: random.Random) -> bytes:
    """Return a GGUF file that is sound but for what the dice spoil: fields, order, length or single bytes."""
    raw = bytearray(odd_file(gguf, dice) if dice.random() < 0.5 else dice.choice(bases))
    for _ in range(dice.choice([0, 0, 1, 2, 4])):
        at = dice.randrange(len(raw))
        number = struct.pack("<Q", dice.choice(_NUMBERS))[: dice.choice([1, 4, 8])]
        raw[at : at + len(number)] = number
    return bytes(raw[: dice.randrange(len(raw))] if dice.random() < 0.1 else raw)


def odd_file(gguf: Any, dice: random.Random) -> bytes:
    pairs = [gguf.pair("general.architecture", "qwen2"), gguf.pair("qwen2.block_count", 2)]
    pairs += [odd_pair(gguf, dice) for _ in range(dice.randint(0, 4))]
    tensors = [
        gguf.tensor(
            dice.choice(["a", "b", "c", "", "x" * 300]),
            [dice.choice(_SMALL) for _ in range(dice.choice([1, 1, 2, 3, 4, 5, 0]))],
            kind=dice.choice([0, 0, 0, 1, 2, 8, 12, 30, 4, 99]),
            offset=dice.choice([0, 0, 128, 256, 7, 1 << 40]),
        )
        for _ in range(dice.randint(0, 3))
    ]
    dice.shuffle(pairs)
    content = bytes(dice.choice([0, 128, 512]))
    return bytes(gguf.file(pairs, tensors, content, version=dice.choice([3, 3, 2, 1])))


_SMALL = (1, 2, 8, 16, 32, 0, -1, 1 << 33)


def odd_pair(gguf: Any, dice: random.Random) -> bytes:
    key = gguf.text(dice.choice(["k", "general.alignment", "general.name", "名", "x" * 300, ""]))
    kind = dice.choice([0, 4, 6, 7, 8, 9, 10, 12, 13, 77])
    count = dice.choice(_NUMBERS)
    bodies = {
        8: gguf.text("a" * dice.choice([0, 1, 5_000])),
        9: struct.pack("<IQ", dice.choice([0, 4, 8, 9, 12]), count) + bytes(dice.choice([0, 8, 800])),
        10: struct.pack("<Q", count),
        12: struct.pack("<d", float("nan")),
    }
    body = bodies.get(kind, bytes(4))
    return bytes(key + struct.pack("<I", kind) + body)


def verdict(path: Path, check: Callable[[Path], object]) -> tuple[str, float]:
    began = time.process_time()
    try:
        check(path)
        found = "ok"
    except ModelError as error:
        found = error.code if path.name in error.what and error.hint else f"says only: {error}"
    return found, time.process_time() - began


@pytest.mark.parametrize(
    "n", [2_000, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_fuzzed_gguf_headers_give_a_header_or_a_sentence(tmp_path: Path, gguf: Any, n: int) -> None:
    path, found = tmp_path / "fuzzed.gguf", {"ok": 0, "gguf": 0}
    worst_s, bases = 0.0, list(sound(gguf).values())
    tracemalloc.start()
    try:
        for seed in range(n):
            path.write_bytes(fuzzed(gguf, bases, random.Random(seed)))
            code, seconds = verdict(path, check_gguf)
            found[code] = found.get(code, 0) + 1
            worst_s = max(worst_s, seconds)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (worst_s < _GUARD_S, peak < _GUARD_BYTES) == (True, True), (worst_s, peak)
    assert set(found) == {"ok", "gguf"}, found
    assert min(found.values()) > n // 50, found


def sound(gguf: Any) -> dict[str, bytes]:
    pair = gguf.pair("general.architecture", "qwen2")
    one = gguf.tensor("a", [32])
    return {
        "two tensors": gguf.model(),
        "version 2": gguf.file([pair], [one], bytes(128), version=2),
        "alignment 64": gguf.file([pair, gguf.pair("general.alignment", 64)], [one], bytes(128), alignment=64),
        "alignment 8": gguf.file([pair, gguf.pair("general.alignment", 8)], [one], bytes(128), alignment=8),
        "quantised rows": gguf.file([pair], [gguf.tensor("a", [256, 2], kind=12)], bytes(288)),
        "four dimensions": gguf.file([pair], [gguf.tensor("a", [8, 1, 2, 2])], bytes(128)),
        "many tokens": gguf.model({"tokenizer.ggml.merges": [f"m {n}" for n in range(5_000)]}),
        "an empty list": gguf.model({"tokenizer.ggml.merges": []}),
        "an adapter": gguf.adapter([("x.lora_a", [32], bytes(128))]),
        "tensors in another order": gguf.file(
            [pair], [gguf.tensor("b", [32], offset=128), gguf.tensor("a", [32])], bytes(256)
        ),
        "bytes behind the end": gguf.model() + bytes(64),
    }  # fmt: skip


def test_sound_files_are_never_refused(tmp_path: Path, gguf: Any) -> None:
    path = tmp_path / "模型.gguf"
    for name, raw in sound(gguf).items():
        path.write_bytes(raw)
        assert verdict(path, check_gguf)[0] == "ok", name


def test_lists_beyond_all_bounds_cost_nothing(tmp_path: Path, gguf: Any) -> None:
    path = tmp_path / "x.gguf"
    key = gguf.text("k")
    for body in (
        struct.pack("<IIQ", 9, 8, MAX_ARRAY_ITEMS + 1),
        struct.pack("<IIQ", 9, 8, MAX_ARRAY_ITEMS) + bytes(80),
        struct.pack("<IIQ", 9, 12, MAX_ARRAY_ITEMS) + bytes(80),
        struct.pack("<IIQ", 9, 9, MAX_ARRAY_ITEMS) + struct.pack("<IQ", 9, 1) * 99,
    ):
        path.write_bytes(gguf.file([key + body], [gguf.tensor("a", [32])], bytes(128)))
        tracemalloc.start()
        assert verdict(path, check_gguf)[0] == "gguf"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000


def cuts(size: int) -> Iterator[int]:
    yield from range(0, size, max(1, size // 100))


def test_a_file_cut_at_a_hundred_places_is_caught(tmp_path: Path, gguf: Any, onnx: Any) -> None:
    adapter = gguf.adapter([(f"x{n}.lora_a", [32], bytes(range(128))) for n in range(8)])
    for name, raw, check in (
        ("model.gguf", gguf.model({"tokenizer.chat_template": "{{ x }}" * 40}), check_gguf),
        ("adapter.gguf", adapter, check_gguf),
        ("voice.onnx", onnx.piper(), check_onnx),
        ("adder.onnx", onnx.adder(), check_onnx),
    ):
        path = tmp_path / name
        places = list(cuts(len(raw)))
        assert len(places) >= 100 or len(raw) < 200
        for end in places:
            path.write_bytes(raw[:end])
            assert verdict(path, check)[0] != "ok", (name, end, len(raw))
        path.write_bytes(raw)
        assert verdict(path, check)[0] == "ok"


# ---- ONNX

_LOCATIONS = {
    "absolute": "/etc/passwd",
    "parent": "../../secret.bin",
    "symlink": "link.bin",
    "memory marker": "*/_ORT_MEM_ADDR_/*",
    "sibling": "w.bin",
}


def placed(onnx: Any, place: str, tensor: bytes) -> bytes:
    sub = onnx.sub
    inner = onnx.graph([onnx.node("Identity", ["w"], ["z"])], [tensor])
    deeper = onnx.graph([onnx.node("If", ["x"], ["c"], [sub(6, inner)])])
    return {
        "initializer": lambda: onnx.adder(initializer=tensor),
        "attribute": lambda: onnx.adder(sub(7, sub(1, onnx.node("Constant", [], ["c"], [sub(5, tensor)])))),
        "list of tensors": lambda: onnx.adder(sub(7, sub(1, onnx.node("C", [], ["c"], [sub(10, tensor)])))),
        "sparse values": lambda: onnx.adder(sub(7, sub(15, sub(1, tensor)))),
        "sparse indices": lambda: onnx.adder(sub(7, sub(15, sub(2, tensor)))),
        "sparse attribute": lambda: onnx.adder(
            sub(7, sub(1, onnx.node("C", [], ["c"], [sub(22, sub(1, tensor))])))
        ),
        "subgraph": lambda: onnx.adder(sub(7, sub(1, onnx.node("If", ["x"], ["c"], [sub(6, inner)])))),
        "list of graphs": lambda: onnx.adder(sub(7, sub(1, onnx.node("If", ["x"], ["c"], [sub(11, inner)])))),
        "subgraph of a subgraph": lambda: onnx.adder(
            sub(7, sub(1, onnx.node("If", ["x"], ["c"], [sub(6, deeper)])))
        ),
        "function": lambda: onnx.adder(sub(25, sub(7, onnx.node("C", [], ["c"], [sub(5, tensor)])))),
        "second graph": lambda: onnx.adder(sub(7, sub(5, tensor))),
    }[place]()  # type: ignore[no-any-return]


_PLACES = (
    "initializer", "attribute", "list of tensors", "sparse values", "sparse indices", "sparse attribute",
    "subgraph", "list of graphs", "subgraph of a subgraph", "function", "second graph",
)  # fmt: skip


def odd_tensors(onnx: Any) -> dict[str, bytes]:
    """Return tensors that point elsewhere without saying so in the usual way."""
    sub, number = onnx.sub, onnx.number

    def entry(key: str, value: str) -> bytes:
        return bytes(sub(13, sub(1, key) + sub(2, value)))

    head = number(1, 4) + number(2, 1) + sub(8, "w")
    return {
        "no location": head + number(14, 1),
        "a location without the mark": head + entry("location", "/etc/passwd"),
        "a location with the mark taken back": head + number(14, 1) + entry("location", "x") + number(14, 0),
        "an offset only": head + entry("offset", "9" * 30),
        "a negative length": head + number(14, 1) + entry("location", "x") + entry("length", "-1"),
        "an unknown mark": head + number(14, 7) + sub(9, bytes(16)),
        "two locations": head + number(14, 1) + entry("location", "a") + entry("location", "/etc/passwd"),
        "an empty key": head + entry("", ""),
    }


def test_each_way_to_external_data_is_refused(tmp_path: Path, onnx: Any) -> None:
    path = tmp_path / "voice.onnx"
    (tmp_path / "link.bin").symlink_to("/etc/passwd")
    cases = {
        f"{place}, {name}": placed(onnx, place, onnx.external("w", location))
        for place, (name, location) in itertools.product(_PLACES, _LOCATIONS.items())
    }
    cases |= {name: onnx.adder(initializer=tensor) for name, tensor in odd_tensors(onnx).items()}
    assert len(cases) >= 30
    for name, raw in cases.items():
        path.write_bytes(raw)
        with pytest.raises(ModelError, match="refused"):
            check_onnx(path)
        assert verdict(path, check_onnx)[0] == "onnx", name


def test_operators_that_are_not_standard_are_refused_wherever_they_stand(tmp_path: Path, onnx: Any) -> None:
    path, sub = tmp_path / "voice.onnx", onnx.sub
    for domain in ("com.evil", "ai.onnx.contrib", "AI.ONNX", " ", "名"):
        evil = onnx.node("Run", ["x"], ["y"], domain=domain)
        inner = onnx.graph([evil])
        for raw in (
            onnx.model(onnx.graph([evil])),
            onnx.adder(sub(7, sub(1, onnx.node("If", ["x"], ["c"], [sub(6, inner)])))),
            onnx.adder(sub(7, sub(1, evil))),
        ):
            path.write_bytes(raw)
            with pytest.raises(ModelError, match="needs operators of"):
                check_onnx(path)


def test_a_file_without_operator_versions_is_refused(tmp_path: Path, onnx: Any) -> None:
    path = tmp_path / "voice.onnx"
    path.write_bytes(onnx.number(1, 8) + onnx.sub(7, onnx.graph([onnx.node("Add", ["x", "x"], ["y"])])))
    with pytest.raises(ModelError, match="its end may be missing"):
        check_onnx(path)


def test_millions_of_fields_are_refused_early(tmp_path: Path, onnx: Any) -> None:
    path = tmp_path / "voice.onnx"
    path.write_bytes(onnx.adder() + b"\x08\x01" * 2_100_000)
    with pytest.raises(ModelError, match="fields"):
        check_onnx(path)


@pytest.mark.parametrize("n", [300, pytest.param(3_000, marks=pytest.mark.slow)])
def test_mutated_onnx_files_give_a_graph_or_a_sentence(tmp_path: Path, onnx: Any, n: int) -> None:
    path, base = tmp_path / "voice.onnx", onnx.piper()
    found = {"ok": 0, "onnx": 0}
    for seed in range(n):
        dice, raw = random.Random(seed), bytearray(base)
        for _ in range(dice.randint(1, 5)):
            at, width = dice.randrange(len(raw)), dice.choice([1, 1, 2, 10])
            act = dice.randrange(4)
            if act == 0:
                raw[at : at + width] = dice.choice([b"\xff", b"\0", b"\x7f", b"\x80"]) * width
            elif act == 1:
                del raw[at : at + width]
            elif act == 2:
                raw[at:at] = raw[max(0, at - 60) : at]
            else:
                raw[at] = dice.randrange(256)
        path.write_bytes(raw)
        code, seconds = verdict(path, check_onnx)
        found[code] += 1
        assert seconds < _GUARD_S
    assert found["onnx"] > n // 4
