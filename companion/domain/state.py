"""What the companion is doing, and which steps between these states are legal."""

from __future__ import annotations

from typing import Literal

State = Literal["asleep", "loading", "idle", "listening", "hearing", "thinking", "speaking"]
ListenMode = Literal["off", "push_to_talk", "hands_free", "on_call"]
"""In `on_call` the microphone is open, and only what is said to her by name is answered."""

_NEXT: dict[State, frozenset[State]] = {
    "asleep": frozenset({"loading"}),
    "loading": frozenset({"idle", "listening", "hearing", "thinking", "speaking", "asleep"}),
    "idle": frozenset({"listening", "hearing", "thinking", "speaking", "loading", "asleep"}),
    "listening": frozenset({"idle", "hearing", "thinking", "speaking", "loading", "asleep"}),
    "hearing": frozenset({"idle", "listening", "thinking", "speaking", "loading", "asleep"}),
    "thinking": frozenset({"idle", "listening", "hearing", "speaking", "loading", "asleep"}),
    "speaking": frozenset({"idle", "listening", "hearing", "thinking", "loading", "asleep"}),
}


def is_legal(old: State, new: State) -> bool:
    """Tell whether the session may go from `old` to `new`."""
    return old == new or new in _NEXT[old]
