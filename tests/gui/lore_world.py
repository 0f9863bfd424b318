"""A character's documents and lorebooks as the window's tests need them: kept in memory, answering by rule."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from companion.domain.cancel import CancelToken
from companion.domain.character import FieldFate, Lorebook, LoreEntry, Problem
from companion.domain.passages import DocumentInfo, FoundPassage, Passage
from companion.errors import CompanionError, UsageError

LENGTH = 40


class RuleLore:
    """Documents whose lines that begin with 第 are chapters; passages are `LENGTH` characters long."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.until: dict[str, int | None] = {}
        self.built: list[str] = []

    def documents(self, character: str) -> list[DocumentInfo]:
        return [self._info(character, id_) for id_ in self.texts.get(character, {})]

    def add(self, character: str, file: Path) -> DocumentInfo:
        text = file.read_text(encoding="utf-8")
        if not text.strip():
            raise CompanionError(f"{file.name} is empty.", "Choose another file.", code="document")
        id_ = hashlib.sha256(file.name.encode()).hexdigest()[:8]
        self.texts.setdefault(character, {})[id_] = text
        self.names[id_] = file.name
        return self._info(character, id_)

    def remove(self, character: str, document: str) -> None:
        del self.texts[character][document]

    def passages(self, character: str) -> list[Passage]:
        found: list[Passage] = []
        for id_, text in self.texts.get(character, {}).items():
            chapter, number, at = "", 0, 0
            for line in text.splitlines(keepends=True):
                if line.startswith("第"):
                    chapter, number = line.strip(), number + 1
                else:
                    for start in range(at, at + len(line.rstrip("\n")), LENGTH):
                        end = min(start + LENGTH, at + len(line.rstrip("\n")))
                        name = self.names[id_]
                        found.append(
                            Passage(
                                f"{id_}-{start}", id_, name, start, end, text[start:end],
                                book=Path(name).stem, chapter=chapter, chapter_number=number, scene=1,
                                order=len(found) + 1,
                            )
                        )  # fmt: skip
                at += len(line)
        return found

    def build(self, character: str, *, cancel: CancelToken, progress: Callable[[int, int], None]) -> object:
        n = len(self.passages(character))
        progress(n, n)
        self.built.append(character)
        return None

    def search(
        self, character: str, query: str, *, limit: int, until: int | None = None
    ) -> list[FoundPassage]:
        wanted = set(query)
        until = self.until.get(character) if until is None else until
        scored = [
            (len(wanted & set(one.text)), one)
            for one in self.passages(character)
            if until is None or one.order <= until
        ]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])[:limit]
        return [
            FoundPassage(one, one.text, one.start, one.end, n / len(wanted), rank, rank, confident=n > 1)
            for rank, (n, one) in enumerate(best, 1)
        ]

    def source(self, character: str, document: str) -> str:
        return self.texts[character][document]

    def now(self, character: str) -> int | None:
        return self.until.get(character)

    def set_now(self, character: str, order: int | None) -> None:
        self.until[character] = order

    def _info(self, character: str, id_: str) -> DocumentInfo:
        text, mine = (
            self.texts[character][id_],
            [one for one in self.passages(character) if one.document == id_],
        )
        chapters = {one.chapter for one in mine}
        return DocumentInfo(
            id_, self.names[id_], Path(self.names[id_]).stem, len(text), len(chapters), len(mine)
        )


@dataclass(frozen=True, slots=True)
class RuleBookInfo:
    id: str
    name: str
    n_entries: int
    error: str = ""
    problems: tuple[Problem, ...] = ()
    fields: tuple[FieldFate, ...] = ()


class RuleBooks:
    """Lorebooks by id; a file is installed if its name has `book` in it."""

    def __init__(self) -> None:
        self.shelf: dict[str, Lorebook] = {}
        self.given: dict[str, list[str]] = {}
        self.exported: list[tuple[str, Path, str]] = []

    def books(self) -> list[RuleBookInfo]:
        return [RuleBookInfo(id_, one.name, len(one.entries)) for id_, one in self.shelf.items()]

    def load(self, book: str) -> Lorebook:
        return self.shelf[book]

    def install(self, source: Path) -> RuleBookInfo:
        if "book" not in source.name:
            raise UsageError(f"{source.name} is no lorebook.", "Choose another file.")
        return self.save("", Lorebook((LoreEntry(("茶",), "龙井。", id="0"),), name=source.stem))

    def export(self, book: str, target: Path, *, form: str = "lorebook_v3") -> None:
        self.exported.append((book, target, form))

    def attach(self, book: str, character: str, *, chat: str = "", on: bool) -> None:
        mine = self.given.setdefault(character, [])
        if on and book not in mine:
            mine.append(book)
        elif not on and book in mine:
            mine.remove(book)

    def attached(self, character: str, chat: str = "") -> Sequence[Lorebook]:
        return tuple(self.shelf[one] for one in self.given.get(character, []) if one in self.shelf)

    def remove(self, book: str) -> None:
        del self.shelf[book]

    def save(self, book: str, content: Lorebook) -> RuleBookInfo:
        id_ = book or f"book-{len(self.shelf) + 1}"
        self.shelf[id_] = replace(content, id=id_)
        return RuleBookInfo(id_, content.name, len(content.entries))
