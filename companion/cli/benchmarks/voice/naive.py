"""The control: the usual way to put the same engines together.

Speech is over after 800 ms of silence; then it is recognised, the whole prompt is read anew, the reply is written to
its end, and it is spoken in one piece. Nothing begins early, nothing is kept, the ears are closed meanwhile.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from companion.cli.benchmarks.bare_llama import BareLlama
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.clauses import ClauseCutter
from companion.domain.messages import TurnId
from companion.ports import AudioIO, AudioPlan, Recogniser, UtteranceEnded, Voice

_SILENCE_MS: Final = 800


@dataclass(frozen=True, slots=True)
class NaiveEngines:
    """The engines of the program under test, and the mind's file for one of its own."""

    recogniser: Recogniser
    voice: Voice
    model: Path
    context_tokens: int
    threads: int


class NaiveLoop:
    """Answers what `audio` hears, on a thread of its own, until `audio` ends."""

    def __init__(
        self, engines: NaiveEngines, audio: AudioIO, character: Character, pinned: list[dict[str, str]]
    ) -> None:
        self._engines, self._audio, self._character = engines, audio, character
        self._history = pinned
        self._cancel = CancelToken()
        self.rows: list[dict[str, Any]] = []
        self._llama = BareLlama(engines.model, context_tokens=engines.context_tokens, threads=engines.threads)
        audio.open(AudioPlan(end_silence_ms=_SILENCE_MS, duplex="half"))
        audio.listen("hands_free")
        self._thread = threading.Thread(target=self._run, name="naive")
        self._thread.start()

    def join(self) -> None:
        """Wait until the audio has come to its end."""
        self._thread.join()

    def _run(self) -> None:
        with self._llama as llama:
            for signal in self._audio.signals():
                if isinstance(signal, UtteranceEnded):
                    self._answer(llama, signal.clip)

    def _answer(self, llama: BareLlama, clip: AudioClip) -> None:
        began = time.monotonic()
        heard = self._engines.recogniser.transcribe(
            clip, self._cancel, language=self._character.language
        ).text.strip()
        recognised = time.monotonic()
        if not heard:
            return
        self._history.append({"role": "user", "content": heard})
        limit = self._character.sampling.max_tokens
        answer = llama.run(self._history, max_tokens=limit, cold=True, sentence=False)
        written = time.monotonic()
        self._history.append({"role": "assistant", "content": answer["text"]})
        spoken = spoken_clauses(answer["text"], self._character.language)
        speech = [
            one
            for clause in spoken
            for one in self._engines.voice.synthesise(clause, self._cancel, voice=self._character.voice)
        ]
        turn = TurnId(len(self.rows) + 1)
        for one in speech:
            self._audio.enqueue(turn, one)
        self._audio.finish(turn)
        self.rows.append(
            {
                "recogniser_s": recognised - began,
                "mind_s": written - recognised,
                "first_token_s": answer["first_token_s"],
                "voice_s": time.monotonic() - written,
                "n_tokens": answer["n_tokens"],
            }
        )


def spoken_clauses(text: str, language: str) -> list[str]:
    """Return what of a reply is spoken, clause by clause."""
    cutter = ClauseCutter("en" if language == "en" else "zh")
    clauses = [*cutter.feed(text), *cutter.flush()]
    return [clause.spoken for clause in clauses if clause.spoken.strip()]
