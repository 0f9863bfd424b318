"""`companion chat`: the conversation in a terminal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from typing import Any

from companion.app import Companion, open_companion
from companion.cli.waiting import EventQueue
from companion.domain import commands as do
from companion.domain import events
from companion.errors import CompanionError

_PATIENCE_S = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--character", metavar="ID", help="whom to talk to (see `companion characters list`)")
    parser.add_argument("--chat", metavar="ID", help="which chat to go on with; default: the latest")
    parser.add_argument("--new", action="store_true", help="begin a new chat")
    parser.add_argument("--once", metavar="TEXT", help="say TEXT, print the answer and end")
    parser.add_argument("--model", metavar="MODEL", help="a GGUF file or a model id, for this run")
    parser.add_argument("--demo", action="store_true", help="use the demo mind, without weights")
    parser.add_argument("--seed", type=int, help="draw the same reply each time")


def run(arguments: argparse.Namespace) -> int:
    companion = open_companion(arguments.home, demo=arguments.demo)
    if arguments.model:
        companion.settings.mind.model = arguments.model
        companion.settings.mind.engine = "local"
    companion.settings.voice.speak = False
    companion.seed = arguments.seed
    try:
        with EventQueue(companion) as arriving:
            began = time.monotonic()
            character = companion.character(arguments.character or companion.default_character())
            companion.start(roles=frozenset({"language"}))
            companion.post(do.OpenCharacter(character.id, arguments.chat))
            if arguments.new:
                companion.post(do.NewChat())
            if arguments.once is not None:
                return _one_turn(companion, arriving, arguments.once, arguments.json, began)
            return _loop(companion, arriving, arguments.json)
    finally:
        companion.close()


def _loop(companion: Companion, arriving: EventQueue, as_json: bool) -> int:
    failed = 0
    if not as_json:
        greeting = next(
            event for event in arriving.until(_PATIENCE_S) if isinstance(event, events.ChatOpened)
        )
        if greeting.messages:
            print(greeting.messages[-1].text)
    while line := sys.stdin.readline():
        if line.strip():
            failed |= _one_turn(companion, arriving, line.strip(), as_json, time.monotonic())
    return failed


def _one_turn(companion: Companion, arriving: EventQueue, text: str, as_json: bool, began: float) -> int:
    companion.post(do.Say(text))
    out: dict[str, Any] = {"user": text, "notices": []}
    for event in arriving.until(_PATIENCE_S):
        match event:
            case events.ChatOpened(chat, _):
                out["chat"], out["character"] = chat.chat, chat.character
            case events.EngineChanged("language", label):
                out["model"] = label
            case events.Notice(what, hint, code):
                out["notices"].append({"what": what, "hint": hint, "code": code})
            case events.PromptBuilt(_, sections):
                out["sections"] = {one.name: one.n_tokens for one in sections}
            case events.ReplyDelta(_, delta, False) if not as_json:
                print(delta, end="", flush=True)
            case events.ReplyFinished(_, message, _, timings):
                out |= {
                    "reply": message.text,
                    "thought": message.thought,
                    "emotion": message.meta.get("emotion"),
                }
                out["timings"] = dataclasses.asdict(timings)
                out["seconds"] = round(time.monotonic() - began, 3)
            case events.TurnFailed(_, stage, what, hint, code):
                _tell_failure(out, stage, what, hint, code, as_json)
                return 1
            case events.SpeakingFinished():
                break
    print(json.dumps(out, ensure_ascii=False) if as_json else "")
    return 0


def _tell_failure(out: dict[str, Any], stage: str, what: str, hint: str, code: str, as_json: bool) -> None:
    if not as_json:
        raise CompanionError(what, hint, code=code)
    out |= {"error": what, "hint": hint, "code": code, "stage": stage}
    print(json.dumps(out, ensure_ascii=False))
