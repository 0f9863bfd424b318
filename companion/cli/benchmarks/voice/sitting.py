"""One launch of the program: the scripted user talks with her, and the control answers some of it in between."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from companion import wiring
from companion.app import Companion, open_companion
from companion.audio.resample import resample
from companion.cli.benchmarks.voice.clips import SpokenTurn
from companion.cli.benchmarks.voice.manners import Entry, write_entries
from companion.cli.benchmarks.voice.naive import NaiveEngines, NaiveLoop
from companion.cli.benchmarks.voice.recording import Recording
from companion.cli.benchmarks.voice.script import Language
from companion.cli.benchmarks.voice.stamps import Stamped, Stamps
from companion.cli.benchmarks.voice.watch import Sample, Watch
from companion.conversation.preparation import TokenCounter, pinned_for
from companion.domain import commands as do
from companion.domain import events
from companion.domain.audio import AudioClip
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.messages import StoredMessage
from companion.domain.prompt import Standing
from companion.errors import ModelError
from companion.paths import Paths
from companion.ports import Duplex
from companion.workers.clients import AudioClient
from companion.workers.spec import EngineSpec

_PATIENCE_S: Final = 240.0
_NAIVE_SHARE: Final = 5
_REPLY_S: Final = 30.0
_NAIVE_REPLY_S: Final = 120.0
DEMO: Final = "demo"
CHARACTERS: Final[dict[Language, str]] = {"zh": "xiaoman", "en": "wren"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured: `own` are the folders whose models are used, `naive` whether the control runs.

    `keeps_sound` keeps what she was to say, for her mouth: not where memory is measured.
    """

    own: Paths
    model: str
    seed: int
    naive: bool = True
    duplex: Duplex = "auto"
    echo_db: float | None = -10.0
    busy: bool = False
    keeps_sound: bool = True


@dataclass(slots=True)
class Sitting:
    """What one launch left behind."""

    language: Language
    spoken: list[SpokenTurn]
    orders: list[int]
    recording: Recording
    stamps: list[Stamped]
    ready_s: float
    cold_ready_s: float
    persona_tokens: int
    stored: dict[int, StoredMessage]
    recognised: dict[tuple[int, int], str]
    state: str
    watched: list[Sample]
    naive: Recording | None = None
    naive_orders: list[int] = field(default_factory=list)
    naive_rows: list[dict[str, Any]] = field(default_factory=list)


def sit(wish: Wish, language: Language, spoken: Sequence[SpokenTurn], folder: Path) -> Sitting:
    """Launch twice, to have the persona's state on disk, and talk the second time. Raises CompanionError."""
    home = Path(tempfile.mkdtemp(prefix="companion-bench-home-"))
    try:
        cold_s = _launch_only(wish, language, home)
        return _talk(wish, language, list(spoken), folder, home, cold_s)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _open(wish: Wish, language: Language, home: Path) -> Companion:
    with contextlib.ExitStack() as stack:
        companion = open_companion(home)
        stack.callback(companion.close)
        _prepare(companion, wish, language)
        stack.pop_all()
    return companion


def _prepare(companion: Companion, wish: Wish, language: Language) -> None:
    companion.paths = dataclasses.replace(companion.paths, models=wish.own.models)
    settings = companion.settings
    settings.mind.engine = "demo" if wish.model == DEMO else "local"
    settings.mind.model = "" if wish.model == DEMO else wish.model
    settings.ears.mode, settings.voice.speak = "off", True
    settings.ears.duplex = wish.duplex
    settings.general.last_character = CHARACTERS[language]
    companion.seed = wish.seed


def _launch_only(wish: Wish, language: Language, home: Path) -> float:
    companion = _open(wish, language, home)
    try:
        return _ready(companion, language, EngineSpec("wav", {"inputs": [], "output": str(home / "no.wav")}))
    finally:
        companion.close()


def _ready(companion: Companion, language: Language, audio: EngineSpec) -> float:
    """Start everything and return the seconds until she could be spoken to."""
    stamps, began = Stamps(companion), time.monotonic()
    try:
        companion.start(audio=audio)
        companion.post(do.OpenCharacter(CHARACTERS[language]))
        companion.post(do.NewChat())
        cancel = CancelToken()
        for slot in (companion.engines.language, companion.engines.recogniser, companion.engines.voice):
            slot.get(cancel)
        companion.engines.audio.get(cancel)
        for moment, event in stamps.until(_PATIENCE_S):
            match event:
                case events.StateChanged(_, new, _) if new in ("idle", "listening"):
                    return moment - began
                case events.Notice(what, hint, code) if code != "notice":
                    raise ModelError(what, hint, code=code)
        raise AssertionError("the events never end")
    finally:
        stamps.close()


def _talk(
    wish: Wish, language: Language, spoken: list[SpokenTurn], folder: Path, home: Path, cold_s: float
) -> Sitting:
    ours_folder, naive_folder = folder / f"{language}-ours", folder / f"{language}-naive"
    for one in (ours_folder, naive_folder):
        one.mkdir(parents=True, exist_ok=True)
    baton = folder / f"{language}.baton"
    baton.write_text("0", encoding="ascii")
    chosen = naive_places(spoken) if wish.naive and wish.model != DEMO else []
    ours, theirs = orders(len(spoken), chosen)
    _write(ours_folder / "script.json", [(order, spoken[i]) for i, order in ours])
    _write(naive_folder / "script.json", [(order, spoken[i]) for i, order in theirs])
    companion = _open(wish, language, home)
    stamps = Stamps(companion, sound=wish.keeps_sound)
    naive: NaiveLoop | None = None
    naive_audio: AudioClient | None = None
    try:
        ready_s = _ready(companion, language, _user(wish, ours_folder, baton, _REPLY_S))
        character = companion.character(CHARACTERS[language])
        pinned = _pinned(companion, character)
        if theirs:
            naive_audio = AudioClient(_user(wish, naive_folder, baton, _NAIVE_REPLY_S, echo=False))
            naive = NaiveLoop(_naive_engines(companion), naive_audio, character, pinned[0])
        with Watch(busy=wish.busy) as watch:
            state = _listen_out(companion, stamps)
        if naive is not None:
            naive.join()
        recording = Recording.read(ours_folder)
        return Sitting(
            language,
            spoken,
            [order for _, order in ours],
            recording,
            stamps.rows,
            ready_s,
            cold_s,
            pinned[1],
            _stored(companion, stamps),
            _recognise(companion, recording, language),
            state,
            watch.samples,
            Recording.read(naive_folder) if theirs else None,
            [order for _, order in theirs],
            naive.rows if naive is not None else [],
        )
    finally:
        stamps.close()
        if naive_audio is not None:
            naive_audio.close()
        companion.close()


def _listen_out(companion: Companion, stamps: Stamps) -> str:
    """Open the ears, wait for the end of the script, and return her last state."""
    companion.post(do.Listen("hands_free"))
    state = "idle"
    for _, event in stamps.until(_PATIENCE_S):
        match event:
            case events.StateChanged(_, new, _):
                state = new
            case events.AudioEnded():
                return state
    raise AssertionError("the events never end")


def naive_places(spoken: Sequence[SpokenTurn]) -> list[int]:
    """Return which turns the control answers, too: one in five, of those that nothing comes into."""
    plain = [i for i, one in enumerate(spoken) if one.during is None]
    n = max(1, round(len(spoken) / _NAIVE_SHARE))
    step = max(1, len(plain) // n)
    return plain[::step][:n]


def orders(n_turns: int, chosen: Sequence[int]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return (place in the script, order among all turns) of ours and of the control's, which follow ours."""
    ours: list[tuple[int, int]] = []
    theirs: list[tuple[int, int]] = []
    for i in range(n_turns):
        ours.append((i, len(ours) + len(theirs)))
        if i in chosen:
            theirs.append((i, len(ours) + len(theirs)))
    return ours, theirs


def _write(file: Path, turns: Sequence[tuple[int, SpokenTurn]]) -> None:
    write_entries(
        file,
        [
            Entry(
                order,
                one.turn.name,
                str(one.said.file),
                str(one.during.file) if one.during else "",
                one.turn.after_s,
                asks_again=one.turn.during == "barge_in" and one.turn.wants_reply,
            )
            for order, one in turns
        ],
    )


def _user(wish: Wish, folder: Path, baton: Path, reply_s: float, *, echo: bool = True) -> EngineSpec:
    return EngineSpec(
        "script",
        {
            "script": str(folder / "script.json"),
            "folder": str(folder),
            "baton": str(baton),
            "seed": wish.seed,
            "echo_db": wish.echo_db if echo else None,
            "reply_timeout_s": reply_s,
        },
    )


def _pinned(companion: Companion, character: Character) -> tuple[list[dict[str, str]], int]:
    language = companion.engines.language.get(CancelToken())
    pinned = pinned_for(Standing(character), language, TokenCounter())
    return [{"role": one.role, "content": one.text} for one in pinned.messages], pinned.n_tokens


def _naive_engines(companion: Companion) -> NaiveEngines:
    cancel, mind = CancelToken(), companion.settings.mind
    model = companion.catalog.provide(companion.paths.models, "language", mind.model)
    return NaiveEngines(
        companion.engines.recogniser.get(cancel),
        companion.engines.voice.get(cancel),
        model.path,
        mind.context_tokens,
        wiring.threads_for(companion.settings).decode,
    )


def _stored(companion: Companion, stamps: Stamps) -> dict[int, StoredMessage]:
    """Return what was said as the history holds it now; a reply that was taken back is not in it."""
    out: dict[int, StoredMessage] = {}
    for _, event in stamps.rows:
        if isinstance(event, events.ReplyFinished | events.UserSaid):
            id_ = event.message.message
            out |= {one.message: one for one in companion.log.siblings(id_) if one.message == id_}
    return out


def _recognise(companion: Companion, recording: Recording, language: Language) -> dict[tuple[int, int], str]:
    recogniser, cancel = companion.engines.recogniser.get(CancelToken()), CancelToken()
    out = {}
    for reply in recording.replies:
        clip = AudioClip(recording.hers[reply.start : reply.end], recording.rate_hz)
        out[reply.turn] = recogniser.transcribe(resample(clip, 16_000), cancel, language=language).text
    return out
