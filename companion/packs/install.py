"""Take a dropped file or folder into the user's characters folder: copied, checked, renamed into place.

The copy is what is checked, so nothing that changes meanwhile gets in. An installed pack is always a folder; the file
it came in stays in its hidden folder `.original`, for export.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import replace as changed
from pathlib import Path

from companion.domain.character import PackReport, Problem
from companion.errors import PackError, StorageError, UsageError
from companion.packs import carriers, staging
from companion.packs.archive import ALLOWED, MAX_ENTRIES, MAX_TOTAL
from companion.packs.checks import faults_in
from companion.packs.library import report_on
from companion.packs.names import clash_key, free_id, is_hidden, objection, pack_id
from companion.packs.staging import Budget, copy_file, copy_tree, write_new

_TRIES = 5
_WRAPPINGS = (".zip", ".rar", ".7z", ".gz", ".tar")


def install(
    source: Path,
    characters: Path,
    *,
    cache: Path,
    replace: str | None = None,
    taken: Collection[str] = (),
) -> PackReport:
    """Copy `source` below `characters` under a free name and return it as found there.

    Nothing is overwritten, unless `replace` is the id of the pack that it shall stand for. `taken` are further ids
    that must not be used. What was left out or renamed is among the problems. Raises PackError when it is no usable
    character, and then nothing was installed; UsageError when `replace` is taken or no pack's id; StorageError when
    it cannot be written.
    """
    if replace is not None and clash_key(replace) in {clash_key(one) for one in taken}:
        raise UsageError(f"'{replace}' belongs to the program and stays.", "Your own ones can be replaced.")
    try:
        with staging.staging(characters) as place:
            pack = place / "pack"
            problems = _take(source, pack, place)
            report = report_on(pack, cache=place / "unused")
            if report.character is None:
                problem = next((one for one in report.problems if one.fatal), report.problems[0])
                raise PackError(_named(source.name, problem.what), problem.hint)
            if replace is None:
                target, renamed = _placed(pack, characters, _wanted(source), taken)
                problems += renamed
            else:
                target = _replaced(pack, characters, replace)
    except OSError as error:
        raise _storage_error(source.name, "copied", error) from error
    found = report_on(target, cache=cache)
    return changed(found, problems=(*found.problems, *(one for one in problems if one not in found.problems)))


def present(source: Path, characters: Path) -> str | None:
    """Return the id of the pack below `characters` that has the name which `source` would get, or None."""
    wanted = clash_key(_wanted(source))
    return next((id_ for id_ in _ids(characters) if clash_key(id_) == wanted), None)


def stand_in(
    new: Path, old: str, characters: Path, *, cache: Path, taken: Collection[str] = ()
) -> PackReport:
    """Put the pack `new`, folder or file, in the place of the one called `old`, and return it as found there.

    Raises as `install` does, and both are there still.
    """
    found = install(new, characters, cache=cache, replace=old, taken=taken)
    if new != found.path and os.path.lexists(new):
        remove(new)
    return found


def remove(pack: Path) -> None:
    """Take a pack, folder or single file, out of its folder in one step and delete it; chats are not touched.

    Raises UsageError if there is none, StorageError.
    """
    if not os.path.lexists(pack):
        raise UsageError(f"There is no character '{pack.name}'.", "Look at the list of characters.")
    try:
        staging.discard(pack)
    except OSError as error:
        raise _storage_error(pack.name, "removed", error) from error


def clean(characters: Path) -> list[str]:
    """Tidy up after an installation that was cut off; return the packs that came back. Call it at the start."""
    try:
        return staging.clean(characters)
    except OSError as error:
        raise _storage_error(characters.name, "tidied up", error) from error


def _named(file: str, what: str) -> str:
    """Return a sentence on `file`; those on the copy, called `pack`, are about it."""
    return f"{file}{what[4:]}" if what.startswith(("pack ", "pack:")) else f"{file}: {what}"


def _wanted(source: Path) -> str:
    return pack_id(source.name if source.is_dir() else source.stem)


def _take(source: Path, pack: Path, place: Path) -> list[Problem]:
    """Copy `source` to the folder `pack`, drop what is unsound, and return what was left out."""
    left_out: tuple[str, ...] = ()
    if source.is_dir() and not source.is_symlink():
        _copy_folder(source, pack)
    else:
        left_out = _copy_carrier(source, pack, place)
    if not (pack / "card.json").is_file():
        raise PackError(f"{source.name} has no card.json.", "It is not a character pack.")
    problems = [
        Problem(name, "is a kind of file that packs may not hold; it is ignored") for name in left_out
    ]
    for fault in faults_in(pack):
        (pack / fault.where).unlink()
        problems.append(fault)
    return problems


def _copy_folder(source: Path, pack: Path) -> None:
    def is_wanted(name: str) -> bool:
        suffix = name.rpartition(".")[2].lower()
        if name.startswith(f"{carriers.ORIGINAL}/") and name.count("/") == 1:
            return f".{suffix}" in carriers.SUFFIXES
        return suffix in ALLOWED and not is_hidden(name) and not objection(name)

    staging.make_folder(pack)
    copy_tree(source, pack, Budget(source.name, MAX_ENTRIES, MAX_TOTAL), is_wanted)


def _copy_carrier(source: Path, pack: Path, place: Path) -> tuple[str, ...]:
    """Copy a card's file, then take the card and its files out of the copy; return the names left out."""
    suffix = source.suffix.lower()
    if suffix not in carriers.SUFFIXES:
        hint = f"A card is a folder or a {', '.join(carriers.SUFFIXES)}."
        if suffix in _WRAPPINGS:
            hint = "Unpack it, then add the cards that are in it."
        raise PackError(f"{source.name} is no character card.", hint)
    copy = pack / carriers.ORIGINAL / f"{_wanted(source)}{suffix}"
    budget = Budget(source.name, MAX_ENTRIES, MAX_TOTAL)
    copy_file(source, copy, budget)
    found = carriers.read(copy, place / "taken")
    for name, content in carriers.members_of(found).items():
        if objection(name):
            raise PackError(
                f"{source.name} holds an unsafe file name: {name[:80]!r}.", "It was refused whole."
            )
        target = pack / name
        if isinstance(content, bytes):
            write_new(target, iter([content]), budget)
        elif content.is_relative_to(place / "taken"):
            staging.make_folder(target.parent)
            content.rename(target)
        else:
            copy_file(content, target, budget)
    return found.left_out


def _placed(pack: Path, characters: Path, wanted: str, taken: Collection[str]) -> tuple[Path, list[Problem]]:
    for _ in range(_TRIES):
        id_ = free_id(wanted, [*_ids(characters), *taken])
        try:
            staging.put(pack, characters / id_)
        except FileExistsError:
            continue
        what = f"There is a character '{wanted}' already; this one is '{id_}'."
        hint = "Remove the one that is not needed, or install it again in its place."
        return characters / id_, [Problem("id", what, hint)] if id_ != wanted else []
    raise StorageError(f"No name is free for '{wanted}'.", "Rename its file and try again.")


def _replaced(pack: Path, characters: Path, id_: str) -> Path:
    is_name = "/" not in id_ and not objection(id_) and not is_hidden(id_)
    if not is_name or (id_ != pack_id(id_) and not (characters / id_ / "card.json").is_file()):
        raise UsageError(f"There is no character '{id_[:80]}'.", "Look at the list of characters.")
    target = characters / id_
    staging.swap(pack, target)
    for path in _files(characters):
        if clash_key(path.stem) == clash_key(id_):
            staging.discard(path)
    return target


def _ids(characters: Path) -> Iterator[str]:
    if not characters.is_dir():
        return
    for path in characters.iterdir():
        if not path.name.startswith("."):
            yield path.name
    for path in _files(characters):
        yield path.stem


def _files(characters: Path) -> list[Path]:
    return [
        path for path in characters.iterdir() if path.suffix.lower() in carriers.SUFFIXES and path.is_file()
    ]


def _storage_error(name: str, done: str, error: OSError) -> StorageError:
    return StorageError(
        f"{name} could not be {done} ({error.strerror or type(error).__name__}).",
        "Check that the disk has room and may be written.",
    )
