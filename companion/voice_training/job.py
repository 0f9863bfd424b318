"""The whole way from recordings to a voice as one job: its stages in order, with what each is made from."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from companion.domain.cancel import CancelToken
from companion.jobs.events import Listener
from companion.jobs.job import Job
from companion.jobs.stage import Stage
from companion.jobs.stage_run import StageRun
from companion.voice_training import data_stages as data
from companion.voice_training import labelling
from companion.voice_training.choosing import choose
from companion.voice_training.handing_over import export, give
from companion.voice_training.model_stages import STYLE, learn, look_at_computer
from companion.voice_training.request import VoiceRequest
from companion.voice_training.review import EDITS
from companion.voice_training.surroundings import Surroundings
from companion.voice_training.view import SPEAKER

TITLES: Final[Mapping[str, str]] = {
    "preflight": "Looking at this computer",
    "import": "Reading the recordings",
    "cut": "Cutting them into sentences",
    "check": "Listening for noise, music and other voices",
    "label": "Writing down what is said",
    "review": "Going through the pieces",
    "verdict": "Judging the recordings",
    "train": "Learning the voice",
    "choose": "Choosing the best result",
    "export": "Trying it out",
    "install": "Giving it to her",
}
_CUT_ROOM: Final = 200_000_000
Work = Callable[[StageRun], Mapping[str, object] | None]


def voice_job(
    folder: Path,
    request: VoiceRequest,
    around: Surroundings,
    *,
    listeners: Sequence[Listener] = (),
    cancel: CancelToken | None = None,
) -> Job:
    """Return the job of `request` in `folder`."""
    return Job(folder, _stages(folder, request, around), listeners=listeners, cancel=cancel)


def _stages(folder: Path, request: VoiceRequest, around: Surroundings) -> list[Stage]:
    recordings = (request.recordings,)
    found: dict[str, Any] = {"style_folders": request.style_folders}
    spoken: dict[str, Any] = {"language": request.language}
    learnt: dict[str, Any] = {"base": request.base, "profile": request.profile, "seed": request.seed}
    return [
        # The computer may be another one by now: it is looked at every time.
        Stage("preflight", lambda run: look_at_computer(run, request), config={"time": uuid.uuid4().hex}),
        Stage("import", lambda run: data.take_in(run, request), config=found, inputs=recordings),
        Stage(
            "cut",
            lambda run: data.cut_up(run, request),
            config={**found, "clean": request.clean},
            needs=("import",),
            inputs=recordings,
            owns=("clips/*.wav", "clips16/*.wav"),
            room_bytes=_CUT_ROOM,
        ),
        Stage("check", lambda run: data.check(run, request), needs=("cut",)),
        Stage(
            "label",
            lambda run: labelling.label(run, request, around),
            config=spoken,
            needs=("check",),
            inputs=(folder / SPEAKER,),
        ),
        Stage(
            "review",
            lambda run: data.review(run, request),
            config={"review": request.review},
            needs=("label",),
            inputs=(folder / EDITS,),
        ),
        Stage("verdict", lambda run: data.verdict(run, request), config=spoken, needs=("review",)),
        Stage(
            "train",
            lambda run: learn(run, request, around),
            config=learnt,
            needs=("verdict", "review", "cut"),
            owns=("candidates/*.onnx", "candidates/*.onnx.json", STYLE),
        ),
        Stage(
            "choose",
            lambda run: choose(run, request, lambda: labelling.listener(run, around)),
            config={"profile": request.profile},
            needs=("train",),
        ),
        Stage("export", lambda run: export(run, request, around), needs=("choose", "train")),
        Stage(
            "install",
            lambda run: give(run, request, around),
            config={"character": request.character},
            needs=("export",),
        ),
    ]
