"""`companion`: the window."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from companion.app import Companion, open_companion
from companion.domain import commands as do
from companion.domain import events
from companion.errors import CompanionError
from companion.paths import Paths


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="use the demo engines, without weights")
    parser.add_argument(
        "--screenshot", type=Path, metavar="FILE", help="save a picture of the window before it closes"
    )
    parser.add_argument("--quit-after", type=float, metavar="S", help="close the window after S seconds")
    parser.add_argument("--say", metavar="TEXT", help="say TEXT as soon as she is ready")
    parser.add_argument("--measures", type=Path, metavar="FILE", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    try:
        from companion.gui import run as run_window
    except ImportError as error:
        raise CompanionError(
            f"The window cannot be opened: {error}.",
            "On Debian or Ubuntu run: apt install libegl1 libxkbcommon-x11-0 libxcb-cursor0. "
            "`companion chat` works without a window.",
            code="no_window",
        ) from error
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") and _needs_display():
        raise CompanionError(
            "There is no screen to open a window on.",
            "Use `companion chat`, or start it from a desktop.",
            code="no_screen",
        )
    try:
        companion = open_companion(arguments.home, demo=arguments.demo)
    except CompanionError as error:
        if error.code == "in_use" and _is_shown(arguments.home):
            return 0
        from companion.gui.failure import show_failure

        show_failure(error.what, error.hint, error.code, quit_after_s=arguments.quit_after)
        raise
    companion.greets_aloud = True
    if arguments.say:
        _say_when_ready(companion, arguments.say)
    try:
        return run_window(
            companion,
            screenshot=arguments.screenshot,
            quit_after_s=arguments.quit_after,
            measures=arguments.measures,
        )
    finally:
        companion.close()


def _is_shown(home: Path | None) -> bool:
    """Bring the window that has these chats open to the front; return whether there is one."""
    from companion.gui.one_window import show_running

    return show_running(Paths.under(home) if home else Paths.for_user())


def _needs_display() -> bool:
    return os.name == "posix" and os.uname().sysname == "Linux" and "QT_QPA_PLATFORM" not in os.environ


def _say_when_ready(companion: Companion, text: str) -> None:
    """Say `text` once, when the character has been read."""

    def on_event(event: events.Event) -> None:
        if isinstance(event, events.StateChanged) and event.new in ("idle", "listening"):
            remove()
            companion.post(do.Say(text))

    remove = companion.bus.subscribe(on_event)
