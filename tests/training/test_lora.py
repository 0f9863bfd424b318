"""A training on a model of two layers: it learns, can be killed anywhere, stops when asked, and says when it fails."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

import companion

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
gguf = pytest.importorskip("gguf", reason="the packages of the extra `train` are not installed")

from companion.errors import ModelError, UsageError  # noqa: E402 - below the packages that may be missing
from companion.training.events import Events  # noqa: E402
from companion.training.lora.job import LoraJob, read_rows  # noqa: E402
from companion.training.lora.run import train  # noqa: E402

# Torch, transformers and PEFT warn of their own future.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
WriteJob = Callable[..., Path]
ROOT = Path(companion.__file__).resolve().parent.parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums over several threads are not the same twice."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _train(file: Path, *, stop_after: int | None = None, **changes: Any) -> list[dict[str, Any]]:
    """Train in this process, stopped after `stop_after` steps, and return the events."""
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    n_steps = 0

    def stopped() -> bool:
        nonlocal n_steps
        n_steps += 1
        return n_steps == stop_after

    stream = io.StringIO()
    done = train(LoraJob.read(file), Events(stream), stopped=stopped)
    assert done == (stop_after is None)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _start(file: Path, **changes: Any) -> subprocess.Popen[str]:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "companion.training.lora", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=ENVIRONMENT,
    )


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            yield json.loads(line)
    process.wait(60)


def _curve(folder: Path) -> list[tuple[float, ...]]:
    """Return what was logged of each step and each evaluation, without times."""
    names = ("step", "loss", "lr", "grad_norm", "val_bpc", "replay_bpc")
    lines = (folder / "trainer_log.jsonl").read_text(encoding="utf-8").splitlines()
    return [tuple(json.loads(line).get(name) for name in names) for line in lines]


def test_the_loss_falls_and_an_adapter_is_left(lora_job: WriteJob) -> None:
    file = lora_job("learns", epochs=6.0, patience=99)

    events = _train(file)

    losses = [event["loss"] for event in events if event["event"] == "step"]
    (trained,) = [event for event in events if event["event"] == "trained"]
    assert sum(losses[-4:]) < sum(losses[:4])
    assert trained["val_bpc"] < trained["base_bpc"]
    assert (file.parent / "style.gguf").exists()


def test_the_first_steps_tell_time_and_memory(lora_job: WriteJob) -> None:
    events = _train(lora_job("probe", max_tokens=64, max_steps=4))

    (probe,) = [event for event in events if event["event"] == "probe"]
    assert probe["step_s"] > 0
    assert probe["rss_bytes"] > 50_000_000


@pytest.mark.fault
def test_a_killed_training_ends_with_the_same_curve_and_adapter_bit_for_bit(lora_job: WriteJob) -> None:
    whole, killed = (lora_job(name, max_tokens=64, max_steps=12) for name in ("whole", "killed"))
    list(_events(_start(whole)))
    last = random.randrange(3, 11)
    process = _start(killed)
    for event in _events(process):
        if event["event"] == "step" and event["step"] == last:
            process.kill()

    events = list(_events(_start(killed, resume=True)))

    assert process.returncode == -signal.SIGKILL
    assert [event["step"] for event in events if event["event"] == "resumed"], f"killed at step {last}"
    assert _curve(whole.parent) == _curve(killed.parent), f"killed at step {last}"
    left, right = ((file.parent / "style.gguf").read_bytes() for file in (whole, killed))
    assert left == right, f"killed at step {last}"


@pytest.mark.fault
def test_another_seed_is_another_curve(lora_job: WriteJob) -> None:
    """The control of the comparison above: it can tell two trainings apart."""
    one, other = (lora_job(name, max_tokens=64, max_steps=4) for name in ("one", "other"))

    _train(one)
    _train(other, seed=4)

    assert _curve(one.parent) != _curve(other.parent)


@pytest.mark.fault
def test_an_interrupt_saves_and_stops(lora_job: WriteJob) -> None:
    process = _start(lora_job("cut", max_tokens=64, epochs=500.0, patience=9_999, evaluate_every=9_999))
    seen = []
    for event in _events(process):
        seen.append(event["event"])
        if event["event"] == "step" and event["step"] == 1:
            process.send_signal(signal.SIGINT)

    assert seen[-2:] == ["checkpoint", "stopped"]
    assert process.returncode == 0


def test_a_saved_training_refuses_other_rows(lora_job: WriteJob) -> None:
    file = lora_job("stale", max_tokens=64)
    _train(file, stop_after=2)
    rows = file.parent / "rows.jsonl"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(UsageError) as caught:
        _train(file, resume=True)

    assert caught.value.code == "stale"


def test_a_saved_training_refuses_another_rank(lora_job: WriteJob) -> None:
    file = lora_job("ranks", max_tokens=64)
    _train(file, stop_after=2)

    with pytest.raises(UsageError, match="other data or settings"):
        _train(file, resume=True, rank=4)


def test_without_gain_the_training_ends_early_with_the_best_step(lora_job: WriteJob) -> None:
    # So large a rate spoils the model at once.
    file = lora_job("spoilt", max_tokens=64, epochs=40.0, lr=1e-2, patience=2, evaluate_every=2)

    events = _train(file)

    steps = [event["step"] for event in events if event["event"] == "step"]
    bpc = {event["step"]: event["val_bpc"] for event in events if event["event"] == "evaluated"}
    (trained,) = [event for event in events if event["event"] == "trained"]
    (wanted,) = {event["of"] for event in events if event["event"] == "step"}
    assert steps[-1] < wanted
    assert trained["step"] == min(bpc, key=lambda step: bpc[step])


def test_numbers_that_are_none_are_a_verdict(lora_job: WriteJob, tmp_path: Path) -> None:
    file = lora_job("nan")
    spoilt = tmp_path / "spoilt.gguf"
    spoilt.write_bytes(LoraJob.read(file).base.read_bytes())
    (norm,) = [one for one in gguf.GGUFReader(str(spoilt), "r+").tensors if one.name == "output_norm.weight"]
    norm.data[3] = float("nan")
    norm.data.flush()

    with pytest.raises(ModelError) as caught:
        _train(file, base=str(spoilt))

    assert (caught.value.code, "smaller learning rate" in caught.value.hint) == ("diverged", True)


def test_too_little_memory_is_a_warning(lora_job: WriteJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1_000_000_000))

    events = _train(lora_job("short", max_tokens=64, max_steps=1))

    assert (events[0]["event"], events[0]["code"]) == ("warning", "memory")


def test_rows_are_learnt_where_the_character_speaks_and_nowhere_else(lora_job: WriteJob) -> None:
    from companion.engines.language_models.vocabulary import Vocabulary

    file = lora_job("masks")
    rows, _ = read_rows(file.parent)
    vocabulary = Vocabulary.load(LoraJob.read(file).base)

    for row in rows:
        ((start, end, n_frame),) = row.spans
        said = vocabulary.text(row.ids[start : end - n_frame])
        assert len(said) == row.n_chars
        assert vocabulary.ends_reply(row.ids[end - 1])
        assert not any(vocabulary.ends_reply(token) for token in row.ids[start : end - 1])
    vocabulary.close()
