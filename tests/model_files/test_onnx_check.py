from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.engines.onnx_session import OnnxSession
from companion.errors import ModelError
from companion.model_files.onnx_check import check_onnx, read_checked
from companion.model_files.onnx_graph import GraphFormatError, extra_output, read_graph

pytestmark = pytest.mark.fault

LOCATIONS = ["/etc/passwd", "../../weights.bin", "w.bin", "*/_ORT_MEM_ADDR_/*", "", "a\x00b"]


def refused(folder: Path, data: bytes, **options: Any) -> str:
    file = folder / "model.onnx"
    file.write_bytes(data)
    with pytest.raises(ModelError) as caught:
        check_onnx(file, **options)
    assert caught.value.code == "onnx"
    return caught.value.what


def test_sound_model_passes_and_runs(tmp_path: Path, onnx: Any) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(onnx.adder())
    data, graph = read_checked(file)
    session = OnnxSession.load(data, "model.onnx")
    (result,) = session.run(["y"], {"x": np.ones(4, np.float32)})
    assert (graph.outputs, result.tolist()) == (["y"], [2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize("location", LOCATIONS)
@pytest.mark.parametrize(
    "place", ["initializer", "attribute", "subgraph", "sparse", "function", "second graph"]
)
def test_external_data_is_refused_wherever_it_hides(
    tmp_path: Path, onnx: Any, place: str, location: str
) -> None:
    tensor = onnx.external("w", location)
    sub = onnx.sub
    inner = onnx.graph([onnx.node("Identity", ["w"], ["z"])], [tensor])
    data = {
        "initializer": lambda: onnx.adder(initializer=tensor),
        "attribute": lambda: onnx.adder(sub(7, sub(1, onnx.node("Constant", [], ["c"], [sub(5, tensor)])))),
        "subgraph": lambda: onnx.adder(sub(7, sub(1, onnx.node("If", ["x"], ["c"], [sub(6, inner)])))),
        "sparse": lambda: onnx.adder(sub(7, sub(15, sub(1, tensor)))),
        "function": lambda: onnx.adder(sub(25, sub(7, onnx.node("Constant", [], ["c"], [sub(5, tensor)])))),
        "second graph": lambda: onnx.adder(sub(7, sub(5, tensor))),
    }[place]()
    assert "point to other files" in refused(tmp_path, data)


def test_control_runtime_itself_opens_external_data(tmp_path: Path, onnx: Any) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(onnx.adder(initializer=onnx.external("w", "planted.bin")))
    (tmp_path / "planted.bin").write_bytes(np.array([9, 9, 9, 9], "<f4").tobytes())
    session = OnnxSession.load(file, "model.onnx")
    (result,) = session.run(["y"], {"x": np.zeros(4, np.float32)})
    assert result.tolist() == [9.0, 9.0, 9.0, 9.0]


def test_operators_of_other_domains_are_refused_unless_named(tmp_path: Path, onnx: Any) -> None:
    data = onnx.model(onnx.graph([onnx.node("Gelu", ["x"], ["y"], domain="com.evil")]))
    assert "com.evil" in refused(tmp_path, data)
    file = tmp_path / "model.onnx"
    assert check_onnx(file, domains=("", "com.evil")).n_nodes == 1


def test_functions_and_training_steps_are_refused(tmp_path: Path, onnx: Any) -> None:
    assert "functions" in refused(tmp_path, onnx.adder(onnx.sub(25, onnx.sub(1, "f"))))
    assert "training" in refused(tmp_path, onnx.adder(onnx.sub(20, b"")))


def test_empty_oversized_and_absent_files_are_refused(tmp_path: Path, onnx: Any) -> None:
    assert "0 bytes" in refused(tmp_path, b"")
    assert "at most 10" in refused(tmp_path, onnx.adder(), max_bytes=10)
    with pytest.raises(ModelError, match="does not exist") as caught:
        check_onnx(tmp_path / "absent.onnx")
    assert caught.value.code == "missing"


def test_deeply_nested_subgraphs_are_refused(tmp_path: Path, onnx: Any) -> None:
    graph = onnx.graph([onnx.node("Identity", ["x"], ["y"])])
    for _ in range(40):
        graph = onnx.graph([onnx.node("If", ["x"], ["y"], [onnx.sub(6, graph)])])
    assert "nested" in refused(tmp_path, onnx.model(graph))


def test_damage_never_raises_anything_but_a_format_error(onnx: Any) -> None:
    sound = onnx.piper()
    generator = random.Random(7)
    n_refused = 0
    for _ in range(300):
        data = bytearray(sound)
        for _ in range(generator.randint(1, 6)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        try:
            read_graph(memoryview(bytes(data[: generator.randint(1, len(data))])))
        except GraphFormatError:
            n_refused += 1
    assert n_refused > 100


def test_inner_tensor_becomes_an_output_by_appending(onnx: Any) -> None:
    session = OnnxSession.load(onnx.piper() + extra_output("w"), "voice.onnx")
    feeds = {
        "input": np.array([[1, 0, 2]], np.int64),
        "input_lengths": np.array([3], np.int64),
        "scales": np.array([0, 1, 0], np.float32),
    }
    audio, durations = session.run(["output", "w"], feeds)
    assert (audio.size, durations.reshape(-1).tolist()) == (9 * 256, [3.0, 3.0, 3.0])


def test_runtime_failure_is_a_model_error(onnx: Any) -> None:
    with pytest.raises(ModelError) as caught:
        OnnxSession.load(b"\x08\x08garbage", "broken.onnx")
    assert (caught.value.code, "broken.onnx" in caught.value.what) == ("onnx", True)
