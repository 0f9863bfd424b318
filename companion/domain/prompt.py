"""From a character, a history and the user's words to a prompt within a token budget.

The order keeps the prefix stable: persona, constant lore and rules, examples, history, then whatever changes
each turn, then the user's words. The persona is never cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from companion.domain.character import Character
from companion.domain.events import PromptSection
from companion.domain.lore import Fired
from companion.domain.macros import MacroFacts, expand
from companion.domain.messages import Message
from companion.domain.recalled import Part, Recalled, fitted
from companion.errors import CompanionError

CountTokens = Callable[[Sequence[str]], list[int]]
Language = Literal["zh", "en"]

FRAME_TOKENS = 8
"""Upper bound of the tokens that a chat template puts around one message."""

_LEAST_USER = 32
_SUMMARY_TOKENS = 192
_RULES: dict[Language, str] = {
    "zh": (
        "你就是{{char}}，正和{{user}}面对面说话。只说{{char}}会说的话，用口语，一到三句，简短自然。"
        "句首可以用（）写一个小动作。先回应{{user}}刚说的话，不要背诵上面的资料，不要替{{user}}说话，不用列表。"
    ),
    "en": (
        "You are {{char}}, talking with {{user}} face to face. Say only what {{char}} would say, in spoken English, "
        "one to three short sentences. You may begin with one small gesture in (parentheses). Answer what {{user}} "
        "has just said, do not recite the facts above, do not speak for {{user}}, use no lists."
    ),
}
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "personality": "性格",
        "scenario": "当前场景",
        "lore": "她知道的事",
        "before": "之前发生过的事：",
        "you": "你",
    },
    "en": {
        "personality": "Personality",
        "scenario": "Scene",
        "lore": "What is known",
        "before": "What happened before: ",
        "you": "you",
    },
}


@dataclass(frozen=True, slots=True)
class Pinned:
    """The stable beginning of a character's prompts; `left_out` are constant entries for which it had no room."""

    messages: tuple[Message, ...]
    n_persona: int
    n_examples: int
    left_out: tuple[Fired, ...] = ()

    @property
    def n_tokens(self) -> int:
        return self.n_persona + self.n_examples


@dataclass(frozen=True, slots=True)
class Built:
    """A prompt in three parts, its sections, how many of the oldest messages were left out, and what was called up.

    `left_out` are the constant entries for which there was no room.
    """

    pinned: tuple[Message, ...]
    history: tuple[Message, ...]
    turn: tuple[Message, ...]
    sections: tuple[PromptSection, ...]
    n_dropped: int
    user_was_cut: bool
    used: Recalled
    left_out: tuple[Fired, ...] = ()


def user_name_for(character: Character, user_name: str) -> str:
    """Return what {{user}} stands for."""
    return user_name.strip() or _WORDS[character.language]["you"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in every prompt of a chat alike.

    `constants` are the lorebook entries that always hold. `summary` tells of the messages that no longer fit.
    `seed` fixes what {{random}} and its kin stand for, once per chat, and `began_at`, in seconds since 1970, what
    {{time}} and its kin do.
    """

    character: Character
    user_name: str = ""
    constants: tuple[Fired, ...] = ()
    summary: str = ""
    seed: int = 0
    began_at: float | None = None

    def fill(self, text: str) -> str:
        """Return a text of the card with its macros replaced, the same in every turn."""
        one = self.character
        facts = MacroFacts(now=self.began_at, language=one.language)
        user = user_name_for(one, self.user_name)
        return expand(text, char=one.shown_name, user=user, seed=self.seed, facts=facts)


def build_pinned(standing: Standing, count: CountTokens, *, budget: int) -> Pinned:
    """Return persona, rules, constant lore and as many example dialogues as fit `budget` tokens.

    Examples leave whole, the last first; then entries, those of attached books first, then those of the lowest
    priority. Raises CompanionError when the description alone does not fit.
    """
    character = standing.character
    user = user_name_for(character, standing.user_name)
    persona, n_persona, left_out = _fitting_persona(standing, count, budget)
    if n_persona > budget:
        raise CompanionError(
            f"The description of {character.shown_name} needs {n_persona} tokens, but only {budget} are free for it.",
            "Raise “Memory of the conversation” in the settings, or shorten the character's description.",
            code="persona_too_long",
        )
    examples: list[Message] = []
    n_examples = 0
    for dialogue in parse_examples(standing.fill(character.mes_example), character.shown_name, user):
        cost = sum(count([message.text for message in dialogue])) + FRAME_TOKENS * len(dialogue)
        if n_persona + n_examples + cost > budget:
            break
        examples += dialogue
        n_examples += cost
    return Pinned((Message("system", persona), *examples), n_persona, n_examples, left_out)


def _fitting_persona(
    standing: Standing, count: CountTokens, budget: int
) -> tuple[str, int, tuple[Fired, ...]]:
    """Return the persona with as many constant entries as fit, its cost, and the entries that do not."""
    every = standing.constants

    def rank(i: int) -> tuple[bool, float, int]:
        entry = every[i].entry
        priority = entry.insertion_order if entry.priority is None else entry.priority
        return every[i].book != standing.character.lore.id, -priority, i

    kept = sorted(range(len(every)), key=rank)
    while True:
        persona = standing.fill(_persona(standing.character, [every[i] for i in sorted(kept)]))
        n_persona = count([persona])[0] + FRAME_TOKENS
        if n_persona <= budget or not kept:
            return persona, n_persona, tuple(hit for i, hit in enumerate(every) if i not in kept)
        kept = _affordable(kept, [hit.text for hit in every], count, n_persona - budget)


def _affordable(kept: Sequence[int], texts: Sequence[str], count: CountTokens, excess: int) -> list[int]:
    """Return the places that stay when `excess` tokens have to go, at least one less; the best come first."""
    costs = dict(zip(kept, count([texts[i] for i in kept]), strict=True))
    room = max(0, sum(costs.values()) - excess)
    stay = []
    for i in kept:
        if costs[i] <= room:
            room -= costs[i]
            stay.append(i)
    return stay if len(stay) < len(kept) else stay[:-1]


def _persona(character: Character, constants: Sequence[Fired]) -> str:
    words = _WORDS[character.language]
    rules = _RULES[character.language]
    system = character.system_prompt.replace("{{original}}", rules).strip() or rules
    separator = "：" if character.language == "zh" else ": "
    before = [hit.text.strip() for hit in constants if hit.position == "before_char"]
    after = [hit.text.strip() for hit in constants if hit.position != "before_char"]
    parts = [*before, character.description.strip()]
    if character.personality.strip():
        parts.append(f"{words['personality']}{separator}{character.personality.strip()}")
    if character.scenario.strip():
        parts.append(f"{words['scenario']}{separator}{character.scenario.strip()}")
    if after:
        parts.append(f"{words['lore']}{separator}\n" + "\n".join(f"- {line}" for line in after))
    parts.append(system)
    return "\n\n".join(part for part in parts if part)


_SPEAKER = re.compile(r"^\s*(\{\{(?:user|char)\}\}|[^:：\n]{1,40})\s*[:：]\s*(.*)$", re.IGNORECASE)


def parse_examples(text: str, char: str, user: str) -> list[list[Message]]:
    """Return the dialogues of `mes_example`: blocks between <START> lines, turns begun by a name and a colon."""
    dialogues: list[list[Message]] = []
    for block in re.split(r"<START>", text, flags=re.IGNORECASE):
        turns: list[Message] = []
        for line in block.strip().splitlines():
            match = _SPEAKER.match(line)
            speaker = match.group(1).strip() if match else ""
            if match and speaker in (user, "{{user}}"):
                turns.append(Message("user", match.group(2).strip()))
            elif match and speaker in (char, "{{char}}"):
                turns.append(Message("assistant", match.group(2).strip()))
            elif turns and line.strip():
                turns[-1] = Message(turns[-1].role, f"{turns[-1].text}\n{line.strip()}".strip())
        while turns and turns[0].role != "user":
            turns.pop(0)
        if turns:
            dialogues.append(turns)
    return dialogues


def trim_history(costs: Sequence[int], budget: int) -> int:
    """Return how many of the oldest messages leave, given the token cost of each.

    Whenever the running total passes `budget` the oldest go until two thirds of it are left, so that the prefix
    stays the same over many turns; the answer depends on the costs alone.
    """
    first, total = 0, 0
    for i, cost in enumerate(costs):
        total += cost
        if total > budget:
            while first <= i and total > budget * 2 // 3:
                total -= costs[first]
                first += 1
    return first


def history_budget(free: int, needed: int = 0) -> int:
    """Return how many of `free` tokens the history may have when the turn itself needs `needed`.

    It goes in quarters and is nearly always three of them: a budget that followed each turn's length would move
    the oldest message that is kept, and the whole history would be evaluated anew each time.
    """
    for quarters in (3, 2, 1):
        if free * quarters // 4 + needed <= free:
            return free * quarters // 4
    return max(0, free - needed)


def build(
    standing: Standing,
    pinned: Pinned,
    history: Sequence[Message],
    user_text: str | None,
    recalled: Recalled,
    *,
    count: CountTokens,
    budget: int,
) -> Built:
    """Return the whole prompt within `budget` tokens.

    What was `recalled` for this turn stands after the history; `user_text` None means that the history already
    ends with what is to be answered. A user text too long for the budget keeps its beginning and end.
    """
    room = budget - pinned.n_tokens
    said = user_text or ""
    used, parts = fitted(
        standing.character, standing.fill, recalled, said, count, _room_for_parts(room, said, count)
    )
    n_volatile = sum(part.n_tokens for part in parts) + (FRAME_TOKENS if parts else 0)
    text, n_user, was_cut = _fit(said, max(room - n_volatile - FRAME_TOKENS, 16), count)
    needed = n_volatile + (n_user + FRAME_TOKENS if text else 0)
    kept = keep_history(standing, history, count, room, needed)
    turn = [Message("system", "\n".join(part.text for part in parts))] if parts else []
    if text:
        turn.append(Message("user", text))
    sections = _sections(pinned, kept, parts, used, n_user)
    return Built(
        pinned.messages, kept.messages, tuple(turn), sections, kept.n_dropped, was_cut, used, pinned.left_out
    )


def _room_for_parts(room: int, said: str, count: CountTokens) -> int:
    """Return what may be called up without the history having to give way to it, and a little in any case."""
    free = room - _summary_room(room)
    n_said = min(count([said])[0], room) if 0 < len(said) <= room * 6 else 0 if not said else room
    spare = free - free * 3 // 4 - n_said - 2 * FRAME_TOKENS
    return max(0, min(max(spare, free // 8), room - FRAME_TOKENS - _LEAST_USER))


def _summary_room(room: int) -> int:
    """Return what is kept free for a summary, whether there is one or not: the history must not hang on it."""
    return min(_SUMMARY_TOKENS, room // 6)


@dataclass(frozen=True, slots=True)
class KeptHistory:
    """The history as the model sees it: a summary of what left, if there is one, then what is left."""

    messages: tuple[Message, ...]
    n_dropped: int
    n_tokens: int
    n_summary: int


def keep_history(
    standing: Standing, history: Sequence[Message], count: CountTokens, room: int, needed: int = 0
) -> KeptHistory:
    """Return what of `history` stands in a prompt that leaves `room` tokens for it and `needed` of the turn."""
    costs = [n + FRAME_TOKENS for n in count([message.text for message in history])] if history else []
    first = trim_history(costs, history_budget(room - _summary_room(room), needed))
    messages = tuple(history[first:])
    if not first or not standing.summary:
        return KeptHistory(messages, first, sum(costs[first:]), 0)
    told = Message("system", _WORDS[standing.character.language]["before"] + standing.summary)
    n_summary = count([told.text])[0] + FRAME_TOKENS
    if n_summary > _summary_room(room):
        return KeptHistory(messages, first, sum(costs[first:]), 0)
    return KeptHistory((told, *messages), first, sum(costs[first:]), n_summary)


def _fit(text: str, budget: int, count: CountTokens) -> tuple[str, int, bool]:
    """Return `text` within `budget` tokens, its cost and whether the middle was left out."""
    was_cut = False
    if len(text) > budget * 6:
        text, was_cut = _ends(text, budget * 6), True
    n = count([text])[0] if text else 0
    while n > budget and len(text) > 16:
        text, was_cut = _ends(text, max(16, int(len(text) * budget / n * 0.95))), True
        n = count([text])[0]
    return text, n, was_cut


def _ends(text: str, size: int) -> str:
    head = size * 3 // 5
    return f"{text[:head]}\n…\n{text[len(text) - (size - head) :]}"


def _sections(
    pinned: Pinned, kept: KeptHistory, parts: Sequence[Part], used: Recalled, n_user: int
) -> tuple[PromptSection, ...]:
    sections = [PromptSection("persona", pinned.n_persona)]
    if pinned.n_examples:
        sections.append(PromptSection("examples", pinned.n_examples))
    if kept.n_summary:
        sections.append(PromptSection("summary", kept.n_summary))
    if kept.n_tokens:
        n = len(kept.messages) - (1 if kept.n_summary else 0)
        sections.append(PromptSection("history", kept.n_tokens, (f"{n} messages",)))
    sources: dict[str, tuple[str, ...]] = {
        "lore": tuple(f"{_title(hit)} ({hit.key})" for hit in used.lore),
        "passages": tuple(f"{one.passage.file} {one.start}-{one.end}" for one in used.passages),
        "memories": tuple(f"message {one.message}" for one in used.memories if one.message is not None),
    }
    sections += [PromptSection(part.name, part.n_tokens, sources.get(part.name, ())) for part in parts]
    if n_user:
        sections.append(PromptSection("user", n_user))
    return tuple(sections)


def _title(hit: Fired) -> str:
    return hit.entry.name or (hit.entry.keys[0] if hit.entry.keys else hit.entry.content[:20])
