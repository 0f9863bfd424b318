"""The recordings of a folder as people keep them: sub-folders, mixed formats, other files between them.

The folder is only read. Links that lead out of it are refused, as are pipes and devices.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from companion.audio.resample import StreamResampler
from companion.errors import AudioError, CompanionError
from companion.voice_training.decoding import PLAIN_ENDINGS, SoundForm, sound_blocks, sound_form

F32 = NDArray[np.float32]

FFMPEG_ENDINGS: Final = frozenset(
    (
        ".m4a",
        ".mp4",
        ".aac",
        ".opus",
        ".wma",
        ".webm",
        ".mka",
        ".mkv",
        ".mov",
        ".aif",
        ".aiff",
        ".amr",
        ".3gp",
        ".ac3",
    )
)
ENDINGS: Final = PLAIN_ENDINGS | FFMPEG_ENDINGS
_MOST_FILES: Final = 20_000
_NOT_THERE_HINT: Final = "Choose a folder that holds recordings of one voice."


@dataclass(frozen=True, slots=True)
class Recording:
    """`name` is the path below the folder, with `/`; `style` the first sub-folder, empty without styles."""

    path: Path
    name: str
    form: SoundForm
    style: str = ""

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem


@dataclass(frozen=True, slots=True)
class Unused:
    """A file that looks like a recording and is none for us; `what` and `hint` as in CompanionError."""

    name: str
    what: str
    hint: str
    code: str


@dataclass(frozen=True, slots=True)
class Found:
    """`recordings` in the order of their names; `others` are the paths of all other files, for the transcripts."""

    folder: Path
    recordings: tuple[Recording, ...]
    unused: tuple[Unused, ...]
    others: tuple[Path, ...]


def find_recordings(folder: Path, *, style_folders: bool = False) -> Found:
    """Return what `folder` and its sub-folders hold; hidden files are passed over.

    Raises AudioError: code `no_folder`, `no_recordings`, or `too_many_files`.
    """
    if not folder.is_dir():
        raise AudioError(f"There is no folder {folder.name}.", _NOT_THERE_HINT, code="no_folder")
    recordings: list[Recording] = []
    unused: list[Unused] = []
    others: list[Path] = []
    for path, name in _files(folder, unused):
        if path.suffix.lower() not in ENDINGS:
            others.append(path)
            continue
        try:
            recordings.append(Recording(path, name, sound_form(path), _style(name) if style_folders else ""))
        except AudioError as error:
            unused.append(Unused(name, error.what, error.hint, error.code))
    if not recordings:
        raise _nothing_found(folder, unused)
    return Found(folder, tuple(recordings), tuple(unused), tuple(others))


def blocks_at(recording: Recording, rate_hz: int) -> Iterator[F32]:
    """Yield the recording's sound in mono at `rate_hz`, block by block. Raises AudioError, code `unreadable`."""
    resampler = StreamResampler(recording.form.rate_hz, rate_hz)
    for block in sound_blocks(recording.path, recording.form):
        yield resampler.feed(block)
    yield resampler.flush()


def cuts(recording: Recording, spans: Sequence[tuple[float, float]]) -> Iterator[F32]:
    """Yield the sound between each (start, end), seconds, at the recording's own rate.

    `spans` ascend by start and may overlap; the file is read once, and only the current stretch is kept.
    """
    rate = recording.form.rate_hz
    wanted = [(round(start * rate), round(end * rate)) for start, end in spans]
    kept = np.zeros(0, np.float32)
    kept_from = 0
    n_done = 0
    for block in _with_end(recording):
        ended = block is None
        kept = kept if block is None else np.concatenate([kept, block])
        while n_done < len(wanted) and (ended or wanted[n_done][1] <= kept_from + len(kept)):
            start, end = wanted[n_done]
            yield kept[max(0, start - kept_from) : max(0, end - kept_from)].copy()
            n_done += 1
        if n_done == len(wanted):
            return
        passed = min(len(kept), max(0, wanted[n_done][0] - kept_from))
        kept, kept_from = kept[passed:], kept_from + passed


def _with_end(recording: Recording) -> Iterator[F32 | None]:
    yield from sound_blocks(recording.path, recording.form)
    yield None


def _files(folder: Path, unused: list[Unused]) -> Iterator[tuple[Path, str]]:
    """Yield the regular files below `folder` with their names, in order of name; what lies outside is reported."""
    inside = folder.resolve()
    n_files = 0
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith((".", "__MACOSX")))
        for linked in (Path(at, one) for one in folders if Path(at, one).is_symlink()):
            _refuse_link(linked, inside, linked.relative_to(folder).as_posix(), unused)
        for name in sorted(names):
            path = Path(at, name)
            below = path.relative_to(folder).as_posix()
            if name.startswith(".") or not _is_file(path, inside, below, unused):
                continue
            n_files += 1
            if n_files > _MOST_FILES:
                raise AudioError(
                    f"The folder holds more than {_MOST_FILES:,} files.",
                    _NOT_THERE_HINT,
                    code="too_many_files",
                )
            yield path, below


def _is_file(path: Path, inside: Path, below: str, unused: list[Unused]) -> bool:
    if path.is_symlink():
        if path.suffix.lower() in ENDINGS:
            _refuse_link(path, inside, below, unused)
        return False
    return stat.S_ISREG(path.lstat().st_mode)


def _refuse_link(path: Path, inside: Path, below: str, unused: list[Unused]) -> None:
    """Report a link that leads out; what one within the folder shows is found anyway."""
    if not path.resolve().is_relative_to(inside):
        what = f"{below} is a link that leads out of the folder."
        unused.append(Unused(below, what, "Copy the recordings themselves into the folder.", "link"))


def _style(name: str) -> str:
    parts = PurePosixPath(name).parts
    return parts[0] if len(parts) > 1 else ""


def _nothing_found(folder: Path, unused: Sequence[Unused]) -> CompanionError:
    if not unused:
        return AudioError(f"There are no recordings in {folder.name}.", _NOT_THERE_HINT, code="no_recordings")
    first = unused[0]
    more = f" ({len(unused)} files cannot be used)" if len(unused) > 1 else ""
    return AudioError(
        f"No recording in {folder.name} can be read{more}: {first.what}", first.hint, code="no_recordings"
    )
