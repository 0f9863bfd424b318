"""The description of a training is checked before hours are spent on it."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.errors import StorageError, UsageError
from companion.training.vits.job import read_job

pytestmark = pytest.mark.unit
WriteJob = Callable[..., Path]


def test_clips_come_as_whole_frames_in_their_split(write_job: WriteJob) -> None:
    job = read_job(write_job("声音 一"))

    assert (len(job.train), len(job.held_out)) == (5, 1)
    assert all(len(clip.wave) == clip.n_frames * 256 for clip in job.train)
    assert 0.1 < max(abs(job.train[0].wave)) <= 1.0


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"profile": "fast"}, {"clips": [{"file": "none.wav", "ids": [1]}]}]
)
def test_a_description_that_cannot_be_used_is_refused(write_job: WriteJob, change: dict[str, object]) -> None:
    with pytest.raises(StorageError) as caught:
        read_job(write_job("a", **change))

    assert caught.value.code == "job"


def test_a_training_without_clips_is_refused(write_job: WriteJob) -> None:
    with pytest.raises(UsageError) as caught:
        read_job(write_job("a", clips=[]))

    assert caught.value.code == "clips"


def test_a_clip_of_another_rate_is_refused(write_job: WriteJob) -> None:
    file = write_job("a")
    with wave.open(str(file.parent / "clips" / "0002.wav"), "wb") as stream:
        stream.setparams((2, 2, 48_000, 0, "NONE", ""))
        stream.writeframes(bytes(200_000))

    with pytest.raises(StorageError, match="48000"):
        read_job(file)


@pytest.mark.parametrize(
    ("description", "language"),
    [
        ({"espeak": {"voice": "en-us"}}, "en"),
        ({"language": {"code": "zh_CN"}}, "zh"),
        ({"espeak": {"voice": "cmn"}}, "zh"),
    ],
)
def test_the_language_of_the_base_is_read_from_its_description(
    write_job: WriteJob, tmp_path: Path, description: dict[str, object], language: str
) -> None:
    beside = tmp_path / "base.json"
    beside.write_text(json.dumps(description), encoding="utf-8")

    assert read_job(write_job("a", base="base.onnx", base_json=str(beside))).base_language == language
