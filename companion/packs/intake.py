"""Whatever a user drops or names: characters, lorebooks, or a folder of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from companion.domain.character import PackReport
from companion.errors import CompanionError, PackError
from companion.packs import carriers
from companion.packs.books import BookInfo, BookShelf, is_book
from companion.packs.install import install, present

_MAX_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """One file and what became of it: a character, a lorebook, or the reason why neither."""

    source: Path
    character: PackReport | None = None
    book: BookInfo | None = None
    error: CompanionError | None = None


def kind_of(path: Path) -> Literal["character", "lorebook", "folder", ""]:
    """Tell what a file or folder is for us; an empty text if nothing. A folder without a card may hold several."""
    if path.is_dir():
        return "character" if (path / "card.json").is_file() else "folder"
    if is_book(path):
        return "lorebook"
    return "character" if path.suffix.lower() in carriers.SUFFIXES else ""


def take_in(
    path: Path,
    characters: Path,
    shelf: BookShelf,
    *,
    cache: Path,
    taken: Collection[str] = (),
    replace: bool = False,
) -> list[Taken]:
    """Install a card, a lorebook, or each of them in a folder; what fails is told and keeps no other from it.

    `taken` are ids that no character may get. With `replace` a character stands in for the installed one of its
    name, instead of beside it.
    """

    def take(one: Path) -> Taken:
        try:
            if kind_of(one) == "lorebook":
                return Taken(one, book=shelf.install(one))
            old = present(one, characters) if replace else None
            return Taken(one, character=install(one, characters, cache=cache, replace=old, taken=taken))
        except CompanionError as error:
            return Taken(one, error=error)

    if not path.exists():
        raise PackError(f"There is no file '{path.name}'.", "Check the name.", code="not_found")
    if kind_of(path) != "folder":
        return [take(path)]
    inside = [one for one in sorted(path.iterdir()) if not one.name.startswith((".", "_"))]
    wanted = [one for one in inside if kind_of(one) in ("character", "lorebook")][:_MAX_FILES]
    if not wanted:
        raise PackError(
            f"{path.name} holds no characters and no lorebooks.", "Choose a folder with cards or .json files."
        )
    return [take(one) for one in wanted]
