"""What the training tells its owner: one JSON object a line on standard output, and nothing else there."""

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any


class Events:
    """Writes events; only the first of several processes has a `stream`."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream

    @classmethod
    def on_stdout(cls, *, silent: bool = False) -> Events:
        """Take standard output for events; what libraries print goes to standard error from now on."""
        sys.stdout.flush()
        stream = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        return cls(None if silent else stream)

    def tell(self, event: str, **fields: Any) -> None:
        if self._stream is not None:
            self._stream.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
            self._stream.flush()
