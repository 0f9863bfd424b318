"""Import: any file with dialogue to a source, its form detected, everything left out told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from companion.documents.decoding import Decoded, decoded_as
from companion.documents.document import Document, document_id
from companion.documents.reading import SUFFIXES, document_of_text, read_document
from companion.documents.zipped import Zipped
from companion.errors import CompanionError, DocumentError, PackError
from companion.forge import galgame, renpy, scripts
from companion.forge.card_lines import card_source
from companion.forge.lines import Form, Line, Source
from companion.forge.problems import Problem
from companion.forge.subtitle_lines import subtitle_source
from companion.packs import card, png_chunks
from companion.packs.strict_json import load_json

_SUBTITLES: Final = (".srt", ".vtt", ".ass", ".ssa")
_CARDS: Final = (".png", ".json", ".charx")
_PACKED: Final = (".epub", ".docx", ".pdf")
_COMPILED: Final = (".rpyc", ".rpa", ".rpymc", ".xp3", ".pck", ".arc")
FORMS: Final[tuple[Form, ...]] = ("novel", "script", "galgame", "renpy", "subtitles", "card")
MOST_BYTES: Final = 64_000_000
"""A text of this size takes some two minutes and 1 GB of memory."""
_LEAST_SCRIPT: Final = 0.35
_LEAST_COMMANDS: Final = 0.1
_REPLACED: Final = re.compile("\ufffd[^\n]{0,20}")


def read_source(path: Path, *, form: Form | None = None) -> Source:
    """Return what `path` holds, as `form` if that is given, else as what it looks like.

    Raises DocumentError: `unsupported`, `too_large`, `empty`, `binary`, `damaged`, `encrypted`, `scanned`, `dataset`.
    """
    suffix = path.suffix.lower()
    if suffix in _COMPILED:
        raise DocumentError(
            f"{path.name} is a compiled game file.",
            "Give the .rpy or text it was made from.",
            code="unsupported",
        )
    if suffix in (".jsonl", ".csv", ".xlsx", ".parquet"):
        raise _dataset(path.name)
    if suffix in _CARDS or form == "card":
        return _card(path)
    if suffix in _PACKED:
        document = read_document(path)
        guess, votes = _form_of(document.text)
        return _as_form(document, form or guess, votes, "")
    if suffix not in (*SUFFIXES, ".rpy", ".ks", ".scn", ".s", ".log", ""):
        raise DocumentError(
            f"{path.name} is of a kind that cannot be read.",
            f"These can: {', '.join(one.lstrip('.') for one in (*SUFFIXES, '.rpy', '.ks', '.png'))}.",
            code="unsupported",
        )
    return _of_text(path, suffix, form)


def _of_text(path: Path, suffix: str, form: Form | None) -> Source:
    found = decoded_as(_bytes(path), path.name)
    id_ = document_id(path.name)
    if suffix in _SUBTITLES or form == "subtitles":
        document, lines, problems = subtitle_source(found.text, id_, path.name, path.stem)
        _check_text(document)
        return Source(
            document, "subtitles", found.encoding, tuple(lines), (*_odd(found, document.text), *problems)
        )
    document = document_of_text(found.text, suffix if suffix in SUFFIXES else ".txt", id_, path.name)
    _check_text(document)
    guess, votes = _form_of(document.text)
    source = _as_form(document, form or ("renpy" if suffix == ".rpy" else guess), votes, found.encoding)
    return replace(source, problems=(*_odd(found, document.text), *source.problems))


def _as_form(document: Document, form: Form, votes: dict[str, tuple[int, int]], encoding: str) -> Source:
    lines: list[Line] = []
    problems: list[Problem] = []
    if form == "script":
        lines, problems = scripts.script_lines(document.text, scripts.best_fit(document.text).style)
    elif form == "galgame":
        lines, problems = galgame.galgame_lines(document.text)
    elif form == "renpy":
        lines, problems = renpy.renpy_lines(document.text)
    return Source(document, form, encoding, tuple(lines), tuple(problems), votes)


def _form_of(text: str) -> tuple[Form, dict[str, tuple[int, int]]]:
    """Return what a text looks like, and how many of its first lines fit each form."""
    fit = scripts.best_fit(text)
    n_commands, n_rows = galgame.n_commands(text)
    n_say = len(
        re.findall(
            r"^[ \t]*+(?:label \w+:|define \w+\s*=\s*Character|menu\b.*:)", text[:200_000], re.MULTILINE
        )
    )
    votes = {
        "script": (fit.n_fit, fit.n_lines),
        "galgame": (n_commands, n_rows),
        "renpy": (n_say, n_rows),
    }
    if n_say >= 2:
        return "renpy", votes
    if n_commands >= max(2, _LEAST_COMMANDS * n_rows):
        return "galgame", votes
    enough = fit.n_fit >= 4 and (
        fit.n_fit >= _LEAST_SCRIPT * fit.n_lines or (fit.style == "caps" and fit.n_fit >= 0.2 * fit.n_lines)
    )
    return ("script" if enough else "novel"), votes


def _card(path: Path) -> Source:
    suffix = path.suffix.lower()
    try:
        fields = card.data_of(load_json(_card_bytes(path, suffix), path.name))
    except PackError as error:
        if suffix == ".json":
            raise _dataset(path.name) from error
        raise DocumentError(error.what, error.hint, code="damaged") from error
    document, lines, problems = card_source(fields, document_id(path.name), path.name)
    if not lines:
        raise DocumentError(
            f"{path.name} is a card without example dialogues or greetings.",
            "Write some, or add a novel or a script.",
            code="empty",
        )
    return Source(document, "card", "", tuple(lines), tuple(problems))


def _card_bytes(path: Path, suffix: str) -> bytes:
    data = _bytes(path)
    if suffix == ".png":
        return png_chunks.read_card(path)
    if suffix != ".charx":
        return data
    with Zipped(path) as archive:
        return archive.read("card.json")


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise DocumentError(
                f"{path.name} has {size / 1e6:,.0f} MB; {MOST_BYTES / 1e6:,.0f} MB can be read.",
                "Split it.",
                code="too_large",
            )
        if not size:
            raise DocumentError(f"{path.name} is empty.", "Choose another file.", code="empty")
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"{path.name} cannot be read ({error.strerror or type(error).__name__}).",
            "Check the file.",
            code="io",
        ) from error


def _odd(found: Decoded, text: str) -> list[Problem]:
    """Tell of lines in another encoding, and of characters that could not be read."""
    other = found.other or "none that is known"
    out = [Problem("mixed_encoding", line, other, row=True) for line in found.odd_lines]
    out += [Problem("unreadable_characters", one.start(), one.group()) for one in _REPLACED.finditer(text)]
    return out


def _check_text(document: Document) -> None:
    if not any(char.isalnum() for char in document.text):
        raise DocumentError(f"{document.file} holds no text.", "Choose another file.", code="empty")


def _dataset(file: str) -> CompanionError:
    return DocumentError(
        f"{file} holds no novel, script or card.",
        "If it is a data set of questions and answers or of chats, import it as a data set.",
        code="dataset",
    )
