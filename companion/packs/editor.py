"""Make a character or change one: a draft in, a pack folder out; unknown fields of the card survive."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import tempfile
import time
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from companion.domain.character import Character, LoreEntry, PackReport, Sampling
from companion.errors import PackError, StorageError
from companion.packs import png_card
from companion.packs.card import data_of
from companion.packs.charx import ALLOWED
from companion.packs.library import report_on
from companion.packs.strict_json import load_json

_PICTURES = ("png", "jpg", "jpeg", "webp")


@dataclass(frozen=True, slots=True)
class CharacterDraft:
    """What the editor holds. `id` is empty for a new character; `source` is the pack it was opened from.

    `style` names a voice of `assets/voices`; `portrait` is a picture to take in, or None to keep the present one.
    """

    name: str = ""
    id: str = ""
    source: Path | None = None
    nickname: str = ""
    language: Literal["zh", "en"] = "zh"
    description: str = ""
    personality: str = ""
    scenario: str = ""
    first_mes: str = ""
    alternate_greetings: tuple[str, ...] = ()
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""
    creator_notes: str = ""
    creator: str = ""
    tags: tuple[str, ...] = ()
    accent: str = ""
    style: str = ""
    speed: float = 1.0
    pitch: float = 0.0
    sampling: Sampling = field(default_factory=Sampling)
    lore: tuple[LoreEntry, ...] = ()
    portrait: Path | None = None


def draft_of(character: Character, source: Path) -> CharacterDraft:
    """Return a character as a draft; `source` is its pack (folder, png, json or charx)."""
    return CharacterDraft(
        name=character.name,
        id=character.id,
        source=source,
        nickname=character.nickname,
        language=character.language,
        description=character.description,
        personality=character.personality,
        scenario=character.scenario,
        first_mes=character.first_mes,
        alternate_greetings=character.alternate_greetings,
        mes_example=character.mes_example,
        system_prompt=character.system_prompt,
        post_history_instructions=character.post_history_instructions,
        creator_notes=character.creator_notes,
        creator=character.creator,
        tags=character.tags,
        accent=character.accent,
        style=character.voice.styles[0][0] if len(character.voice.styles) == 1 else "",
        speed=character.voice.speed,
        pitch=character.voice.pitch,
        sampling=character.sampling,
        lore=character.lore.entries,
    )


def problems_of(draft: CharacterDraft) -> list[str]:
    """Return what keeps a draft from being saved, as sentences; an empty list is a pass."""
    found = []
    if not draft.name.strip():
        found.append("The character needs a name.")
    if not (draft.description.strip() or draft.personality.strip()):
        found.append("Write a few words about who she is.")
    if draft.portrait is not None and draft.portrait.suffix.lower().lstrip(".") not in _PICTURES:
        found.append("The picture must be a PNG, JPEG or WebP file.")
    return found


def save(draft: CharacterDraft, characters: Path, *, cache: Path) -> PackReport:
    """Write `draft` as a pack folder below `characters` and return it as found there.

    A changed character keeps its id; a bundled one is copied, and the copy then stands for it. The folder is
    replaced whole or not at all. Raises PackError for an unusable draft, StorageError when it cannot be written.
    """
    problems = problems_of(draft)
    if problems:
        raise PackError(" ".join(problems), "Fill it in and save again.", code="draft")
    target = characters / (draft.id or _new_id(draft.name, characters))
    staging: Path | None = None
    try:
        characters.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=characters))
        card = _card_with(draft, _original(draft, staging))
        if draft.portrait is not None:
            _take_portrait(draft.portrait, card, staging)
        _write(staging / "card.json", card)
        _swap(staging, target)
    except OSError as error:
        raise StorageError(
            f"The character could not be saved ({error.strerror}).",
            "Check that the disk has room and may be written.",
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return report_on(target, cache=cache)


def _new_id(name: str, characters: Path) -> str:
    base = (
        re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", name.strip().lower())).strip("-_")[:40]
        or "character"
    )
    id_, n = base, 2
    while (characters / id_).exists():
        id_, n = f"{base}-{n}", n + 1
    return id_


def _original(draft: CharacterDraft, staging: Path) -> dict[str, Any]:
    """Copy the source's assets into `staging` and return its card, or an empty one."""
    source = draft.source
    if source is None:
        return {}
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix.lstrip(".").lower() in ALLOWED:
                copied = staging / path.relative_to(source)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copied)
        return load_json((source / "card.json").read_bytes(), "card.json")
    if source.suffix.lower() == ".png":
        card = load_json(png_card.read_card(source), source.name)
        _take_portrait(source, card if "data" in card else {"data": card}, staging)
        return card
    return load_json(source.read_bytes(), source.name) if source.suffix.lower() == ".json" else {}


def _card_with(draft: CharacterDraft, original: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(dict(data_of(original))) if original else {}
    now = int(time.time())
    data.setdefault("group_only_greetings", [])
    data.setdefault("creation_date", now)
    data.setdefault("character_version", "1.0")
    data |= {
        "name": draft.name.strip(),
        "nickname": draft.nickname.strip(),
        "description": draft.description,
        "personality": draft.personality,
        "scenario": draft.scenario,
        "first_mes": draft.first_mes,
        "alternate_greetings": list(draft.alternate_greetings),
        "mes_example": draft.mes_example,
        "system_prompt": draft.system_prompt,
        "post_history_instructions": draft.post_history_instructions,
        "creator_notes": draft.creator_notes,
        "creator": draft.creator,
        "tags": list(draft.tags),
        "modification_date": now,
    }
    data["character_book"] = _book_with(draft.lore, data.get("character_book"))
    extensions = data["extensions"] if isinstance(data.get("extensions"), dict) else {}
    ours = extensions.get("companion") if isinstance(extensions.get("companion"), dict) else {}
    data["extensions"] = {**extensions, "companion": {**(ours or {}), **_ours(draft, ours or {})}}
    return {"spec": "chara_card_v3", "spec_version": "3.0", **_root(original), "data": data}


def _root(original: dict[str, Any]) -> dict[str, Any]:
    return (
        {key: value for key, value in original.items() if key not in ("spec", "spec_version", "data")}
        if ("data" in original)
        else {}
    )


def _ours(draft: CharacterDraft, before: dict[str, Any]) -> dict[str, Any]:
    sampling = draft.sampling
    voice = dict(before["voice"]) if isinstance(before.get("voice"), dict) else {}
    voice |= {"speed": draft.speed, "pitch": draft.pitch}
    if draft.style:
        voice |= {"engine": "kokoro", "styles": {draft.style: 1.0}}
    return {
        "language": draft.language,
        "accent": draft.accent,
        "voice": voice,
        "sampling": {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": sampling.min_p,
            "repeat_penalty": sampling.repeat_penalty,
            "max_tokens": sampling.max_tokens,
            **({"seed": sampling.seed} if sampling.seed is not None else {}),
        },
    }


def _book_with(lore: tuple[LoreEntry, ...], original: Any) -> dict[str, Any]:
    book: dict[str, Any] = dict(original) if isinstance(original, dict) else {"extensions": {}}
    raw = book.get("entries")
    before = [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
    entries = []
    for entry in lore:
        # An entry keeps what we do not know of it as long as it can be recognised by content or keys.
        same = (
            one
            for one in before
            if one.get("content") == entry.content or one.get("keys") == list(entry.keys)
        )
        kept = dict(next(same, {"extensions": {}}))
        kept |= {
            "keys": list(entry.keys),
            "content": entry.content,
            "name": entry.name,
            "enabled": entry.enabled,
            "constant": entry.constant,
            "selective": entry.selective,
            "secondary_keys": list(entry.secondary_keys),
            "case_sensitive": entry.case_sensitive,
            "use_regex": entry.use_regex,
            "insertion_order": entry.insertion_order,
        }
        if entry.priority is not None:
            kept["priority"] = entry.priority
        entries.append(kept)
    book["entries"] = entries
    return book


def _take_portrait(picture: Path, card: dict[str, Any], staging: Path) -> None:
    data = card.setdefault("data", {})
    suffix = picture.suffix.lower().lstrip(".")
    target = staging / "assets" / "icon" / f"portrait.{suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(picture, target)
    assets = [one for one in data.get("assets") or [] if isinstance(one, dict) and one.get("type") != "icon"]
    icon = {"type": "icon", "uri": f"embeded://assets/icon/{target.name}", "name": "main", "ext": suffix}
    # A new portrait replaces the old face: a rig of another person must not stay on stage.
    data["assets"] = [icon, *(one for one in assets if one.get("type") not in ("x_rig", "emotion"))]


def _write(path: Path, card: dict[str, Any]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(card, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _swap(staging: Path, target: Path) -> None:
    if not target.exists():
        os.replace(staging, target)
        return
    aside = Path(tempfile.mkdtemp(prefix=".replaced-", dir=target.parent))
    os.replace(target, aside / target.name)
    try:
        os.replace(staging, target)
    except OSError:
        os.replace(aside / target.name, target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def without_id(draft: CharacterDraft) -> CharacterDraft:
    """Return the draft as a new character, for "save a copy"."""
    return replace(draft, id="")
