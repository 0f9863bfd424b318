"""Make a character or change one: a draft in, a pack folder out; unknown fields of the card survive."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from companion.domain.character import Character, LoreEntry, PackReport, Sampling
from companion.errors import PackError, StorageError
from companion.packs import archive, card, carriers
from companion.packs.assets import PICTURES, PORTRAIT
from companion.packs.library import report_on
from companion.packs.staging import Budget, copy_file, staging, swap, write_new
from companion.packs.strict_json import dump_exact, load_exact, load_json
from companion.packs.upgrade import as_v3
from companion.packs.world_info import settings_of, with_entries

_TEXTS = (
    *("name", "nickname", "description", "personality", "scenario", "first_mes", "mes_example"),
    *("system_prompt", "post_history_instructions", "creator_notes", "creator", "character_version"),
)
_LISTS = ("alternate_greetings", "group_only_greetings", "tags")
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed")
_BOOK = ("scan_depth", "token_budget", "recursive_scanning")
_MAX_BYTES = 4_000_000_000


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
    group_only_greetings: tuple[str, ...] = ()
    mes_example: str = ""
    system_prompt: str = ""
    post_history_instructions: str = ""
    creator_notes: str = ""
    creator: str = ""
    character_version: str = ""
    tags: tuple[str, ...] = ()
    accent: str = ""
    style: str = ""
    speed: float = 1.0
    pitch: float = 0.0
    sampling: Sampling = field(default_factory=Sampling)
    lore: tuple[LoreEntry, ...] = ()
    scan_depth: int = 4
    token_budget: int = 400
    recursive_scanning: bool = False
    depth_prompt: str = ""
    portrait: Path | None = None


def draft_of(character: Character, source: Path) -> CharacterDraft:
    """Return a character as a draft; `source` is its pack (folder, png, json or charx)."""
    same = {name: getattr(character, name) for name in (*_TEXTS, *_LISTS)}
    return CharacterDraft(
        **same,
        id=character.id,
        source=source,
        language=character.language,
        accent=character.accent,
        style=character.voice.styles[0][0] if len(character.voice.styles) == 1 else "",
        speed=character.voice.speed,
        pitch=character.voice.pitch,
        sampling=character.sampling,
        lore=character.lore.entries,
        scan_depth=character.lore.scan_depth,
        token_budget=character.lore.token_budget,
        recursive_scanning=character.lore.recursive_scanning,
        depth_prompt=character.depth_prompt,
    )


def problems_of(draft: CharacterDraft) -> list[str]:
    """Return what keeps a draft from being saved, as sentences; an empty list is a pass."""
    found = []
    if not draft.name.strip():
        found.append("The character needs a name.")
    if not (draft.description.strip() or draft.personality.strip()):
        found.append("Write a few words about who she is.")
    if draft.portrait is not None and draft.portrait.suffix.lower() not in PICTURES:
        found.append("The picture must be a PNG, JPEG or WebP file.")
    return found


def save(draft: CharacterDraft, characters: Path, *, cache: Path) -> PackReport:
    """Write `draft` as a pack folder below `characters` and return it as found there.

    Of a card that was there only what the draft changes is written, number by number and text by text. A changed
    character keeps its id; a bundled one is copied, and the copy then stands for it. The folder is replaced whole
    or not at all. Raises PackError for an unusable draft, StorageError when it cannot be written.
    """
    problems = problems_of(draft)
    if problems:
        raise PackError(" ".join(problems), "Fill it in and save again.", code="draft")
    target = characters / (draft.id or _new_id(draft.name, characters))
    try:
        characters.mkdir(parents=True, exist_ok=True)
        with staging(characters) as place:
            pack = place / "pack"
            pack.mkdir()
            _fill(pack, draft, cache)
            swap(pack, target)
    except OSError as error:
        raise StorageError(
            f"The character could not be saved ({error.strerror}).",
            "Check that the disk has room and may be written.",
        ) from error
    return report_on(target, cache=cache)


def _fill(pack: Path, draft: CharacterDraft, cache: Path) -> None:
    budget = Budget(draft.name, archive.MAX_ENTRIES * 2, _MAX_BYTES)
    original: dict[str, Any] | None = None
    found = carriers.Opened(b"", pack, "folder")
    if draft.source is not None:
        found = carriers.read(draft.source, cache)
        original = load_exact(found.raw, draft.source.name)
        for name, content in carriers.members_of(found).items():
            if name != "card.json":
                _put(content, pack / name, budget)
        _keep_original(draft.source, pack, budget)
    changed = changed_card(draft, original, found)
    if draft.portrait is not None:
        _take_portrait(draft.portrait, changed, pack, budget)
    write_new(pack / "card.json", iter([dump_exact(changed)]), budget)


def _put(content: Path | bytes, target: Path, budget: Budget) -> None:
    if isinstance(content, Path):
        copy_file(content, target, budget)
    else:
        budget.spend(files=1)
        write_new(target, iter([content]), budget)


def _keep_original(source: Path, pack: Path, budget: Budget) -> None:
    """Keep the archive the pack came in: what may not be unpacked comes back from it on export."""
    came_in, names = carriers.carried_by(source)
    if came_in is not None and (names or came_in.parent.name == carriers.ORIGINAL):
        copy_file(came_in, pack / carriers.ORIGINAL / came_in.name, budget)


def _new_id(name: str, characters: Path) -> str:
    base = (
        re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", name.strip().lower())).strip("-_")[:40]
        or "character"
    )
    id_, n = base, 2
    while (characters / id_).exists():
        id_, n = f"{base}-{n}", n + 1
    return id_


def changed_card(
    draft: CharacterDraft, original: Mapping[str, Any] | None, found: carriers.Opened
) -> dict[str, Any]:
    """Return the V3 card that reads as `draft`: `original`, what came in `found`, with what the draft changes."""
    now = int(time.time())
    if original is None:
        new: dict[str, Any] = {"name": draft.name.strip(), "character_version": "1.0"}
        new |= {"character_book": {"extensions": {}, "entries": []}, "creation_date": now}
        result = as_v3({"spec": "chara_card_v3", "spec_version": "3.0", "data": new})
        _change(result, CharacterDraft(speed=0, pitch=-99, accent="-", lore=draft.lore), draft)
    else:
        result = as_v3(original)
    # What a field is read as may hang on another: the second look finds what the first change moved. Lore hangs on
    # nothing else, and ids that are places must be looked at once.
    for first in (True, False):
        seen = load_json(dump_exact(result), "card.json")
        character, _problems = card.parse(seen, draft.id or "new", found.folder, portrait=found.portrait)
        before = draft_of(character, found.folder)
        _change(result, before if first else replace(before, lore=draft.lore), draft)
    result["data"]["modification_date"] = now
    return result


def _change(result: dict[str, Any], before: CharacterDraft, draft: CharacterDraft) -> None:
    """Write what differs between `before`, how the card reads now, and `draft` into it."""
    data = result["data"]
    for name in (*_TEXTS, *_LISTS):
        value = getattr(draft, name)
        value = value.strip() if name in ("name", "nickname") else value
        if value != getattr(before, name) and not (name == "character_version" and not value):
            data[name] = list(value) if isinstance(value, tuple) else value
    if draft.lore != before.lore:
        data["character_book"] = with_entries(data.get("character_book"), before.lore, draft.lore)
    for name in _BOOK:
        if getattr(draft, name) != getattr(before, name):
            book = data.get("character_book")
            if not isinstance(book, dict):
                entries = book if isinstance(book, list) else []
                data["character_book"] = {"extensions": {}, "entries": entries}
            dict_of(data["character_book"])[name] = getattr(draft, name)
    extensions = data["extensions"] if isinstance(data.get("extensions"), dict) else {}
    if draft.depth_prompt != before.depth_prompt:
        note = extensions.get("depth_prompt")
        default = {"depth": 4, "role": "system"}
        extensions["depth_prompt"] = {
            **(note if isinstance(note, dict) else default),
            "prompt": draft.depth_prompt,
        }
    ours = extensions.get("companion")
    ours = ours if isinstance(ours, dict) else {}
    _change_ours(ours, before, draft)
    data["extensions"] = {**extensions, "companion": ours} if ours else extensions


def dict_of(book: dict[str, Any]) -> dict[str, Any]:
    """Return the object of a lorebook that its settings stand in."""
    settings = settings_of(book)
    return settings if isinstance(settings, dict) else book


def _change_ours(ours: dict[str, Any], before: CharacterDraft, draft: CharacterDraft) -> None:
    for name in ("language", "accent"):
        if getattr(draft, name) != getattr(before, name):
            ours[name] = getattr(draft, name)
    voice = ours["voice"] if isinstance(ours.get("voice"), dict) else {}
    for name in ("speed", "pitch"):
        if getattr(draft, name) != getattr(before, name):
            ours["voice"] = voice = {**voice, name: getattr(draft, name)}
    if draft.style and draft.style != before.style:
        kept = {key: one for key, one in voice.items() if key != "kind"}
        ours["voice"] = {**kept, "engine": "kokoro", "styles": {draft.style: 1.0}}
    elif before.style and not draft.style:
        ours["voice"] = _own_voice(voice)
    sampling = ours["sampling"] if isinstance(ours.get("sampling"), dict) else {}
    for name in _SAMPLING:
        value = getattr(draft.sampling, name)
        if value == getattr(before.sampling, name):
            continue
        sampling = {key: one for key, one in sampling.items() if key != name}
        ours["sampling"] = sampling if value is None else {**sampling, name: value}
        sampling = ours["sampling"]


def _own_voice(voice: Mapping[str, Any]) -> dict[str, Any]:
    """Return the voice without a style that was chosen: the one that was made for her, or her language's."""
    kept = {key: one for key, one in voice.items() if key not in ("engine", "styles")}
    figures = voice.get("figures")
    if isinstance(figures, dict) and figures.get("kind") in ("trained", "similar"):
        kept["kind"] = figures["kind"]
    return kept


def _take_portrait(picture: Path, changed: dict[str, Any], pack: Path, budget: Budget) -> None:
    data = changed["data"]
    suffix = picture.suffix.lower().lstrip(".")
    name = f"assets/icon/portrait.{suffix}"
    (pack / name).unlink(missing_ok=True)
    copy_file(picture, pack / name, budget)
    for one in PICTURES:
        (pack / f"{PORTRAIT}{one}").unlink(missing_ok=True)
    assets = data["assets"] if isinstance(data.get("assets"), list) else []
    icon = {"type": "icon", "uri": f"embeded://{name}", "name": "main", "ext": suffix}
    data["assets"] = [icon, *(one for one in assets if not _is_old_face(one))]


def _is_old_face(asset: Any) -> bool:
    """Tell whether a new portrait ends an asset: a rig of another person must not stay on stage."""
    if not isinstance(asset, dict):
        return False
    kind, name = asset.get("type"), asset.get("name")
    return kind in ("x_rig", "emotion") or (
        kind == "icon" and (name == "main" or asset.get("uri") == "ccdefault:")
    )


def without_id(draft: CharacterDraft) -> CharacterDraft:
    """Return the draft as a new character, for "save a copy"."""
    return replace(draft, id="")
