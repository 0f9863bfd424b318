"""A training can be stopped anywhere, goes on in the same state, and leaves a voice that the program speaks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the packages of the extra `train` are not installed")
pytest.importorskip(
    "monotonic_alignment_search", reason="the packages of the extra `train` are not installed"
)

from companion.training.events import Events  # noqa: E402 - below the packages that may be missing
from companion.training.vits.job import read_job  # noqa: E402
from companion.training.vits.run import Team, train  # noqa: E402

# Coqui and torch's exporter warn of their own future.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore")]
WriteJob = Callable[..., Path]


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
    done = train(read_job(file), Events(stream), Team(), stopped=stopped)
    assert done == (stop_after is None)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _final_state(folder: Path) -> dict[str, bytes]:
    """Return the tensors of the candidate that a training ended with."""
    from companion.model_files.onnx_graph import read_parts

    parts = read_parts(memoryview(max((folder / "candidates").glob("decoder-*.onnx")).read_bytes()))
    return {name: bytes(tensor) for name, tensor in parts.initializers.items()}


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, bytes]]:
    """Final states that several tests compare with."""
    return {}


@pytest.fixture
def whole(write_job: WriteJob, kept: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
    """The final state of a training that nobody stopped."""
    if not kept:
        file = write_job("whole")
        _train(file)
        kept["whole"] = _final_state(file.parent)
    return kept["whole"]


def test_a_training_from_scratch_ends_with_a_voice_that_the_program_speaks(write_job: WriteJob) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    from companion.domain.cancel import CancelToken
    from companion.domain.character import VoiceSpec
    from companion.engines.voices.piper_onnx import PiperOnnx

    file = write_job("全部 of it")

    (candidate,) = [event for event in _train(file) if event["event"] == "candidate"]
    voice = PiperOnnx.load(file.parent / candidate["file"])

    assert candidate["figures"]["parity"] >= 0.9999
    for style in (0, 1):
        spec = VoiceSpec(engine="piper", language="en", speaker=style)
        spoken = list(voice.synthesise("Good morning.", CancelToken(), voice=spec))
        assert sum(len(piece.clip.samples) for piece in spoken) > 2_000
    voice.close()


@pytest.mark.fault
@pytest.mark.parametrize("n_steps", [2, 4, 6, 9])
def test_a_training_that_was_stopped_goes_on_in_the_same_state(
    write_job: WriteJob, whole: dict[str, bytes], n_steps: int
) -> None:
    cut = write_job("cut")

    stopped = _train(cut, stop_after=n_steps)
    torch.manual_seed(99)
    resumed = _train(cut, resume=True)

    assert stopped[-1]["event"] == "checkpoint"
    assert "resumed" in [event["event"] for event in resumed]
    assert _final_state(cut.parent) == whole


@pytest.mark.fault
def test_another_seed_ends_in_another_state(write_job: WriteJob, whole: dict[str, bytes]) -> None:
    """The control: equal states above say something."""
    other = write_job("other", seed=4)

    _train(other)

    assert _final_state(other.parent) != whole


@pytest.mark.fault
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    write_job: WriteJob, whole: dict[str, bytes]
) -> None:
    cut = write_job("cut")
    _train(cut, stop_after=6)
    newest = max((cut.parent / "checkpoints").glob("?-??????.pt"))
    newest.write_bytes(newest.read_bytes()[:1_000])

    resumed = _train(cut, resume=True)

    assert "resumed" in [event["event"] for event in resumed]
    assert _final_state(cut.parent) == whole


def test_a_time_limit_shortens_the_stages_and_still_leaves_a_voice(write_job: WriteJob) -> None:
    events = _train(write_job("short"), time_limit_s=0.001)

    steps = {event["stage"]: event["step"] for event in events if event["event"] == "step"}
    assert steps == {"regress": 1, "durations": 1, "decoder": 1}
    assert [event["file"] for event in events if event["event"] == "candidate"] == [
        "candidates/decoder-00001.onnx"
    ]


def test_a_training_that_is_done_can_be_given_more_steps(write_job: WriteJob) -> None:
    file = write_job("more")
    _train(file)
    schedule = json.loads(file.read_text(encoding="utf-8"))["schedule"]
    schedule["decoder"]["steps"] = 6

    events = _train(file, resume=True, schedule=schedule)

    assert {"event": "resumed", "stage": "decoder", "step": 4} in events
    assert [event["file"] for event in events if event["event"] == "candidate"] == [
        "candidates/decoder-00006.onnx"
    ]
