"""The one family of errors that a user may read."""

from __future__ import annotations


class CompanionError(Exception):
    """Something failed that the user can understand: `what` happened, and a `hint` what to do.

    Both are complete English sentences without markup; `code` is a stable identifier by which the
    window finds its translation.
    """

    def __init__(self, what: str, hint: str = "", *, code: str = "failed") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class Cancelled(CompanionError):
    """The work was stopped by its cancel token; not a failure."""

    def __init__(self) -> None:
        super().__init__("Stopped.", code="cancelled")


class ModelError(CompanionError):
    """A language model, recogniser or voice cannot be loaded or used."""


class PackError(CompanionError):
    """A character pack or card cannot be read."""


class StorageError(CompanionError):
    """The chat log or another file cannot be read or written."""


class StoreError(CompanionError):
    """A vector store or index is broken or cannot be reached; what it held can be rebuilt."""


class DocumentError(CompanionError):
    """A document cannot be read as text."""


class AudioError(CompanionError):
    """A microphone or loudspeaker cannot be used."""


class WorkerError(CompanionError):
    """A worker process ended, hangs or broke its protocol."""


class UsageError(CompanionError):
    """The command line or a setting asks for something that does not exist."""
