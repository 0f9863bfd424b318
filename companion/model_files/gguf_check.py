"""Read and judge the header of a GGUF file in pure Python, before native code sees it.

Nothing of the tensors is loaded. Every length is bounded, so a hostile file costs little memory and time. A model's
own chat template is returned as text and never run here. Format: ggml `docs/gguf.md`, versions 2 and 3.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from companion.errors import ModelError

MAX_TENSORS = 65_536
MAX_KEYS = 4_096
MAX_KEY_BYTES = 256
MAX_NAME_BYTES = 256
MAX_STRING_BYTES = 1 << 20
MAX_ARRAY_ITEMS = 2_000_000
MAX_ARRAY_DEPTH = 2
MAX_HEADER_BYTES = 64 << 20
MAX_DIMS = 4
KEPT_ARRAY_ITEMS = 64

Value = int | float | bool | str | tuple[object, ...]

_SCALARS: dict[int, str] = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING, _ARRAY = 8, 9

# (values per block, bytes per block) of each ggml type.
_BLOCKS: dict[int, tuple[int, int]] = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 36),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
    40: (64, 36),
}


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says about itself; `kind` is `model` or `adapter`, sizes are bytes.

    `context_length`, `n_layers`, `n_embd`, `n_head` and `n_head_kv` are 0 where the file does not tell.
    """

    path: Path
    version: int
    architecture: str
    name: str
    kind: str
    file_type: int
    n_tensors: int
    context_length: int
    n_layers: int
    n_embd: int
    n_head: int
    n_head_kv: int
    chat_template: str | None
    tensor_bytes: int
    file_bytes: int
    values: dict[str, Value] = field(default_factory=dict, hash=False, repr=False)


def check_gguf(path: Path | str) -> GgufHeader:
    """Return the header of the GGUF file at `path`.

    Raises ModelError with code `gguf` when the file is missing, is no GGUF, is cut off or contradicts itself.
    """
    path = Path(path)
    try:
        size = os.stat(path).st_size
        if not path.is_file():
            raise _error(path, "is not a file")
        with path.open("rb") as file:
            return _Reader(path, file, size).header()
    except FileNotFoundError as error:
        raise ModelError(
            f"The model file {path.name} is not where it should be.",
            "Choose another model file, or fetch this one again.",
            code="gguf",
        ) from error
    except OSError as error:
        raise ModelError(
            f"The model file {path.name} cannot be read: {error.strerror or 'input/output error'}.",
            "Check the file's permissions and the disk.",
            code="gguf",
        ) from error


def _error(path: Path, why: str) -> ModelError:
    return ModelError(
        f"The file {path.name} cannot be used as a model: it {why}.",
        "Fetch the file again, or choose another GGUF file.",
        code="gguf",
    )


class _Reader:
    """One pass over the header; `_at` counts the bytes read."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self._path = path
        self._file = file
        self._size = size
        self._at = 0
        self._n_items = 0

    def header(self) -> GgufHeader:
        version, n_tensors, n_keys = self._start()
        values = self._values(n_keys)
        alignment = self._alignment(values)
        tensor_bytes = self._tensors(n_tensors, alignment)
        return _describe(self._path, version, n_tensors, tensor_bytes, self._size, values)

    def fail(self, why: str) -> ModelError:
        return _error(self._path, why)

    def _start(self) -> tuple[int, int, int]:
        magic = self._file.read(4)
        self._at = 4
        if magic != b"GGUF":
            raise self.fail("does not begin like a GGUF file" if magic else "is empty")
        version = int(self._number("<I"))
        if version not in (2, 3):
            raise self.fail(f"has GGUF version {version}, and only 2 and 3 are known")
        n_tensors, n_keys = int(self._number("<q")), int(self._number("<q"))
        if not 0 <= n_tensors <= MAX_TENSORS:
            raise self.fail(f"claims to hold {n_tensors} tensors")
        if not 0 <= n_keys <= MAX_KEYS:
            raise self.fail(f"claims to hold {n_keys} descriptions")
        return version, n_tensors, n_keys

    def _values(self, n_keys: int) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for _ in range(n_keys):
            key = self._text(MAX_KEY_BYTES)
            if key in values:
                raise self.fail(f"describes “{key[:64]}” twice")
            values[key] = self._value(int(self._number("<I")), depth=0)
        return values

    def _value(self, kind: int, *, depth: int) -> Value:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._text(MAX_STRING_BYTES)
        if kind == _ARRAY and depth < MAX_ARRAY_DEPTH:
            return self._array(depth)
        raise self.fail(f"holds a value of the unknown kind {kind}")

    def _array(self, depth: int) -> tuple[object, ...]:
        kind, count = int(self._number("<I")), int(self._number("<Q"))
        if count > MAX_ARRAY_ITEMS:
            raise self.fail(f"holds a list of {count} items")
        if kind in _SCALARS:
            width = struct.calcsize(_SCALARS[kind])
            n_kept = min(count, KEPT_ARRAY_ITEMS)
            kept = self._bytes(width * n_kept)
            self._skip(width * (count - n_kept))
            return tuple(item[0] for item in struct.iter_unpack(_SCALARS[kind], kept))
        self._n_items += count
        if self._n_items > MAX_ARRAY_ITEMS:
            raise self.fail(f"holds lists of more than {MAX_ARRAY_ITEMS} items in all")
        if kind == _STRING:
            return tuple(self._strings(count))
        items: list[object] = []
        for _ in range(count):
            item = self._value(kind, depth=depth + 1)
            if len(items) < KEPT_ARRAY_ITEMS:
                items.append(item)
        return tuple(items)

    def _strings(self, count: int) -> list[str]:
        kept: list[str] = []
        for index in range(count):
            length = self._length(MAX_STRING_BYTES)
            if index < KEPT_ARRAY_ITEMS:
                kept.append(self._bytes(length).decode("utf-8", errors="replace"))
            else:
                self._skip(length)
        return kept

    def _alignment(self, values: dict[str, Value]) -> int:
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or isinstance(alignment, bool):
            raise self.fail("has an alignment that is no number")
        if alignment < 8 or alignment > 1 << 16 or alignment & (alignment - 1):
            raise self.fail(f"has the alignment {alignment}, which is no power of two from 8 to 65536")
        return alignment

    def _tensors(self, n_tensors: int, alignment: int) -> int:
        names: set[str] = set()
        extents: list[tuple[int, int, str]] = []
        for _ in range(n_tensors):
            name = self._text(MAX_NAME_BYTES)
            if name in names:
                raise self.fail(f"holds the tensor {name[:64]!r} twice")
            names.add(name)
            extents.append(self._extent(name, alignment))
        start = self._at + -self._at % alignment
        total = 0
        end = 0
        for offset, size, name in sorted(extents):
            if offset < end:
                raise self.fail(f"has tensors that overlap at {name[:64]!r}")
            end = offset + size
            total += size
            if start + end > self._size:
                raise self.fail(
                    f"is cut off: the tensor {name[:64]!r} ends at byte {start + end}, the file at {self._size}"
                )
        return total

    def _extent(self, name: str, alignment: int) -> tuple[int, int, str]:
        n_dims = int(self._number("<I"))
        if not 1 <= n_dims <= MAX_DIMS:
            raise self.fail(f"gives the tensor {name[:64]!r} {n_dims} dimensions")
        dims = [int(self._number("<q")) for _ in range(n_dims)]
        kind, offset = int(self._number("<I")), int(self._number("<Q"))
        if kind not in _BLOCKS:
            raise self.fail(f"holds the tensor {name[:64]!r} of the unknown type {kind}")
        block, width = _BLOCKS[kind]
        count = 1
        for dim in dims:
            if dim < 1:
                raise self.fail(f"gives the tensor {name[:64]!r} a dimension of {dim}")
            count *= dim
        if dims[0] % block:
            raise self.fail(f"has rows of {dims[0]} in the tensor {name[:64]!r}, no multiple of {block}")
        size = count // block * width
        if size > self._size or offset > self._size:
            raise self.fail(f"is cut off or damaged: the tensor {name[:64]!r} does not fit into it")
        if offset % alignment:
            raise self.fail(f"places the tensor {name[:64]!r} off its alignment")
        return offset, size, name

    def _number(self, form: str) -> int | float | bool:
        number: int | float | bool = struct.unpack(form, self._bytes(struct.calcsize(form)))[0]
        return number

    def _length(self, limit: int) -> int:
        length = int(self._number("<Q"))
        if length > limit:
            raise self.fail(f"holds a text of {length} bytes where {limit} are the limit")
        return length

    def _text(self, limit: int) -> str:
        return self._bytes(self._length(limit)).decode("utf-8", errors="replace")

    def _skip(self, count: int) -> None:
        self._advance(count)
        self._file.seek(count, os.SEEK_CUR)

    def _bytes(self, count: int) -> bytes:
        self._advance(count)
        raw = self._file.read(count)
        if len(raw) != count:
            raise self.fail("became shorter while it was read")
        return raw

    def _advance(self, count: int) -> None:
        self._at += count
        if self._at > self._size:
            raise self.fail(f"is cut off after {self._size} bytes")
        if self._at > MAX_HEADER_BYTES:
            raise self.fail(f"has a header of more than {MAX_HEADER_BYTES >> 20} MB")


def _describe(
    path: Path, version: int, n_tensors: int, tensor_bytes: int, size: int, values: dict[str, Value]
) -> GgufHeader:
    architecture = _string(values, "general.architecture")
    if not architecture or len(architecture) > 64:
        raise _error(path, "does not name its architecture")
    kind = _string(values, "general.type") or "model"
    if kind == "model" and n_tensors == 0:
        raise _error(path, "holds no weights")
    template = values.get("tokenizer.chat_template")
    return GgufHeader(
        path=path,
        version=version,
        architecture=architecture,
        name=_string(values, "general.name") or path.stem,
        kind=kind,
        file_type=_whole(values, "general.file_type"),
        n_tensors=n_tensors,
        context_length=_whole(values, f"{architecture}.context_length"),
        n_layers=_whole(values, f"{architecture}.block_count"),
        n_embd=_whole(values, f"{architecture}.embedding_length"),
        n_head=_whole(values, f"{architecture}.attention.head_count"),
        n_head_kv=_whole(values, f"{architecture}.attention.head_count_kv"),
        chat_template=template if isinstance(template, str) and template.strip() else None,
        tensor_bytes=tensor_bytes,
        file_bytes=size,
        values=values,
    )


def _string(values: dict[str, Value], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _whole(values: dict[str, Value], key: str) -> int:
    value = values.get(key, 0)
    if isinstance(value, tuple):
        value = max((item for item in value if isinstance(item, int)), default=0)
    return int(value) if isinstance(value, int) and 0 <= value < 1 << 40 else 0
