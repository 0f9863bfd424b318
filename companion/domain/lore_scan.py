"""One scan of lorebooks: which entries match a scene, in the order of checks that SillyTavern's authors rely on.

delay, cooldown, recursion flags, activate, dont_activate, further conditions, constant, sticky, keys, secondary keys,
groups, probability; then again over the text of what matched, until nothing new does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from companion.domain.character import Lorebook
from companion.domain.lore_entries import Asked, Prepared, prepare
from companion.domain.lore_groups import Contender, losers
from companion.domain.lore_keys import Fold, KeyTable, Text
from companion.domain.lore_scene import Scene, Timing, timing
from companion.domain.macros import for_matching, hidden_keys

Reason = Literal["constant", "key", "sticky", "recursion", "activated"]
Obstacle = Literal[
    "disabled",
    "off",
    "delay",
    "cooldown",
    "recursion",
    "decorator",
    "depth",
    "secondary",
    "excluded",
    "group",
    "probability",
    "budget",
    "duplicate",
    "empty",
    "regex_slow",
]

_MAX_ROUNDS: Final = 16
_MAX_CHARS: Final = 50_000


class RegexSearcher(Protocol):
    """Regular expressions with a limit on time: a bad or slow one never matches and is named in `culprits`."""

    @property
    def culprits(self) -> Sequence[str]: ...
    def begin(self) -> None:
        """Begin a scan: the time for all searches together starts anew."""
        ...

    def search(self, pattern: str, text: str, case_sensitive: bool) -> bool: ...


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    entry: Prepared
    key: str
    reason: Reason


@dataclass(frozen=True, slots=True, eq=False)
class Miss:
    entry: Prepared
    reason: Obstacle
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """All prepared entries and what finding them quickly takes."""

    entries: Sequence[Prepared]
    recursive_books: frozenset[int]
    table: KeyTable
    users: dict[int, list[int]]
    always: Sequence[int]
    by_regex: Sequence[int]
    delayed: Sequence[int]
    by_id: dict[str, int]
    timed: dict[str, tuple[int, int]]
    max_depth: int
    fold: Fold
    char: str
    user: str

    @classmethod
    def of(cls, books: Sequence[Lorebook], fold: Fold, char: str, user: str) -> Library:
        """Make the books ready; `char` and `user` stand for the macros in keys and texts."""
        entries, keys = prepare(books, fold, char=char, user=user)
        users: dict[int, list[int]] = {}
        for entry in entries:
            for number in {one.number for one in entry.primary if one.number is not None}:
                users.setdefault(number, []).append(entry.number)
        return cls(
            entries,
            frozenset(place for place, book in enumerate(books) if book.recursive_scanning),
            KeyTable(keys),
            users,
            [one.number for one in entries if one.is_always],
            [one.number for one in entries if any(asked.number is None for asked in one.primary)],
            [one.number for one in entries if one.entry.delay_until_recursion],
            {one.id: one.number for one in entries},
            {one.id: (one.entry.sticky, one.entry.cooldown) for one in entries if _remembers(one)},
            max((one.scan_depth for one in entries), default=0),
            fold,
            char,
            user,
        )

    def visible(self, text: str) -> str:
        """Return a text as keys are looked for in it."""
        return for_matching(text, char=self.char, user=self.user) if "{{" in text or "<" in text else text


def _remembers(entry: Prepared) -> bool:
    decorators = entry.decorators
    return bool(
        entry.entry.sticky
        or entry.entry.cooldown
        or decorators.keep_activate_after_match
        or decorators.dont_activate_after_match
    )


class LoreScan:
    """One scan; made, run once and thrown away."""

    def __init__(self, library: Library, scene: Scene, regex: RegexSearcher) -> None:
        self._library, self._scene, self._regex, self._fold = library, scene, regex, library.fold
        self._timing: Timing = timing(scene, library.timed)
        self._n_replies = sum(message.role == "assistant" for message in scene.messages)
        self._window = _window(scene, library)
        self._in_chat: dict[int, int] = {}
        self._in_lore: set[int] = set()
        self._lore, self._n_taken_in = "", 0
        self._open_books = set(library.recursive_books)
        self._matched: dict[tuple[str, bool, int], bool] = {}
        self._level = 0
        self._settled: set[int] = set()
        self._taken_groups: set[str] = set()
        self.hits: list[Hit] = []
        self.misses: dict[int, Miss] = {}

    def run(self) -> None:
        """Fill `hits`, in the order in which they were found, and `misses` by entry number."""
        library = self._library
        self._regex.begin()
        self._in_chat = library.table.search(Text(self._window, self._fold))
        numbers = {one for key in self._in_chat for one in library.users.get(key, ())}
        held = (library.by_id[one] for one in self._timing.sticky | self._timing.ever)
        fresh = self._round({*numbers, *library.always, *library.by_regex, *held})
        for _ in range(_MAX_ROUNDS):
            found = self._take_in(fresh)
            if found is None and not self._next_level():
                break
            fresh = self._round(self._triggered(found or frozenset()))
        self._name_culprits()

    # ---- rounds

    def _take_in(self, fresh: Sequence[Hit]) -> frozenset[int] | None:
        """Add the text of entries that may trigger others; return the keys new in it, None if there is no text."""
        sources = [hit.entry for hit in fresh if hit.entry.may_trigger and hit.entry.text]
        if not sources:
            return None
        self._level = self._level or min(self._levels(), default=1)
        texts: list[str] = []
        for source in sources:
            self._open_books.add(source.book)
            texts += [self._library.visible(source.text), *hidden_keys(source.text)]
        self._lore = "\n".join([self._lore, *texts])[-_MAX_CHARS:]
        self._n_taken_in += 1
        new = frozenset(self._library.table.search(Text(texts, self._fold))) - self._in_lore
        self._in_lore |= new
        return new

    def _triggered(self, found: frozenset[int]) -> set[int]:
        library = self._library
        numbers = {one for key in found for one in library.users.get(key, ())}
        late = [one for one in library.delayed if self._is_due(library.entries[one])]
        lacking = [
            number for number, miss in self.misses.items() if miss.reason in ("secondary", "decorator")
        ]
        return {*numbers, *library.by_regex, *late, *lacking}

    def _levels(self) -> list[int]:
        return sorted(
            {self._library.entries[one].entry.delay_until_recursion for one in self._library.delayed}
        )

    def _next_level(self) -> bool:
        """Let in the entries of the next recursion level; False when there is none or nothing recursed at all."""
        higher = [level for level in self._levels() if self._level and level > self._level]
        if not higher:
            return False
        self._level = higher[0]
        return True

    def _is_due(self, entry: Prepared) -> bool:
        return 0 < entry.entry.delay_until_recursion <= self._level

    def _round(self, numbers: set[int]) -> list[Hit]:
        hits: list[Hit] = []
        for number in sorted(numbers - self._settled):
            verdict = self._judge(self._library.entries[number])
            if isinstance(verdict, Hit):
                hits.append(verdict)
            elif verdict is not None:
                self.misses[number] = verdict
        kept = self._drawn(self._of_groups(hits))
        for hit in kept:
            self._settled.add(hit.entry.number)
            self._taken_groups.update(hit.entry.groups)
            self.misses.pop(hit.entry.number, None)
        self.hits += kept
        return kept

    def _of_groups(self, hits: Sequence[Hit]) -> list[Hit]:
        contenders = [
            Contender(hit.entry, self._score(hit.entry), hit.reason == "sticky")
            for hit in hits
            if hit.entry.groups
        ]
        lost = losers(contenders, self._taken_groups, seed=self._scene.seed)
        for hit in hits:
            if hit.entry.number in lost:
                self._leave(hit.entry, "group", lost[hit.entry.number])
        return [hit for hit in hits if hit.entry.number not in lost]

    def _drawn(self, hits: Sequence[Hit]) -> list[Hit]:
        kept: list[Hit] = []
        for hit in hits:
            chance = hit.entry.probability
            certain = chance >= 100 or hit.reason in ("sticky", "activated")
            if certain or random.Random(f"{self._scene.seed}:{hit.entry.id}").random() * 100 < chance:
                kept.append(hit)
            else:
                self._leave(hit.entry, "probability", f"{chance:g}")
        return kept

    def _leave(self, entry: Prepared, reason: Obstacle, detail: str = "") -> None:
        self._settled.add(entry.number)
        self.misses[entry.number] = Miss(entry, reason, detail)

    # ---- one entry

    def _judge(self, entry: Prepared) -> Hit | Miss | None:
        """Return the verdict on an entry; None if it is not even near."""
        obstacle = self._barred(entry)
        if obstacle is not None:
            near = entry.is_always or any(
                self._depth(one, entry) for one in entry.primary if one.number is not None
            )
            return Miss(entry, *obstacle) if near else None
        if entry.decorators.activate:
            return Hit(entry, "", "activated")
        if entry.decorators.keep_activate_after_match and entry.id in self._timing.ever:
            return Hit(entry, "", "sticky")
        if entry.entry.constant and not entry.entry.use_regex:
            return self._wanting(entry) or Hit(entry, "", "constant")
        if entry.id in self._timing.sticky:
            return Hit(entry, "", "sticky")
        return self._by_key(entry)

    def _barred(self, entry: Prepared) -> tuple[Obstacle, str] | None:
        """Return what keeps an entry out whatever its keys."""
        raw, decorators = entry.entry, entry.decorators
        if not raw.enabled:
            return "disabled", ""
        if entry.id in self._scene.off:
            return "off", ""
        if len(self._scene.messages) < raw.delay:
            return "delay", str(raw.delay)
        holds = entry.id in self._timing.sticky
        if entry.id in self._timing.cooling:
            return "cooldown", str(raw.cooldown)
        if raw.delay_until_recursion and not holds and not self._is_due(entry):
            return "recursion", "delay"
        if decorators.activate:
            return None
        if decorators.dont_activate:
            return "decorator", "dont_activate"
        if decorators.dont_activate_after_match and entry.id in self._timing.ever:
            return "decorator", "dont_activate_after_match"
        if decorators.keep_activate_after_match and entry.id in self._timing.ever:
            return None
        unmet = self._unmet(entry)
        return ("decorator", unmet) if unmet else None

    def _unmet(self, entry: Prepared) -> str:
        """Return the name of a decorator whose condition does not hold now."""
        decorators = entry.decorators
        if self._n_replies < (decorators.activate_only_after or 0):
            return "activate_only_after"
        if self._n_replies % (decorators.activate_only_every or 1):
            return "activate_only_every"
        if decorators.is_greeting is not None and decorators.is_greeting != self._scene.greeting:
            return "is_greeting"
        if decorators.is_user_icon is not None and decorators.is_user_icon != self._scene.user_icon:
            return "is_user_icon"
        return ""

    def _by_key(self, entry: Prepared) -> Hit | Miss | None:
        found = next((one for one in entry.primary if self._has(one, entry)), None)
        if found is None:
            far = next((one for one in entry.primary if self._depth(one, entry)), None)
            return Miss(entry, "depth", far.shown) if far is not None else None
        missing = self._secondary_obstacle(entry)
        if missing is not None:
            return Miss(entry, "secondary", missing)
        return self._wanting(entry) or Hit(entry, found.shown, self._reason(found, entry))

    def _reason(self, found: Asked, entry: Prepared) -> Reason:
        return "key" if self._in_window(found, entry) else "recursion"

    def _secondary_obstacle(self, entry: Prepared) -> str | None:
        """Return the secondary key at fault; None when the entry's logic is content."""
        if not entry.secondary:
            return None
        logic = entry.entry.secondary_logic
        present = [self._has(one, entry) for one in entry.secondary]
        fine = {
            "and_any": any(present),
            "and_all": all(present),
            "not_any": not any(present),
            "not_all": not all(present),
        }[logic]
        at_fault = not logic.startswith("not")
        if fine:
            return None
        return next(
            (one.shown for one, has in zip(entry.secondary, present, strict=True) if has != at_fault), ""
        )

    def _wanting(self, entry: Prepared) -> Miss | None:
        """Return why the keys of decorators leave an entry out, if they do."""
        for group in entry.additional:
            if not any(self._has(one, entry) for one in group):
                return Miss(entry, "decorator", "additional_keys")
        unwanted = next((one for one in entry.excluded if self._has(one, entry)), None)
        if (
            unwanted is None
            and entry.excluded_all
            and all(self._has(one, entry) for one in entry.excluded_all)
        ):
            unwanted = entry.excluded_all[0]
        return Miss(entry, "excluded", unwanted.shown) if unwanted is not None else None

    def _score(self, entry: Prepared) -> int:
        n_secondary = sum(self._has(one, entry) for one in entry.secondary)
        n = sum(self._has(one, entry) for one in entry.primary)
        counts_all = entry.entry.secondary_logic == "and_all" and n_secondary == len(entry.secondary)
        return n + n_secondary if counts_all or entry.entry.secondary_logic == "and_any" else n

    # ---- one key

    def _depth(self, one: Asked, entry: Prepared) -> int:
        """Return how far back a plain key stands in the window, 0 if it does not; in lore it stands at 1."""
        if one.number is None:
            return 0
        if one.number in self._in_lore and self._hears_lore(entry):
            return 1
        return self._in_chat.get(one.number, 0)

    def _has(self, one: Asked, entry: Prepared) -> bool:
        return self._in_window(one, entry) or self._in_lore_text(one, entry)

    def _in_window(self, one: Asked, entry: Prepared) -> bool:
        if one.number is not None:
            return 0 < self._in_chat.get(one.number, 0) <= entry.scan_depth
        depth = min(entry.scan_depth, len(self._window))
        return depth > 0 and self._matches(one.shown, entry.entry.case_sensitive, depth)

    def _in_lore_text(self, one: Asked, entry: Prepared) -> bool:
        if not self._hears_lore(entry):
            return False
        if one.number is not None:
            return one.number in self._in_lore
        return bool(self._lore) and self._matches(one.shown, entry.entry.case_sensitive, 0)

    def _hears_lore(self, entry: Prepared) -> bool:
        return entry.may_be_triggered and entry.book in self._open_books

    def _matches(self, pattern: str, case_sensitive: bool, depth: int) -> bool:
        """Search the newest `depth` messages, or the lore taken in so far for 0."""
        place = depth or -self._n_taken_in
        asked = (pattern, case_sensitive, place)
        if asked not in self._matched:
            text = "\n".join(self._window[len(self._window) - depth :]) if depth else self._lore
            self._matched[asked] = self._regex.search(pattern, text, case_sensitive)
        return self._matched[asked]

    def _name_culprits(self) -> None:
        culprits = set(self._regex.culprits)
        if not culprits:
            return
        for number in self._library.by_regex:
            entry = self._library.entries[number]
            slow = next(
                (one.shown for one in entry.primary if one.number is None and one.shown in culprits), None
            )
            if slow is not None and number not in self._settled:
                self.misses[number] = Miss(entry, "regex_slow", slow)


def _window(scene: Scene, library: Library) -> list[str]:
    """Return the newest texts that any entry looks at, oldest first, as far as they have `_MAX_CHARS` together."""
    depth = library.max_depth
    window: list[str] = []
    room = _MAX_CHARS
    for message in reversed(scene.messages[max(0, len(scene.messages) - depth) :]):
        text = library.visible(message.text)
        window.append(text[-room:])
        room -= len(text)
        if room <= 0:
            break
    return window[::-1]
