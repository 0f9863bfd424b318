"""Convert the speaker encoder of Resemblyzer 0.1.4 to arrays that numpy reads without unpickling.

    python packaging/convert_speaker_encoder.py pretrained.pt assets/models/resemblyzer/encoder.npz

`pretrained.pt` lies in the package's wheel. It has PyTorch's format of before 1.6: five pickles, then the numbers of
each storage. The pickles are read by a reader that builds ordered dictionaries and tensors and knows nothing else, so a
file that wants more is refused. Optimiser states are left out; 32-bit floats become 16-bit ones.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

_SHA256: Final = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_MAGIC: Final = 0x1950A86A20F9469CFC6C
_KEPT: Final = ("lstm.", "linear.")


def main(arguments: list[str] | None = None) -> None:
    """Convert the file; refuse one with another checksum."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="pretrained.pt")
    parser.add_argument("target", type=Path, help="the .npz to write")
    asked = parser.parse_args(arguments)
    content = asked.source.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise SystemExit(f"{asked.source} is not the file of Resemblyzer 0.1.4.")
    arrays = {name: array.astype(np.float16) for name, array in read_state(io.BytesIO(content)).items()}
    np.savez_compressed(asked.target, **arrays)
    n_numbers = sum(array.size for array in arrays.values())
    print(
        f"{asked.target}: {len(arrays)} arrays, {n_numbers:,} numbers, {asked.target.stat().st_size:,} bytes"
    )


def read_state(file: BinaryIO) -> dict[str, NDArray[np.float32]]:
    """Return the network's arrays by name. Raises pickle.UnpicklingError where the file asks for other classes."""
    if _Reader(file).load() != _MAGIC:
        raise SystemExit("The file does not have PyTorch's old format.")
    for _ in range(2):
        _Reader(file).load()
    tensors: dict[str, _Tensor] = _Reader(file).load()["model_state"]
    storages: dict[str, NDArray[np.float32]] = {}
    for key in _Reader(file).load():
        n_numbers = int.from_bytes(file.read(8), "little")
        storages[str(key)] = np.frombuffer(file.read(n_numbers * 4), "<f4")
    return {name: tensor.taken_from(storages) for name, tensor in tensors.items() if name.startswith(_KEPT)}


@dataclass(frozen=True)
class _Tensor:
    storage: str
    offset: int
    shape: tuple[int, ...]

    def taken_from(self, storages: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        n_numbers = int(np.prod(self.shape))
        return storages[self.storage][self.offset : self.offset + n_numbers].reshape(self.shape)


def _tensor(storage: str, offset: int, shape: tuple[int, ...], *_: Any) -> _Tensor:
    return _Tensor(storage, offset, shape)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return _tensor
            case "torch", "FloatStorage":
                return str
        raise pickle.UnpicklingError(f"The file asks for {module}.{name}.")

    def persistent_load(self, identity: Any) -> str:
        return str(identity[2])


if __name__ == "__main__":
    main()
