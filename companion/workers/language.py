"""The language worker: one model, one lane."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from companion.domain.character import Adapter, Sampling
from companion.engines import registry
from companion.errors import ModelError, WorkerError
from companion.ports import GenerationDone, LanguageModel, Prompt, TextDelta
from companion.workers.codec import decode, decode_spec, encode
from companion.workers.confinement import forbidden_modules
from companion.workers.frames import Frame
from companion.workers.operation import Answer, Operation, Request


def host(_send: Callable[[Frame], None]) -> LanguageHost:
    """Return the host of this role."""
    return LanguageHost()


class LanguageHost:
    """Satisfies `serve.Host` for `ports.LanguageModel`."""

    def __init__(self) -> None:
        self._model: LanguageModel | None = None

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            name: Operation("language", run)
            for name, run in {
                "load": self._load,
                "count_tokens": self._count_tokens,
                "warm": self._warm,
                "generate": self._generate,
                "attach": self._attach,
            }.items()
        }

    def close(self) -> None:
        if self._model is not None:
            self._model.close()

    def _load(self, request: Request) -> Answer:
        spec = decode_spec(request.header.get("engine"))
        if spec is None:
            raise WorkerError("No language model is named.", code="codec")
        self._model = registry.load(
            "language", spec.engine, spec.options, allow_targets=bool(request.header.get("allow_targets"))
        )
        return {"info": encode(self._loaded.info)[0], "modules_forbidden": forbidden_modules()}, b""

    @property
    def _loaded(self) -> LanguageModel:
        if self._model is None:
            raise ModelError("No language model is loaded.", code="closed")
        return self._model

    def _count_tokens(self, request: Request) -> Answer:
        texts = decode(tuple[str, ...], request.header.get("texts"))
        return {"counts": self._loaded.count_tokens(texts)}, b""

    def _warm(self, request: Request) -> Answer:
        prompt = decode(Prompt, request.header.get("prompt"))
        keep_as = request.header.get("keep_as")
        warmed = self._loaded.warm(prompt, request, keep_as=keep_as)
        return {"warmed": encode(warmed)[0]}, b""

    def _generate(self, request: Request) -> Answer:
        prompt = decode(Prompt, request.header.get("prompt"))
        sampling = decode(Sampling, request.header.get("sampling"))
        done: GenerationDone | None = None
        for part in self._loaded.generate(prompt, sampling, request):
            match part:
                case TextDelta(text):
                    request.send_paced("delta", {"text": text})
                case GenerationDone():
                    done = part
        if done is None:
            raise WorkerError("The language model ended without telling how.", code="fault")
        return {"generation": encode(done)[0]}, b""

    def _attach(self, request: Request) -> Answer:
        self._loaded.attach(decode(tuple[Adapter, ...], request.header.get("adapters")))
        return {}, b""
