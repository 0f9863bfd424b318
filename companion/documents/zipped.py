"""Files inside a ZIP that a stranger made, read into memory through counters."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from types import TracebackType
from typing import Final

from companion.errors import DocumentError

_MOST_ENTRIES: Final = 20_000
_MOST_BYTES: Final = 200_000_000
_MOST_OF_ONE: Final = 40_000_000
_RATIO: Final = 200
_SMALL: Final = 1_000_000


class Zipped:
    """An open ZIP; use as a context manager. Every method raises DocumentError, code `damaged`."""

    def __init__(self, path: Path) -> None:
        self._file, self._read = path.name, 0
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
            raise self._damaged(str(error)) from error
        if len(self._zip.infolist()) > _MOST_ENTRIES:
            self._zip.close()
            raise self._damaged("it holds too many files")

    def __enter__(self) -> Zipped:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        return self._zip.namelist()

    def check(self) -> None:
        """Refuse a ZIP whose declared sizes are out of bounds, for libraries that unpack it by themselves."""
        sizes = [(one.file_size, one.compress_size) for one in self._zip.infolist()]
        if sum(size for size, _ in sizes) > _MOST_BYTES or any(
            size > max(_SMALL, packed * _RATIO) for size, packed in sizes
        ):
            raise self._damaged("it unpacks to far more than its size")

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        try:
            entry = self._zip.getinfo(name)
            if entry.flag_bits & 1:
                raise self._damaged("it is encrypted")
            limit = min(_MOST_OF_ONE, max(_SMALL, entry.compress_size * _RATIO), _MOST_BYTES - self._read)
            with self._zip.open(entry) as source:
                data = source.read(limit + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise self._damaged(f"{name[:80]}: {error}") from error
        if len(data) > limit:
            raise self._damaged("it unpacks to far more than its size")
        self._read += len(data)
        return data

    def _damaged(self, why: str) -> DocumentError:
        return DocumentError(
            f"{self._file} cannot be unpacked: {why}.", "Download or copy it again.", code="damaged"
        )
