"""What a conversation needs from the world; engines, workers and stores satisfy these protocols.

Every `close()` is safe to call twice; after it any other call raises `CompanionError`. Calls block the
calling thread unless the docstring says otherwise. A port serves one request at a time; callers queue.
"""

from __future__ import annotations

from companion.ports.audio import (
    AudioIO,
    AudioPlan,
    AudioSignal,
    BargeIn,
    DeviceLost,
    DeviceOpened,
    Ducked,
    Duplex,
    EchoTest,
    EchoTester,
    Level,
    MicClosed,
    MicOpened,
    Paused,
    PlaybackEnded,
    PlaybackStarted,
    Played,
    Resumed,
    SoftEnd,
    SpeechResumed,
    SpeechStarted,
    StillSpeaking,
    UtteranceEnded,
)
from companion.ports.engine import (
    Cancel,
    Probe,
)
from companion.ports.language import (
    GenerationDone,
    LanguageModel,
    ModelInfo,
    Prompt,
    TextDelta,
    Warmed,
)
from companion.ports.recall import (
    Embedder,
    IndexHit,
    IndexInfo,
    IndexItem,
    RecallIndex,
    SearchMode,
    VectorStore,
)
from companion.ports.speech import (
    Recogniser,
    SpeechDetector,
    Transcript,
    TurnDetector,
    Voice,
)
from companion.ports.storage import (
    ChatLog,
    Memories,
)

__all__ = [
    "AudioIO",
    "AudioPlan",
    "AudioSignal",
    "BargeIn",
    "Cancel",
    "ChatLog",
    "DeviceLost",
    "DeviceOpened",
    "Ducked",
    "Duplex",
    "EchoTest",
    "EchoTester",
    "Embedder",
    "GenerationDone",
    "IndexHit",
    "IndexInfo",
    "IndexItem",
    "LanguageModel",
    "Level",
    "Memories",
    "MicClosed",
    "MicOpened",
    "ModelInfo",
    "Paused",
    "PlaybackEnded",
    "PlaybackStarted",
    "Played",
    "Probe",
    "Prompt",
    "RecallIndex",
    "Recogniser",
    "Resumed",
    "SearchMode",
    "SoftEnd",
    "SpeechDetector",
    "SpeechResumed",
    "SpeechStarted",
    "StillSpeaking",
    "TextDelta",
    "Transcript",
    "TurnDetector",
    "UtteranceEnded",
    "VectorStore",
    "Voice",
    "Warmed",
]
