"""The clips as a table to go through: read, listen, correct, drop; corrections survive when clips are made anew.

`review.csv` is for a spreadsheet; only its columns `keep` and `text` are read back. `edits.json` holds what was
changed, by the place in the recording it belongs to.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from companion.errors import StorageError
from companion.storage.atomic import storage_error, write_atomic
from companion.voice_training.clip import Clip, clips_to_json

TABLE = "review.csv"
EDITS = "edits.json"
_WRITTEN = "review.written.csv"
_OF = "review.clips.txt"
_COLUMNS = (
    "keep",
    "text",
    "doubts",
    "why_dropped",
    "seconds",
    "language",
    "style",
    "clip",
    "recording",
    "at_s",
)
_YES = frozenset({"yes", "y", "1", "true", "x", "是", "留", "保留"})
_NO = frozenset({"no", "n", "0", "false", "", "否", "删", "不"})
BY_HAND = "kept by hand"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a user decided of one clip; None: nothing."""

    keep: bool | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Edits:
    """All decisions, by `key_of`; `reviewed` is the digest of the clips that were gone through to the end."""

    by_clip: Mapping[str, Edit]
    reviewed: str = ""


def key_of(clip: Clip) -> str:
    """Return what a clip is known by when the clips are cut anew: its place in the recording, to 0.1 s."""
    return f"{clip.source}@{clip.start_s:.1f}-{clip.end_s:.1f}"


def digest_of_clips(clips: Sequence[Clip]) -> str:
    """Return what is equal for equal lists of clips."""
    return hashlib.sha256(clips_to_json(clips).encode()).hexdigest()


def worst_first(clips: Iterable[Clip]) -> list[Clip]:
    """Return kept clips with the most doubts first, then dropped ones, then those nothing speaks against."""

    def rank(clip: Clip) -> tuple[int, int, str]:
        group = 2 if not clip.flags and clip.dropped is None else 1 if clip.dropped is not None else 0
        return group, -len(clip.flags), clip.name

    return sorted(clips, key=rank)


def applied(clips: Iterable[Clip], edits: Edits) -> list[Clip]:
    """Return the clips as a user left them; those that were dropped by hand are left out."""
    done = []
    for clip in clips:
        edit = edits.by_clip.get(key_of(clip), Edit())
        if edit.keep is False:
            continue
        if edit.keep and clip.dropped is not None:
            clip = replace(clip, dropped=None, detail="").doubt(BY_HAND)
        if edit.text is not None and edit.text.strip():
            clip = replace(clip, text=edit.text.strip(), given=True)
        done.append(clip)
    return done


def read_edits(folder: Path) -> Edits:
    """Return the decisions kept in a job's folder; none if there are none. Raises StorageError."""
    try:
        raw = json.loads((folder / EDITS).read_bytes())
        by_clip = {str(key): Edit(one["keep"], one["text"]) for key, one in raw["by_clip"].items()}
        return Edits(by_clip, str(raw["reviewed"]))
    except FileNotFoundError:
        return Edits({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{EDITS} of the job cannot be read ({type(error).__name__}).",
            "Rename that file and review the clips again.",
            code="damaged",
        ) from error


def save_edits(folder: Path, edits: Edits) -> None:
    """Keep decisions. Raises StorageError."""
    plain = {
        "reviewed": edits.reviewed,
        "by_clip": {
            key: asdict(one)
            for key, one in sorted(edits.by_clip.items())
            if one.keep is not None or one.text is not None
        },
    }
    write_atomic(folder / EDITS, json.dumps(plain, ensure_ascii=False, indent=1).encode())


def write_table(folder: Path, clips: Sequence[Clip], edits: Edits) -> Path:
    """Write `review.csv`, worst first, with the decisions made so far. Raises StorageError."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for clip in worst_first(clips):
        edit = edits.by_clip.get(key_of(clip), Edit())
        keep = clip.dropped is None if edit.keep is None else edit.keep
        text = clip.text if edit.text is None else edit.text
        why = f"{clip.dropped}: {clip.detail}".rstrip(": ") if clip.dropped else ""
        row = ["yes" if keep else "no", text, "; ".join(clip.flags), why, f"{clip.seconds:.1f}"]
        row += [clip.language, clip.style, f"clips/{clip.name}.wav", clip.source, f"{clip.start_s:.1f}"]
        writer.writerow([_harmless(cell) for cell in row])
    # Spreadsheets take a file without the mark for another encoding, and Chinese for noise.
    content = out.getvalue().encode("utf-8-sig")
    write_atomic(folder / TABLE, content)
    write_atomic(folder / _WRITTEN, content)
    write_atomic(folder / _OF, digest_of_clips(clips).encode())
    return folder / TABLE


def collect_edits(folder: Path, clips: Sequence[Clip]) -> Edits:
    """Return the decisions of a job with what the user changed in `review.csv` since it was written.

    Raises StorageError, code `review`, naming the line of what cannot be understood.
    """
    edits = read_edits(folder)
    try:
        if (folder / _OF).read_text(encoding="ascii", errors="replace") != digest_of_clips(clips):
            # The table is of other clips: a name in it means another place in the recordings.
            return edits
        now, before = (_rows(folder / name) for name in (TABLE, _WRITTEN))
    except FileNotFoundError:
        return edits
    except OSError as error:
        raise storage_error(error, folder / TABLE) from error
    by_name = {f"clips/{clip.name}.wav": clip for clip in clips}
    by_clip = dict(edits.by_clip)
    for name, (line, keep, text) in now.items():
        clip = by_name.get(name)
        if clip is None or name not in before:
            continue
        _, keep_before, text_before = before[name]
        edit = by_clip.get(key_of(clip), Edit())
        if keep != keep_before:
            edit = replace(edit, keep=_claim(keep, line))
        if text != text_before:
            edit = replace(edit, text=text)
        if edit != Edit():
            by_clip[key_of(clip)] = edit
    return replace(edits, by_clip=by_clip)


def _rows(path: Path) -> dict[str, tuple[int, str, str]]:
    """Return line, keep and text by clip; a spreadsheet may have moved columns and chosen another separator."""
    raw = path.read_bytes()
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        content = raw.decode("gb18030", "replace")
    head = content.splitlines()[0] if content else ""
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(content), delimiter=separator)
    missing = {"keep", "text", "clip"} - {str(name) for name in rows.fieldnames or ()}
    if missing:
        raise StorageError(
            f"{path.name} lacks the column '{min(missing)}'.",
            "Undo that change, or delete the file and go on: it is written anew.",
            code="review",
        )
    return {
        str(row["clip"]): (rows.line_num, str(row["keep"] or "").strip(), _plain(str(row["text"] or "")))
        for row in rows
    }


def _claim(word: str, line: int) -> bool:
    if word.lower() in _YES:
        return True
    if word.lower() in _NO:
        return False
    raise StorageError(
        f"Line {line} of {TABLE} says '{word[:20]}' under keep.", "Write yes or no there.", code="review"
    )


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking what somebody said for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def _plain(cell: str) -> str:
    stripped = cell.strip()
    return stripped[1:] if stripped[:1] == "'" and stripped[1:2] in ("=", "+", "-", "@") else stripped
