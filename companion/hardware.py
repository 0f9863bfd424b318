"""What this computer has, and what that means for the engines."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

import psutil

_GB = 1_000_000_000
_PROBE_S = 5


@dataclass(frozen=True, slots=True)
class Hardware:
    """`cores` are physical ones this process may use; `gpu` names an NVIDIA card or is empty."""

    cores: int
    ram_gb: float
    ram_free_gb: float
    disk_free_gb: float
    gpu: str = ""
    vram_gb: float = 0.0


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """How many threads each engine gets at most.

    The language engine gives way by itself while others, the voice among them, need the cores.
    """

    decode: int
    prefill: int
    recogniser: int
    voice: int


def look(disk: str) -> Hardware:
    """Return what is here; `disk` is a folder on the disk that holds the models. Takes up to 5 s with a GPU."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or allowed
    memory = psutil.virtual_memory()
    gpu, vram = _nvidia()
    return Hardware(
        cores=max(1, min(allowed, physical) if allowed < (os.cpu_count() or 1) else physical),
        ram_gb=memory.total / _GB,
        ram_free_gb=memory.available / _GB,
        disk_free_gb=shutil.disk_usage(disk).free / _GB,
        gpu=gpu,
        vram_gb=vram,
    )


def n_cores() -> int:
    """Return the physical cores this process may use, without looking for a GPU."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def plan_threads(cores: int, *, speaks: bool, wished: int = 0) -> ThreadPlan:
    """Return the thread plan for `cores`; `speaks` tells whether a voice works beside the language model."""
    if cores <= 2:
        plan = ThreadPlan(decode=cores, prefill=cores, recogniser=cores, voice=cores)
    else:
        language = max(1, cores - 2) if speaks else cores - 1
        plan = ThreadPlan(
            decode=language, prefill=language, recogniser=max(1, cores // 2), voice=min(2, cores - 1)
        )
    if wished > 0:
        return ThreadPlan(wished, wished, plan.recogniser, plan.voice)
    return plan


def _nvidia() -> tuple[str, float]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "", 0.0
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        out = subprocess.run(query, capture_output=True, text=True, timeout=_PROBE_S, check=True).stdout
        name, memory = out.splitlines()[0].rsplit(",", 1)
        return name.strip(), float(memory) / 1024
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return "", 0.0
