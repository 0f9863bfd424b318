"""What is said in each clip, and what the clips are beside one another: speed, speaker, copies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from companion.audio.wav import read_wav
from companion.jobs.stage import NeedsAnswer
from companion.jobs.stage_run import StageRun
from companion.storage.atomic import write_atomic
from companion.text.phonemes import Language
from companion.voice_training.clip import ANALYSIS_HZ, Clip, clips_from_json, clips_to_json
from companion.voice_training.data_stages import CHECKED, EMBEDDINGS, LABELLED, counted, read_list
from companion.voice_training.duplicates import fingerprint
from companion.voice_training.labels import WhisperListener, labelled
from companion.voice_training.one_speaker import SpeakerCheck, two_speakers
from companion.voice_training.request import VoiceRequest
from companion.voice_training.screening import Screened, compared
from companion.voice_training.surroundings import Surroundings
from companion.voice_training.view import SPEAKER, SPEAKERS

_LANGUAGE_CLIPS: Final = 8
_GOOD_SECONDS: Final = 4.0


def label(run: StageRun, request: VoiceRequest, around: Surroundings) -> dict[str, Any]:
    """Write down what is said in the clips, drop what does not belong. Raises NeedsAnswer where two people speak."""
    clips = read_list(run.job / CHECKED)
    folder, threads = around.recogniser(lambda done, total: run.check(), run.cancel)
    with _listening(folder, threads) as listener:
        language = _language(run, request, clips, listener)
        run.say(f"the language is {'Chinese' if language == 'zh' else 'English'}")
        items = run.items(scope=f"{folder.name} {language}")
        done = []
        for number, clip in enumerate(clips):
            if clip.dropped is None:
                key = f"{clip.name} {run.digest(f'clips16/{clip.name}.wav')}"
                if key not in items:
                    sound = read_wav(run.job / "clips16" / f"{clip.name}.wav")
                    heard = labelled(clip, sound.samples, ANALYSIS_HZ, listener, language)
                    items.add(key, json.loads(clips_to_json([heard]))[0])
                clip = clips_from_json(json.dumps([items[key]]))[0]
            done.append(clip)
            run.progress(number + 1, len(clips))
    answer = read_answer(run.job)
    result = _compared(run, done, answer)
    if result.is_question and answer is None:
        _ask(run.job, result)
    run.write(LABELLED, clips_to_json(result.clips).encode())
    return {"language": language, **counted(result.clips)}


def listener(run: StageRun, around: Surroundings) -> WhisperListener:
    """Return the user's recogniser, ready to hear. Raises ModelError, StorageError, Cancelled."""
    folder, threads = around.recogniser(lambda done, total: run.check(), run.cancel)
    return WhisperListener.load(folder, threads=threads)


def read_answer(job: Path) -> int | None:
    """Return which of two speakers is wanted, 0 or 1; None if nobody said."""
    try:
        value = json.loads((job / SPEAKER).read_bytes())["speaker"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return value if value in (0, 1) else None


@contextmanager
def _listening(folder: Path, threads: int) -> Iterator[WhisperListener]:
    one = WhisperListener.load(folder, threads=threads)
    try:
        yield one
    finally:
        one.close()


def _language(
    run: StageRun, request: VoiceRequest, clips: Sequence[Clip], listener: WhisperListener
) -> Language:
    """Return what was asked for, else what most of the given texts or of some clips are in."""
    if request.language != "auto":
        return request.language
    kept = [one for one in clips if one.dropped is None]
    votes = Counter(one.language for one in kept if one.given and one.language in ("zh", "en"))
    if not votes:
        chosen = sorted(kept, key=lambda one: abs(one.seconds - _GOOD_SECONDS))[:_LANGUAGE_CLIPS]
        for one in chosen:
            sound = read_wav(run.job / "clips16" / f"{one.name}.wav")
            votes[listener.language_of(sound.samples, ANALYSIS_HZ) or ""] += 1
            run.check()
    return "en" if votes["en"] > votes["zh"] else "zh"


def _compared(run: StageRun, clips: Sequence[Clip], answer: int | None) -> SpeakerCheck:
    run.finalizing("comparing the clips with one another")
    embeddings = json.loads((run.job / EMBEDDINGS).read_bytes())
    nobody = np.zeros(0, np.float32)
    found = []
    for clip in clips:
        print_ = nobody
        if clip.dropped is None:
            sound = read_wav(run.job / "clips16" / f"{clip.name}.wav")
            print_ = fingerprint(sound.samples, ANALYSIS_HZ)
        numbers = embeddings.get(clip.name) if clip.dropped is None else None
        embedding = np.asarray(numbers, np.float32) if numbers else nobody
        found.append(Screened(clip, embedding, print_))
        run.check()
    return compared(found, speaker=answer)


def _ask(job: Path, result: SpeakerCheck) -> None:
    write_atomic(job / SPEAKERS, json.dumps([list(group) for group in result.groups]).encode())
    asked = two_speakers(result)
    first, second = (group[0] for group in result.groups[:2])
    how = f"Listen to clips/{first}.wav and clips/{second}.wav, then go on with --speaker 1 or --speaker 2."
    raise NeedsAnswer(asked.what, f"{asked.hint} {how}", code=asked.code)
