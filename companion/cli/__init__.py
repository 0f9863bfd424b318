"""The command line; each command imports what it needs when it runs."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from companion import __version__
from companion.errors import CompanionError, UsageError
from companion.log import set_up

# name -> (module, one line of help); a module offers add_arguments(parser) and run(arguments) -> exit code.
COMMANDS: dict[str, tuple[str, str]] = {
    "window": ("companion.cli.window", "open the window (this is what plain `companion` does)"),
    "chat": ("companion.cli.chat", "talk in the terminal, or ask one thing with --once"),
    "talk": ("companion.cli.talk", "play WAV files into the microphone and record the conversation"),
    "say": ("companion.cli.say", "speak a text into a WAV file"),
    "transcribe": ("companion.cli.transcribe", "write down what is said in a WAV file"),
    "characters": ("companion.cli.characters", "list the characters, or check a pack"),
    "lore": ("companion.cli.lore", "add, list, build and search the documents a character knows"),
    "train-voice": ("companion.cli.train_voice", "make a character's voice from a folder of recordings"),
    "voices": ("companion.cli.voices", "list voices, try one, go back to the one before"),
    "forge": ("companion.cli.forge", "find who speaks in a novel, a script, a game or a card"),
    "models": ("companion.cli.models", "list the models, or verify their files"),
    "chats": ("companion.cli.chats", "list, show, export, import, delete, back up, restore and check chats"),
    "memories": (
        "companion.cli.memories",
        "list, search, add, correct, pin, forget and export what she remembers",
    ),
    "doctor": ("companion.cli.doctor", "tell what works on this computer and what would help"),
    "selftest": ("companion.cli.selftest", "prove that every part works here"),
    "bench": ("companion.cli.bench", "measure start, speed, latency and memory beside a reference"),
}
# Options that are commands.
_OPTIONS = {"--train-voice": "train-voice"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when fine, 1 when it failed, 2 for a wrong use."""
    arguments = _as_commands(list(sys.argv[1:] if argv is None else argv))
    _use_utf8()
    if arguments[:1] == ["decode-sound"]:
        from companion.voice_training.decoding_child import main as decode

        decode(arguments[1:])
    if arguments[:1] == ["worker"]:
        from companion.workers.serve import main as serve

        return serve(arguments[1:])
    parsed = _parsed(_parser(_command_in(arguments)), _with_command(arguments))
    set_up(parsed.log_level)
    try:
        module = importlib.import_module(COMMANDS[parsed.command][0])
        return int(module.run(parsed))
    except CompanionError as error:
        _report(error, as_json=parsed.json)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return 130


def _as_commands(arguments: list[str]) -> list[str]:
    """Let `--train-voice DIR` stand for the command `train-voice DIR`."""
    for place, word in enumerate(arguments):
        option, sign, value = word.partition("=")
        if option in _OPTIONS:
            rest = [*([value] if sign else []), *arguments[place + 1 :]]
            return [_OPTIONS[option], *arguments[:place], *rest]
    return arguments


def _parsed(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """Parse, and let the words of a command stand behind its options too."""
    parsed, late = parser.parse_known_args(arguments)
    # WORKAROUND: a list of words that is empty before an option is closed for good, cpython#59317.
    words = next((value for value in vars(parsed).values() if value == []), None)
    if late and (words is None or any(word.startswith("-") for word in late)):
        parser.error(f"unrecognized arguments: {' '.join(late)}")
    if late and words is not None:
        words += late
    return parsed


def _use_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _command_in(arguments: list[str]) -> str:
    return next((word for word in arguments if word in COMMANDS), "window")


def _with_command(arguments: list[str]) -> list[str]:
    """Put the command first: `companion --demo` means `companion window --demo`."""
    if {"-h", "--help", "--version"} & set(arguments) and not any(word in COMMANDS for word in arguments):
        return arguments
    command = _command_in(arguments)
    rest = list(arguments)
    if command in rest:
        rest.remove(command)
    return [command, *rest]


def _parser(command: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="companion", description="A character who lives on your computer.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, help_) in COMMANDS.items():
        sub = commands.add_parser(name, help=help_, description=help_.capitalize() + ".", allow_abbrev=False)
        sub.add_argument(
            "--home", type=Path, metavar="DIR", help="keep everything below DIR instead of your own folders"
        )
        sub.add_argument("--json", action="store_true", help="print JSON")
        sub.add_argument(
            "--log-level", default="ERROR", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR"
        )
        if name == command:
            importlib.import_module(module).add_arguments(sub)
    return parser


def _report(error: CompanionError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": error.what, "hint": error.hint, "code": error.code}, ensure_ascii=False))
    else:
        print(f"{error.what}\n{error.hint}".strip(), file=sys.stderr)
