"""ONNX Runtime sessions that share two cores with a language model."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.errors import Cancelled, ModelError
from companion.ports import Cancel

_POLL_S = 0.02


class OnnxSession:
    """One model on the CPU; `run` serves one caller at a time."""

    def __init__(self, session: Any, new_run_options: Any, failure: tuple[type[Exception], ...]) -> None:
        self._session = session
        self._new_run_options = new_run_options
        self._failure = failure

    @classmethod
    def load(cls, model: Path | bytes, name: str, *, threads: int = 1) -> OnnxSession:
        """Open `model`, a file or its serialised bytes. Raises ModelError, code `onnx`."""
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads steal the core that llama.cpp decodes on.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        failure = _failures(onnxruntime)
        source = model if isinstance(model, bytes) else str(model)
        try:
            session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except failure as error:
            raise ModelError(
                f"ONNX Runtime cannot load {name}: {_first_line(error)}",
                "The file is damaged or made for another program; fetch it again.",
                code="onnx",
            ) from error
        return cls(session, onnxruntime.RunOptions, failure)

    @property
    def inputs(self) -> list[str]:
        return [value.name for value in self._session.get_inputs()]

    @property
    def outputs(self) -> list[str]:
        return [value.name for value in self._session.get_outputs()]

    def run(
        self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]], cancel: Cancel | None = None
    ) -> list[NDArray[np.float32]]:
        """Return the named outputs. Raises Cancelled within about 50 ms of a request, else ModelError."""
        if cancel is None:
            return self._run(outputs, feeds, self._new_run_options())
        if cancel.requested:
            raise Cancelled
        options = self._new_run_options()
        done = threading.Event()
        watcher = threading.Thread(target=_terminate_on, args=(cancel, done, options), name="onnx-cancel")
        watcher.start()
        try:
            return self._run(outputs, feeds, options)
        except ModelError:
            if cancel.requested:
                raise Cancelled from None
            raise
        finally:
            done.set()
            watcher.join()

    def _run(
        self, outputs: Sequence[str], feeds: Mapping[str, NDArray[Any]], options: Any
    ) -> list[NDArray[np.float32]]:
        try:
            results: list[NDArray[np.float32]] = self._session.run(list(outputs), dict(feeds), options)
        except self._failure as error:
            raise ModelError(
                f"ONNX Runtime failed: {_first_line(error)}", "Choose another voice or model.", code="onnx"
            ) from error
        return results


def _terminate_on(cancel: Cancel, done: threading.Event, options: Any) -> None:
    while not done.wait(_POLL_S):
        if cancel.requested:
            options.terminate = True
            return


def _failures(onnxruntime: Any) -> tuple[type[Exception], ...]:
    """The runtime's own exceptions have no common base below Exception."""
    state = onnxruntime.capi.onnxruntime_pybind11_state
    names = (
        "Fail", "InvalidArgument", "NoSuchFile", "InvalidProtobuf", "InvalidGraph",
        "RuntimeException", "NotImplemented", "EPFail", "NoModel", "ModelLoaded", "EngineError",
    )  # fmt: skip
    known = tuple(getattr(state, name) for name in names if hasattr(state, name))
    return (*known, RuntimeError, ValueError)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
