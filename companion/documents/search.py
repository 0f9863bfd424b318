"""Finding passages: keywords in a passage and in its scene, and meaning, added up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from companion.documents.lexicon import Lexicon
from companion.documents.passages import header
from companion.documents.queries import Query, keyword_query, parse_query
from companion.domain.passages import Passage
from companion.ports import IndexHit, IndexItem, RecallIndex
from companion.text.language import HAN, language_of

_HAN: Final = re.compile(f"[{HAN}]")
# Below this number of Latin words the documents are in another language than an English query.
_LEAST_STEMS: Final = 200
# Measured on the questions of `companion bench lore`, those for tuning: what no passage answers stays below.
_LEAST_SIMILAR: Final = {"use-multilingual": 0.25}
_KEPT_WORDS: Final = 2_000
_NEAR: Final = 8
_BEST_SCENES: Final = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """What is added to a passage's own BM25 score: its scene's, the mean of the best scenes of its chapter, and its
    similarity, counted from the last to the best found.

    `passages`, `scenes` and `meanings` tell how many of each are looked at.
    """

    scene: float = 1.0
    chapter: float = 0.3
    meaning: float = 10.0
    passages: int = 300
    scenes: int = 300
    meanings: int = 200


WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was looked at; ranks count from 1, None where that method did not find it."""

    passage: Passage
    score: float
    bm25: float = 0.0
    scene_bm25: float = 0.0
    similarity: float = 0.0
    bm25_rank: int | None = None
    dense_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Collections:
    """The names of a character's collections in the index."""

    passages: str
    scenes: str
    words: str

    def names(self) -> tuple[str, str, str]:
        return self.passages, self.scenes, self.words


@dataclass(frozen=True, slots=True)
class Shelf:
    """All passages of a character, in reading order, with what a search needs to know of them."""

    passages: tuple[Passage, ...]
    lexicon: Lexicon
    places: Mapping[str, int] = field(default_factory=dict, hash=False)
    chapters: Mapping[str, tuple[str, int]] = field(default_factory=dict, hash=False)

    @classmethod
    def of(cls, passages: Sequence[Passage], lexicon: Lexicon) -> Shelf:
        """Return the shelf of `passages`; its `chapters` give for each scene its document and chapter."""
        places = {one.id: i for i, one in enumerate(passages)}
        chapters = {one.parent: (one.document, one.chapter_number) for one in passages}
        return cls(tuple(passages), lexicon, places, chapters)


def passage_items(passages: Sequence[Passage]) -> list[IndexItem]:
    """Return the passages as they are indexed, each under its header."""
    return [IndexItem(one.id, one.text, header(one, language_of(one.text)), one.order) for one in passages]


def scene_items(passages: Sequence[Passage]) -> list[IndexItem]:
    """Return the scenes of more than one passage; a scene is there from its first passage on."""
    scenes: dict[str, list[Passage]] = {}
    for one in passages:
        scenes.setdefault(one.parent, []).append(one)
    return [
        IndexItem(id_, "\n".join(one.text for one in members), members[0].chapter, members[0].order)
        for id_, members in scenes.items()
    ]


def word_items(lexicon: Lexicon) -> list[IndexItem]:
    return [IndexItem(word, word) for word in sorted(lexicon.words)]


class PassageSearch:
    """Searches one shelf in one index; keeps which words are near to which."""

    def __init__(self, shelf: Shelf, collections: Collections, weights: Weights = WEIGHTS) -> None:
        self._shelf, self._collections, self._weights = shelf, collections, weights
        self._near: Callable[[str], Sequence[tuple[str, float]]] | None = None
        self._near_in: RecallIndex | None = None

    def parse(self, said: str) -> Query:
        return parse_query(said, self._shelf.lexicon)

    def find(
        self, index: RecallIndex, said: str, *, until: int | None = None, exclude: Sequence[str] = ()
    ) -> list[Candidate]:
        """Return all candidates, best first. Raises what the index raises."""
        query, weights = self.parse(said), self._weights
        words = keyword_query(query, self._nearest(index))
        names = self._collections
        by_words = index.search(
            names.passages, words, limit=weights.passages, until=until, exclude=exclude, mode="bm25"
        )
        by_scene = index.search(names.scenes, words, limit=weights.scenes, until=until, mode="bm25")
        by_meaning = index.search(
            names.passages, query.text, limit=weights.meanings, until=until, exclude=exclude, mode="dense"
        )
        return self._added_up(by_words, by_scene, by_meaning)

    def is_confident(self, query: Query, candidates: Sequence[Candidate], embedder: str = "") -> bool:
        """Tell whether the best candidate seems to answer the query rather than to be the least bad one.

        It does not where half of what is asked for is nowhere in the documents, nor, for an `embedder` whose scale is
        known, where nothing is similar.
        """
        if not candidates:
            return False
        least = next((value for name, value in _LEAST_SIMILAR.items() if embedder.startswith(name)), -1.0)
        if max(one.similarity for one in candidates) < least:
            return False
        if not _HAN.search(query.text) and len(self._shelf.lexicon.stems) < _LEAST_STEMS:
            return True
        known = sum(len(word) > 1 for word in query.known)
        return not query.unknown or len(query.unknown) < known

    def _added_up(
        self, by_words: Sequence[IndexHit], by_scene: Sequence[IndexHit], by_meaning: Sequence[IndexHit]
    ) -> list[Candidate]:
        words = {hit.id: (rank, hit.bm25) for rank, hit in enumerate(by_words, 1)}
        scenes = {hit.id: hit.bm25 for hit in by_scene}
        chapters = self._chapters(scenes)
        meanings = {hit.id: (rank, hit.similarity) for rank, hit in enumerate(by_meaning, 1)}
        best = by_meaning[0].similarity if by_meaning else 0.0
        last = by_meaning[-1].similarity if by_meaning else 0.0
        spread = (best - last) or 1.0
        out = []
        for id_ in words.keys() | meanings.keys():
            place = self._shelf.places.get(id_)
            if place is None:
                continue
            passage = self._shelf.passages[place]
            bm25_rank, bm25 = words.get(id_, (None, 0.0))
            dense_rank, similarity = meanings.get(id_, (None, last))
            scene = scenes.get(passage.parent, 0.0)
            meaning = (similarity - last) / spread
            chapter = chapters.get((passage.document, passage.chapter_number), 0.0)
            weights = self._weights
            score = bm25 + weights.scene * scene + weights.chapter * chapter + weights.meaning * meaning
            out.append(Candidate(passage, score, bm25, scene, similarity, bm25_rank, dense_rank))
        return sorted(out, key=lambda one: (-one.score, one.passage.order, one.passage.id))

    def _chapters(self, scenes: Mapping[str, float]) -> dict[tuple[str, int], float]:
        best: dict[tuple[str, int], list[float]] = {}
        for id_, bm25 in scenes.items():
            if (chapter := self._shelf.chapters.get(id_)) is not None:
                best.setdefault(chapter, []).append(bm25)
        return {chapter: sum(sorted(found)[-_BEST_SCENES:]) / _BEST_SCENES for chapter, found in best.items()}

    def _nearest(self, index: RecallIndex) -> Callable[[str], Sequence[tuple[str, float]]]:
        if self._near is None or self._near_in is not index:
            words = self._collections.words

            @lru_cache(maxsize=_KEPT_WORDS)
            def near(word: str) -> tuple[tuple[str, float], ...]:
                hits = index.search(words, word, limit=_NEAR, mode="dense")
                return tuple((hit.id, hit.similarity) for hit in hits)

            self._near, self._near_in = near, index
        return self._near
