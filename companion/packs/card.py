"""Character cards V1, V2 and V3 as JSON objects to `Character` values, with every problem listed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from companion.domain.character import Character, Problem, Sampling, VoiceSpec
from companion.errors import PackError
from companion.packs.assets import FITTED_STYLE, Assets
from companion.packs.loose_values import Report, number, strings, text
from companion.packs.world_info import read_book

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
_NEWEST = {"chara_card_v2": 2.0, "chara_card_v3": 3.0}
# Pygmalion's names for the fields of V1.
OLD_NAMES: Mapping[str, str] = {
    "char_name": "name",
    "char_persona": "description",
    "world_scenario": "scenario",
    "char_greeting": "first_mes",
    "example_dialogue": "mes_example",
}


def data_of(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields of a card: `data` of V2 and V3, the root of V1. Raises PackError if it is no card."""
    data = card.get("data")
    if str(card.get("spec")) in _NEWEST or isinstance(data, dict):
        if not isinstance(data, dict):
            raise PackError("The card has no data object.", "Export it again as Character Card V2 or V3.")
        return data
    if "name" in card and ("description" in card or "first_mes" in card):
        return card
    if "char_name" in card:
        return {**{new: card[old] for old, new in OLD_NAMES.items() if old in card}, **card}
    raise PackError("This JSON is not a character card.", "A card has a name and a description.")


def spec_of(card: Mapping[str, Any]) -> str:
    """Return the name of the specification a card is written to."""
    spec = card.get("spec")
    if isinstance(spec, str) and spec:
        return spec[:40]
    return "chara_card_v2" if isinstance(card.get("data"), dict) else "chara_card_v1"


def parse(
    card: Mapping[str, Any], id_: str, folder: Path, *, portrait: Path | None = None
) -> tuple[Character, list[Problem]]:
    """Return the character in `card`, assets resolved below `folder`, and what is wrong but not fatal.

    `portrait` is the picture that `ccdefault:` stands for, such as the PNG the card came in.
    """
    problems: list[Problem] = []

    def report(where: str, what: str) -> None:
        problems.append(Problem(where, what))

    data = data_of(card)
    name = str(data.get("name") or "").strip()
    if not name:
        raise PackError("The card has no name.", "Open it in the editor and give it one.")
    _check_version(card, report)
    texts = {key: text(data, key, report) for key in (*_TEXTS, *_PROMPTS)}
    ours = _ours(data)
    language = _language(ours, texts)
    assets = Assets(data, folder, report, portrait)
    character = Character(
        id=id_,
        name=name[:120].strip(),
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
        alternate_greetings=_greetings(data, "alternate_greetings", report),
        tags=strings(data.get("tags"), "tags", report),
        lore=read_book(data.get("character_book"), report),
        documents=assets.documents(),
        depth_prompt=_depth_prompt(data),
        group_only_greetings=_greetings(data, "group_only_greetings", report),
        sampling=_sampling(ours.get("sampling"), report),
        voice=_voice(ours.get("voice"), assets, language, report),
        adapters=assets.adapters(),
        face=assets.face(),
        accent=str(ours.get("accent") or ""),
    )
    return character, problems


def _check_version(card: Mapping[str, Any], report: Report) -> None:
    spec, version = card.get("spec"), number(card.get("spec_version"), 0)
    if spec is not None and str(spec) not in _NEWEST:
        report("spec", f"is '{str(spec)[:40]}', which is not known; what looks familiar is used")
    elif spec is not None and version > _NEWEST[str(spec)]:
        report("spec_version", f"is {version:g}, newer than {_NEWEST[str(spec)]:g}; some of it may go unused")


def _greetings(data: Mapping[str, Any], name: str, report: Report) -> tuple[str, ...]:
    value = data.get(name)
    # One greeting holds commas of its own.
    return (value,) if isinstance(value, str) else strings(value, name, report)


def _depth_prompt(data: Mapping[str, Any]) -> str:
    note = _extensions(data).get("depth_prompt")
    prompt = note.get("prompt") if isinstance(note, dict) else None
    return prompt.replace("\r\n", "\n") if isinstance(prompt, str) else ""


def _extensions(data: Mapping[str, Any]) -> Mapping[str, Any]:
    extensions = data.get("extensions")
    return extensions if isinstance(extensions, dict) else {}


def _ours(data: Mapping[str, Any]) -> Mapping[str, Any]:
    ours = _extensions(data).get("companion")
    return ours if isinstance(ours, dict) else {}


def _language(ours: Mapping[str, Any], texts: Mapping[str, str]) -> Literal["zh", "en"]:
    if ours.get("language") in ("zh", "en"):
        return "zh" if ours["language"] == "zh" else "en"
    sample = (texts["first_mes"] + texts["description"])[:2_000]
    return "zh" if len(_HAN.findall(sample)) * 4 > len(sample.replace(" ", "")) else "en"


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
            wanted = number(value[key], float("nan"))
            if not low <= wanted <= high:
                report(f"companion.sampling.{key}", f"should lie between {low} and {high}")
                continue
            out[key] = int(wanted) if key in ("top_k", "max_tokens") else wanted
    if isinstance(value.get("seed"), int):
        out["seed"] = value["seed"]
    return Sampling(**out)


def _voice(value: Any, assets: Assets, language: Literal["zh", "en"], report: Report) -> VoiceSpec:
    value = value if isinstance(value, dict) else {}
    # A voice that was made for her gives way when another is chosen: `kind` says that it is the one in use.
    chosen_other = value.get("engine") == "kokoro" and value.get("styles") and not value.get("kind")
    own = None if chosen_other else assets.find("x_voice")
    default = VoiceSpec(styles=(("xiaoman" if language == "zh" else "wren", 1.0),), language=language)
    speed = min(2.0, max(0.5, number(value.get("speed"), 1.0)))
    pitch = min(6.0, max(-6.0, number(value.get("pitch"), 0.0)))
    if own is not None and own.name == FITTED_STYLE:
        return VoiceSpec(style_file=own, speed=speed, pitch=pitch, language=language)
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
        named = tuple((str(name), number(weight, 0.0)) for name, weight in styles.items())
        return VoiceSpec(styles=named, speed=speed, pitch=pitch, language=language)
    if value.get("engine") == "piper":
        report(
            "companion.voice",
            "names a trained voice, but the pack holds no x_voice asset; the default is used",
        )
    return VoiceSpec(styles=default.styles, speed=speed, pitch=pitch, language=language)
