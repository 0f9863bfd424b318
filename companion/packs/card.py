"""Character cards V1, V2 and V3 as JSON objects to `Character` values, with every problem listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from companion.domain.character import (
    Adapter,
    Character,
    FaceAssets,
    Lorebook,
    LoreEntry,
    Problem,
    Sampling,
    VoiceSpec,
)
from companion.errors import PackError

_TEXTS = ("description", "personality", "scenario", "first_mes", "mes_example")
_PROMPTS = (
    "system_prompt",
    "post_history_instructions",
    "creator_notes",
    "creator",
    "character_version",
    "nickname",
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_REGEX_KEY = re.compile(r"^/.+/[a-z]*$", re.DOTALL)
Report = Callable[[str, str], None]


def data_of(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a card: `data` of V2 and V3, the root of V1. Raises PackError if it is no card."""
    data = card.get("data")
    if card.get("spec") in ("chara_card_v2", "chara_card_v3") or isinstance(data, dict):
        if not isinstance(data, dict):
            raise PackError("The card has no data object.", "Export it again as Character Card V2 or V3.")
        return data
    if "name" in card and ("description" in card or "first_mes" in card):
        return card
    raise PackError("This JSON is not a character card.", "A card has a name and a description.")


def parse(card: Mapping[str, Any], id_: str, folder: Path) -> tuple[Character, list[Problem]]:
    """Return the character in `card`, assets resolved below `folder`, and what is wrong but not fatal."""
    problems: list[Problem] = []

    def report(where: str, what: str) -> None:
        problems.append(Problem(where, what))

    data = data_of(card)
    name = str(data.get("name") or "").strip()
    if not name:
        raise PackError("The card has no name.", "Open it in the editor and give it one.")
    texts = {key: _text(data, key, report) for key in (*_TEXTS, *_PROMPTS)}
    ours = _ours(data)
    language = _language(ours, texts)
    assets = _Assets(data, folder, report)
    character = Character(
        id=id_,
        name=name[:120],
        nickname=texts["nickname"].strip(),
        description=texts["description"],
        personality=texts["personality"],
        scenario=texts["scenario"],
        first_mes=texts["first_mes"],
        mes_example=texts["mes_example"],
        system_prompt=texts["system_prompt"],
        post_history_instructions=texts["post_history_instructions"],
        creator_notes=texts["creator_notes"],
        creator=texts["creator"],
        character_version=texts["character_version"],
        folder=folder,
        language=language,
        alternate_greetings=_strings(data.get("alternate_greetings"), "alternate_greetings", report),
        tags=_strings(data.get("tags"), "tags", report),
        lore=_lorebook(data.get("character_book"), report),
        sampling=_sampling(ours.get("sampling"), report),
        voice=_voice(ours.get("voice"), assets, language, report),
        adapters=assets.adapters(),
        face=assets.face(),
        accent=str(ours.get("accent") or ""),
    )
    return character, problems


def _text(data: Mapping[str, Any], key: str, report: Report) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    if key != "character_version" or not isinstance(value, int | float):
        report(key, f"should be text, is {type(value).__name__}")
    return str(value) if isinstance(value, int | float) else ""


def _ours(data: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = data.get("extensions")
    ours = extensions.get("companion") if isinstance(extensions, dict) else None
    return ours if isinstance(ours, dict) else {}


def _language(ours: Mapping[str, Any], texts: Mapping[str, str]) -> Literal["zh", "en"]:
    if ours.get("language") in ("zh", "en"):
        return "zh" if ours["language"] == "zh" else "en"
    sample = (texts["first_mes"] + texts["description"])[:2_000]
    return "zh" if len(_HAN.findall(sample)) * 4 > len(sample.replace(" ", "")) else "en"


def _strings(value: Any, where: str, report: Report) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (
            tuple(part.strip() for part in value.split(",")) if where != "alternate_greetings" else (value,)
        )
    if not isinstance(value, list):
        report(where, f"should be a list, is {type(value).__name__}")
        return ()
    return tuple(str(item) for item in value if isinstance(item, str | int | float))


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


# ---- lore


def _lorebook(value: Any, report: Report) -> Lorebook:
    if value is None:
        return Lorebook()
    book = {"entries": value} if isinstance(value, list) else value
    if not isinstance(book, dict):
        report("character_book", f"should be an object, is {type(value).__name__}")
        return Lorebook()
    raw = book.get("entries")
    items = list(raw.values()) if isinstance(raw, dict) else raw if isinstance(raw, list) else []
    entries = []
    for i, item in enumerate(items):
        where = f"character_book.entries[{i}]"
        if isinstance(item, dict) and str(item.get("mode", "")) != "folder":
            entries.append(_entry(item, where, report))
        elif not isinstance(item, dict):
            report(where, "should be an object")
    return Lorebook(
        tuple(entries),
        scan_depth=max(1, min(1000, int(_number(book.get("scan_depth"), 4)))),
        token_budget=max(0, min(100_000, int(_number(book.get("token_budget"), 400)))),
        recursive_scanning=book.get("recursive_scanning") is True,
    )


def _entry(item: Mapping[str, Any], where: str, report: Report) -> LoreEntry:
    keys = _strings(item.get("keys", item.get("key")), f"{where}.keys", report)
    return LoreEntry(
        keys=tuple(key for key in keys if key.strip()),
        content=_text(item, "content", report),
        name=str(item.get("name") or item.get("comment") or ""),
        secondary_keys=_strings(
            item.get("secondary_keys", item.get("keysecondary")), f"{where}.secondary_keys", report
        ),
        enabled=item.get("enabled", not item.get("disable", False)) is not False,
        constant=item.get("constant") is True,
        selective=item.get("selective") is True,
        case_sensitive=item.get("case_sensitive") is True,
        # SillyTavern writes use_regex on every entry: a key is a regex only if it looks like one.
        use_regex=item.get("use_regex") is True and any(_REGEX_KEY.match(key) for key in keys),
        insertion_order=_number(item.get("insertion_order", item.get("order")), 100),
        priority=_number(item["priority"], 100) if item.get("priority") is not None else None,
        source="card",
    )


# ---- our own fields


def _sampling(value: Any, report: Report) -> Sampling:
    if not isinstance(value, dict):
        return Sampling()
    bounds: dict[str, tuple[float, float]] = {
        "temperature": (0, 3),
        "top_p": (0.01, 1),
        "top_k": (0, 1000),
        "min_p": (0, 1),
        "repeat_penalty": (0.5, 2),
        "max_tokens": (16, 4096),
    }
    out: dict[str, Any] = {}
    for key, (low, high) in bounds.items():
        if key in value:
            number = _number(value[key], float("nan"))
            if not low <= number <= high:
                report(f"companion.sampling.{key}", f"should lie between {low} and {high}")
                continue
            out[key] = int(number) if key in ("top_k", "max_tokens") else number
    if isinstance(value.get("seed"), int):
        out["seed"] = value["seed"]
    return Sampling(**out)


def _voice(value: Any, assets: _Assets, language: Literal["zh", "en"], report: Report) -> VoiceSpec:
    own = assets.find("x_voice")
    default = VoiceSpec(styles=(("xiaoman" if language == "zh" else "wren", 1.0),), language=language)
    value = value if isinstance(value, dict) else {}
    speed = min(2.0, max(0.5, _number(value.get("speed"), 1.0)))
    pitch = min(6.0, max(-6.0, _number(value.get("pitch"), 0.0)))
    if own is not None:
        speaker = value.get("speaker")
        return VoiceSpec(
            "piper",
            model=own,
            speaker=speaker if isinstance(speaker, int) else None,
            speed=speed,
            pitch=pitch,
            language=language,
        )
    styles = value.get("styles")
    if isinstance(styles, dict) and styles:
        named = tuple((str(name), _number(weight, 0.0)) for name, weight in styles.items())
        return VoiceSpec(styles=named, speed=speed, pitch=pitch, language=language)
    if value.get("engine") == "piper":
        report(
            "companion.voice",
            "names a trained voice, but the pack holds no x_voice asset; the default is used",
        )
    return VoiceSpec(styles=default.styles, speed=speed, pitch=pitch, language=language)


class _Assets:
    """Resolves `data.assets` to files below the pack, by uri only."""

    def __init__(self, data: Mapping[str, Any], folder: Path, report: Report) -> None:
        self._folder, self._report = folder, report
        raw = data.get("assets")
        self._found: list[tuple[str, str, Path]] = []
        for i, item in enumerate(raw if isinstance(raw, list) else []):
            if isinstance(item, dict):
                self._add(item, f"assets[{i}]")

    def _add(self, item: Mapping[str, Any], where: str) -> None:
        uri = str(item.get("uri") or "")
        match = re.match(r"^embedd?ed://(.+)$", uri)
        if not match:
            if not uri.startswith(("ccdefault:", "data:")):
                self._report(where, "lies outside the pack; it is listed but never fetched")
            return
        relative = PurePosixPath(match.group(1))
        path = self._folder / relative
        if (
            relative.is_absolute()
            or ".." in relative.parts
            or not path.resolve().is_relative_to(self._folder.resolve())
        ):
            self._report(where, "points outside the pack and was ignored")
        elif not path.is_file():
            self._report(where, f"names {relative}, which is not in the pack")
        else:
            self._found.append((str(item.get("type") or ""), str(item.get("name") or ""), path))

    def find(self, kind: str, name: str = "") -> Path | None:
        """Return the file of an asset type, the one called `name` or `main` first."""
        paths = [(label, path) for found, label, path in self._found if found == kind]
        if kind in ("x_voice", "x_adapter"):
            paths = [(label, path) for label, path in paths if path.suffix in (".onnx", ".gguf")]
        preferred = [path for label, path in paths if label in (name or "main", "main")]
        return preferred[0] if preferred else paths[0][1] if paths else None

    def adapters(self) -> tuple[Adapter, ...]:
        return tuple(
            Adapter(path) for kind, _, path in self._found if kind == "x_adapter" and path.suffix == ".gguf"
        )

    def face(self) -> FaceAssets:
        return FaceAssets(
            portrait=self.find("icon"),
            rig=self.find("x_rig", "rig"),
            emotions={name: path for kind, name, path in self._found if kind == "emotion"},
            background=self.find("background"),
        )
