"""What a character is to the conversation: text, lore, voice, face; no file formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

VoiceEngine = Literal["kokoro", "piper", "tones"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; the field's usual names and ranges.

    `seed` None draws a new one for each reply. `max_tokens` bounds one reply. `opens_with_words`: it does not begin
    with an aside in brackets, during which nobody would hear anything.
    """

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 40
    min_p: float = 0.05
    repeat_penalty: float = 1.1
    seed: int | None = None
    max_tokens: int = 240
    stop: tuple[str, ...] = ()
    opens_with_words: bool = False


@dataclass(frozen=True, slots=True)
class VoiceSpec:
    """A voice that the speech worker can load.

    `kokoro`: `styles` are (style name, weight) of `assets/voices`, weights sum to 1, or `style_file` a
    float32 [510, 256] table. `piper`: `model` is the ONNX file, its JSON beside it. `speed` 1.0 is
    natural, 0.5 to 2.0; `pitch` in semitones, -6 to 6, where the engine has it. `language` is the
    first language of a text in which nothing else can be told.
    """

    engine: VoiceEngine = "kokoro"
    styles: tuple[tuple[str, float], ...] = ()
    style_file: Path | None = None
    model: Path | None = None
    speaker: int | None = None
    speed: float = 1.0
    pitch: float = 0.0
    language: Literal["zh", "en"] = "zh"


SecondaryLogic = Literal["and_any", "not_all", "not_any", "and_all"]
LorePosition = Literal[
    "before_char", "after_char", "before_examples", "after_examples", "note_top", "note_bottom", "at_depth"
]


@dataclass(frozen=True, slots=True)
class LoreEntry:
    """One lorebook entry, Character Card V3 names where it has one; the rest are SillyTavern's.

    `content` still holds its decorators and macros. `id` is unique in its book and stays the same when the
    book is read again: the card's own id, else its place. A key is a regular expression only if `use_regex`
    and it looks like `/.../flags`. `aliases` are further names that count as keys. `scan_depth`,
    `match_whole_words`, `case_sensitive` None leave it to the book and the script. `probability` in percent.
    `sticky`, `cooldown` and `delay` count messages. `delay_until_recursion` 0 is off, n the recursion level.
    """

    keys: tuple[str, ...]
    content: str
    name: str = ""
    secondary_keys: tuple[str, ...] = ()
    enabled: bool = True
    constant: bool = False
    selective: bool = False
    case_sensitive: bool = False
    use_regex: bool = False
    insertion_order: float = 100
    priority: float | None = None
    source: str = ""
    id: str = ""
    comment: str = ""
    aliases: tuple[str, ...] = ()
    secondary_logic: SecondaryLogic = "and_any"
    scan_depth: int | None = None
    match_whole_words: bool | None = None
    position: LorePosition = "after_char"
    depth: int = 4
    role: Literal["system", "user", "assistant"] = "system"
    probability: float = 100
    sticky: int = 0
    cooldown: int = 0
    delay: int = 0
    group: str = ""
    group_weight: float = 100
    group_override: bool = False
    use_group_scoring: bool = False
    exclude_recursion: bool = False
    prevent_recursion: bool = False
    delay_until_recursion: int = 0


@dataclass(frozen=True, slots=True)
class Lorebook:
    """Entries and how far back their keys are looked for. `id` tells books of one chat apart; "" is the card's own.

    `scan_depth` in messages, `token_budget` in tokens.
    """

    entries: tuple[LoreEntry, ...] = ()
    scan_depth: int = 4
    token_budget: int = 400
    recursive_scanning: bool = False
    id: str = ""
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter GGUF and the weight it is applied with."""

    path: Path
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class FaceAssets:
    """What can be drawn: a layered `rig` (JSON beside its PNG layers), flat `emotions`, a `portrait`."""

    portrait: Path | None = None
    rig: Path | None = None
    emotions: dict[str, Path] = field(default_factory=dict, hash=False)
    background: Path | None = None


@dataclass(frozen=True, slots=True)
class Character:
    """A character, ready to talk. Text fields still hold their macros ({{char}}, {{user}}).

    `documents` are the pack's `x_lore` files. `depth_prompt` is SillyTavern's note of that name.
    """

    id: str
    name: str
    folder: Path
    language: Literal["zh", "en"] = "zh"
    nickname: str = ""
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
    character_version: str = ""
    tags: tuple[str, ...] = ()
    lore: Lorebook = Lorebook()
    documents: tuple[Path, ...] = ()
    depth_prompt: str = ""
    group_only_greetings: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    voice: VoiceSpec = VoiceSpec()
    adapters: tuple[Adapter, ...] = ()
    face: FaceAssets = FaceAssets()
    accent: str = ""
    bundled: bool = False

    @property
    def shown_name(self) -> str:
        return self.nickname or self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a pack; `fatal` means that the character cannot be used."""

    where: str
    what: str
    hint: str = ""
    fatal: bool = False


Fate = Literal["kept", "mapped", "unused", "refused"]
"""Used as it is; used under another name or form; kept for export but without effect; not taken over."""


@dataclass(frozen=True, slots=True)
class FieldFate:
    """What became of one field, asset or decorator of a card: `where` in JSON path form, `note` a sentence or empty."""

    where: str
    fate: Fate
    note: str = ""


@dataclass(frozen=True, slots=True)
class PackReport:
    """A pack as found: the character if it can be used, every problem at once, and the fate of every field.

    `spec` such as `chara_card_v2`, `carrier` such as `png`, `charx`, `jpeg`, `json`, `folder`.
    """

    id: str
    path: Path
    character: Character | None
    problems: tuple[Problem, ...] = ()
    fields: tuple[FieldFate, ...] = ()
    spec: str = ""
    carrier: str = ""
