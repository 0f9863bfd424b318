"""What a fact card can be about, which cards take each other's place, and what a corrected text is worth.

A slot is a name (`home`) or a name with a thing (`likes:香菜`).
"""

from __future__ import annotations

_OPPOSITES = {"likes": "dislikes", "dislikes": "likes", "allergy": "no_allergy", "no_allergy": "allergy"}
_JOINS = " ，。,.!！"


def rivals(slot: str) -> tuple[str, ...]:
    """Return the slots whose card a new one in `slot` supersedes, itself first; nothing for an empty slot."""
    if not slot:
        return ()
    name, colon, thing = slot.partition(":")
    opposite = _OPPOSITES.get(name)
    return (slot, f"{opposite}:{thing}") if opposite and colon else (slot,)


def corrected(slot: str, value: str, old: str, new: str) -> tuple[str, str]:
    """Return slot and value of a card whose text was `old` and is `new` now.

    The value is what stands in `new` where the old value stood, or the whole text where that cannot be told.
    """
    before, found, after = old.partition(value) if value else ("", "", "")
    fitting = found and new.startswith(before) and new.endswith(after) and len(new) > len(before) + len(after)
    changed = new[len(before) : len(new) - len(after)].strip(_JOINS) if fitting else ""
    if not changed:
        changed = value if value and value in new else new.strip()
    name, colon, thing = slot.partition(":")
    if colon and thing == value:
        slot = f"{name}:{changed}"
    return slot, changed


def is_same(value: str, other: str) -> bool:
    """Tell whether two values are the same but for case and blanks."""
    return value.casefold().replace(" ", "") == other.casefold().replace(" ", "")
