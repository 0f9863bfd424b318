"""What a worker process runs: `python -m companion.workers.serve ROLE`.

The main thread reads frames; each lane of the host works on one request at a time on a thread of its own; a
third kind of thread beats. The process owns nothing a user would miss and may die at any line.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Final, NoReturn

from companion.errors import CompanionError, ModelError, WorkerError
from companion.workers import confinement
from companion.workers.frames import Frame, FrameReader, FrameWriter
from companion.workers.operation import Answer, Host, Operation, Request

ROLES: Final = ("language", "speech", "audio", "recall")
# An index that is being built is waited for by nobody; a conversation must not suffer from it.
_NICENESS: Final = {"recall": 10}
_BEAT_S: Final = 1.0
_LANE_LENGTH: Final = 256
_FINISH_S: Final = 2.0
_STATM: Final = Path("/proc/self/statm")


def main(arguments: list[str]) -> NoReturn:
    """Serve the role named by the first argument until standard input ends; exits with 2 if there is none."""
    if not arguments or arguments[0] not in ROLES:
        print(f"usage: python -m companion.workers.serve {'|'.join(ROLES)}", file=sys.stderr)
        sys.exit(2)
    started = time.perf_counter()
    frames_in, frames_out = _take_pipes()
    # Ctrl-C in a terminal reaches the whole process group; the program alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    steps = confinement.give_up_rights(
        int(os.environ.get("COMPANION_PARENT", os.getppid())), network="--network" in arguments
    )
    confinement.limit_memory(int(os.environ.get("COMPANION_MEMORY_LIMIT", "0")))
    confinement.refuse_imports()
    if hasattr(os, "nice"):
        os.nice(_NICENESS.get(arguments[0], 0))
    _Server(arguments[0], frames_in, frames_out).run(steps, started)


class _Server:
    def __init__(self, role: str, frames_in: int, frames_out: int) -> None:
        self._role = role
        self._reader = FrameReader(os.fdopen(frames_in, "rb"))
        self._writer = FrameWriter(frames_out)
        self._lock = threading.Lock()
        self._requests: dict[int, Request] = {}
        self._lanes: dict[str, queue.Queue[tuple[Request, Operation]]] = {}

    def run(self, steps: list[str], started: float) -> NoReturn:
        self._send(_hello(self._role, steps, started))
        threading.Thread(target=self._beat, name="beat").start()
        host: Host | None = None
        try:
            host = importlib.import_module(f"companion.workers.{self._role}").host(self._send)
            self._serve(host)
        except WorkerError as error:
            print(error, file=sys.stderr)
            self._end(host, 4)
        except Exception:  # noqa: BLE001 - worker loop: the cause goes to standard error, the process ends
            traceback.print_exc()
            self._end(host, 3)
        self._end(host, 0)

    def _serve(self, host: Host) -> None:
        operations = {**host.operations, "libraries": Operation("libraries", self._name_libraries)}
        while (frame := self._reader.read()) is not None:
            if frame.op == "cancel":
                self._cancel(frame.header.get("target"))
            elif frame.op == "took":
                self._took(frame.header.get("target"), frame.header.get("parts"))
            elif frame.op == "close":
                return
            elif (operation := operations.get(frame.op)) is None:
                raise WorkerError(f"There is no operation {frame.op[:40]}.")
            else:
                self._accept(Request(frame, self._send), operation)
        # The program is gone: whatever runs is not wanted any more.
        os._exit(0)

    def _name_libraries(self, request: Request) -> Answer:
        from companion.workers.probe import name_libraries

        found, missing = name_libraries(self._role)
        return {
            "found": found,
            "missing": missing,
            "modules_forbidden": confinement.forbidden_modules(),
        }, b""

    def _accept(self, request: Request, operation: Operation) -> None:
        with self._lock:
            if request.id:
                self._requests[request.id] = request
        if (lane := self._lanes.get(operation.lane)) is None:
            lane = self._lanes[operation.lane] = queue.Queue(_LANE_LENGTH)
            threading.Thread(target=self._work, args=(lane,), name=f"lane-{operation.lane}").start()
        try:
            lane.put_nowait((request, operation))
        except queue.Full:
            self._answer_error(request, WorkerError(f"The {self._role} worker is busy.", code="busy"))

    def _work(self, lane: queue.Queue[tuple[Request, Operation]]) -> None:
        while True:
            request, operation = lane.get()
            try:
                fields, body = operation.run(request)
                request.send("done", fields, body)
            except CompanionError as error:
                self._answer_error(request, error)
            except MemoryError:
                self._answer_error(request, _out_of_memory())
            except OSError as error:
                self._answer_error(request, _fault(self._role, error))
            except Exception as error:  # noqa: BLE001 - worker loop: told to the client, the worker lives
                traceback.print_exc()
                self._answer_error(request, _fault(self._role, error))
            with self._lock:
                self._requests.pop(request.id, None)

    def _answer_error(self, request: Request, error: CompanionError) -> None:
        from companion.workers.codec import encode_error

        request.send("error", encode_error(error))

    def _cancel(self, target: object) -> None:
        with self._lock:
            if isinstance(target, int) and (request := self._requests.get(target)) is not None:
                request.requested = True

    def _took(self, target: object, n_parts: object) -> None:
        with self._lock:
            request = self._requests.get(target) if isinstance(target, int) else None
        if request is not None and isinstance(n_parts, int):
            request.took(n_parts)

    def _beat(self) -> None:
        while True:
            time.sleep(_BEAT_S)
            self._send(Frame({"op": "beat", "rss": private_bytes()}))

    def _send(self, frame: Frame) -> None:
        try:
            self._writer.write(frame)
        except OSError:
            os._exit(0)

    def _end(self, host: Host | None, code: int) -> NoReturn:
        """Stop what runs, close the engines, leave. Native libraries are not asked to unload."""
        with self._lock:
            for request in self._requests.values():
                request.requested = True
        deadline = time.monotonic() + _FINISH_S
        while self._requests and time.monotonic() < deadline:
            time.sleep(0.005)
        if host is not None and not self._requests and code == 0:
            try:
                host.close()
            except Exception:  # noqa: BLE001 - worker loop: nothing can be told any more, the end is near
                traceback.print_exc()
        sys.stderr.flush()
        os._exit(code)


def private_bytes() -> int:
    """Return how much memory this process holds, mapped model files left out where the system tells."""
    if _STATM.exists():
        _, resident, shared, *_ = map(int, _STATM.read_bytes().split())
        return (resident - shared) * os.sysconf("SC_PAGE_SIZE")
    import psutil

    memory = psutil.Process().memory_info()
    return int(getattr(memory, "private", memory.rss))


def _take_pipes() -> tuple[int, int]:
    """Move the pipes to private descriptors: what native libraries print goes to standard error."""
    frames_in, frames_out = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(frames_in, os.O_BINARY)
        msvcrt.setmode(frames_out, os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return frames_in, frames_out


def _hello(role: str, steps: list[str], started: float) -> Frame:
    return Frame(
        {
            "op": "hello",
            "role": role,
            "pid": os.getpid(),
            "python": ".".join(map(str, sys.version_info[:3])),
            "modules_forbidden": confinement.forbidden_modules(),
            "confined": steps,
            "seconds": time.perf_counter() - started,
        }
    )


def _out_of_memory() -> CompanionError:
    return ModelError(
        "There is not enough memory.", "Close other programs, or choose a smaller model.", code="memory"
    )


def _fault(role: str, error: BaseException) -> CompanionError:
    words = str(error)[:300]
    return WorkerError(
        f"The {role} worker could not do it: {type(error).__name__}: {words}",
        "Try again; the log has details.",
        code="fault",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
