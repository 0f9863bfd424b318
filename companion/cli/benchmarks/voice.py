"""How soon she is heard: from the recording of real turns, beside a naive build of the same engines."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion import wiring
from companion.app import Companion
from companion.audio.wav import read_wav, write_wav
from companion.cli.benchmarks.bare_llama import BareLlama
from companion.cli.benchmarks.figures import rss_mb, summary
from companion.cli.benchmarks.language import QUESTIONS
from companion.cli.talk import converse
from companion.conversation.preparation import TokenCounter, pinned_for
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import Character, VoiceSpec
from companion.domain.clauses import ClauseCutter
from companion.domain.prompt import Standing
from companion.paths import Paths
from companion.ports import Recogniser, Voice
from companion.settings import Settings
from companion.text.pinyin import syllable_error_rate, word_error_rate

_AUDIBLE = 10 ** (-50 / 20)
_FRAME_S = 0.01
_UTTERANCE_GAP_S = 1.0
_NAIVE_SILENCE_S = 0.8
_OUTPUT_S = 0.06
_USER_VOICE = {"zh": "yunche", "en": "rowan"}


def measure(companion: Companion, character: Character, n_turns: int) -> dict[str, Any]:
    """Speak `n_turns` questions to a started companion's engines, record, and measure in the recording.

    The naive control runs the same recogniser, mind and voice afterwards: it waits for 800 ms of silence,
    reads the whole prompt anew and speaks whole sentences.
    """
    folder = Path(tempfile.mkdtemp(prefix="companion-bench-"))
    try:
        questions = QUESTIONS[character.language][:n_turns]
        wavs = _speak_questions(companion, character, questions, folder)
        recording = folder / "talk.wav"
        turns = converse(companion, wavs, recording, character=character.id, new=True)
        memory = rss_mb(os.getpid())
        ours = voice_to_voice(recording)
        naive = _naive(companion, character, wavs)
        rate = syllable_error_rate if character.language == "zh" else word_error_rate
        wrong = [
            rate(asked, turn.get("transcript", "")) for asked, turn in zip(questions, turns, strict=False)
        ]
        return {
            "turns": len(turns),
            "voice_to_voice_s": summary(ours),
            "naive_voice_to_voice_s": summary([row["sum"] for row in naive]),
            "naive_parts_s": {
                part: summary([row[part] for row in naive])
                for part in ("silence", "recogniser", "first_sentence", "voice", "output")
            },
            "reply_began_to_be_written_s": summary(_timings(turns, "first_token_s")),
            "first_audio_made_s": summary(_timings(turns, "first_audio_s")),
            "hearing_error": summary(wrong),
            "speaking_error": round(_speaking_error(companion, character, turns, recording), 4),
            "characters_spoken": sum(len(_spoken(turn.get("reply", ""), character)) for turn in turns),
            "rss_mb": memory,
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def voice_to_voice(recording: Path) -> list[float]:
    """Return, for each utterance on the left, the seconds from its last to the first audible sound on the right.

    Audible is above -50 dBFS in a frame of 10 ms; utterances are parted by a second of silence.
    """
    user, hers = (_audible(read_wav(recording, channel=channel)) for channel in (0, 1))
    spoken = np.flatnonzero(user)
    if not len(spoken):
        return []
    gaps = np.flatnonzero(np.diff(spoken) > _UTTERANCE_GAP_S / _FRAME_S)
    ends = [int(spoken[gap]) for gap in gaps] + [int(spoken[-1])]
    out = []
    for end, following in zip(ends, [*ends[1:], len(hers)], strict=True):
        answered = np.flatnonzero(hers[end:following])
        if len(answered):
            out.append(float(answered[0]) * _FRAME_S)
    return out


def _audible(clip: AudioClip) -> NDArray[np.bool_]:
    size = int(clip.rate_hz * _FRAME_S)
    frames = clip.samples[: len(clip.samples) // size * size].reshape(-1, size)
    loud: NDArray[np.bool_] = np.abs(frames).max(axis=1) > _AUDIBLE
    return loud


def _timings(turns: list[dict[str, Any]], name: str) -> list[float]:
    return [turn["timings"][name] for turn in turns if turn.get("timings", {}).get(name) is not None]


def _speaking_error(
    companion: Companion, character: Character, turns: list[dict[str, Any]], recording: Path
) -> float:
    """Return the error rate of what the recogniser hears on her channel against what she was to say."""
    cancel = CancelToken()
    said = " ".join(_spoken(turn.get("reply", ""), character) for turn in turns)
    clip = read_wav(recording, channel=1)
    heard = companion.engines.recogniser.get(cancel).transcribe(clip, cancel, language=character.language)
    rate = syllable_error_rate if character.language == "zh" else word_error_rate
    return rate(said, heard.text)


def _spoken(text: str, character: Character) -> str:
    cutter = ClauseCutter(character.language)
    return "".join(clause.spoken for clause in [*cutter.feed(text), *cutter.flush()])


def _speak_questions(
    companion: Companion, character: Character, questions: tuple[str, ...], folder: Path
) -> list[Path]:
    from companion.workers.clients import SpeechClient

    cancel = CancelToken()
    voice = wiring.voice_spec(
        companion.settings, companion.paths, companion.catalog, progress=lambda a, b: None, cancel=cancel
    )
    speech = SpeechClient(recogniser=None, voice=voice, on_event=lambda event: None)
    spec = VoiceSpec(styles=((_USER_VOICE[character.language], 1.0),), language=character.language)
    paths = []
    try:
        for i, question in enumerate(questions):
            parts = [one.clip for one in speech.synthesise(question, cancel, voice=spec)]
            path = folder / f"question-{i}.wav"
            write_wav(path, np.concatenate([part.samples for part in parts]), parts[0].rate_hz)
            paths.append(path)
    finally:
        speech.close()
    return paths


def _naive(companion: Companion, character: Character, wavs: list[Path]) -> list[dict[str, float]]:
    cancel = CancelToken()
    recogniser, voice = companion.engines.recogniser.get(cancel), companion.engines.voice.get(cancel)
    language = companion.engines.language.get(cancel)
    settings: Settings = companion.settings
    model = companion.catalog.provide(companion.paths.models, "language", settings.mind.model)
    pinned = pinned_for(Standing(character), language, TokenCounter())
    threads = wiring.threads_for(settings).decode
    rows = []
    with BareLlama(model.path, context_tokens=settings.mind.context_tokens, threads=threads) as bare:
        history: list[dict[str, str]] = [{"role": one.role, "content": one.text} for one in pinned.messages]
        for wav in wavs:
            row, exchange = _naive_turn(recogniser, voice, bare, character, history, read_wav(wav), cancel)
            rows.append(row)
            history += exchange
    return rows


def _naive_turn(
    recogniser: Recogniser,
    voice: Voice,
    bare: BareLlama,
    character: Character,
    history: list[dict[str, str]],
    clip: AudioClip,
    cancel: CancelToken,
) -> tuple[dict[str, float], list[dict[str, str]]]:
    began = time.monotonic()
    heard = recogniser.transcribe(clip, cancel, language=character.language).text
    recognised = time.monotonic()
    said = {"role": "user", "content": heard}
    answer = bare.run([*history, said], max_tokens=character.sampling.max_tokens, cold=True, sentence=True)
    written = time.monotonic()
    spoken = _spoken(answer["text"], character)
    for _ in voice.synthesise(spoken or answer["text"], cancel, voice=dataclasses.replace(character.voice)):
        pass
    row = {
        "silence": _NAIVE_SILENCE_S,
        "recogniser": recognised - began,
        "first_sentence": written - recognised,
        "voice": time.monotonic() - written,
        "output": _OUTPUT_S,
    }
    return {**row, "sum": sum(row.values())}, [said, {"role": "assistant", "content": answer["text"]}]


def companion_for(home: Path | None, model: str) -> Companion:
    """Return a companion whose chats lie in a folder of their own, with the user's own models."""
    from companion.app import open_companion

    own = Paths.under(home) if home else Paths.for_user()
    companion = open_companion(Path(tempfile.mkdtemp(prefix="companion-bench-home-")))
    companion.paths = dataclasses.replace(companion.paths, models=own.models)
    companion.settings.mind.model = model
    companion.settings.mind.engine = "local"
    return companion
