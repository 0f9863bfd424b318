"""What became of each field of something imported, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from companion.domain.character import Fate, FieldFate

_WORDS: dict[Fate, str] = {
    "kept": "kept",
    "mapped": "mapped",
    "unused": "kept for export, but not used",
    "refused": "refused",
}


def fates_as_json(fields: Sequence[FieldFate]) -> list[dict[str, str]]:
    return [{"where": one.where, "fate": one.fate, "note": one.note} for one in fields]


def print_fates(fields: Sequence[FieldFate]) -> None:
    """Print the counts, then every field that was not simply kept."""
    for fate, words in _WORDS.items():
        found = [one for one in fields if one.fate == fate]
        if not found:
            continue
        print(f"  {words}: {len(found)}")
        if fate != "kept":
            for one in found:
                print(f"    {one.where}{': ' if one.note else ''}{one.note}")


def print_problem(mark: str, where: str, what: str, hint: str) -> None:
    """Print a problem, with the field it is about where the sentence does not name it."""
    about = f"{where}: " if where and not what.startswith(where) else ""
    print(f"  {mark} {about}{what} {hint}".rstrip())
