"""How figures are told: n, p50, p95, and the machine they were taken on."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from companion.hardware import n_cores

_ROLES = ("language", "speech", "audio", "recall")


def summary(values: Sequence[float], digits: int = 3) -> dict[str, float | int]:
    """Return n, p50, p95, minimum and maximum of `values`, which may be empty."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    return {
        "n": len(ordered),
        "p50": round(_quantile(ordered, 0.5), digits),
        "p95": round(_quantile(ordered, 0.95), digits),
        "min": round(ordered[0], digits),
        "max": round(ordered[-1], digits),
    }


def _quantile(ordered: Sequence[float], q: float) -> float:
    at = q * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def machine() -> dict[str, Any]:
    """Return what the figures were taken on, with the load at this moment."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": n_cores(),
        "ram_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "load_1min": round(psutil.getloadavg()[0], 2),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def rss_mb(pid: int) -> dict[str, float]:
    """Return the resident memory in MB of a process and of each of its children, by role or name, and the sum."""
    parent = psutil.Process(pid)
    out: dict[str, float] = {"main": parent.memory_info().rss / 1e6}
    for child in parent.children(recursive=True):
        try:
            words = child.cmdline()
            role = next(
                (word for word in words if word in ("language", "speech", "audio", "recall")), child.name()
            )
            out[role] = out.get(role, 0.0) + child.memory_info().rss / 1e6
        except psutil.Error:
            continue
    out["sum"] = sum(out.values())
    return {name: round(value, 1) for name, value in out.items()}
