"""The documents that one character was given, kept as plain texts below a folder of ours."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from companion.documents.document import Document, Heading
from companion.documents.lexicon import Lexicon, dumped, loaded
from companion.errors import StorageError

Write = Callable[[Path, bytes], None]

_LIST: Final = "documents.json"
_LEXICON: Final = "lexicon.json"
_STATE: Final = "state.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """The last place of the story that has happened: a passage's document and where it starts."""

    document: str
    start: int


@dataclass(frozen=True, slots=True)
class State:
    """What is kept beside the documents; `built` is the digest of what the index was made from."""

    now: Mark | None = None
    built: str = ""


class DocumentFolder:
    """Reads and writes one folder, which need not exist. `write` replaces a file whole or not at all."""

    def __init__(self, folder: Path, character: str, write: Write) -> None:
        self._folder, self._character, self._write = folder, character, write

    @property
    def is_there(self) -> bool:
        return (self._folder / _LIST).exists()

    @property
    def stamp(self) -> tuple[int, ...]:
        """A value that changes whenever the documents or the lexicon do."""
        out: list[int] = []
        for name in (_LIST, _LEXICON):
            with contextlib.suppress(OSError):
                status = (self._folder / name).stat()
                out += (status.st_mtime_ns, status.st_size)
        return tuple(out)

    def read(self) -> list[Document]:
        """Return the documents; one whose text is gone is left out. Raises StorageError, code `damaged`."""
        try:
            raw = json.loads((self._folder / _LIST).read_text(encoding="utf-8"))
            return [one for row in raw["documents"] if (one := self._document(row)) is not None]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StorageError(
                f"The list of the documents of {self._character} is damaged.",
                "Remove her documents and add them again.",
                code="damaged",
            ) from error

    def state(self) -> State:
        """Return what is kept beside the documents; what cannot be read is as if it had never been kept."""
        try:
            raw = json.loads((self._folder / _STATE).read_text(encoding="utf-8"))
            now = raw.get("now")
            mark = Mark(str(now["document"]), int(now["start"])) if now else None
            return State(mark, str(raw.get("built") or ""))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return State()

    def put(self, document: Document) -> None:
        """Keep a document, in place of one with the same id. Raises StorageError."""
        self._make()
        self._write(self._text(document.id), document.text.encode("utf-8"))
        documents = self.read()
        place = next((i for i, one in enumerate(documents) if one.id == document.id), len(documents))
        documents[place : place + 1] = [document]
        self._save(documents)

    def take(self, id_: str) -> None:
        """Remove a document. Raises StorageError."""
        self._save([one for one in self.read() if one.id != id_])
        with contextlib.suppress(FileNotFoundError):
            self._text(id_).unlink()

    def mark(self, now: Mark | None) -> None:
        """Keep the last place of the story that has happened; None: all of it has. Raises StorageError."""
        self._save_state(replace(self.state(), now=now))

    def note_built(self, digest: str, lexicon: Lexicon) -> None:
        """Keep the lexicon and the digest of what an index was made from. Raises StorageError."""
        self._make()
        self._write(self._folder / _LEXICON, dumped(lexicon))
        self._save_state(replace(self.state(), built=digest))

    def lexicon(self) -> Lexicon:
        """Return the kept lexicon, an empty one if there is none or it cannot be read."""
        try:
            return loaded((self._folder / _LEXICON).read_bytes())
        except (OSError, ValueError):
            return Lexicon()

    def clear(self) -> None:
        """Remove everything. Raises StorageError."""
        try:
            shutil.rmtree(self._folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(
                f"The documents of {self._character} cannot be removed ({error.strerror}).",
                "Close programs that use them and try again.",
                code="io",
            ) from error

    def _make(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"The folder for documents cannot be made ({error.strerror}).", "Check the disk.", code="io"
            ) from error

    def _text(self, id_: str) -> Path:
        return self._folder / f"{id_}.txt"

    def _document(self, row: dict[str, Any]) -> Document | None:
        id_ = str(row["id"])
        if not id_.isalnum():
            return None
        try:
            text = self._text(id_).read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        headings = tuple(Heading(*map(int, one)) for one in row.get("headings", ()))
        entries = tuple((int(start), int(end)) for start, end in row.get("entries", ()))
        return Document(id_, str(row["file"]), str(row["title"]), text, headings, entries)

    def _save(self, documents: Sequence[Document]) -> None:
        raw = {
            "version": _VERSION,
            "character": self._character,
            "documents": [
                {
                    "id": one.id,
                    "file": one.file,
                    "title": one.title,
                    "headings": [[head.start, head.end, head.level] for head in one.headings],
                    "entries": [list(span) for span in one.entries],
                }
                for one in documents
            ],
        }
        self._write(self._folder / _LIST, json.dumps(raw, ensure_ascii=True, indent=1).encode("ascii"))

    def _save_state(self, state: State) -> None:
        self._make()
        now = {"document": state.now.document, "start": state.now.start} if state.now else None
        raw = json.dumps({"version": _VERSION, "now": now, "built": state.built})
        self._write(self._folder / _STATE, raw.encode("ascii"))
