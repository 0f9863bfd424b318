"""What every engine takes and tells: a request to stop, and whether it can work here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Cancel(Protocol):
    """A request to stop; cheap to read from any thread."""

    @property
    def requested(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether an engine can work here: `missing` says what would help."""

    available: bool
    label: str
    missing: str = ""
    details: dict[str, str] = field(default_factory=dict, hash=False)
