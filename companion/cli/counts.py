"""How many of what there are, said in words."""

from __future__ import annotations


def counted(n: int, one: str, many: str = "") -> str:
    """Return `n` with its thousands parted and the word for it: 1 greeting, 2 greetings, 1 entry, 0 entries."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
