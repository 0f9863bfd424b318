"""`companion selftest`: every part does its work once, here and now; goes on after a failure and tells all."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from companion.app import open_companion
from companion.cli.waiting import EventQueue
from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.errors import CompanionError, WorkerError
from companion.paths import bundled

_FORBIDDEN = ("torch", "TTS", "transformers", "sentence_transformers")
_RESTART_S = 5.0
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    passed: bool
    what: str
    seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="keep the picture of the window")


def run(arguments: argparse.Namespace) -> int:
    steps: list[Step] = []
    with tempfile.TemporaryDirectory(prefix="companion-selftest-") as folder:
        home = Path(folder)
        for check in (
            _resources,
            _workers,
            lambda: _conversation(home / "zh", "你好，你是谁？", "xiaoman"),
            lambda: _conversation(home / "en", "Hello, who are you?", "wren"),
            lambda: _interruption(home / "stop"),
            lambda: _documents(home / "lore"),
            lambda: _killed_workers(home / "kill"),
            lambda: _window(home / "window", arguments.screenshot),
            _modules,
            _nothing_left,
        ):
            steps.append(_try(check))
            if not arguments.json:
                one = steps[-1]
                print(f"{'ok  ' if one.passed else 'FAIL'} {one.name}: {one.what} ({one.seconds:.1f} s)")
    passed = all(step.passed for step in steps)
    if arguments.json:
        print(json.dumps({"passed": passed, "steps": [asdict(step) for step in steps]}, ensure_ascii=False))
    return 0 if passed else 1


def _try(check: Callable[[], tuple[str, str]]) -> Step:
    began = time.monotonic()
    try:
        name, what = check()
        passed = True
    except (CompanionError, AssertionError, OSError, subprocess.SubprocessError) as error:
        name, _, what = str(error).partition("|")
        name, what, passed = (name, what, False) if what else ("part", name, False)
    return Step(name.strip(), passed, what.strip(), round(time.monotonic() - began, 2))


def _need(condition: bool, name: str, what: str) -> None:
    if not condition:
        raise WorkerError(f"{name}|{what}")


def _resources() -> tuple[str, str]:
    name = "resources"
    for part in ("assets/voices/blends.toml", "characters/xiaoman/card.json", "models/catalog.toml"):
        top, _, rest = part.partition("/")
        _need((bundled(top) / rest).is_file(), name, f"{part} is missing")
    return name, "voices, characters and catalogue are there"


def _workers() -> tuple[str, str]:
    from companion.workers.probe import probe_workers

    found = []
    for role, label, problem in probe_workers():
        _need(not problem, "workers", f"{role}: {problem}")
        found.append(label)
    return "workers", "; ".join(found)


def _conversation(home: Path, text: str, character: str) -> tuple[str, str]:
    name = f"conversation with {character}"
    companion = open_companion(home, demo=True)
    try:
        with EventQueue(companion) as arriving:
            companion.start()
            companion.post(do.OpenCharacter(character))
            companion.post(do.Say(text))
            reply = _reply(arriving, name)
        _need(bool(companion.log.check() == []), name, "the chat log is not sound")
        return name, f"{len(reply)} characters were written, spoken and kept"
    finally:
        companion.close()


def _reply(arriving: EventQueue, name: str) -> str:
    text, spoke = "", False
    for event in arriving.until(_PATIENCE_S):
        match event:
            case events.SpeechReady():
                spoke = True
            case events.ReplyFinished(_, message, _, _):
                text = message.text
            case events.TurnFailed(_, stage, what, _, _):
                _need(False, name, f"{stage}: {what}")
            case events.SpeakingFinished() if text:
                break
    _need(spoke, name, "nothing was spoken")
    return text


def _interruption(home: Path) -> tuple[str, str]:
    name = "interruption"
    companion = open_companion(home, demo=True)
    try:
        with EventQueue(companion) as arriving:
            companion.start(roles=frozenset({"language", "recall"}))
            companion.post(do.OpenCharacter("xiaoman"))
            companion.post(do.Say("给我讲一个很长的故事。"))
            for event in arriving.until(_PATIENCE_S):
                if isinstance(event, events.ReplyDelta):
                    companion.post(do.Interrupt())
                if isinstance(event, events.ReplyFinished):
                    _need(event.interrupted, name, "the reply was not stopped")
                    return name, f"stopped after {len(event.message.text)} characters, which were kept"
    finally:
        companion.close()
    return name, ""


def _documents(home: Path) -> tuple[str, str]:
    """Give her a document, build its index and ask it; then tell her something and see that she keeps it."""
    name = "documents and memories"
    companion = open_companion(home, demo=True)
    try:
        companion.start(roles=frozenset({"language", "recall"}))
        cancel = CancelToken()
        index = companion.engines.recall.get(cancel)
        story = home / "story.txt"
        story.write_text("第一章 渡口\n\n阿桥在渡口撑船。\n\n他把铜钥匙藏在船底。\n", encoding="utf-8")
        companion.lore.add("xiaoman", story)
        built = companion.lore.build("xiaoman", cancel=cancel)
        found = companion.lore.search("xiaoman", "铜钥匙藏在哪里？")
        _need(any("船底" in one.text for one in found), name, "a search did not find the passage")
        _need(index.info(built.collection) is not None, name, "the index does not know what was built")
        with EventQueue(companion) as arriving:
            companion.post(do.OpenCharacter("xiaoman"))
            companion.post(do.Say("我住在杭州。"))
            for event in arriving.until(_PATIENCE_S):
                if isinstance(event, events.ReplyFinished | events.TurnFailed):
                    break
        kept = [one.text for one in companion.log.memories.cards("xiaoman")]
        _need(any("杭州" in text for text in kept), name, "what the user told of himself was not kept")
        return (
            name,
            f"{built.n_items} passage(s) indexed and found by {built.embedder}; {len(kept)} memory kept",
        )
    finally:
        companion.close()


def _killed_workers(home: Path) -> tuple[str, str]:
    """Kill each worker; another one must be ready within 5 s, and a message be answered after it."""
    name = "killed workers"
    companion = open_companion(home, demo=True)
    try:
        with EventQueue(companion) as arriving:
            companion.start()
            companion.post(do.OpenCharacter("xiaoman"))
            cancel = CancelToken()
            clients = (
                companion.engines.language.get(cancel),
                companion.engines.voice.get(cancel),
                companion.engines.audio.get(cancel),
                companion.engines.recall.get(cancel),
            )
            slowest = max(_kill(getattr(client, "pid", None), arriving, name) for client in clients)
            companion.post(do.Say("还在吗？"))
            _reply(arriving, name)
        return name, f"each was replaced, the slowest after {slowest:.1f} s, and she answered"
    finally:
        companion.close()


def _kill(pid: int | None, arriving: EventQueue, name: str) -> float:
    _need(pid is not None, name, "a worker has no process")
    began = time.monotonic()
    os.kill(int(pid or 0), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    lost = False
    for event in arriving.until(_RESTART_S * 2):
        lost = lost or isinstance(event, events.WorkerLost)
        if lost and isinstance(event, events.WorkerReady):
            break
    seconds = time.monotonic() - began
    _need(seconds <= _RESTART_S * 2, name, f"a worker took {seconds:.1f} s to come back")
    return seconds


def _window(home: Path, screenshot: Path | None) -> tuple[str, str]:
    name = "window"
    picture = screenshot or home / "window.png"
    home.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    if sys.platform == "linux" and not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "companion"]
    arguments = [
        "--demo",
        "--home",
        str(home),
        "--screenshot",
        str(picture),
        "--quit-after",
        "4",
        "--say",
        "你好",
    ]
    done = subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, timeout=90, check=False
    )
    _need(done.returncode == 0, name, done.stderr.decode("utf-8", "replace")[-300:] or "it ended badly")
    _need(picture.is_file() and picture.stat().st_size > 10_000, name, "no picture was made")
    return name, f"shown, talked to, closed; its picture has {picture.stat().st_size:,} bytes"


def _modules() -> tuple[str, str]:
    found = [module for module in _FORBIDDEN if module in sys.modules]
    _need(not found, "modules", f"{', '.join(found)} was loaded")
    return "modules", "no training library was loaded"


def _nothing_left() -> tuple[str, str]:
    left = psutil.Process().children(recursive=True)
    _need(not left, "processes", f"{len(left)} were left behind")
    return "processes", "none is left behind"
