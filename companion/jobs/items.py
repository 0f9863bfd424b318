"""Results one by one: appended with their key and flushed, so that a restart skips what is there.

One JSON object a line, `{"key": ..., "value": ...}`; the first line names the scope, a digest of rules and settings
that all items of the file were made with. A line that a death tore is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from companion.storage.atomic import replace, storage_error, sync_folder


class Items:
    """Values by key in `path`, in the order they came; a key given again replaces its value.

    Items of another `scope` are put aside as `<name>.old`. Raises StorageError; what was flushed stays then.
    """

    def __init__(self, path: Path, scope: str) -> None:
        self._path = path
        self._values: dict[str, Any] = {}
        try:
            self._open(scope)
        except OSError as error:
            raise storage_error(error, path) from error

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def get(self, key: str) -> Any:
        """Return the value of `key`, or None."""
        return self._values.get(key)

    def add(self, key: str, value: Any) -> None:
        """Keep a JSON value; it is on the disk when this returns."""
        self.add_all([(key, value)])

    def add_all(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Keep many values with one flush."""
        pairs = list(pairs)
        lines = b"".join(_line({"key": key, "value": value}) for key, value in pairs)
        self._append(lines)
        self._values.update(pairs)

    def _open(self, scope: str) -> None:
        if self._path.exists():
            raw = self._path.read_bytes()
            found = list(_parsed(raw))
            if found and found[0].get("scope") == scope:
                self._values = {one["key"]: one["value"] for one in found[1:] if "key" in one}
                self._cut_torn(raw)
                return
            replace(self._path, self._path.with_name(f"{self._path.name}.old"))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._append(_line({"scope": scope}))
        sync_folder(self._path.parent)

    def _cut_torn(self, raw: bytes) -> None:
        end = raw.rfind(b"\n") + 1
        if end < len(raw):
            os.truncate(self._path, end)

    def _append(self, lines: bytes) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        try:
            with self._path.open("ab") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            # Half a line must not become the beginning of the next one.
            if self._path.exists() and self._path.stat().st_size > size:
                os.truncate(self._path, size)
            raise storage_error(error, self._path) from error


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _parsed(raw: bytes) -> Iterator[dict[str, Any]]:
    for line in raw.split(b"\n")[:-1]:
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict):
            yield one
