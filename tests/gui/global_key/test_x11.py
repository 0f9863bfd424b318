"""The key while another program has the focus, on a real X server without a screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytestmark = pytest.mark.gui
NEEDED = ("Xvfb", "xdotool")

PROGRAM = """
import subprocess
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from companion.gui.global_key.key import GlobalKey

application = QApplication([])
key, other = GlobalKey(), GlobalKey()
print("taken", repr(key.take("{key}")))
print("again", bool(other.take("{key}")))
key.held.connect(lambda down: (print("held", down), {after}))
QTimer.singleShot(20_000, application.quit)
QTimer.singleShot(0, lambda: subprocess.run({press}, check=True))
application.exec()
key.close()
print("free", repr(other.take("{key}")))
other.close()
other.close()
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    missing = [one for one in NEEDED if shutil.which(one) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "640x480x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    assert number, "the X server did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


def run(display: str, program: str) -> list[str]:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if (
        "could not connect to display" in done.stderr
        or "Could not load the Qt platform plugin" in done.stderr
    ):
        pytest.skip("Qt's xcb plugin cannot be loaded here")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(("key", "keys"), [("F8", ["F8"]), ("Ctrl+Space", ["ctrl+space"])])
def test_the_key_is_told_down_and_up_and_given_back(display: str, key: str, keys: list[str]) -> None:
    program = PROGRAM.format(
        key=key, press=["xdotool", "key", *keys], after="application.quit() if not down else None"
    )
    expected = ["taken ''", "again True", "held True", "held False", "free ''"]
    assert run(display, program) == expected


def test_a_key_that_repeats_stays_down_until_it_is_let_go(display: str) -> None:
    # A keyboard repeats after 660 ms on X; a held key must be told once.
    press = ["xdotool", "keydown", "F8"]
    after = (
        "QTimer.singleShot(1500, lambda: (print('waited'), subprocess.run(['xdotool', 'keyup', 'F8'])))"
        " if down else application.quit()"
    )
    told = run(display, PROGRAM.format(key="F8", press=press, after=after))
    assert told == ["taken ''", "again True", "held True", "waited", "held False", "free ''"]


def test_no_other_key_is_told(display: str) -> None:
    after = "application.quit() if not down else None"
    press = ["xdotool", "key", "a", "F9", "ctrl+F8", "F8"]
    told = run(display, PROGRAM.format(key="F8", press=press, after=after))
    assert told.count("held True") == 1
