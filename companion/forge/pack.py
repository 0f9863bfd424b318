"""The pack a forge makes: a card with its sources cited, the novel as lore, and the adapter when there is one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from companion.domain.character import PackReport
from companion.errors import PackError, StorageError
from companion.forge.pack_draft import CardText
from companion.packs import archive
from companion.packs.library import report_on
from companion.packs.names import pack_id
from companion.packs.staging import Budget, copy_file, staging, swap, write_new
from companion.packs.strict_json import dump_exact, load_exact
from companion.packs.upgrade import as_v3
from companion.storage.atomic import storage_error

Rights = Literal["public-domain", "own", "licensed", "private"]
RIGHTS: Final[tuple[Rights, ...]] = ("public-domain", "own", "licensed", "private")
ADAPTER: Final = "assets/x_adapter/ai/style.gguf"
EDITABLE: Final = (
    "name",
    "description",
    "personality",
    "scenario",
    "first_mes",
    "alternate_greetings",
    "mes_example",
    "system_prompt",
    "post_history_instructions",
    "creator_notes",
    "tags",
)
_LORE: Final = "assets/x_lore/other"
_MAX_BYTES: Final = 4_000_000_000
_MOST_CITED: Final = 120


@dataclass(frozen=True, slots=True)
class Mind:
    """What a pack tells of how it thinks: `base` and `figures` as they were measured; empty without an adapter."""

    source: str
    rights: Rights
    job: str
    base: Mapping[str, object] = field(default_factory=dict, hash=False)
    figures: Mapping[str, object] = field(default_factory=dict, hash=False)


def card_of(text: CardText, mind: Mind) -> dict[str, Any]:
    """Return a V3 card of the drafted text; where each piece comes from stands in its extensions."""
    data: dict[str, Any] = {
        "name": text.name,
        "description": text.description,
        "personality": text.personality,
        "scenario": text.scenario,
        "first_mes": text.first_mes,
        "alternate_greetings": list(text.alternate_greetings),
        "mes_example": text.mes_example,
        "creator_notes": _notes(text, mind),
        "character_version": "1.0",
        "tags": [mind.source],
        "creation_date": int(time.time()),
        "assets": [],
        "extensions": {"companion": {"language": text.language, "mind": {}}},
    }
    cited = [{**asdict(one), "text": one.text[:_MOST_CITED]} for one in text.citations]
    ours = data["extensions"]["companion"]["mind"]
    ours |= {
        "source": mind.source,
        "source_rights": mind.rights,
        "citations": cited,
        "forge": {"job": mind.job},
    }
    return as_v3({"spec": "chara_card_v3", "spec_version": "3.0", "data": data})


def text_sha(data: Mapping[str, Any]) -> str:
    """Return a hash of the words of a card that a person may change."""
    return hashlib.sha256(repr([data.get(name) for name in EDITABLE]).encode()).hexdigest()[:16]


def write_pack(
    target: Path,
    card: Mapping[str, Any],
    mind: Mind,
    *,
    lore: Mapping[str, str],
    adapter: Path | None,
    cache: Path,
) -> PackReport:
    """Write the pack folder `target`, whole or not at all, and return it as found there.

    `lore` are texts by their titles. A pack of the same job keeps the words that a person has changed in it, and every
    file that is not ours. Raises PackError, code `taken`, if another pack stands there, and StorageError.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with staging(target.parent) as place:
            new = place / "pack"
            new.mkdir()
            _fill(new, target, card, mind, lore, adapter)
            report = report_on(new, cache=place / "unused")
            if report.character is None:
                raise PackError("The pack that was made cannot be read.", "Tell its maker.", code="damaged")
            swap(new, target)
    except OSError as error:
        raise storage_error(error, target) from error
    return report_on(target, cache=cache)


def _fill(
    new: Path,
    target: Path,
    card: Mapping[str, Any],
    mind: Mind,
    lore: Mapping[str, str],
    adapter: Path | None,
) -> None:
    budget = Budget(target.name, archive.MAX_ENTRIES * 2, _MAX_BYTES)
    result = as_v3(card)
    drafted = text_sha(result["data"])
    before = _ours_at(target, mind.job)
    if before is not None:
        _keep_changes(result["data"], before["data"])
        _copy_rest(target, new, budget)
    assets = [one for one in (before or result)["data"].get("assets") or [] if not _is_made(one)]
    for title, text in lore.items():
        name = f"{_LORE}/{pack_id(title)}.txt"
        (new / name).unlink(missing_ok=True)
        write_new(new / name, iter([text.encode("utf-8", "replace")]), budget)
        assets.append({"type": "x_lore", "uri": f"embeded://{name}", "name": title, "ext": "txt"})
    told = result["data"]["extensions"]["companion"]["mind"]
    if adapter is not None:
        (new / ADAPTER).unlink(missing_ok=True)
        copy_file(adapter, new / ADAPTER, budget)
        assets.append({"type": "x_adapter", "uri": f"embeded://{ADAPTER}", "name": "style", "ext": "gguf"})
        digest = hashlib.sha256(adapter.read_bytes()).hexdigest()
        told["base"] = dict(mind.base)
        told["adapters"] = [{"asset": ADAPTER, "role": "style", "scale": 1.0, "sha256": digest}]
    told["forge"] = {**told["forge"], "text_sha": drafted, "figures": dict(mind.figures)}
    result["data"]["assets"] = assets
    write_new(new / "card.json", iter([dump_exact(result)]), budget)


def _ours_at(target: Path, job: str) -> dict[str, Any] | None:
    """Return the card at `target` if the same job has made it. Raises PackError for anything else there."""
    if not target.exists():
        return None
    try:
        card = as_v3(load_exact((target / "card.json").read_bytes(), target.name))
        made_by = card["data"]["extensions"]["companion"]["mind"]["forge"]["job"]
    except (OSError, PackError, StorageError, KeyError, TypeError):
        made_by = None
    if made_by != job:
        raise PackError(
            f"There is another character in {target.name}.", "Choose another place with --out.", code="taken"
        )
    return card


def _keep_changes(data: dict[str, Any], before: Mapping[str, Any]) -> None:
    forge = before["extensions"]["companion"]["mind"]["forge"]
    if forge.get("text_sha") == text_sha(before):
        return
    for name in EDITABLE:
        if name in before:
            data[name] = before[name]
    if "character_book" in before:
        data["character_book"] = before["character_book"]
    ours = data["extensions"]["companion"]
    old = before["extensions"]
    data["extensions"] = {**old, "companion": {**old["companion"], "mind": ours["mind"]}}


def _copy_rest(target: Path, new: Path, budget: Budget) -> None:
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        is_ours = name in ("card.json", ADAPTER) or name.startswith(_LORE)
        if path.is_file() and not path.is_symlink() and not is_ours:
            copy_file(path, new / name, budget)


def _is_made(asset: Any) -> bool:
    uri = str(asset.get("uri") or "") if isinstance(asset, dict) else ""
    return uri == f"embeded://{ADAPTER}" or uri.startswith(f"embeded://{_LORE}/")


def _notes(text: CardText, mind: Mind) -> str:
    if text.language == "zh":
        return f"取自《{mind.source}》：句子和对白原样摘自原文，出处记在卡内。原文权利：{mind.rights}。"
    return (
        f"Taken from “{mind.source}”: sentences and lines stand as they are in the source, their places are kept "
        f"in the card. Rights of the source: {mind.rights}."
    )
