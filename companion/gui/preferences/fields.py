"""The settings model as rows of a page: titles, help, bounds, choices. Everything comes from the model itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from companion.settings import Effect, Settings

Shape = Literal["switch", "choice", "number", "percent", "text", "secret", "device", "model", "key", "time"]

# A row that means nothing while another setting has another value.
_ONLY_WITH: Final[dict[str, tuple[str, str | bool]]] = {
    "mind.model": ("engine", "local"),
    "mind.gpu_layers": ("engine", "local"),
    "mind.remote_url": ("engine", "remote"),
    "mind.remote_model": ("engine", "remote"),
    "mind.remote_key": ("engine", "remote"),
    "background.keep_running": ("tray", True),
    "background.quiet_from": ("quiet_hours", True),
    "background.quiet_until": ("quiet_hours", True),
}


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting. `titles` and `helps` are (English, Chinese); `choices` are (value, English, Chinese).

    `detail` is what follows the kind: a device's direction, a model's role. `only_with` names another setting of
    the section and the value it must have.
    """

    section: str
    name: str
    shape: Shape
    titles: tuple[str, str]
    helps: tuple[str, str]
    default: Any
    effect: Effect
    is_advanced: bool
    choices: tuple[tuple[str, str, str], ...] = ()
    least: int = 0
    most: int = 0
    longest: int = 0
    detail: str = ""
    only_with: tuple[str, str | bool] | None = None

    @property
    def key(self) -> str:
        return f"{self.section}.{self.name}"

    def title(self, *, chinese: bool) -> str:
        return self.titles[chinese]

    def help(self, *, chinese: bool) -> str:
        return self.helps[chinese]

    def labels(self, *, chinese: bool) -> list[tuple[str, str]]:
        """Return (value, label) of each choice."""
        return [(one[0], one[1 + chinese]) for one in self.choices]


@dataclass(frozen=True, slots=True)
class SettingSection:
    key: str
    titles: tuple[str, str]
    fields: tuple[SettingField, ...]


def setting_sections() -> tuple[SettingSection, ...]:
    """Return every section of the settings with every field that a person may set, in the model's order."""
    found = []
    for key, info in Settings.model_fields.items():
        model = info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            titles = (info.title or key, str(_extra(info).get("zh_title") or info.title or key))
            fields = tuple(
                _field(key, name, one)
                for name, one in model.model_fields.items()
                if _extra(one).get("kind") != "hidden"
            )
            found.append(SettingSection(key, titles, fields))
    return tuple(found)


def _field(section: str, name: str, info: FieldInfo) -> SettingField:
    extra = _extra(info)
    bounds = {type(one): one for one in info.metadata}
    least, most, longest = bounds.get(Ge), bounds.get(Le), bounds.get(MaxLen)
    kind, _, detail = str(extra.get("kind", "")).partition(":")
    choices: dict[str, tuple[str, str]] = extra.get("choices", {})
    return SettingField(
        section=section,
        name=name,
        shape=_shape(info, kind),
        titles=(info.title or name, str(extra.get("zh_title") or info.title or name)),
        helps=(info.description or "", str(extra.get("zh_help") or "")),
        default=info.default,
        effect=Effect(extra.get("effect", "now")),
        is_advanced=bool(extra.get("advanced")),
        choices=tuple((value, *words) for value, words in choices.items()),
        least=int(least.ge) if isinstance(least, Ge) else 0,  # type: ignore[call-overload]
        most=int(most.le) if isinstance(most, Le) else 2**31 - 1,  # type: ignore[call-overload]
        longest=longest.max_length if isinstance(longest, MaxLen) else 0,
        detail=detail,
        only_with=_ONLY_WITH.get(f"{section}.{name}"),
    )


def _shape(info: FieldInfo, kind: str) -> Shape:
    if kind in ("percent", "secret", "device", "model", "key", "time"):
        return kind  # type: ignore[return-value]
    if info.annotation is bool:
        return "switch"
    if info.annotation is int:
        return "number"
    return "choice" if get_args(info.annotation) else "text"


def _extra(info: FieldInfo) -> dict[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
