"""The reference: llama-cpp-python as anybody would use it, in a process of its own, driven by JSON lines.

Each line on standard input is {"messages": [...], "max_tokens": n, "cold": bool, "sentence": bool}; each answer
tells the seconds to the first token and to the first sentence, and the tokens a second after the first token.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

_SENTENCE_ENDS = "。！？!?.\n"


class BareLlama:
    """Our end of the process; use as a context manager."""

    def __init__(self, model: Path, *, context_tokens: int, threads: int) -> None:
        command = [sys.executable, "-m", __name__, str(model), str(context_tokens), str(threads)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._read()

    def __enter__(self) -> BareLlama:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, cold: bool, sentence: bool
    ) -> dict[str, Any]:
        """Write a reply; return `first_token_s`, `sentence_s`, `tokens_per_s`, `text`."""
        assert self._process.stdin is not None
        request = {"messages": list(messages), "max_tokens": max_tokens, "cold": cold, "sentence": sentence}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the reference process ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _serve(model: str, context_tokens: int, threads: int) -> None:
    import llama_cpp

    llama = llama_cpp.Llama(
        model, n_ctx=context_tokens, n_threads=threads, n_threads_batch=threads, verbose=False, seed=1
    )
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["cold"]:
            llama.reset()
        print(json.dumps(_answer(llama, request)), flush=True)


def _answer(llama: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    began = time.perf_counter()
    first = sentence = None
    text, n_tokens = "", 0
    stream = llama.create_chat_completion(
        messages=request["messages"], max_tokens=request["max_tokens"], temperature=0.7, stream=True
    )
    for part in stream:
        piece = part["choices"][0]["delta"].get("content") or ""
        if not piece:
            continue
        first = first or time.perf_counter()
        n_tokens += 1
        text += piece
        if sentence is None and any(mark in piece for mark in _SENTENCE_ENDS):
            sentence = time.perf_counter()
            if request["sentence"]:
                break
    end = time.perf_counter()
    first = first or end
    speed = (n_tokens - 1) / (end - first) if n_tokens > 1 and end > first else 0.0
    return {
        "first_token_s": first - began,
        "sentence_s": (sentence or end) - began,
        "tokens_per_s": speed,
        "n_tokens": n_tokens,
        "text": text,
    }


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
