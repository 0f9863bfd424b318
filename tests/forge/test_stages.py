"""The extraction as a job: what is done stays done, corrections go on from where they matter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from companion.engines.language_models.scripted import Scripted
from companion.forge.extraction import extracted
from companion.forge.importing import read_source
from companion.forge.overrides import Override, add_override, speaker_override
from companion.forge.records import loaded_scenes
from companion.forge.stages import (
    OVERRIDES,
    SCENES,
    ExtractionRequest,
    extraction_stages,
    read_extraction,
)
from companion.jobs.job import Job
from companion.ports import LanguageModel

pytestmark = pytest.mark.unit

Write = Callable[..., Path]

_STORY = (
    "第一章 雨夜\n\n天黑了。\n\n“谁在那里？”\n\n门开了。张明走来，说：“是我。”\n\n"
    "李华说：“来了。”\n\n张明笑道：“坐吧。”\n"
)


def _job(folder: Path, file: Path) -> tuple[Job, ExtractionRequest]:
    request = ExtractionRequest(file, ("张明", "李华"))
    job = Job(folder, extraction_stages(folder, request))
    return job, request


def _started(job: Job) -> dict[str, float]:
    return {record.stage: record.started for record in job.status()}


def test_the_stages_find_what_one_call_finds(write: Write, tmp_path: Path) -> None:
    file = write("a.txt", _STORY)
    job, request = _job(tmp_path / "job", file)
    assert job.run().outcome == "done"
    by_stages = read_extraction(tmp_path / "job", request)
    at_once = extracted(read_source(file), known=request.known)
    assert by_stages.attributions == at_once.attributions
    assert by_stages.scenes == at_once.scenes == tuple(loaded_scenes(tmp_path / "job" / SCENES))
    assert (tmp_path / "job" / "raw" / "a.txt").read_bytes() == file.read_bytes()


def test_a_second_run_does_nothing_again(write: Write, tmp_path: Path) -> None:
    job, _ = _job(tmp_path / "job", write("a.txt", _STORY))
    job.run()
    before = _started(job)
    assert job.run().outcome == "done"
    assert _started(job) == before


def test_a_corrected_speaker_only_makes_the_scenes_again(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    job, request = _job(folder, write("a.txt", _STORY))
    job.run()
    before = _started(job)
    found = read_extraction(folder, request)
    assert found.attributions[0].speaker is None
    document = found.source.document
    add_override(folder / OVERRIDES, speaker_override(document.id, document.text, found.quotes[0], "李华"))
    job.run()
    again = {stage for stage, started in _started(job).items() if started != before[stage]}
    assert again == {"cast", "scenes"}
    assert read_extraction(folder, request).attributions[0].speaker == "李华"
    assert loaded_scenes(folder / SCENES)[0].turns[1].speaker == "李华"


def test_a_merged_cast_makes_the_speakers_again(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    job, request = _job(folder, write("a.txt", _STORY))
    job.run()
    add_override(folder / OVERRIDES, Override("merge", "李华", "张明"))
    job.run()
    said = {one.speaker for one in read_extraction(folder, request).attributions if one.speaker}
    assert said == {"张明"}


def test_a_script_goes_through_the_same_stages(write: Write, tmp_path: Path) -> None:
    file = write("a.txt", "林晚：你迟到了。\n陈屿：堵车。\n林晚：那你请客。\n陈屿：凭什么？\n")
    request = ExtractionRequest(file, ("林晚",))
    folder = tmp_path / "job"
    assert Job(folder, extraction_stages(folder, request)).run().outcome == "done"
    found = read_extraction(folder, request)
    assert found.lines_of("林晚") == 2
    assert len(loaded_scenes(folder / SCENES)) == 1


def test_a_file_that_cannot_be_used_fails_the_first_stage(write: Write, tmp_path: Path) -> None:
    job, _ = _job(tmp_path / "job", write("a.txt", b"\x7fELF" + bytes(300)))
    result = job.run()
    assert (result.outcome, result.stage, result.code) == ("failed", "import", "binary")


def test_a_model_is_asked_once_about_a_quote(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    opened: list[Scripted] = []

    @contextlib.contextmanager
    def open_model() -> Iterator[LanguageModel]:
        model = Scripted(["A"], delay_s=0.0, context_tokens=4_096)
        opened.append(model)
        yield model

    request = ExtractionRequest(write("a.txt", _STORY), ("张明", "李华"))
    job = Job(folder, extraction_stages(folder, request, open_model))
    assert job.run().outcome == "done"
    answers = (folder / "stages" / "speakers" / "items.jsonl").read_text().splitlines()
    assert job.run(again="speakers").outcome == "done"
    assert (folder / "stages" / "speakers" / "items.jsonl").read_text().splitlines() == answers
    assert len(answers) == 2
    assert len(opened) == 2
