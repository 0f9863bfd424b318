"""How much of her memory a draft takes: texts by section, counted exactly or about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.engines.language_models.rough_tokens import count_rough
from companion.packs.editor import CharacterDraft

Section = Literal["person", "lore", "examples", "opening", "reminder", "on_mention"]
CountTokens = Callable[[Sequence[str]], list[int]]
# What is in every prompt; the rest comes and goes.
ALWAYS: Final[tuple[Section, ...]] = ("person", "lore", "examples", "opening", "reminder")


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of each section; `context` is all that she can keep in view."""

    by_section: dict[Section, int]
    context: int
    is_exact: bool

    @property
    def always(self) -> int:
        return sum(self.by_section[section] for section in ALWAYS)

    @property
    def left(self) -> int:
        """What remains for the conversation; negative when the character alone is too long."""
        return self.context - self.always


def texts_of(draft: CharacterDraft) -> dict[Section, str]:
    """Return the text of each section."""
    used = [entry for entry in draft.lore if entry.enabled]
    return {
        "person": _joined(draft.description, draft.personality, draft.scenario, draft.system_prompt),
        "lore": _joined(*(entry.content for entry in used if entry.constant)),
        "examples": draft.mes_example,
        "opening": draft.first_mes,
        "reminder": draft.post_history_instructions,
        "on_mention": _joined(*(entry.content for entry in used if not entry.constant)),
    }


def count_draft(draft: CharacterDraft, context: int, count: CountTokens | None = None) -> TokenCounts:
    """Count with a model's own `count`, or about without one. Raises what `count` raises."""
    texts = texts_of(draft)
    numbers = [count_rough(text) for text in texts.values()] if count is None else count(list(texts.values()))
    return TokenCounts(dict(zip(texts, numbers, strict=True)), context, count is not None)


def _joined(*texts: str) -> str:
    return "\n".join(text for text in texts if text.strip())
