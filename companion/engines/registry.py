"""Which engines there are, by role and name; the bundle collects what stands here."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from companion.errors import ModelError

EngineRole = Literal["language", "recogniser", "voice", "detector", "turn", "audio", "embedder", "store"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An adapter: `target` is `module:Class`, whose `load(**options)` returns it ready. `remote`: needs network."""

    role: EngineRole
    name: str
    target: str
    label: str
    remote: bool = False


_LANGUAGE: Final = "companion.engines.language_models"
_RECOGNISERS: Final = "companion.engines.recognisers"
_VOICES: Final = "companion.engines.voices"
_DETECTORS: Final = "companion.engines.detectors"
_EMBEDDERS: Final = "companion.engines.embedders"
_STORES: Final = "companion.engines.stores"

ENTRIES: Final[tuple[Entry, ...]] = (
    Entry("language", "llama_cpp", f"{_LANGUAGE}.llama_cpp:LlamaCpp", "llama.cpp"),
    Entry(
        "language",
        "openai_compatible",
        f"{_LANGUAGE}.openai_compatible:OpenAiCompatible",
        "OpenAI-compatible server",
        remote=True,
    ),
    Entry("language", "scripted", f"{_LANGUAGE}.scripted:Scripted", "Demo mind"),
    Entry("recogniser", "faster_whisper", f"{_RECOGNISERS}.faster_whisper:FasterWhisper", "Whisper"),
    Entry("recogniser", "scripted", f"{_RECOGNISERS}.scripted:ScriptedRecogniser", "Demo recogniser"),
    Entry("voice", "bank", f"{_VOICES}.bank:VoiceBank", "Kokoro, Piper and demo voices"),
    Entry("voice", "tones", f"{_VOICES}.tones:Tones", "Demo voice"),
    Entry("detector", "silero", f"{_DETECTORS}.silero:Silero", "Silero VAD"),
    Entry("detector", "energy", f"{_DETECTORS}.energy:Energy", "Loudness"),
    Entry("turn", "smart_turn", f"{_DETECTORS}.smart_turn:SmartTurn", "Smart Turn"),
    Entry("embedder", "use_numpy", f"{_EMBEDDERS}.use_numpy:UseNumpy", "Universal Sentence Encoder"),
    Entry("embedder", "onnx_text", f"{_EMBEDDERS}.onnx_text:OnnxText", "ONNX embedding model"),
    Entry("embedder", "gguf_embedding", f"{_EMBEDDERS}.gguf_embedding:GgufEmbedding", "GGUF embedding model"),
    Entry("embedder", "hashing", f"{_EMBEDDERS}.hashing:Hashing", "Characters, no model"),
    Entry("store", "chroma", f"{_STORES}.chroma:ChromaStore", "Chroma"),
    Entry("store", "exact", f"{_STORES}.exact:ExactStore", "Plain file"),
    Entry("store", "chroma_server", f"{_STORES}.chroma_server:ChromaServer", "Chroma server", remote=True),
    Entry("audio", "duplex", "companion.audio.duplex:DuplexAudio", "Microphone and loudspeaker"),
    Entry("audio", "wav", "companion.audio.wav_realtime:WavAudio", "WAV files"),
    Entry(
        "audio", "script", "companion.cli.benchmarks.voice.user:ScriptedUser", "A user who talks by a script"
    ),
)


def find(role: EngineRole, name: str, *, allow_targets: bool = False) -> Entry:
    """Return the entry; with `allow_targets` a `name` of the form `module:Class` names itself.

    Raises ModelError, code `engine`, for an unknown name.
    """
    for entry in ENTRIES:
        if (entry.role, entry.name) == (role, name):
            return entry
    if allow_targets and ":" in name:
        return Entry(role, name, name, name)
    known = ", ".join(entry.name for entry in ENTRIES if entry.role == role)
    raise ModelError(f"There is no {role} engine called “{name}”.", f"Choose one of: {known}.", code="engine")


def load(role: EngineRole, name: str, options: Mapping[str, object], *, allow_targets: bool = False) -> Any:
    """Import the engine and return what its `load` makes of `options`; for worker processes.

    Raises what `load` raises, and ModelError, code `engine`, when a library is missing or an option is unknown.
    """
    entry = find(role, name, allow_targets=allow_targets)
    module, _, attribute = entry.target.partition(":")
    try:
        adapter = getattr(importlib.import_module(module), attribute)
    except (ImportError, OSError) as error:
        raise ModelError(
            f"{entry.label} cannot be used: {error}.",
            "Install the program again, or choose another engine in the settings.",
            code="engine",
        ) from error
    return adapter.load(**options)
