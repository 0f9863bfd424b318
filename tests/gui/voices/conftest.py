from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from companion.audio.wav import write_wav
from companion.gui.translation import apply_language
from companion.jobs.stage import Record
from companion.jobs.state_file import write_state
from companion.voice_training.clip import Clip, clips_to_json
from companion.voice_training.request import JOBS, VoiceRequest, consent_now, job_folder, save_request
from companion.voice_training.view import FIGURES, LABELLED, REAL, SPEAKERS, STAGES, VERDICT

CLIPS = (
    Clip("0001", "甲.wav", 0.0, 3.0, "你好，世界。", "zh"),
    Clip("0002", "甲.wav", 3.2, 7.0, "今天下雨了。", "zh", flags=("two_readings", "noisy")),
    Clip("0003", "乙.wav", 0.5, 2.5, "嗯", "zh", dropped="noise", detail="SNR 8 dB"),
)
WORDS: dict[str, Any] = {
    "level": "good",
    "kept_s": 754.0,
    "n_kept": 120,
    "dropped": [{"reason": "noise", "n_clips": 4, "seconds": 17.0}],
    "record_next": ["窗外下着小雨。", "请把书递给我。"],
}
MEASURED: dict[str, Any] = {
    "kind": "trained",
    "similarity": 0.861,
    "similarity_real": 0.92,
    "error_rate": 0.041,
    "error_rate_real": 0.02,
    "ovrl": 3.05,
    "ovrl_real": 3.3,
}


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> None:
    """Begin in English, whatever the test before has left."""
    apply_language(qapp, "en")


@dataclass
class MadeJob:
    """A job as its process leaves it in the folder."""

    folder: Path
    request: VoiceRequest

    def states(self, *, upto: str = "", waits: str = "", failed: str = "") -> None:
        records = {}
        done = bool(upto)
        for stage in STAGES:
            records[stage] = Record(stage, "done" if done else "pending")
            if stage == waits:
                records[stage] = Record(stage, what="94 clips wait.", hint="Go on.")
            if stage == failed:
                records[stage] = Record(stage, "failed", what="The disk is full.")
            done = done and stage != upto
        write_state(self.folder, records)

    def clips(self) -> None:
        (self.folder / LABELLED).write_text(clips_to_json(CLIPS), encoding="utf-8")
        self._wavs("clips", [f"{one.name}.wav" for one in CLIPS])

    def verdict(self) -> None:
        (self.folder / VERDICT).write_text(json.dumps(WORDS), encoding="utf-8")

    def two_speakers(self) -> None:
        (self.folder / SPEAKERS).write_text(json.dumps([["0001", "0003"], ["0002"]]), encoding="utf-8")

    def result(self) -> None:
        self._wavs("voice", [REAL, "preview-1.wav", "preview-2.wav"])
        (self.folder / FIGURES).write_text(json.dumps(MEASURED), encoding="utf-8")
        (self.folder / "report.html").write_text("<p>", encoding="utf-8")

    def _wavs(self, below: str, names: list[str]) -> None:
        (self.folder / below).mkdir(exist_ok=True)
        for name in names:
            write_wav(self.folder / below / name, np.zeros(2205, np.float32), 22_050)


@pytest.fixture
def make_job(companion: Any) -> Callable[[], MadeJob]:
    def make() -> MadeJob:
        recordings = companion.paths.data / "我的 recordings"
        recordings.mkdir(exist_ok=True)
        request = VoiceRequest(recordings, "xiaoman", consent_now("window"), review=True)
        folder = job_folder(companion.paths.data / JOBS, "xiaoman", recordings)
        save_request(folder, request)
        job = MadeJob(folder, request)
        job.states()
        return job

    return make
