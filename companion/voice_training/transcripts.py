"""Texts that came with the recordings: tables, lists, one text per recording, subtitles.

A table names its recordings as they were called on another computer; they are found by the end of that path.
Encodings are told apart as for documents.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from companion.documents.decoding import decoded
from companion.errors import DocumentError
from companion.text.language import language_of
from companion.voice_training.recordings import ENDINGS, Found, Recording, Unused

_MOST_BYTES: Final = 50_000_000
_TIMED: Final = (".srt", ".ass", ".ssa", ".vtt")
_BESIDE: Final = (".lab", ".txt")
_LANGUAGES: Final = {
    "zh": "zh",
    "cn": "zh",
    "zh-cn": "zh",
    "chinese": "zh",
    "en": "en",
    "en-us": "en",
    "english": "en",
}
_NAME_COLUMNS: Final = ("path", "file", "filename", "file_name", "audio", "audio_file", "wav", "id")
_TEXT_COLUMNS: Final = ("sentence", "text", "transcript", "transcription", "normalized_text", "content")
_TAGS: Final = re.compile(r"<[^<>]{0,80}>|\{[^{}]{0,200}\}")
_DRAWING: Final = re.compile(r"\\p[1-9]")
# HTK and festival labels hold phones with times, not words.
_ALIGNMENT: Final = re.compile(r"\s*\d+(\.\d+)?\s+\d+(\.\d+)?\s+\S{1,8}\s*$")
_NAME_FIRST: Final = re.compile(r"([^\s|,;]+)\s*[\s|,;]\s*(.+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A text of a recording; without times it is the text of the whole. `language` is `zh` or `en`."""

    text: str
    language: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Transcripts:
    """`lines` by the name of the recording, ascending in time; `unused` are files that could not be made use of."""

    lines: Mapping[str, tuple[Line, ...]]
    unused: tuple[Unused, ...]


# A row of a transcript: what it calls the recording, and the line.
_Row = tuple[str, Line]


def find_transcripts(found: Found) -> Transcripts:
    """Return the texts for the recordings of `found`. Of several for one recording the most exact is taken."""
    names = _Names(found.recordings)
    lines: dict[str, tuple[Line, ...]] = {}
    unused: list[Unused] = []
    for file in sorted(found.others, key=_exactness):
        reader = _reader(file)
        below = file.relative_to(found.folder).as_posix()
        if reader is None:
            continue
        try:
            rows = reader(_content(file), below)
        except DocumentError as error:
            unused.append(Unused(below, error.what, error.hint, error.code))
            continue
        if file.suffix.lower() in _BESIDE:
            rows = rows[:1] if names.find(below) else rows[1:]
        matched, n_lost = _matched(rows, names, is_table=file.suffix.lower() not in (*_TIMED, ".lab"))
        if n_lost:
            unused.append(_lost(below, n_lost))
        for name, texts in matched.items():
            lines.setdefault(name, tuple(texts))
    return Transcripts(lines, tuple(unused))


class _Names:
    """Finds the recording that a path from somewhere means."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._by_key: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for recording in recordings:
            parts = tuple(_key(part) for part in PurePosixPath(recording.name).parts)
            for key in {parts[-1], _without_ending(parts[-1])}:
                self._by_key.setdefault(key, []).append((parts, recording.name))

    def find(self, called: str) -> str | None:
        """Return the name of the one recording whose path ends most like `called`; None if there are none or two."""
        parts = [_key(part) for part in re.split(r"[/\\]", called.strip().strip("\"'")) if part]
        if not parts:
            return None
        candidates = self._by_key.get(parts[-1]) or self._by_key.get(_without_ending(parts[-1])) or []
        ranked = sorted(((_n_shared(parts[:-1], path[:-1]), name) for path, name in candidates), reverse=True)
        if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
            return None
        return ranked[0][1]


def _key(part: str) -> str:
    # A Mac writes accents and kana apart, others together.
    return unicodedata.normalize("NFC", part).casefold()


def _without_ending(name: str) -> str:
    ending = PurePosixPath(name).suffix
    return name.removesuffix(ending) if ending in ENDINGS or ending in (*_TIMED, *_BESIDE) else name


def _n_shared(some: Sequence[str], others: Sequence[str]) -> int:
    count = 0
    for one, other in zip(reversed(some), reversed(others), strict=False):
        if one != other:
            break
        count += 1
    return count


def _exactness(file: Path) -> tuple[int, str]:
    order = (*_TIMED, ".list", ".csv", ".tsv", *_BESIDE)
    ending = file.suffix.lower()
    return (order.index(ending) if ending in order else len(order), file.as_posix())


def _reader(file: Path) -> Callable[[str, str], list[_Row]] | None:
    return {
        **dict.fromkeys(_TIMED, _subtitles),
        ".list": _list,
        ".csv": _table,
        ".tsv": _table,
        **dict.fromkeys(_BESIDE, _beside),
    }.get(file.suffix.lower())


def _content(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DocumentError(
                f"{file.name} is too large for a transcript.", "Leave it out.", code="too_large"
            )
        return decoded(file.read_bytes(), file.name)
    except OSError as error:
        raise DocumentError(
            f"{file.name} cannot be opened: {error.strerror}.",
            "Check the rights of the file.",
            code="unreadable",
        ) from error


def _matched(rows: Sequence[_Row], names: _Names, *, is_table: bool) -> tuple[dict[str, list[Line]], int]:
    """Return the lines of each recording, and how many lines named none of them."""
    texts: dict[str, list[Line]] = {}
    n_lost = 0
    for called, line in rows:
        name = names.find(called)
        if name is None:
            n_lost += 1
        elif line.start_s is not None or name not in texts:
            texts.setdefault(name, []).append(line)
    # A text of which no line names a recording is no transcript: a licence, a note.
    return texts, n_lost if texts or not is_table or n_lost > 20 else 0


def _lost(below: str, n_lost: int) -> Unused:
    what = f"{n_lost} lines of {below} name no recording in the folder, or more than one."
    return Unused(below, what, "Check that the names in the list are those of the files.", "unmatched")


def _list(content: str, below: str) -> list[_Row]:
    """Read `path|speaker|language|text`, of GPT-SoVITS (.list) and Style-Bert-VITS2 (esd.list)."""
    rows = []
    for row in content.splitlines():
        fields = row.split("|")
        if len(fields) >= 4 and (text := _plain(fields[3])):
            rows.append((fields[0], _line(text, fields[2])))
        elif len(fields) == 2 and (text := _plain(fields[1])):
            rows.append((fields[0], _line(text)))
    return rows


def _table(content: str, below: str) -> list[_Row]:
    """Read LJSpeech's `name|text|text in words`, or a table whose first row names its columns."""
    first = content.lstrip().partition("\n")[0]
    if "|" in first:
        rows = [row.split("|") for row in content.splitlines()]
        header = [field.strip().casefold() for field in rows[0]] if rows else []
        if not _columns(header):
            spoken = (
                (row[0], _plain(row[2] if len(row) > 2 and row[2].strip() else row[1]))
                for row in rows
                if row[1:]
            )
            return [(called, _line(text)) for called, text in spoken if text]
    else:
        dialect = csv.excel_tab if below.lower().endswith(".tsv") or "\t" in first else csv.excel
        rows = _csv_rows(content, dialect, below)
        header = [field.strip().casefold() for field in rows[0]] if rows else []
    columns = _columns(header)
    if columns is None:
        return [(row[0], _line(text)) for row in rows if len(row) == 2 and (text := _plain(row[1]))]
    name_at, text_at = columns
    enough = [row for row in rows[1:] if len(row) > max(columns)]
    return [(row[name_at], _line(text)) for row in enough if (text := _plain(row[text_at]))]


def _csv_rows(content: str, dialect: type[csv.Dialect], below: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(content), dialect))
    except csv.Error as error:
        raise DocumentError(
            f"{below} is no table: {error}.", "Save it as CSV again.", code="damaged"
        ) from error


def _columns(header: Sequence[str]) -> tuple[int, int] | None:
    named = next((header.index(name) for name in _NAME_COLUMNS if name in header), None)
    spoken = next((header.index(name) for name in _TEXT_COLUMNS if name in header), None)
    return None if named is None or spoken is None else (named, spoken)


def _beside(content: str, below: str) -> list[_Row]:
    """Read the text of the recording of the same name, or lines that begin with a recording's name."""
    rows = [row for row in content.splitlines() if row.strip()]
    if rows and all(_ALIGNMENT.match(row) for row in rows):
        return []
    listed = [
        (found.group(1), _line(text))
        for row in rows
        if (found := _NAME_FIRST.match(row.strip())) and (text := _plain(found.group(2)))
    ]
    whole = _joined(rows)
    return [(below, _line(whole)), *listed] if whole else []


def _joined(rows: Iterable[str]) -> str:
    texts = [text for row in rows if (text := _plain(row))]
    whole = "".join(texts)
    return whole if language_of(whole) == "zh" else " ".join(texts)


def _subtitles(content: str, below: str) -> list[_Row]:
    import pysubs2
    import pysubs2.exceptions

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            events = pysubs2.SSAFile.from_string(content, format_=Path(below).suffix.lower().lstrip("."))
    except (pysubs2.exceptions.Pysubs2Error, ValueError, KeyError, IndexError) as error:
        raise DocumentError(
            f"{below} is no subtitle file.", "Save it as srt, vtt or ass.", code="damaged"
        ) from error
    return [(below, line) for line in _timed(events)]


def _timed(events: Iterable[object]) -> Iterator[Line]:
    for event in sorted(events, key=lambda one: one.start):  # type: ignore[attr-defined]
        raw, start, end = str(event.text), event.start / 1000, event.end / 1000  # type: ignore[attr-defined]
        text = _plain(re.sub(r"\\[Nnh]", " ", _TAGS.sub("", raw)))
        if text and end > start and not event.is_comment and not _DRAWING.search(raw):  # type: ignore[attr-defined]
            yield _line(text, start_s=start, end_s=end)


def _line(text: str, language: str = "", *, start_s: float | None = None, end_s: float | None = None) -> Line:
    known = _LANGUAGES.get(language.strip().casefold())
    return Line(text, known or language_of(text), start_s, end_s)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\ufeff", "")).strip()
