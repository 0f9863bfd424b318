"""Start a command that ends with the process that asked for it: `python tethered.py PARENT_PID COMMAND...`.

Run as a file of its own with `-I`, so it imports nothing of ours. Linux ends the command by itself; elsewhere this
process stays and ends it when its parent is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_LOOK_S = 0.5


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    parent, command = int(arguments[0]), arguments[1:]
    if _ends_with_its_parent():
        if os.getppid() != parent:
            return 1
        os.execvp(command[0], command)
    return _watch(parent, command)


def _ends_with_its_parent() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    return int(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)) == 0


def _watch(parent: int, command: list[str]) -> int:
    # The wish to stop is for the command alone; a handler, unlike SIG_IGN, is not handed down to it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    child = subprocess.Popen(command)
    while child.poll() is None:
        if os.name == "posix" and os.getppid() != parent:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        time.sleep(_LOOK_S)
    return child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
