"""`companion talk`: the whole voice loop from files, in real time, into a two-channel recording."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from companion.app import Companion, open_companion
from companion.cli.waiting import EventQueue
from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.errors import ModelError
from companion.workers.spec import EngineSpec

_PATIENCE_S = 180.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--character", metavar="ID", help="whom to talk to")
    parser.add_argument(
        "--wav", nargs="+", type=Path, required=True, metavar="IN", help="what the user says, in order"
    )
    parser.add_argument(
        "--out", "-o", type=Path, required=True, metavar="OUT", help="the recording: left you, right her"
    )
    parser.add_argument("--model", metavar="MODEL", help="a GGUF file or a model id, for this run")
    parser.add_argument("--new", action="store_true", help="begin a new chat")
    parser.add_argument("--demo", action="store_true", help="use the demo engines, without weights")
    parser.add_argument("--seed", type=int, help="draw the same reply each time")


def run(arguments: argparse.Namespace) -> int:
    companion = open_companion(arguments.home, demo=arguments.demo)
    if arguments.model:
        companion.settings.mind.model = arguments.model
        companion.settings.mind.engine = "local"
    companion.seed = arguments.seed
    try:
        turns = converse(
            companion, arguments.wav, arguments.out, character=arguments.character, new=arguments.new
        )
    finally:
        companion.close()
    out = {"file": str(arguments.out), "turns": turns}
    if arguments.json:
        print(json.dumps(out, ensure_ascii=False))
    else:
        for turn in turns:
            print(f"> {turn.get('transcript', '')}\n{turn.get('reply', turn.get('error', ''))}")
    return 0 if turns and all("reply" in turn for turn in turns) else 1


def converse(
    companion: Companion, wavs: list[Path], out: Path, *, character: str | None = None, new: bool = False
) -> list[dict[str, Any]]:
    """Play `wavs` to the companion and record into `out`; return one row for each turn.

    The files begin only when every engine is ready and the character has been read.
    """
    audio = EngineSpec("wav", {"inputs": [str(path) for path in wavs], "output": str(out)})
    companion.settings.ears.mode = "off"
    companion.settings.voice.speak = True
    with EventQueue(companion) as arriving:
        companion.start(audio=audio)
        companion.post(do.OpenCharacter(companion.character(character or companion.default_character()).id))
        if new:
            companion.post(do.NewChat())
        _await_ready(companion, arriving)
        companion.post(do.Listen("hands_free"))
        return _turns(arriving)


def _await_ready(companion: Companion, arriving: EventQueue) -> None:
    cancel = CancelToken()
    companion.engines.language.get(cancel)
    companion.engines.recogniser.get(cancel)
    companion.engines.voice.get(cancel)
    companion.engines.audio.get(cancel)
    for event in arriving.until(_PATIENCE_S):
        match event:
            case events.StateChanged(_, new, _) if new in ("idle", "listening"):
                return
            case events.Notice(what, hint, code) if code != "notice":
                raise ModelError(what, hint, code=code)


def _turns(arriving: EventQueue) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    said: int | None = None
    for event in arriving.until(_PATIENCE_S):
        match event:
            case events.UserSaid(_, message, True) if turns and message.message == said:
                turns[-1]["transcript"] = message.text
            case events.UserSaid(_, message, True):
                said = message.message
                turns.append({"transcript": message.text})
            case events.ReplyFinished(_, message, interrupted, timings) if turns:
                turns[-1] |= {"reply": message.text, "interrupted": interrupted}
                turns[-1]["timings"] = dataclasses.asdict(timings)
            case events.SpeakingFinished(_, True) if turns:
                turns[-1]["interrupted"] = True
            case events.TurnFailed(_, stage, what, hint, code):
                failure = {"error": what, "hint": hint, "code": code, "stage": stage}
                turns[-1:] = [turns[-1] | failure] if turns else [failure]
            case events.AudioEnded():
                return turns
    return turns
