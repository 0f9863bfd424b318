"""The card's text drafted from the source: sentences and lines chosen by rule, each with the place it stands at.

Nothing is rewritten and nothing is taken from chapters that are kept for testing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from companion.forge.cast import Person
from companion.forge.datasets.context import context_dependence
from companion.forge.datasets.views import USER, cleaned, split_of_scenes, split_sentences
from companion.forge.extraction import Extraction
from companion.forge.manner import typicality
from companion.forge.noise import folded, is_noise
from companion.forge.pack_words import ASPECTS, GREETING, Aspect
from companion.forge.scenes import Pair, Scene, Turn, pairs_of
from companion.text.phonemes import Language

# In this order the sentences are given away; one tells of one aspect.
_MOST_CHARS: Final[dict[Aspect, int]] = {"character": 180, "look": 160, "origin": 120}
_MOST_SENTENCE: Final = 110
_LEAST_SENTENCE: Final = 8
_EARLY_MENTIONS: Final = 0.15
_LEAST_WORTH: Final = 0.1
_MOST_EXAMPLES, _MOST_GREETINGS = 4, 4
_MOST_SAID, _MOST_REPLY, _LEAST_REPLY = 60, 80, 8
_ENGLISH: Final = 2.5
More = TypeVar("More")


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a piece of a card's `field` comes from: a span of the document, the chapter's title and the words."""

    field: str
    start: int
    end: int
    chapter: str
    text: str


@dataclass(frozen=True, slots=True)
class CardText:
    """A card's words, to be edited by a person, and where they come from."""

    name: str
    language: Language
    description: str
    personality: str
    scenario: str
    first_mes: str
    alternate_greetings: tuple[str, ...]
    mes_example: str
    citations: tuple[Citation, ...]


def card_text(found: Extraction, who: str, *, name: str = "") -> CardText:
    """Draft the card of the person of the id `who`, who is called `name` on it."""
    return _Draft(found, who, name or who).made()


class _Draft:
    def __init__(self, found: Extraction, who: str, name: str) -> None:
        self._found, self._who, self._name = found, who, name
        self._language = found.language
        self._wide = 1.0 if found.language == "zh" else _ENGLISH
        person = found.cast.person(who)
        self._names = person.names if person is not None else (who,)
        self._splits = split_of_scenes(found, who)
        self._known = [one for one, split in zip(found.scenes, self._splits, strict=True) if split == "train"]
        self._score = typicality(_lines(self._known, who, hers=True), _lines(self._known, who, hers=False))
        self._citations: list[Citation] = []

    def made(self) -> CardText:
        told = self._told()
        description = "\n".join(filter(None, (self._heading(), told["origin"], told["look"])))
        greetings = self._greetings()
        return CardText(
            self._name,
            self._language,
            description,
            told["character"],
            self._scenario(),
            greetings[0] if greetings else "",
            tuple(greetings[1:]),
            self._examples(),
            tuple(self._citations),
        )

    def _heading(self) -> str:
        title = self._found.source.document.title
        others = [name for name in self._names if name != self._name and len(name) > 1]
        if self._language == "zh":
            also = f"，也叫{'、'.join(others[:3])}" if others else ""
            return f"你是《{title}》里的{self._name}{also}。"
        also = f", also called {', '.join(others[:3])}" if others else ""
        return f"You are {self._name}{also}, of “{title}”."

    # ---- what the narration tells

    def _told(self) -> dict[Aspect, str]:
        """Return the sentences of narration that describe her, best first chosen, in the order of the story."""
        found = list(self._mentions())
        out: dict[Aspect, str] = {}
        used: set[int] = set()
        for aspect, most in _MOST_CHARS.items():
            scored = sorted(
                ((self._worth(one, aspect), one) for one in found if one.start not in used),
                key=lambda pair: -pair[0],
            )
            chosen: list[_Mention] = []
            for worth, one in scored:
                if worth > 0 and sum(len(two.text) for two in chosen) + len(one.text) <= most * self._wide:
                    chosen.append(one)
            chosen.sort(key=lambda one: one.start)
            used |= {one.start for one in chosen}
            field = "personality" if aspect == "character" else "description"
            for one in chosen:
                self._cite(field, one.start, one.end, one.text)
            out[aspect] = "\n".join(one.text for one in chosen)
        return out

    def _mentions(self) -> Iterator[_Mention]:
        """Yield sentences of narration that name her, and the one behind a sentence that names nobody else."""
        mine = set(self._names)
        names = sorted(self._all_names(), key=len, reverse=True)
        everybody = re.compile("|".join(map(re.escape, names)) or "(?!)")
        total = sum(self._found.source.document.text.count(name) for name in self._names) or 1
        n_seen = 0
        for scene, split in zip(self._found.scenes, self._splits, strict=True):
            alone = False
            for turn in scene.turns:
                if turn.kind != "env":
                    alone = False
                    continue
                for start, sentence in _sentences(turn, self._language):
                    named = [(one.start(), one.group() in mine) for one in everybody.finditer(sentence)]
                    n_hers = sum(hers for _, hers in named)
                    n_seen += n_hers
                    if split == "train" and (n_hers or (alone and not named)):
                        early = n_seen <= max(3.0, _EARLY_MENTIONS * total)
                        places = tuple(named) if named else ((-1, True),)
                        yield _Mention(start, start + len(sentence), sentence, places, early)
                    alone = bool(n_hers) and n_hers == len(named)

    def _all_names(self) -> set[str]:
        people: Sequence[Person] = self._found.cast.people
        return {name for one in people for name in one.names if len(name) > 1 and one.kind == "name"} | set(
            self._names
        )

    def _worth(self, one: _Mention, aspect: Aspect) -> float:
        """Return how well a sentence tells of her: words of the aspect behind her name and nobody else's."""
        n = len(one.text)
        if not _LEAST_SENTENCE <= n <= _MOST_SENTENCE * self._wide:
            return 0.0
        hits = {
            found.group().lower()
            for found in ASPECTS[self._language][aspect].finditer(one.text)
            if one.is_about_her(found.start())
        }
        if len(hits) < (2 if aspect == "look" else 1):
            return 0.0
        worth = len(hits) ** 1.5 / math.sqrt(n / self._wide) * (1.0 if one.is_named else 0.5)
        worth *= (2.0 if one.early else 1.0) / (1 + 0.5 * one.n_others)
        return worth if worth >= _LEAST_WORTH else 0.0

    # ---- what she says

    def _greetings(self) -> list[str]:
        """Return lines of hers that can open a talk, the most typical first."""
        wanted = GREETING[self._language]
        scored = []
        for turn in self._hers():
            text = cleaned(turn.text, self._language)
            n = len(text) / self._wide
            if not 6 <= n <= 45 or self._names_somebody(text):
                continue
            opens = 1.0 * bool(wanted.search(text)) + 0.5 * text.endswith(("？", "?"))
            alone = 1 - context_dependence(text, self._language)
            if opens and alone > 0.5:
                scored.append((opens + alone + 0.5 * self._score(text), text, turn))
        chosen = _different(sorted(scored, key=lambda one: -one[0]), _MOST_GREETINGS)
        for text, turn in chosen:
            self._cite(
                "first_mes" if text == chosen[0][0] else "alternate_greetings", turn.start, turn.end, text
            )
        return [text for text, _ in chosen]

    def _examples(self) -> str:
        """Return talks of two that can be understood alone and sound like her, as the card's examples."""
        scored = []
        for scene in self._known:
            for pair in pairs_of(scene, self._who):
                said, reply = self._said(pair), cleaned(pair.reply.text, self._language)
                longest = max(len(said) / _MOST_SAID, len(reply) / _MOST_REPLY)
                if longest > self._wide or len(reply) < _LEAST_REPLY or is_noise(reply) or is_noise(said):
                    continue
                alone = (
                    2 - context_dependence(said, self._language) - context_dependence(reply, self._language)
                )
                if alone > 1.0:
                    scored.append((alone + self._score(reply), reply, (pair, said)))
        chosen = _different(sorted(scored, key=lambda one: -one[0]), _MOST_EXAMPLES)
        if not chosen:
            return self._lines_as_examples()
        blocks = []
        for reply, (pair, said) in chosen:
            self._cite("mes_example", pair.prompt[0].start, pair.reply.end, f"{said} / {reply}")
            blocks.append(f"<START>\n{USER}: {said}\n{{{{char}}}}: {reply}")
        return "\n".join(blocks)

    def _lines_as_examples(self) -> str:
        """Where nobody talks with her alone, her most typical lines stand without what was said before them."""
        scored = [
            (self._score(text), text, turn)
            for turn in self._hers()
            if _LEAST_REPLY <= len(text := cleaned(turn.text, self._language)) <= _MOST_REPLY * self._wide
        ]
        chosen = _different(sorted(scored, key=lambda one: -one[0]), _MOST_EXAMPLES)
        for text, turn in chosen:
            self._cite("mes_example", turn.start, turn.end, text)
        return "\n".join(f"<START>\n{{{{char}}}}: {text}" for text, _ in chosen)

    def _said(self, pair: Pair) -> str:
        said = [cleaned(turn.text, self._language) for turn in pair.prompt]
        return ("" if self._language == "zh" else " ").join(said)

    def _scenario(self) -> str:
        places = Counter(scene.place for scene in self._known if scene.place and self._who in scene.present)
        best = next((place for place, n in places.most_common() if len(place) > 2 and n > 1), "")
        if not best:
            return (
                f"{USER}来看{{{{char}}}}。"
                if self._language == "zh"
                else f"{USER} has come to see {{{{char}}}}."
            )
        scene = next(one for one in self._known if one.place == best)
        self._cite("scenario", scene.start, min(scene.end, scene.start + 60), best)
        return (
            f"{USER}来到{best}，{{{{char}}}}正在那里。"
            if self._language == "zh"
            else f"{USER} finds {{{{char}}}} at {best}."
        )

    def _hers(self) -> Iterator[Turn]:
        for scene in self._known:
            yield from (turn for turn in scene.turns if turn.speaker == self._who and turn.kind == "speech")

    def _names_somebody(self, text: str) -> bool:
        return any(name in text for name in self._all_names())

    def _cite(self, field: str, start: int, end: int, text: str) -> None:
        chapters = self._found.units.chapters
        title = next((one.title for one in chapters if one.start <= start < one.end), "")
        self._citations.append(Citation(field, start, end, title, text[:200]))


@dataclass(frozen=True, slots=True)
class _Mention:
    """A sentence; `names` are the places of the names in it and whether each is hers, (-1, True) where it has none."""

    start: int
    end: int
    text: str
    names: tuple[tuple[int, bool], ...]
    early: bool

    @property
    def is_named(self) -> bool:
        return self.names[0][0] >= 0

    @property
    def n_others(self) -> int:
        return sum(not hers for _, hers in self.names)

    def is_about_her(self, place: int) -> bool:
        """Tell whether the last name before `place` is hers."""
        before = [hers for at, hers in self.names if at < place]
        return bool(before) and before[-1]


def _sentences(turn: Turn, language: Language) -> Iterator[tuple[int, str]]:
    """Yield the sentences of narration with about where they start; one that introduces speech is cut before it."""
    at = turn.start
    for raw in split_sentences(turn.text):
        sentence = cleaned(raw, language)
        if sentence.endswith(("：", ":", "，", ",")):
            head, comma, _ = sentence.rpartition("，")
            sentence = f"{head}。" if comma and language == "zh" else ""
        if sentence:
            yield at, sentence
        at = min(turn.end, at + len(raw))


def _lines(scenes: Sequence[Scene], who: str, *, hers: bool) -> Iterator[str]:
    for scene in scenes:
        for turn in scene.turns:
            if turn.kind == "speech" and turn.speaker and (turn.speaker == who) == hers:
                yield turn.text


def _different(scored: Sequence[tuple[float, str, More]], most: int) -> list[tuple[str, More]]:
    out: list[tuple[str, More]] = []
    seen: set[str] = set()
    for _, text, more in scored:
        key = folded(text)[:8]
        if key not in seen and len(out) < most:
            seen.add(key)
            out.append((text, more))
    return out
