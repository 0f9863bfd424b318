"""From settings and what is installed to the engines that the workers load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from companion.domain.character import VoiceSpec
from companion.domain.gate import LONGEST_MS
from companion.engines.catalog import Catalog
from companion.engines.weights_folder import InstalledModel
from companion.errors import ModelError, UsageError
from companion.hardware import ThreadPlan, n_cores, plan_threads
from companion.paths import Paths, bundled
from companion.ports import AudioPlan, Cancel
from companion.settings import Settings
from companion.workers.spec import EngineSpec, RecallSpec

Progress = Callable[[int, int], None]
_USUAL_SILENCE_MS = 550
_KOKORO = "kokoro-82m-v1.0-int8"


def threads_for(settings: Settings) -> ThreadPlan:
    return plan_threads(n_cores(), speaks=settings.voice.speak, wished=settings.mind.threads)


def language_spec(
    settings: Settings, paths: Paths, catalog: Catalog, *, progress: Progress, cancel: Cancel
) -> EngineSpec:
    """Return the language engine to load; assembles the starter weights first if need be.

    Raises ModelError, StorageError, UsageError, Cancelled.
    """
    mind = settings.mind
    if mind.engine == "demo":
        return EngineSpec("scripted", {"delay_s": 0.03})
    if mind.engine == "remote":
        if not mind.remote_url.strip():
            raise UsageError(
                "No server address is set.", "Enter it in the settings under “Thinking”.", code="remote"
            )
        return EngineSpec(
            "openai_compatible",
            {
                "url": mind.remote_url.strip(),
                "model": mind.remote_model.strip(),
                "key": mind.remote_key,
                "context_tokens": mind.context_tokens,
            },
        )
    model = catalog.provide(paths.models, "language", mind.model, progress=progress, cancel=cancel)
    threads = threads_for(settings)
    return EngineSpec(
        "llama_cpp",
        {
            "model": str(model.path),
            "context_tokens": mind.context_tokens,
            "gpu_layers": mind.gpu_layers,
            "threads": threads.decode,
            "threads_batch": threads.prefill,
            "state_folder": str(paths.cache / "kv"),
        },
    )


def smaller_language_spec(
    spec: EngineSpec, paths: Paths, catalog: Catalog, *, progress: Progress, cancel: Cancel
) -> EngineSpec | None:
    """Return the same engine with the largest model that is smaller, for a computer whose memory is short.

    None if there is no smaller one. Raises ModelError, StorageError, Cancelled.
    """
    file = Path(str(spec.options.get("model", "")))
    if spec.engine != "llama_cpp" or not file.is_file():
        return None
    size = file.stat().st_size
    ready = [model for model in catalog.installed(paths.models) if model.role == "language"]
    sizes = {model.id: model.bytes for model in ready} | {
        row.id: row.bytes for row in catalog.available("language")
    }
    smaller = {id_: n_bytes for id_, n_bytes in sizes.items() if n_bytes < size}
    if not smaller:
        return None
    chosen = max(smaller, key=lambda id_: smaller[id_])
    model = catalog.provide(paths.models, "language", chosen, progress=progress, cancel=cancel)
    return EngineSpec(spec.engine, {**spec.options, "model": str(model.path)})


def recogniser_spec(
    settings: Settings, paths: Paths, catalog: Catalog, *, progress: Progress, cancel: Cancel
) -> EngineSpec:
    """Return the recogniser to load. Raises ModelError, StorageError, Cancelled."""
    if settings.mind.engine == "demo":
        return EngineSpec("scripted", {})
    model = catalog.provide(paths.models, "recogniser", settings.ears.model, progress=progress, cancel=cancel)
    return EngineSpec(
        "faster_whisper", {"folder": str(model.path), "threads": threads_for(settings).recogniser}
    )


def voice_spec(
    settings: Settings, paths: Paths, catalog: Catalog, *, progress: Progress, cancel: Cancel
) -> EngineSpec:
    """Return the voice engine; without Kokoro's weights it still speaks trained voices and tones."""
    kokoro: Path | None = None
    if settings.mind.engine != "demo":
        kokoro = _kokoro(paths, catalog, progress, cancel)
    return EngineSpec(
        "bank",
        {
            "kokoro_model": str(kokoro) if kokoro else None,
            "styles_folder": str(bundled("assets") / "voices"),
            "threads": threads_for(settings).voice,
            "dictionaries": str(paths.cache / "dictionaries") if kokoro else None,
        },
    )


def recall_spec(
    settings: Settings, paths: Paths, catalog: Catalog, *, progress: Progress, cancel: Cancel
) -> RecallSpec:
    """Return the index to open. Without an embedding model it finds what is written alike.

    Raises ModelError for a model that was chosen and is not there, StorageError, UsageError, Cancelled.
    """
    folder = paths.cache / "recall"
    wish = settings.recall
    if wish.store == "server":
        if not wish.server_url.strip():
            raise UsageError(
                "No Chroma server is set.", "Enter its address in the settings under “Memory”.", code="remote"
            )
        store = EngineSpec("chroma_server", {"url": wish.server_url.strip()})
    elif wish.store == "exact" or settings.mind.engine == "demo":
        store = EngineSpec("exact", {"folder": str(folder / "vectors")})
    else:
        store = EngineSpec("chroma", {"folder": str(folder / "chroma")})
    return RecallSpec(
        _embedder_spec(settings, paths, catalog, progress, cancel), store, str(folder / "index")
    )


def _embedder_spec(
    settings: Settings, paths: Paths, catalog: Catalog, progress: Progress, cancel: Cancel
) -> EngineSpec:
    wanted = settings.recall.embedder
    if settings.mind.engine == "demo" and not wanted:
        return EngineSpec("hashing", {})
    try:
        model = catalog.provide(paths.models, "embedder", wanted, progress=progress, cancel=cancel)
    except ModelError as error:
        if wanted or error.code != "missing":
            raise
        return EngineSpec("hashing", {})
    if model.path.suffix.lower() == ".gguf":
        return EngineSpec("gguf_embedding", {"model": str(model.path)})
    is_use = (model.path / "weights.npz").is_file()
    return EngineSpec("use_numpy" if is_use else "onnx_text", {"folder": str(model.path)})


def _kokoro(paths: Paths, catalog: Catalog, progress: Progress, cancel: Cancel) -> Path | None:
    try:
        return catalog.provide(paths.models, "voice", _KOKORO, progress=progress, cancel=cancel).path
    except ModelError as error:
        if error.code != "missing":
            raise
        return None


def turn_spec(settings: Settings) -> EngineSpec | None:
    """Return the turn detector that comes with the program."""
    model = bundled("assets") / "models" / "smart-turn-v3.2" / "smart-turn-v3.2-cpu.onnx"
    if settings.mind.engine == "demo" or not model.is_file():
        return None
    return EngineSpec("smart_turn", {"model": str(model)})


def extra_silence_ms(settings: Settings) -> int:
    """Return how much longer than usual the user wants to be waited for."""
    return settings.ears.end_silence_ms - _USUAL_SILENCE_MS


def audio_plan(settings: Settings) -> AudioPlan:
    return AudioPlan(
        input_name=settings.ears.device,
        output_name=settings.voice.device,
        # The session tells how long to wait after each pause; this holds where it has not told yet.
        end_silence_ms=LONGEST_MS + max(0, extra_silence_ms(settings)),
        duplex=settings.ears.duplex,
        volume=settings.voice.volume / 100,
    )


def default_voice(settings: Settings, language: Literal["zh", "en"] = "zh") -> VoiceSpec:
    """Return the voice that stands in where a character's own cannot be used."""
    if settings.mind.engine == "demo":
        return VoiceSpec("tones", language=language)
    return VoiceSpec("kokoro", styles=(("xiaoman" if language == "zh" else "wren", 1.0),), language=language)


def describe(model: InstalledModel) -> str:
    """Return a line for lists: label and size."""
    return f"{model.label} ({model.bytes / 1e6:,.0f} MB)" if model.bytes else model.label
