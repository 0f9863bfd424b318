"""What a character remembers of the user: facts taken from what was said, and what of it a turn calls for."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from companion.conversation.bus import Subscriber
from companion.conversation.knowledge import Told
from companion.conversation.relevance import dated, excerpt, overlap, weighted
from companion.domain.character import Character
from companion.domain.events import MemoriesChanged
from companion.domain.memory import Memory, Recollected
from companion.domain.messages import StoredMessage
from companion.domain.recalled import CountTokens
from companion.domain.remembering.facts import Fact, worded
from companion.domain.remembering.questions import (
    asked_slots,
    is_about_her_words,
    is_about_the_past,
    is_question,
    slot_words,
)
from companion.domain.remembering.statements import facts_in
from companion.errors import CompanionError
from companion.ports import Cancel, IndexHit, IndexItem, Memories, RecallIndex

_log = logging.getLogger(__name__)
_MOST = 6
_MOST_HITS = 24
_FEWEST_CHARS = 4
_INDEXED_CHARS = 600
# Without an index the newest turns are compared one by one; these many new ones are read in a turn, 0.1 ms each.
_COMPARED, _READ_AT_ONCE = 600, 200
_SLOT_SCORE, _TURN_SHARE = 1.0, 0.6
_ENOUGH, _ENOUGH_IF_ASKED = 2.0, 1.0
# Cosines of sentence encoders; what only counts characters is no measure of meaning.
_CLOSE, _BY_CHARACTERS = 0.62, "hashing:"
_SAID = {
    "user": {"zh": "{day}用户说过：{text}", "en": "On {day} the user said: {text}"},
    "assistant": {"zh": "{day}{{{{char}}}}说过：{text}", "en": "On {day} {{{{char}}}} said: {text}"},
}
_TOLD_ON = {"zh": "{text}（{day}说的）", "en": "{text} (said on {day})"}
_TOLD_SHARE = 1.3
_UNDATED = re.compile("^[^：:]*[：:]")
_MINE = re.compile(r"我|咱|\b(?:i|my|me|mine|we|our)\b", re.IGNORECASE)

_YOURS = re.compile(r"你|您|\b(?:you|your|yours)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Known:
    """What is at hand of one character. `upto`: the newest turn that was read, and that the index holds."""

    turns: dict[int, StoredMessage] = field(default_factory=dict)
    upto: int = 0
    indexed: bool = False
    indexed_upto: int = 0
    cards: frozenset[str] = frozenset()


class Remembering:
    """Calls may come from any thread. `index` returns the search index once it is ready, else None.

    All that is remembered stands in `memories`; the index and what is kept here are derived from it.
    """

    def __init__(
        self, memories: Memories, index: Callable[[], RecallIndex | None], publish: Subscriber
    ) -> None:
        self._memories, self._index, self._publish = memories, index, publish
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}
        self._words: dict[str, dict[str, float]] = {}

    # ---- learning

    def learn(self, character: Character, chat: str, message: StoredMessage) -> list[Memory]:
        """Keep what a message that is on disk tells of the user; return the new cards.

        Only the user's own words become cards; any turn becomes findable. Of a message that was edited, cards that
        it no longer states are taken back, unless the user pinned or corrected them. Raises StorageError.
        """
        del chat
        facts = _facts(message)
        made = [self._keep(character, message, fact) for fact in facts]
        fresh = [one for one in made if one is not None]
        gone = self._take_back(character, message, facts)
        self._take_in(character.id, message)
        if fresh or gone:
            self._publish(MemoriesChanged(character.id))
        return fresh

    def _take_back(self, character: Character, message: StoredMessage, facts: Sequence[Fact]) -> bool:
        cards = [card for card in self._memories.cards(character.id) if card.message == message.message]
        gone = _unstated(cards, facts)
        for card in gone:
            self._memories.withdraw(card.memory)
        return bool(gone)

    def _keep(self, character: Character, message: StoredMessage, fact: Fact) -> Memory | None:
        before = {one.memory for one in self._memories.cards(character.id, all_states=True)}
        text = worded(fact, character.language)
        if fact.name == "plan":
            day = dated(message.created_at, message.created_at, character.language)
            text = _TOLD_ON[character.language].format(text=text, day=day)
        kept = self._memories.add(
            character.id,
            text,
            kind=fact.kind,
            slot=fact.slot,
            value=fact.value,
            message=message.message,
            origin="conversation",
        )
        return None if kept.memory in before or kept.state != "active" else kept

    def _take_in(self, character: str, message: StoredMessage) -> None:
        """Bring what is at hand, and the index if it was up, to one message, which may be new or edited."""
        with self._lock:
            known = self._known.get(character)
            if known is None:
                return
            if message.message in known.turns:
                known.turns[message.message] = message
            index = self._index()
            if index is None or not known.indexed:
                self._read(character, known)
                return
            try:
                self._catch_up(character, known, index, [message])
            except CompanionError as error:
                known.indexed = False
                _log.info("the memory index fell behind: %s", error.code)

    def _catch_up(
        self, character: str, known: _Known, index: RecallIndex, more: Sequence[StoredMessage] = ()
    ) -> None:
        """Put into the index what it does not hold yet, and take out cards that are no longer valid."""
        self._read(character, known)
        late = {id_: turn for id_, turn in known.turns.items() if id_ > known.indexed_upto}
        late |= {one.message: one for one in more}
        cards = self._card_items(character)
        items = _turn_items(late.values()) + [one for one in cards if one.id not in known.cards]
        gone = known.cards - {one.id for one in cards}
        if items:
            index.add(collection_of(character), items)
        if gone:
            index.remove(collection_of(character), sorted(gone))
        known.cards = frozenset(one.id for one in cards)
        known.indexed_upto = known.upto

    # ---- the index

    def bring_up(self, character: str, cancel: Cancel) -> None:
        """Read the character's turns and make the index hold them; to be called while nobody waits.

        Until then, and without an index, cards and the newest turns are found by their words.
        """
        weighted("预热")  # loads the word list
        index = self._index()
        with self._lock:
            known = self._known.setdefault(character, _Known())
            self._read(character, known)
            if index is None or known.indexed:
                return
            silent = self._memories.silenced(character)
            turns = [one for one in known.turns.values() if one.message not in silent]
            cards, upto = self._card_items(character), known.upto
        try:
            index.sync(collection_of(character), [*cards, *_turn_items(turns)], cancel)
            if cancel.requested:
                return
            with self._lock:
                known.cards, known.indexed_upto = frozenset(one.id for one in cards), upto
                # What was said while the index was built.
                self._catch_up(character, known, index)
                known.indexed = True
        except CompanionError as error:
            _log.info("the memory index could not be brought up: %s", error.code)

    def changed(self, character: str) -> None:
        """Forget what is at hand of a character, after messages were edited, deleted or brought back."""
        with self._lock:
            self._known.pop(character, None)

    def read_anew(self, character: Character) -> None:
        """Take in that messages were edited, deleted or brought back: cards follow what stands there now.

        Raises StorageError.
        """
        self.changed(character.id)
        cards = [card for card in self._memories.cards(character.id) if card.message is not None]
        sources = {card.message for card in cards}
        for turn in self._memories.turns(character.id):
            if turn.message in sources:
                own = [card for card in cards if card.message == turn.message]
                if _unstated(own, _facts(turn)):
                    self.learn(character, turn.chat, turn)

    def forget_character(self, character: str) -> None:
        """Remove all memories of a character for good, from the index too. Raises StorageError."""
        self._memories.forget_character(character)
        try:
            self.drop_index(character)
        except CompanionError as error:
            _log.info("a memory index was not removed: %s", error.code)
        self._publish(MemoriesChanged(character))

    def drop_index(self, character: str) -> None:
        """Remove the index, which is made anew while nobody waits. Raises CompanionError."""
        self.changed(character)
        index = self._index()
        if index is not None:
            index.drop(collection_of(character))

    def _read(self, character: str, known: _Known) -> None:
        turns = self._memories.turns(character, after=known.upto)
        if turns and turns[-1].partial:
            # A reply that is being written; it is read when it stands.
            turns.pop()
        for turn in turns:
            known.turns[turn.message] = turn
            known.upto = max(known.upto, turn.message)

    def _card_items(self, character: str) -> list[IndexItem]:
        return [
            IndexItem(_card_id(one), one.text, context=slot_words(one.slot))
            for one in self._memories.cards(character)
        ]

    # ---- what may be told again

    def told(self, character: str, messages: Sequence[StoredMessage]) -> Told:
        """Return what of `messages` still holds, and the valid cards that came from them."""
        silent, said = self._memories.silenced(character), {one.message for one in messages}
        return Told(
            tuple(one for one in messages if one.message not in silent),
            tuple(card.text for card in self._memories.cards(character) if card.message in said),
        )

    def corrects(self, character: str, message: int) -> bool:
        """Tell whether a card from this message took the place of an older one."""
        cards = self._memories.cards(character, all_states=True)
        fresh = {card.memory for card in cards if card.message == message}
        return any(card.replaced_by in fresh for card in cards if card.message != message)

    # ---- recollecting

    def recollect(
        self,
        character: Character,
        chat: str,
        query: str,
        *,
        now: float,
        path_messages: Sequence[StoredMessage],
        limit_tokens: int,
        count: CountTokens,
    ) -> list[Recollected]:
        """Return what the answer to `query` needs to remember, best first, within `limit_tokens`.

        Pinned cards always; other cards and turns only where they bear on the query. `path_messages` are those
        that stand in the prompt anyway; what they say is not said again. Never what was corrected or forgotten.
        """
        del chat
        cards = self._memories.cards(character.id)
        silent = self._memories.silenced(character.id)
        present = {one.message for one in path_messages}
        said = {query.strip(), *(one.text.strip() for one in path_messages)}
        with self._lock:
            known = self._known.setdefault(character.id, _Known())
            self._read(character.id, known)
            turns = {
                one.message: one
                for one in known.turns.values()
                if one.message not in silent and one.message not in present and one.text.strip() not in said
            }
            searched, upto = known.indexed, known.indexed_upto
        asked = asked_slots(query)
        # What she is asked about herself must not be answered with what is known of the user.
        words = {} if _is_about_herself(query) else weighted(query)
        hits = self._search(character.id, query, asked) if searched and (words or asked) else {}
        chosen = self._from_cards(cards, present, asked, words, hits)
        candidates = _found(turns, hits, upto) if hits else self._newest(turns)
        chosen += self._from_turns(character, candidates, query, words, now)
        best = sorted(chosen, key=lambda one: -one.score)
        pinned = [_recollected(one, 1.0) for one in cards if one.pinned]
        return _within(_distinct([*pinned, *best]), limit_tokens, count)

    def _search(self, character: str, query: str, asked: Iterable[str]) -> dict[str, IndexHit]:
        index = self._index()
        if index is None:
            return {}
        hints = " ".join(sorted({slot_words(slot) for slot in asked}))
        try:
            info = index.info(collection_of(character))
            hits = index.search(collection_of(character), f"{query} {hints}".strip(), limit=_MOST_HITS)
        except CompanionError as error:
            _log.info("the memory index could not be searched: %s", error.code)
            return {}
        blind = info is None or info.embedder.startswith(_BY_CHARACTERS)
        return {one.id: _without_meaning(one) if blind else one for one in hits}

    def _from_cards(
        self,
        cards: Sequence[Memory],
        present: set[int],
        asked: frozenset[str],
        words: dict[str, float],
        hits: dict[str, IndexHit],
    ) -> list[Recollected]:
        chosen = []
        for card in cards:
            if card.pinned or (card.message is not None and card.message in present):
                continue
            name, _, thing = card.slot.partition(":")
            shared = overlap(words, self._words_of(f"{card.text} {thing}"))
            hit = hits.get(_card_id(card))
            close = hit is not None and hit.similarity >= _CLOSE
            if name in asked or shared >= _ENOUGH_IF_ASKED or close:
                score = (_SLOT_SCORE if name in asked else 0.0) + shared
                chosen.append(_recollected(card, score + (hit.similarity if hit is not None else 0.0)))
        return chosen

    def _from_turns(
        self,
        character: Character,
        candidates: Sequence[tuple[StoredMessage, float]],
        query: str,
        words: dict[str, float],
        now: float,
    ) -> list[Recollected]:
        hers = is_about_her_words(query)
        personal = is_about_the_past(query) or (is_question(query) and bool(_MINE.search(query)))
        enough = _ENOUGH_IF_ASKED if personal else _ENOUGH
        found = []
        for turn, similarity in candidates:
            if (turn.role == "assistant" and not hers) or not _is_worth_finding(turn):
                continue
            shared = overlap(words, self._words_of(turn.text[:_INDEXED_CHARS]))
            if shared >= enough or (personal and similarity >= _CLOSE):
                text = excerpt(turn.text, words, character.language)
                said = _SAID[turn.role][character.language]
                day = dated(turn.created_at, now, character.language)
                found.append(
                    Recollected(
                        said.format(day=day, text=text),
                        turn.created_at,
                        message=turn.message,
                        chat=turn.chat,
                        score=(shared + similarity) * _TURN_SHARE,
                    )
                )
        return found

    def _newest(self, turns: dict[int, StoredMessage]) -> list[tuple[StoredMessage, float]]:
        """Return the newest turns, without an index, as many as can be read in a moment."""
        newest = sorted(turns.values(), key=lambda one: -one.message)[:_COMPARED]
        unread = [one for one in newest if one.text[:_INDEXED_CHARS] not in self._words]
        late = {one.message for one in unread[_READ_AT_ONCE:]}
        return [(one, 0.0) for one in newest if one.message not in late]

    def _words_of(self, text: str) -> dict[str, float]:
        words = self._words.get(text)
        if words is None:
            if len(self._words) > 4 * _COMPARED:
                self._words.clear()
            words = self._words[text] = weighted(text)
        return words


def _is_about_herself(query: str) -> bool:
    return bool(
        is_question(query)
        and _YOURS.search(query)
        and not _MINE.search(query)
        and not is_about_the_past(query)
    )


def _found(
    turns: dict[int, StoredMessage], hits: dict[str, IndexHit], indexed_upto: int
) -> list[tuple[StoredMessage, float]]:
    """Return the turns that a search found, with their similarity, and those that the index does not hold yet."""
    by_id = {_turn_id(one): one for one in turns.values()}
    late = [(one, 0.0) for one in turns.values() if one.message > indexed_upto]
    return [(by_id[id_], hit.similarity) for id_, hit in hits.items() if id_ in by_id] + late


def _facts(message: StoredMessage) -> list[Fact]:
    return facts_in(message.text) if message.role == "user" else []


def _unstated(cards: Iterable[Memory], facts: Sequence[Fact]) -> list[Memory]:
    """Return the cards taken from a message that it does not state, but for what the user pinned or wrote."""
    stated = {(fact.slot, fact.value) for fact in facts}
    return [
        card
        for card in cards
        if card.origin == "conversation" and not card.pinned and (card.slot, card.value) not in stated
    ]


def _is_worth_finding(turn: StoredMessage) -> bool:
    text = turn.text.strip()
    return turn.role != "system" and len(text) >= _FEWEST_CHARS and not is_question(text)


def _turn_items(turns: Iterable[StoredMessage]) -> list[IndexItem]:
    return [
        IndexItem(_turn_id(one), one.text[:_INDEXED_CHARS], order=one.message)
        for one in turns
        if _is_worth_finding(one)
    ]


def _turn_id(turn: StoredMessage) -> str:
    return f"m{turn.message}"


def _card_id(card: Memory) -> str:
    return f"c{card.memory}"


def collection_of(character: str) -> str:
    """Return the name of the index of what a character remembers."""
    return f"mem_{hashlib.sha256(character.encode()).hexdigest()[:8]}"


def _without_meaning(hit: IndexHit) -> IndexHit:
    return IndexHit(hit.id, hit.score, hit.bm25_rank, hit.dense_rank, hit.bm25)


def _recollected(card: Memory, score: float) -> Recollected:
    text = card.text.replace("{{", "{ {")
    return Recollected(text, card.created_at, card.memory, card.message, card.chat, score)


def _distinct(found: Sequence[Recollected]) -> list[Recollected]:
    """Return what says something new: no doubled text, no turn of which the chosen cards tell the most."""
    told: dict[int | None, int] = {}
    for one in found:
        if one.memory is not None:
            told[one.message] = told.get(one.message, 0) + len(one.text)
    kept: list[Recollected] = []
    texts: set[str] = set()
    for one in found:
        text = one.text if one.memory is not None else _UNDATED.sub("", one.text)
        is_told = one.memory is None and len(text) <= _TOLD_SHARE * told.get(one.message, 0)
        if not is_told and text not in texts:
            texts.add(text)
            kept.append(one)
    return kept


def _within(found: Sequence[Recollected], limit_tokens: int, count: CountTokens) -> list[Recollected]:
    kept: list[Recollected] = []
    room = limit_tokens
    costs = count([one.text for one in found]) if found else []
    for one, n_tokens in zip(found, costs, strict=True):
        if n_tokens <= room and len(kept) < _MOST:
            kept.append(one)
            room -= n_tokens
    return kept
