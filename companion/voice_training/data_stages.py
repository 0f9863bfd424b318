"""The first stages of a voice job: from a folder of recordings to clips with text, and what they are good for."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from companion.audio.wav import read_wav
from companion.engines.detectors.silero import Silero
from companion.errors import AudioError, UsageError
from companion.jobs.digests import digest_of, sha_of
from companion.jobs.items import Items
from companion.jobs.stage import NeedsAnswer
from companion.jobs.stage_run import StageRun
from companion.text.phonemes import Language
from companion.voice_training.cleaning import cleaned
from companion.voice_training.clip import ANALYSIS_HZ, Clip, clips_from_json, clips_to_json
from companion.voice_training.cutting import Cut, cut, write_cut
from companion.voice_training.faults import needs_cleaning, with_sound_faults
from companion.voice_training.naturalness import naturalness
from companion.voice_training.outline import outline
from companion.voice_training.recordings import Found, Recording, find_recordings
from companion.voice_training.request import VoiceRequest
from companion.voice_training.review import (
    applied,
    collect_edits,
    digest_of_clips,
    read_edits,
    save_edits,
    write_table,
)
from companion.voice_training.slicing import slices
from companion.voice_training.speaker_embedding import speaker_embedding
from companion.voice_training.transcripts import Line, find_transcripts
from companion.voice_training.verdict import judge

RECORDINGS: Final = "recordings.json"
CUT: Final = "cut.json"
CHECKED: Final = "checked.json"
EMBEDDINGS: Final = "embeddings.json"
LABELLED: Final = "labelled.json"
CLIPS: Final = "clips.json"
METADATA: Final = "metadata.csv"
VERDICT: Final = "verdict.json"
_TOLD_EVERY_S: Final = 1.0
_MOST_UNUSED_TOLD: Final = 8


def take_in(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Look through the folder and write down what is in it. Raises AudioError where there is nothing to use."""
    found = find_recordings(request.recordings, style_folders=request.style_folders)
    texts = find_transcripts(found)
    unused = [*found.unused, *texts.unused]
    for one in unused[:_MOST_UNUSED_TOLD]:
        run.say(f"{one.what} {one.hint}".strip())
    if len(unused) > _MOST_UNUSED_TOLD:
        run.say(f"{len(unused) - _MOST_UNUSED_TOLD} more files cannot be used.")
    n_texts = len(texts.lines)
    run.say(f"{len(found.recordings)} recordings, {n_texts} of them with a text")
    plain = {
        "recordings": [
            {"name": one.name, "style": one.style, "rate_hz": one.form.rate_hz} for one in found.recordings
        ],
        "unused": [asdict(one) for one in unused],
        "with_text": sorted(texts.lines),
    }
    run.write_json(RECORDINGS, plain)
    return {"n_recordings": len(found.recordings), "n_unused": len(unused), "n_with_text": n_texts}


def cut_up(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Cut every recording into clips at one loudness, and put both copies of each down."""
    found = find_recordings(request.recordings, style_folders=request.style_folders)
    texts = find_transcripts(found).lines
    items = run.items(scope=_scope(found, texts))
    detector = Silero.load()
    clips: list[Clip] = []
    for number, recording in enumerate(found.recordings):
        run.progress(number, len(found.recordings), recording.name)
        lines = texts.get(recording.name, ())
        clips += _cut_one(run, items, recording, lines, len(clips), detector, clean=request.clean)
    run.progress(len(found.recordings), len(found.recordings))
    run.write(CUT, clips_to_json(clips).encode())
    seconds = sum(one.seconds for one in clips)
    return {"n_clips": len(clips), "seconds": round(seconds, 1)}


def check(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Drop what sounds bad, and note whose voice each clip is."""
    clips = read_list(run.job / CUT)
    items = run.items()
    checked, embeddings = [], {}
    for number, clip in enumerate(clips):
        if clip.dropped in (None, "too_long"):
            key = f"{clip.name} {run.digest(f'clips16/{clip.name}.wav')}"
            if key not in items:
                items.add(key, _heard(run.job, clip))
            clip = clips_from_json(json.dumps([items[key]["clip"]]))[0]
            embeddings[clip.name] = items[key]["embedding"]
        checked.append(clip)
        run.progress(number + 1, len(clips))
    n_noisy = sum(needs_cleaning(one) for one in checked)
    if n_noisy and not request.clean:
        run.say(f"{n_noisy} clips are noisy; --clean tries to take the noise out")
    run.write(EMBEDDINGS, json.dumps(embeddings).encode())
    run.write(CHECKED, clips_to_json(checked).encode())
    return counted(checked)


def review(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Apply what the user decided. Raises NeedsAnswer if the clips are to be gone through and were not."""
    clips = read_list(run.job / LABELLED)
    # What was changed in the table has been collected before the job began.
    edits = read_edits(run.job)
    table = write_table(run.job, clips, edits)
    n_doubtful = sum(bool(one.flags) for one in clips if one.dropped is None)
    if request.review and edits.reviewed != digest_of_clips(clips):
        raise NeedsAnswer(
            f"{len(clips)} clips wait to be gone through, {n_doubtful} of them doubtful.",
            f"Change 'keep' and 'text' in {table}, or do nothing.",
            code="review",
        )
    done = applied(clips, edits)
    run.write(CLIPS, clips_to_json(done).encode())
    run.write(METADATA, _metadata(done).encode())
    return {"n_edits": len(edits.by_clip), **counted(done)}


def collect(job: Path, *, settled: bool) -> None:
    """Take over what the user changed in the table; `settled` takes the clips for gone through. Raises StorageError."""
    path = job / LABELLED
    if path.is_file():
        clips = read_list(path)
        edits = collect_edits(job, clips)
        save_edits(job, replace(edits, reviewed=digest_of_clips(clips)) if settled else edits)


def read_list(path: Path) -> list[Clip]:
    """Return the clips of a list. Raises StorageError."""
    return clips_from_json(path.read_text(encoding="utf-8"))


def verdict(run: StageRun, request: VoiceRequest) -> dict[str, Any]:
    """Say what the clips are good for, and which sentences to record next. Raises UsageError if for nothing."""
    clips = read_list(run.job / CLIPS)
    found = judge(clips, language_of_clips(clips, request))
    plain = asdict(found)
    plain["dropped_s"] = found.dropped_s
    plain["coverage"]["share"] = found.coverage.share
    run.write_json(VERDICT, plain)
    run.say(f"{found.kept_s / 60:.1f} minutes in {found.n_kept} clips can be used: {found.level}")
    for one in found.dropped:
        run.say(f"left out, {one.reason}: {one.n_clips} clips, {one.seconds:.0f} s")
    if found.level == "nothing":
        raise UsageError(
            "There is no usable speech in these recordings.",
            f"{TABLE_HINT} Record some sentences in a quiet room.",
            code="no_clips",
        )
    return {"level": found.level, "kept_s": round(found.kept_s, 1), "n_kept": found.n_kept}


TABLE_HINT: Final = "The table review.csv in the job's folder says why."


def language_of_clips(clips: Sequence[Clip], request: VoiceRequest) -> Language:
    """Return the language that was asked for, else the one most seconds are spoken in."""
    if request.language != "auto":
        return request.language
    seconds = {"zh": 0.0, "en": 0.0}
    for clip in clips:
        if clip.dropped is None and clip.language in seconds:
            seconds[clip.language] += clip.seconds
    return "zh" if seconds["zh"] >= seconds["en"] else "en"


# ---- cutting


def _scope(found: Found, texts: Any) -> str:
    """Return what changes when any recording or text does: clips are numbered through."""
    known = []
    for one in found.recordings:
        digest = digest_of(one.path)
        lines = [[line.text, line.language, line.start_s, line.end_s] for line in texts.get(one.name, ())]
        known.append([one.name, digest.sha256 if digest is not None else "", lines])
    return sha_of({"recordings": known})


def _cut_one(
    run: StageRun,
    items: Items,
    recording: Recording,
    lines: Sequence[Line],
    n_before: int,
    detector: Silero,
    *,
    clean: bool,
) -> list[Clip]:
    names = ("clips", "clips16")
    if recording.name in items:
        kept = clips_from_json(json.dumps(items[recording.name]))
        if all((run.job / folder / f"{one.name}.wav").is_file() for one in kept for folder in names):
            for one in kept:
                for folder in names:
                    run.keep(f"{folder}/{one.name}.wav")
            return kept
    try:
        heard = outline(recording, detector, _heard_so_far(run, recording.name))
        found = []
        for made in cut(recording, slices(heard, lines), heard, first_number=n_before + 1):
            if clean:
                made = _without_noise(made)
            write_cut(made, run.job / "clips", run.job / "clips16")
            for folder in names:
                run.keep(f"{folder}/{made.clip.name}.wav")
            found.append(made.clip)
            run.check()
    except AudioError as error:
        # It claimed to be sound and broke off: the others are still good.
        run.refuse(recording.name, error.what, error.hint)
        run.say(f"{error.what} {error.hint}".strip())
        return []
    items.add(recording.name, json.loads(clips_to_json(found)))
    return found


def _without_noise(made: Cut) -> Cut:
    """Return the clip with its noise taken out, or as it was where that did not help."""
    judged = with_sound_faults(made.clip, made.analysis, ANALYSIS_HZ, naturalness)
    tried = replace(made, clip=judged)
    done = cleaned(tried, naturalness)
    return made if done is tried else done


def _heard_so_far(run: StageRun, name: str) -> Callable[[float], None]:
    told = [time.monotonic()]

    def heard(seconds: float) -> None:
        run.check()
        if time.monotonic() - told[0] > _TOLD_EVERY_S:
            told[0] = time.monotonic()
            run.say(f"{name}: {seconds / 60:.0f} min heard")

    return heard


# ---- checking


def _heard(job: Path, clip: Clip) -> dict[str, Any]:
    sound = read_wav(job / "clips16" / f"{clip.name}.wav")
    judged = with_sound_faults(clip, sound.samples, ANALYSIS_HZ, naturalness)
    embedding = speaker_embedding(sound.samples, ANALYSIS_HZ)
    return {
        "clip": json.loads(clips_to_json([judged]))[0],
        "embedding": [round(float(one), 5) for one in embedding],
    }


def counted(clips: Sequence[Clip]) -> dict[str, Any]:
    """Return how much is kept, and how many clips were dropped for which reason."""
    kept = [one for one in clips if one.dropped is None]
    reasons: dict[str, int] = {}
    for one in clips:
        if one.dropped is not None:
            reasons[one.dropped] = reasons.get(one.dropped, 0) + 1
    return {"n_kept": len(kept), "kept_s": round(sum(one.seconds for one in kept), 1), "dropped": reasons}


def _metadata(clips: Sequence[Clip]) -> str:
    """Return the kept clips as LJSpeech lists them."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter="|", quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
    for one in clips:
        if one.dropped is None:
            text = one.text.replace("|", " ").replace("\n", " ")
            writer.writerow([one.name, text, text])
    return out.getvalue()
