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
from companion.domain.character import Character
from companion.domain.messages import TurnId
from companion.errors import CompanionError, UsageError

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
            character = _character(companion, arguments.character, arguments.chat)
            companion.start(roles=frozenset({"language", "recall"}))
            companion.post(do.OpenCharacter(character.id, arguments.chat))
            if arguments.new:
                companion.post(do.NewChat())
            if arguments.once is not None:
                return _one_turn(companion, arriving, arguments.once, arguments.json, began)
            return _loop(companion, arriving, arguments.json)
    finally:
        companion.close()


def _character(companion: Companion, wished: str | None, chat: str | None) -> Character:
    """Return whom to talk to. Raises UsageError, PackError, and StorageError for an unknown chat."""
    if chat is None:
        return companion.character(wished or companion.default_character())
    owner = companion.log.chat(chat).character
    if wished not in (None, owner):
        raise UsageError(
            f"This chat is with '{owner}', not with '{wished}'.", "Leave --character out.", code="other_chat"
        )
    return companion.character(owner)


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
            try:
                failed |= _one_turn(
                    companion, arriving, line.strip(), as_json, time.monotonic(), acks=as_json
                )
            except CompanionError as error:
                failed = 1
                print(f"\n{error}", file=sys.stderr)
    return failed


def _one_turn(
    companion: Companion,
    arriving: EventQueue,
    text: str,
    as_json: bool,
    began: float,
    *,
    acks: bool = False,
) -> int:
    """Say `text` and print the answer; with `acks` also a line as soon as the message is on disk."""
    companion.post(do.Say(text))
    out: dict[str, Any] = {"user": text, "notices": []}
    turn: TurnId | None = None
    for event in arriving.until(_PATIENCE_S):
        match event:
            case events.UserSaid(turn, message, _):
                if acks:
                    print(json.dumps({"acked": message.message}), flush=True)
            case events.ReplyDelta(_, delta, False) if not as_json:
                print(delta, end="", flush=True)
            case events.TurnFailed(failed, stage, what, hint, code):
                out |= {"error": what, "hint": hint, "code": code, "stage": stage}
                if failed != turn:
                    break
            case events.SpeakingFinished(finished) if finished == turn:
                break
            case _:
                _note(out, event, began)
    return _tell(out, as_json)


def _note(out: dict[str, Any], event: events.Event, began: float) -> None:
    match event:
        case events.ChatOpened(chat, _):
            out["chat"], out["character"] = chat.chat, chat.character
        case events.EngineChanged("language", label):
            out["model"] = label
        case events.Notice(what, hint, code):
            out["notices"].append({"what": what, "hint": hint, "code": code})
        case events.PromptBuilt(_, sections):
            out["sections"] = {one.name: one.n_tokens for one in sections}
        case events.ReplyFinished(_, message, _, timings):
            out |= {"reply": message.text, "thought": message.thought, "message": message.message}
            out |= {"emotion": message.meta.get("emotion"), "timings": dataclasses.asdict(timings)}
            out["seconds"] = round(time.monotonic() - began, 3)
        case _:
            pass


def _tell(out: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(json.dumps(out, ensure_ascii=False), flush=True)
    elif "error" in out:
        raise CompanionError(out["error"], out["hint"], code=out["code"])
    else:
        print(flush=True)
    return 1 if "error" in out else 0
