"""Run the script through the real program and tell what the recordings say."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion import settings as settings_file
from companion import wiring
from companion.cli.benchmarks.figures import machine
from companion.cli.benchmarks.voice.clips import SpokenTurn, speak_all
from companion.cli.benchmarks.voice.endurance import endurance
from companion.cli.benchmarks.voice.page import write_page
from companion.cli.benchmarks.voice.script import choose, load_script
from companion.cli.benchmarks.voice.sitting import Wish, sit
from companion.cli.benchmarks.voice.summary import figures
from companion.cli.benchmarks.voice.turns import measured_turns, naive_turns
from companion.domain.cancel import CancelToken
from companion.engines.catalog import load_catalog
from companion.paths import Paths, bundled
from companion.ports import Voice


@dataclass(frozen=True, slots=True)
class Run:
    """What to measure: `n_turns` None is the whole script, `only` names turns or kinds, `html` is a file to write.

    `recordings` is a folder that keeps what was recorded; `busy` keeps one core from the program.
    """

    own: Paths
    model: str
    n_turns: int | None = None
    only: tuple[str, ...] = ()
    seed: int = 1
    naive: bool = True
    busy: bool = False
    html: Path | None = None
    recordings: Path | None = None


def measure(run: Run) -> dict[str, Any]:
    """Talk with her by the script and return the figures. Raises CompanionError."""
    spoken = _spoken_turns(run)
    with _folder(run) as folder:
        sittings = [
            sit(_wish(run), language, own, folder)
            for language in ("zh", "en")
            if (own := [one for one in spoken if one.turn.language == language])
        ]
        turns = [measured_turns(one) for one in sittings]
        naive = [turn for one in sittings for turn in naive_turns(one)]
        out = {"model": run.model, "seed": run.seed, **figures(sittings, turns, naive)}
        if run.html is not None:
            write_page(run.html, out, machine(), sittings, turns)
        return out


def soak(run: Run) -> dict[str, Any]:
    """Talk `n_turns` with one character in one launch, without the control, and return what became of it."""
    only = run.only or ("zh",)
    spoken = _spoken_turns(dataclasses.replace(run, only=only))
    language = spoken[0].turn.language
    wish = dataclasses.replace(_wish(run), naive=False, keeps_sound=False)
    with _folder(run) as folder:
        sitting = sit(wish, language, [one for one in spoken if one.turn.language == language], folder)
        turns = measured_turns(sitting)
        out = {"model": run.model, "seed": run.seed, "busy_core": run.busy, **endurance(sitting, turns)}
        if run.html is not None:
            write_page(run.html, {**out, **figures([sitting], [turns], [])}, machine(), [sitting], [turns])
        return out


def _wish(run: Run) -> Wish:
    return Wish(run.own, run.model, run.seed, naive=run.naive, busy=run.busy)


@contextlib.contextmanager
def _folder(run: Run) -> Iterator[Path]:
    if run.recordings is not None:
        run.recordings.mkdir(parents=True, exist_ok=True)
        yield run.recordings
        return
    folder = Path(tempfile.mkdtemp(prefix="companion-bench-voice-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _spoken_turns(run: Run) -> list[SpokenTurn]:
    """Return the turns that are wished for, with their sound."""
    from companion.workers.clients import SpeechClient

    def open_voice() -> Voice:
        settings, _ = settings_file.load(run.own.settings)
        catalog = load_catalog(bundled("models") / "catalog.toml")
        cancel = CancelToken()
        voice = wiring.voice_spec(
            settings, run.own, catalog, progress=lambda done, total: None, cancel=cancel
        )
        return SpeechClient(recogniser=None, voice=voice, on_event=lambda event: None)

    turns = choose(load_script(), n=run.n_turns, only=run.only)
    return speak_all(turns, open_voice, run.own.cache / "bench" / "voice", seed=run.seed)
