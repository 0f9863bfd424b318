"""What a worker process gives up before it meets a model file; each step does nothing where it is not possible.

Linux only so far. On Windows and macOS a worker ends with its pipe, and has the user's rights until then.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

FORBIDDEN: Final = ("PySide6", "torch", "transformers", "TTS")
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


class _Refusal:
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"{name} has no place in a worker", name=name)
        return None


def refuse_imports() -> None:
    """Let `import torch` and the like fail: ctranslate2 takes them in wherever they are installed."""
    sys.meta_path.insert(0, _Refusal())


def forbidden_modules() -> list[str]:
    """Return the libraries that are loaded and should not be."""
    return [name for name in FORBIDDEN if name in sys.modules]


def give_up_rights(parent: int, *, network: bool) -> list[str]:
    """End with the process `parent`, leave no core dump, gain no rights, and without `network` reach no one.

    Must run while the process has one thread. Returns the names of the steps that were taken.
    """
    if not sys.platform.startswith("linux"):
        return []
    import ctypes
    import resource

    taken: list[str] = []
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0:
        taken.append("ends with its parent")
    if os.getppid() != parent:
        os._exit(0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        taken.append("no new rights")
    if not network and _can_leave_network(libc.unshare):
        _leave_network(libc.unshare)
        taken.append("no network")
        # Credentials changed, and the kernel clears the wish with them.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return taken


def limit_memory(n_bytes: int) -> None:
    """Let allocations beyond `n_bytes` of private memory fail; mapped model files do not count."""
    if sys.platform.startswith("linux") and n_bytes > 0:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))


def _can_leave_network(unshare: Callable[[int], int]) -> bool:
    """Try it in a child: a half-done attempt would leave this process without its user."""
    child = os.fork()
    if child == 0:
        try:
            _leave_network(unshare)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _leave_network(unshare: Callable[[int], int]) -> None:
    user, group = os.geteuid(), os.getegid()
    # Root needs no user namespace, and would lose sight of other users' files in one.
    flags = _CLONE_NEWNET if user == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    if unshare(flags) != 0:
        raise OSError("unshare")
    if user == 0:
        return
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
