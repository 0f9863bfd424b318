"""The window. Qt stays in this package; everything else is reached through `surface.Surface`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from companion.gui.surface import Surface


def run(
    companion: Surface,
    *,
    screenshot: Path | None = None,
    quit_after_s: float | None = None,
    measures: Path | None = None,
) -> int:
    """Show the window until it is closed and return the exit code.

    `screenshot` saves a picture of the window when it closes; `quit_after_s` closes it by itself; `measures` is a JSON
    file that gets the time to the first picture and the longest stalls.
    """
    from companion.gui.application import run_window

    return run_window(companion, screenshot=screenshot, quit_after_s=quit_after_s, measures=measures)
