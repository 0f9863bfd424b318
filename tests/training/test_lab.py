"""A model from nothing, in the time of a test: it learns, is resumed, runs in the program and answers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
for needed in ("transformers", "gguf", "llama_cpp", "tokenizers"):
    pytest.importorskip(needed, reason=f"{needed} is not installed")

from companion.domain.cancel import CancelToken  # noqa: E402 - below the packages that may be missing
from companion.domain.character import Sampling  # noqa: E402
from companion.domain.messages import Message  # noqa: E402
from companion.engines.language_models.llama_cpp import LlamaCpp  # noqa: E402
from companion.engines.language_models.vocabulary import Vocabulary  # noqa: E402
from companion.errors import UsageError  # noqa: E402
from companion.forge.datasets.dialogue import read_dialogue  # noqa: E402
from companion.ports import Prompt, TextDelta  # noqa: E402
from companion.training.events import Events  # noqa: E402
from companion.training.lab.job import LabJob  # noqa: E402
from companion.training.lab.run import MODEL_NAME, WORDS_NAME, run_lab  # noqa: E402
from companion.training.lab.vocabulary import read_vocabulary  # noqa: E402

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
DIALOGUE = Path(__file__).resolve().parents[2] / "models" / "xiaoman" / "dialogue"
N_TALKS = 24


@pytest.fixture(scope="module")
def talks() -> list[tuple[str, str]]:
    """Return short exchanges of the bundled character."""
    found = [
        (one.turns[0].text, one.turns[1].text)
        for one in read_dialogue(DIALOGUE)
        if len(one.turns) == 2 and len(one.turns[1].text) <= 24 and not one.context and not one.opening
    ]
    assert len(found) >= N_TALKS
    return found[:N_TALKS]


def _job(folder: Path, talks: list[tuple[str, str]], **fields: Any) -> LabJob:
    folder.mkdir(parents=True)
    text, chat = folder / "text.txt", folder / "chat.jsonl"
    text.write_text("\n".join(reply for _, reply in talks) + "\nHello there.\n", encoding="utf-8")
    lines = [
        {"turns": [{"role": "user", "text": said}, {"role": "character", "text": reply}]}
        for said, reply in talks
    ]
    chat.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    settings = {
        "vocabulary": 600, "width": 96, "layers": 2, "context": 64, "batch_tokens": 512,
        "text_steps": 10, "talk_steps": 150, "threads": 1, "lr": 4e-3,
    }  # fmt: skip
    return LabJob((text, chat), folder / "run", **settings | fields)


def _run(job: LabJob, stopped: Callable[[], bool] = lambda: False) -> list[dict[str, Any]]:
    stream = io.StringIO()
    run_lab(job, Events(stream), stopped=stopped)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, talks: list[tuple[str, str]]
) -> tuple[Path, list[dict[str, Any]]]:
    """Return a trained model and the events of its training."""
    job = _job(tmp_path_factory.mktemp("lab") / "whole", talks)
    events = _run(job)
    return job.out / MODEL_NAME, events


def test_a_model_from_nothing_answers_in_the_program(
    lab: tuple[Path, list[dict[str, Any]]], talks: list[tuple[str, str]]
) -> None:
    model = LlamaCpp.load(lab[0], context_tokens=256, gpu_layers=0, threads=1, gives_way=False)
    greedy = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=60)

    answers = []
    for said, _ in talks:
        parts = model.generate(Prompt((), (), (Message("user", said),)), greedy, CancelToken())
        answers.append("".join(part.text for part in parts if isinstance(part, TextDelta)))

    model.close()
    right = sum(answer == reply for answer, (_, reply) in zip(answers, talks, strict=True))
    assert right >= 0.8 * len(talks), answers


def test_its_loss_falls_and_its_speed_is_told(lab: tuple[Path, list[dict[str, Any]]]) -> None:
    losses = [event["loss"] for event in lab[1] if event["event"] == "step" and event["stage"] == "talk"]
    report = json.loads((lab[0].parent / "report.json").read_text(encoding="utf-8"))

    assert losses[-1] < 0.2 * losses[0]
    assert report["tok_s"] > 0
    assert report["parts"]["all"] == sum(report["parts"].values()) / 2


def test_its_tokens_are_those_of_the_program(lab: tuple[Path, list[dict[str, Any]]]) -> None:
    texts = [turn.text for one in read_dialogue(DIALOGUE)[:150] for turn in one.turns][:200]
    texts += ["It's 3.14  and\t\n\n 12345 — don’t!", "<|im_end|> 你好　！\r\n", " leading", "🙂é"]
    words = read_vocabulary((lab[0].parent / WORDS_NAME).read_text(encoding="utf-8"))
    running = Vocabulary.load(lab[0])

    assert [tuple(words.ids(text)) for text in texts] == [running.tokenise(text) for text in texts]
    running.close()


@pytest.mark.fault
def test_a_stopped_run_ends_with_the_same_weights(tmp_path: Path, talks: list[tuple[str, str]]) -> None:
    before = torch.get_num_threads()
    fields = {"text_steps": 4, "talk_steps": 4, "width": 32, "checkpoint_every": 3}
    whole, cut = (_job(tmp_path / name, talks, **fields) for name in ("whole", "cut"))
    other = _job(tmp_path / "other", talks, **fields, seed=2)
    _run(whole)
    _run(other)
    asked = iter([False] * 5 + [True])

    _run(cut, lambda: next(asked))
    cut.write(cut.out / "lab.json")
    resumed = LabJob.read(_with_resume(cut.out / "lab.json"))
    events = _run(resumed)

    torch.set_num_threads(before)
    files = [(job.out / MODEL_NAME).read_bytes() for job in (whole, cut, other)]
    assert [(e["stage"], e["step"]) for e in events if e["event"] == "resumed"] == [("talk", 2)]
    assert files[0] == files[1]
    assert files[0] != files[2]


def _with_resume(file: Path) -> Path:
    raw = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(raw | {"resume": True}), encoding="utf-8")
    return file


def test_too_small_a_vocabulary_and_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n")

    with pytest.raises(UsageError, match="vocabulary = 12"):
        LabJob((tmp_path / "empty.txt",), tmp_path, vocabulary=12).check()
    with pytest.raises(UsageError, match="nothing to learn"):
        _run(LabJob((tmp_path / "empty.txt",), tmp_path / "out"))
