"""Whether the workers can be started here and which native libraries load in them; for `doctor` and `selftest`."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib import metadata
from typing import Final

from companion.domain.events import WorkerRole
from companion.errors import CompanionError, WorkerError
from companion.workers.codec import decode
from companion.workers.exchange import Exchange
from companion.workers.process import LAUNCH

_ROLES: Final[tuple[WorkerRole, ...]] = ("language", "speech", "audio", "recall")
# Module and distribution; where the first of a group loads, the rest of it is not needed.
_LIBRARIES: Final[dict[str, tuple[tuple[tuple[str, str], ...], ...]]] = {
    "language": ((("llama_cpp", "llama-cpp-python"),),),
    "speech": ((("ctranslate2", "ctranslate2"),), (("onnxruntime", "onnxruntime"),)),
    "recall": ((("chromadb", "chromadb"),), (("bm25s", "bm25s"),), (("jieba", "jieba"),)),
    "audio": ((("sounddevice", "sounddevice"), ("miniaudio", "miniaudio")), (("soxr", "soxr"),)),
}
_HELLO_S: Final = 30.0
_LOADING_S: Final = 120.0
_CLOSE_S: Final = 4.0


def probe_workers() -> Iterator[tuple[WorkerRole, str, str]]:
    """Start each worker as the program does; yield its role, its libraries, and what is wrong (empty: nothing)."""
    for role in _ROLES:
        try:
            label, problem = _probe(role)
        except CompanionError as error:
            label, problem = "", error.what
        yield role, label, problem


def name_libraries(role: str) -> tuple[str, str]:
    """Load the native libraries of `role` in this process; return their names and versions, and what is missing."""
    found: list[str] = []
    missing: list[str] = []
    for group in _LIBRARIES[role]:
        errors: list[str] = []
        for module, distribution in group:
            try:
                importlib.import_module(module)
            except (ImportError, OSError, RuntimeError) as error:
                errors.append(f"{module}: {error}")
                continue
            found.append(f"{module} {metadata.version(distribution)}")
            break
        else:
            missing += errors
    return ", ".join(found), "; ".join(missing)


def _probe(role: WorkerRole) -> tuple[str, str]:
    exchange = Exchange(role, LAUNCH, on_signal=lambda frame: None, on_end=lambda: None)
    try:
        if not exchange.hello.wait(_HELLO_S):
            raise WorkerError(f"The {role} worker does not answer.", code="worker")
        answer = next(exchange.call("libraries", timeout_s=_LOADING_S)).header
        forbidden = decode(tuple[str, ...], answer.get("modules_forbidden"))
        problem = decode(str, answer.get("missing"))
        if forbidden:
            problem = f"{', '.join(forbidden)} was loaded in it. {problem}".strip()
        return decode(str, answer.get("found")), problem
    finally:
        exchange.process.close(_CLOSE_S)
