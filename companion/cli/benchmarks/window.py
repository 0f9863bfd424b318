"""How soon the window is seen, how long its thread is ever blocked, and what memory all processes take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from companion.cli.benchmarks.figures import rss_mb, summary
from companion.paths import Paths

_STARTS = 5
_TALK_S = 40.0


def measure(paths: Paths, model: str) -> dict[str, Any]:
    """Open the window with `model` (empty: the demo) several times; the last time she answers a message."""
    home = Path(tempfile.mkdtemp(prefix="companion-bench-window-"))
    try:
        if paths.models.exists():
            (home / "models").symlink_to(paths.models)
        (home / "config").mkdir()
        (home / "config" / "settings.toml").write_text(
            f'[general]\nfirst_run_done = true\n[mind]\nmodel = "{model}"\n', encoding="utf-8"
        )
        extra = [] if model else ["--demo"]
        _open(home, extra, seconds=1.0)
        visible = [_open(home, extra, seconds=2.0)[0]["visible_s"] for _ in range(_STARTS)]
        measured, memory = _open(
            home, [*extra, "--say", "你好，你是谁？"], seconds=_TALK_S if model else 12.0
        )
        return {"visible_s": summary(visible), "stall_ms": measured["stall_ms"], "rss_mb": memory}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _open(home: Path, extra: list[str], *, seconds: float) -> tuple[dict[str, Any], dict[str, float]]:
    """Run the window for `seconds`; return what it measured, with `visible_s` since its start, and its peak memory."""
    file = home / "measures.json"
    environment = dict(os.environ)
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps what it has compiled
    command = [sys.executable, "-m", "companion", "--home", str(home), "--quit-after", str(seconds)]
    started = time.time()
    process = subprocess.Popen(
        [*command, "--measures", str(file), *extra], env=environment, stderr=subprocess.DEVNULL
    )
    peak: dict[str, float] = {"sum": 0.0}
    while process.poll() is None:
        try:
            now = rss_mb(process.pid)
        except psutil.Error:  # the process may end between two looks
            break
        peak = now if now["sum"] > peak["sum"] else peak
        time.sleep(0.25)
    process.wait()
    measured = json.loads(file.read_text(encoding="utf-8"))
    return {**measured, "visible_s": measured["visible_at"] - started}, peak
