"""Whether an ONNX file from elsewhere may be handed to ONNX Runtime.

The runtime opens whatever path a tensor's external data names, loads custom operators of any domain
and allocates what a shape claims; a character pack must not decide about these.
"""

from __future__ import annotations

import mmap
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from companion.errors import ModelError
from companion.model_files.onnx_graph import GraphFormatError, OnnxGraph, read_graph

MAX_BYTES = 500_000_000
_HINT = "Use a voice exported as one self-contained ONNX file, or choose another voice."


def check_onnx(
    path: Path, *, max_bytes: int = MAX_BYTES, domains: Collection[str] = ("", "ai.onnx")
) -> OnnxGraph:
    """Return the graph of `path` if it is self-contained and uses only operators of `domains`.

    Raises ModelError, code `missing` or `onnx`.
    """
    with _opened(path, max_bytes) as file:
        # Unmapped when the last slice is gone: frames of a traceback may still hold some.
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _checked(memoryview(mapped), path.name, domains)


def read_checked(
    path: Path, *, max_bytes: int = MAX_BYTES, domains: Collection[str] = ("", "ai.onnx")
) -> tuple[bytes, OnnxGraph]:
    """Return the very bytes that were checked, and their graph; the file may change afterwards.

    Raises ModelError, code `missing` or `onnx`.
    """
    with _opened(path, max_bytes) as file:
        data = file.read(max_bytes + 1)
    return data, _checked(memoryview(data), path.name, domains)


def _opened(path: Path, max_bytes: int) -> BinaryIO:
    name = path.name
    if not path.is_file():
        raise ModelError(f"The model file {name} does not exist.", _HINT, code="missing")
    size = path.stat().st_size
    if not 0 < size <= max_bytes:
        raise ModelError(
            f"{name} has {size:,} bytes; a model has at least 1 and at most {max_bytes:,}.",
            _HINT,
            code="onnx",
        )
    try:
        return path.open("rb")
    except OSError as error:
        raise ModelError(f"{name} cannot be read: {error.strerror}.", _HINT, code="onnx") from error


def _checked(data: memoryview, name: str, domains: Collection[str]) -> OnnxGraph:
    try:
        graph = read_graph(data)
    except GraphFormatError as error:
        raise ModelError(f"{name} is not a readable ONNX file: {error}.", _HINT, code="onnx") from error
    wrong = _objection(graph, domains)
    if wrong:
        raise ModelError(f"{name} is refused: {wrong}.", _HINT, code="onnx")
    return graph


def _objection(graph: OnnxGraph, domains: Collection[str]) -> str:
    if not graph.nodes:
        return "it holds no graph"
    if "" not in graph.opsets and "ai.onnx" not in graph.opsets:
        return "it does not state the version of its operators, so its end may be missing"
    if graph.external:
        return f"{len(graph.external)} tensors point to other files"
    if graph.n_functions:
        return "it defines functions of its own"
    if graph.has_training:
        return "it carries training steps"
    foreign = sorted(graph.domains - set(domains))
    if foreign:
        return f"it needs operators of {', '.join(foreign)}"
    return ""
