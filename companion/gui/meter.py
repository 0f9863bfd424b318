"""Measure a running window: when it was first seen, and how long its thread was ever blocked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget

_BEAT_MS: Final = 20


class WindowMeter(QObject):
    """Watches `window` from before it is shown until `write`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._visible_at: float | None = None
        self._beat_at = time.monotonic()
        self._gaps_ms: list[float] = []
        window.installEventFilter(self)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(_BEAT_MS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the first paint of the window; nothing is filtered."""
        if self._visible_at is None and event.type() == QEvent.Type.Paint:
            self._visible_at = time.time()
            self._beat_at = time.monotonic()
            self._gaps_ms.clear()
        return super().eventFilter(watched, event)

    def write(self, file: Path) -> None:
        """Write `visible_at` (Unix seconds) and the stalls beyond the beat: p50, p99, max in ms.

        Who started the process knows when; the system tells its start only to a second or so.
        """
        self._timer.stop()
        gaps = sorted(self._gaps_ms) or [0.0]
        measured = {
            "visible_at": self._visible_at,
            "n_beats": len(self._gaps_ms),
            "stall_ms": {
                "p50": gaps[len(gaps) // 2],
                "p99": gaps[min(len(gaps) - 1, len(gaps) * 99 // 100)],
                "max": gaps[-1],
            },
        }
        file.write_text(json.dumps(measured), encoding="utf-8")

    def _beat(self) -> None:
        now = time.monotonic()
        self._gaps_ms.append(max(0.0, (now - self._beat_at) * 1000 - _BEAT_MS))
        self._beat_at = now
