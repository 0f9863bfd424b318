"""A model as half floats, with adapters worked into it on demand, and packed again.

The packed file is never merged into: its weights are unpacked, summed as floats and written as half floats.
"""

from __future__ import annotations

import ctypes
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from companion.errors import ModelError
from companion.model_files.gguf_check import check_gguf

Packing = Literal["Q8_0", "Q5_K_M", "Q4_K_M"]
# As llama.h numbers its file types.
_FILE_TYPES: Final[Mapping[str, int]] = {"F16": 1, "Q8_0": 7, "Q4_K_M": 15, "Q5_K_M": 17}
# What may differ between a base and what was made of it.
CHANGED_KEYS: Final = frozenset({"general.file_type", "general.name", "general.quantization_version"})

Pairs = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def write_half_floats(base: Path, out: Path, adapters: Sequence[tuple[Path, float]] = ()) -> None:
    """Write `base` to `out` with matrices as half floats and every description as it was; `adapters` with their
    scales are added: W + scale * alpha / r * B @ A.

    Needs the memory of the largest matrix twice. Raises ModelError, code `merge`.
    """
    from gguf import GGUFReader, GGUFWriter

    header = check_gguf(base)
    reader = _reader(GGUFReader, base)
    added = [_weighted(path, scale) for path, scale in adapters]
    _check_fit(reader, added, base)
    part = out.with_suffix(".part")
    writer = GGUFWriter(str(part), header.architecture)
    _copy_descriptions(reader, writer)
    shapes = {tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in reader.tensors}
    for name, shape in shapes.items():
        kind = np.dtype(np.float16 if len(shape) > 1 else np.float32)
        writer.add_tensor_info(name, shape, kind, int(np.prod(shape)) * kind.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        weights = _unpacked(tensor)
        for pairs in added:
            if tensor.name in pairs:
                a, b = pairs[tensor.name]
                weights = weights + b @ a
        writer.write_tensor_data(weights.astype(np.float16) if weights.ndim > 1 else weights)
    writer.close()
    os.replace(part, out)


def pack_weights(source: Path, out: Path, packing: Packing, *, threads: int = 2) -> dict[str, int]:
    """Pack the half floats of `source` and return how many tensors have which type.

    K-packings need rows of a multiple of 256; llama.cpp falls back silently, so the types are counted from the file.
    Raises ModelError, code `merge`.
    """
    from companion.engines.language_models.llama_native import library

    lib = library()
    parameters = lib.llama_model_quantize_default_params()
    parameters.ftype = _FILE_TYPES[packing]
    parameters.nthread = threads
    part = out.with_suffix(".part")
    code = lib.llama_model_quantize(os.fsencode(source), os.fsencode(part), ctypes.byref(parameters))
    if code:
        part.unlink(missing_ok=True)
        raise ModelError(
            f"The model {source.name} cannot be packed as {packing}: code {code}.",
            "Make room on the disk, or keep the half floats.",
            code="merge",
        )
    os.replace(part, out)
    return tensor_types(out)


def tensor_types(path: Path) -> dict[str, int]:
    """Return how many tensors of a GGUF file have which type."""
    from gguf import GGUFReader

    return dict(Counter(tensor.tensor_type.name for tensor in _reader(GGUFReader, path).tensors))


def descriptions(path: Path) -> dict[str, Any]:
    """Return every description of a GGUF file, but those of the format itself."""
    from gguf import GGUFReader

    fields = _reader(GGUFReader, path).fields
    return {key: field.contents() for key, field in fields.items() if not key.startswith("GGUF.")}


def adapter_pairs(path: Path) -> tuple[Pairs, float]:
    """Return the pairs (A (rank, in), B (out, rank)) of an adapter by the tensor they belong to, and its alpha.

    Raises ModelError, code `merge`, for a pair that is not whole.
    """
    from gguf import GGUFReader

    reader = _reader(GGUFReader, path)
    field = reader.fields.get("adapter.lora.alpha")
    found = {tensor.name: _unpacked(tensor) for tensor in reader.tensors}
    names = {name.removesuffix(".lora_a").removesuffix(".lora_b") for name in found}
    whole = field is not None and set(found) == {f"{name}.lora_{side}" for name in names for side in "ab"}
    pairs = {name: (found[f"{name}.lora_a"], found[f"{name}.lora_b"]) for name in names} if whole else {}
    if not pairs or any(a.shape[0] != b.shape[1] for a, b in pairs.values()):
        raise ModelError(f"The adapter {path.name} is not whole.", "Train it again.", code="merge")
    assert field is not None
    return pairs, float(field.contents())


def _weighted(path: Path, scale: float) -> Pairs:
    pairs, alpha = adapter_pairs(path)
    return {name: (a, b * np.float32(scale * alpha / a.shape[0])) for name, (a, b) in pairs.items()}


def _check_fit(reader: Any, added: Sequence[Pairs], base: Path) -> None:
    shapes = {tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in reader.tensors}
    for pairs in added:
        for name, (a, b) in pairs.items():
            if shapes.get(name) != (b.shape[0], a.shape[1]):
                raise ModelError(
                    f"The adapter's {name} does not fit the model {base.name}.",
                    "Use the model it was trained on.",
                    code="merge",
                )


def _copy_descriptions(reader: Any, writer: Any) -> None:
    from gguf import GGUFValueType

    for key, field in reader.fields.items():
        # The writer's own: the format, and the architecture that it was opened with.
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        value, kind = field.contents(), field.types[0]
        if key == "general.file_type":
            value = _FILE_TYPES["F16"]
        sub_type = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(key, value, kind, sub_type=sub_type)


def _unpacked(tensor: Any) -> NDArray[np.float32]:
    from gguf.quants import dequantize

    try:
        weights: NDArray[np.float32] = dequantize(tensor.data, tensor.tensor_type).astype(
            np.float32, copy=False
        )
    except NotImplementedError as error:
        raise ModelError(
            f"Weights of the type {tensor.tensor_type.name} cannot be unpacked.",
            "Choose another file of this model, such as Q8_0.",
            code="merge",
        ) from error
    return weights.reshape([int(n) for n in reversed(tensor.shape)])


def _reader(kind: Any, path: Path) -> Any:
    check_gguf(path)
    try:
        return kind(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The file {path.name} cannot be read: {error}.", code="merge") from error
