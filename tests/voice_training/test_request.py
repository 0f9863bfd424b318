"""A request is kept with the consent, and found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.errors import StorageError, UsageError
from companion.voice_training.request import (
    CONSENT,
    VoiceRequest,
    consent_now,
    found_jobs,
    job_folder,
    load_request,
    save_request,
)
from companion.voice_training.torch_home import VARIABLE, find_torch

pytestmark = pytest.mark.unit


def _request(folder: Path, character: str = "小满") -> VoiceRequest:
    return VoiceRequest(folder / "录音 one", character, consent_now("option"), time_limit_s=60.0, review=True)


def test_a_request_comes_back_as_it_was(tmp_path: Path) -> None:
    request = _request(tmp_path)
    folder = job_folder(tmp_path / "voice_jobs", request.character, request.recordings)
    save_request(folder, request)
    assert load_request(folder) == request
    assert load_request(folder).consent.sentence == CONSENT
    assert [one.folder for one in found_jobs(tmp_path / "voice_jobs")] == [folder]


def test_the_same_recordings_are_the_same_job(tmp_path: Path) -> None:
    jobs, one, other = tmp_path / "jobs", tmp_path / "a", tmp_path / "b"
    assert job_folder(jobs, "小满", one) == job_folder(jobs, "小满", tmp_path / "x" / ".." / "a")
    assert job_folder(jobs, "小满", one) != job_folder(jobs, "小满", other)
    assert job_folder(jobs, "../x", one).parent == jobs


def test_no_job_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no voice training"):
        load_request(tmp_path)
    (tmp_path / "request.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be read"):
        load_request(tmp_path)
    assert found_jobs(tmp_path / "nowhere") == []


def test_a_python_without_the_packages_is_no_place_to_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no-python"))
    assert find_torch() is None
