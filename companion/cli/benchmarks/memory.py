"""What a chat of 200 turns over ten days costs and keeps: tokens evaluated each turn, facts found, old forms gone.

The program is the real one: session, log, memory, workers. Time alone is made up, and her replies are cut short.
"""

from __future__ import annotations

import dataclasses
import os
import queue
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final, TypeVar

from companion import wiring
from companion.archive import Archive
from companion.cli.benchmarks.figures import rss_mb, summary
from companion.cli.benchmarks.lore import questions_of
from companion.cli.benchmarks.memory_prompts import Watched
from companion.cli.benchmarks.memory_script import FACTS, SMALL_TALK, Line, Planted, ten_days
from companion.conversation.bus import EventBus
from companion.conversation.options import SessionOptions
from companion.conversation.session import Session
from companion.conversation.slots import Engines
from companion.documents.reading import read_document
from companion.domain import commands as do
from companion.domain import events
from companion.domain.cancel import CancelToken
from companion.domain.character import Character
from companion.domain.explanation import explanation_of
from companion.engines.catalog import Catalog
from companion.errors import CompanionError, ModelError
from companion.packs.library import Library
from companion.paths import Paths, bundled
from companion.settings import Settings
from companion.storage.chat_log import SqliteChatLog
from companion.workers.clients import LanguageClient

E = TypeVar("E")

BOUND: Final = 64
"""How many tokens a turn may evaluate beyond the new ones, the lore and the memories."""

_BEGAN: Final = 1_772_700_000.0
_TURN_S, _DAY_S = 60.0, 86_400.0
_PATIENCE_S: Final = 120.0
_REPLY_TOKENS: Final = 16
_CALLED_UP: Final = ("lore", "time", "passages", "memories")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as it went; `beyond` are the tokens evaluated beside what was said and called up."""

    line: Line
    evaluated: int
    called_up: int
    beyond: int
    reason: str
    known: str
    present: str
    first_token_s: float
    idle_tokens: int
    passages: int


def measure(
    settings: Settings,
    paths: Paths,
    catalog: Catalog,
    character: Character,
    model: str,
    *,
    novel: Path | None = None,
) -> dict[str, Any]:
    """Live the ten days with `model`; where a text of 红楼梦 is given, it is on her shelf and much asked about.

    Raises CompanionError.
    """
    talk: Sequence[str] = SMALL_TALK
    if novel is not None:
        asked = [one.text for one in questions_of(read_document(novel))]
        talk = [text for pair in zip(cycle(SMALL_TALK), asked, strict=False) for text in pair]
    home = Path(tempfile.mkdtemp(prefix="companion-bench-memory-"))
    settings = settings.model_copy(deep=True)
    settings.mind.engine, settings.mind.model = "local", model
    bench = dataclasses.replace(Paths.under(home), models=paths.models)
    bench.make()
    began = time.monotonic()
    try:
        life = Life(settings, bench, catalog, character)
        try:
            if novel is not None:
                life.read(novel)
            turns = [life.turn(line) for line in ten_days(talk)]
            memory = rss_mb(os.getpid())
        finally:
            life.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return {"model": model, **told(turns), "rss_mb": memory, "seconds": round(time.monotonic() - began, 1)}


def told(turns: Sequence[Turn]) -> dict[str, Any]:
    """Return the figures of turns."""
    asked = [turn for turn in turns if turn.line.asks is not None]
    recalled = [turn for turn in asked if turn.line.asks and turn.line.asks.wanted in turn.known]
    at_hand = [turn for turn in asked if turn.line.asks and turn.line.asks.wanted in turn.present]
    found = [turn for turn in asked if turn in recalled or turn in at_hand]
    within = [turn for turn in turns if turn.beyond <= BOUND]
    back = list(_returned(turns))
    return {
        "turns": len(turns),
        "facts": {
            "asked": len(asked),
            "found": len(found),
            "share": round(len(found) / max(1, len(asked)), 3),
            "recalled": len(recalled),
            "still_in_the_history": len(at_hand),
            "missing": [turn.line.said for turn in asked if turn not in found],
        },
        "corrected": {
            "facts": sum(1 for fact in FACTS if fact.corrected),
            "n_old_forms_returned": len(back),
            "old_forms_returned": back[:20],
        },
        "evaluated_beyond": summary([turn.beyond for turn in turns], 0),
        "within_bound": {
            "bound": BOUND,
            "n": len(within),
            "share": round(len(within) / max(1, len(turns)), 3),
            "reasons_of_the_others": dict(Counter(turn.reason for turn in turns if turn.beyond > BOUND)),
        },
        "evaluated": summary([turn.evaluated for turn in turns], 0),
        "called_up": summary([turn.called_up for turn in turns], 0),
        "turns_with_passages": sum(1 for turn in turns if turn.passages),
        "read_while_nobody_waits": summary([turn.idle_tokens for turn in turns], 0),
        "first_token_s": summary([turn.first_token_s for turn in turns]),
    }


def _returned(turns: Sequence[Turn]) -> Iterator[str]:
    """Yield what was recalled or summed up in a corrected form's old one, in any turn after the correction."""
    corrected: list[Planted] = []
    for turn in turns:
        corrected += turn.line.rewrites
        for piece in turn.known.replace("；", "\n").replace("。", "\n").splitlines():
            if any(fact.is_outdated(piece) for fact in corrected):
                yield f"{turn.line.said}: {piece}"
        if turn.line.corrects is not None:
            corrected.append(turn.line.corrects)


class Life:
    """A companion as it is wired for the user, without voice, on a clock that is set by hand."""

    def __init__(self, settings: Settings, paths: Paths, catalog: Catalog, character: Character) -> None:
        self._now, self._day = _BEGAN, 0
        short = dataclasses.replace(character.sampling, max_tokens=_REPLY_TOKENS, seed=1)
        self._character = dataclasses.replace(character, sampling=short)
        self._arriving: queue.Queue[events.Event] = queue.Queue()
        self._bus, self._engines, self._cancel = EventBus(), Engines(), CancelToken()
        self._bus.subscribe(self._arriving.put)
        spec = wiring.language_spec(
            settings, paths, catalog, progress=lambda done, total: None, cancel=self._cancel
        )
        self._client = LanguageClient(spec, on_event=lambda event: None)
        self._mind = Watched(self._client)
        self._engines.language.put(self._mind)
        self._log = SqliteChatLog.open(paths.chat_log, clock=lambda: self._now)
        library = Library([paths.characters], bundled=bundled("characters"), cache=paths.cache / "packs")
        self._archive = Archive(
            paths,
            lambda: settings,
            self._log,
            library,
            self._engines,
            self._bus.publish,
            clock=lambda: self._now,
        )
        self._session = Session(
            self._engines,
            self._log,
            self._bus,
            character=lambda id_: self._character,
            options=lambda: SessionOptions(speak=False, seed=1),
            knowledge=self._archive.knowledge(),
        )
        self._archive.start(catalog, self._cancel, lambda event: None)
        self._session.post(do.OpenCharacter(character.id))
        self._expect(events.StateChanged, "idle")

    def close(self) -> None:
        """Stop the workers; safe to call twice."""
        self._session.close()
        self._archive.close()
        self._client.close()
        self._log.close()

    def read(self, document: Path) -> None:
        """Put a document on her shelf. Raises DocumentError, StoreError."""
        self._archive.lore.add(self._character.id, document)
        self._archive.lore.build(self._character.id, cancel=self._cancel)

    def turn(self, line: Line) -> Turn:
        """Live one turn. Raises ModelError where it fails."""
        if line.day != self._day:
            self._now, self._day = self._now + _DAY_S, line.day
        self._now += _TURN_S
        for fact in line.rewrites:
            self._rewrite(fact)
        idle = self._mind.n_warmed
        self._session.post(do.Say(line.said))
        built = self._expect(events.PromptBuilt)
        finished = self._expect(events.ReplyFinished)
        self._expect(events.SpeakingFinished)
        sections: Counter[str] = Counter()
        for section in built.sections:
            sections[section.name] += section.n_tokens
        why = explanation_of(finished.message.meta)
        called_up = sum(sections[name] for name in _CALLED_UP)
        return Turn(
            line,
            evaluated=finished.timings.n_evaluated_tokens,
            called_up=called_up,
            beyond=finished.timings.n_evaluated_tokens - called_up - sections["user"],
            reason=self._mind.reason,
            known="\n".join([*(one.text for one in why.memories if why), *self._mind.around_history])
            if why
            else "",
            present="\n".join(self._mind.history),
            first_token_s=finished.timings.first_token_s or 0.0,
            idle_tokens=self._mind.n_warmed - idle,
            passages=len(why.passages) if why else 0,
        )

    def _rewrite(self, fact: Planted) -> None:
        """Correct the card that holds a fact, as the user does in the list."""
        for card in self._log.memories.cards(self._character.id):
            if fact.value in card.text:
                self._log.memories.correct(card.memory, fact.corrected.removeprefix("="))
        # As the list in the window does after a correction.
        while not self._arriving.empty():
            self._arriving.get_nowait()
        self._session.post(do.Reload())
        self._expect(events.StateChanged, "idle")

    def _expect(self, kind: type[E], state: str = "") -> E:
        """Return the next event of a kind. Raises what failed, ModelError if nothing comes."""
        end_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end_s:
            try:
                event = self._arriving.get(timeout=1.0)
            except queue.Empty:
                continue
            if isinstance(event, events.TurnFailed):
                raise CompanionError(event.what, event.hint, code=event.code)
            if isinstance(event, kind) and (
                not state or (isinstance(event, events.StateChanged) and event.new == state)
            ):
                return event
        raise ModelError(f"No {kind.__name__} came within {_PATIENCE_S:.0f} s.", "See the log.")
