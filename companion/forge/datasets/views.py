"""From scenes to rows: whole stretches of a scene, talks of two, and what others say for comparison."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from companion.forge import wording
from companion.forge.datasets.context import context_dependence
from companion.forge.datasets.rows import Row, RowTurn, Split, row_id
from companion.forge.datasets.splits import Unit, splits_of, without_shared
from companion.forge.extraction import Extraction
from companion.forge.noise import folded, is_noise
from companion.forge.scenes import Scene, Turn, pairs_of, windows
from companion.text.phonemes import Language
from companion.text.sentences import sentence_ends

USER: Final = "{{user}}"
_FEW_CHAPTERS: Final = 4
_MOST_CHARS: Final = 420
_MOST_ENV: Final = 90
_LEAST_ENV: Final = 8
_DEPENDENT: Final = 0.5
_MOST_OTHERS: Final = 60
_CONTEXT_TURNS: Final = 6
_TOLD: Final = re.compile(r"(?:\b(?:said|asked|replied|answered|cried)\b[^.!?]{0,30})[,:.]?$")


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row or line that is not used: where it stood in the document, its first words and why."""

    reason: str
    start: int
    what: str


@dataclass(frozen=True, slots=True)
class Views:
    """All rows of a character, and what was left out; `units` tell the split of every chapter with a line."""

    rows: tuple[Row, ...]
    dropped: tuple[Dropped, ...]
    units: Mapping[Unit, Split]


def unit_of(scene: Scene, *, by_scene: bool) -> Unit:
    return scene.chapter, scene.number if by_scene else 0


def split_of_scenes(found: Extraction, who: str) -> list[Split]:
    """Return the split of every scene, from how many lines `who`, an id, has in each chapter.

    A scene without any takes the split of the chapter before it.
    """
    by_scene = len({scene.chapter for scene in found.scenes if who in scene.present}) < _FEW_CHAPTERS
    lines: Counter[Unit] = Counter()
    for scene in found.scenes:
        lines[unit_of(scene, by_scene=by_scene)] += sum(turn.speaker == who for turn in scene.turns)
    units = splits_of(lines)
    out: list[Split] = []
    last: Split = "train"
    for scene in found.scenes:
        last = units.get(unit_of(scene, by_scene=by_scene), last)
        out.append(last)
    return out


def views_of(found: Extraction, who: str) -> Views:
    """Return the rows that the person of the id `who` learns from, split by chapter before anything is made."""
    splits = split_of_scenes(found, who)
    rows: list[Row] = []
    dropped: list[Dropped] = []
    seen: Counter[str] = Counter()
    noise = {found.quotes[number].start for number in found.noise} if found.quotes else set()
    for scene, split in zip(found.scenes, splits, strict=True):
        if who not in scene.present:
            continue
        maker = _SceneRows(scene, who, found, noise)
        rows += (row.in_split(split) for row in maker.scenes(seen, dropped))
        rows += (row.in_split(split) for row in maker.pairs(dropped))
    kept, left_out = without_shared(rows)
    dropped += (Dropped(reason, row.source[0], row.lines[-1][:60]) for row, reason in left_out)
    kept += _others(found, who, splits, noise)
    units = {(scene.chapter, scene.number): split for scene, split in zip(found.scenes, splits, strict=True)}
    return Views(tuple(kept), tuple(dropped), units)


class _SceneRows:
    """Makes the rows of one scene."""

    def __init__(self, scene: Scene, who: str, found: Extraction, noise: set[int]) -> None:
        self._scene, self._who, self._found, self._noise = scene, who, found, noise

    def scenes(self, seen: Counter[str], dropped: list[Dropped]) -> Iterator[Row]:
        """Yield stretches of at most 420 characters; a line that stands in two is learnt in the first alone."""
        learnt: set[int] = set()
        for piece in windows(self._scene, len, most=_MOST_CHARS):
            turns = []
            for turn in piece:
                is_hers = turn.kind == "speech" and turn.speaker == self._who
                use = is_hers and turn.start not in learnt and self._is_usable(turn, seen, dropped)
                if is_hers:
                    learnt.add(turn.start)
                turns.append((turn, use))
            made = conversation(turns, self._who, self._found.language)
            if any(turn.train for turn in made):
                span = (piece[0].start, piece[-1].end)
                yield Row(
                    row_id(made, str(span)),
                    made,
                    "scene",
                    self._who,
                    source=span,
                    chapter=self._scene.chapter,
                )

    def pairs(self, dropped: list[Dropped]) -> Iterator[Row]:
        """Yield what one person says and her answer, where both can be understood alone."""
        language = self._found.language
        for pair in pairs_of(self._scene, self._who):
            said = _run_together([cleaned(turn.text, language) for turn in pair.prompt], language)
            reply = cleaned(pair.reply.text, language)
            reason = ""
            if pair.reply.start in self._noise or is_noise(reply):
                reason = "noise"
            elif max(context_dependence(said, language), context_dependence(reply, language)) > _DEPENDENT:
                reason = "needs_context"
            if reason:
                dropped.append(Dropped(f"pair_{reason}", pair.reply.start, reply[:60]))
                continue
            if zlib.crc32(reply.encode("utf-8", "surrogatepass")) % 2:
                said, reply = (self._to_user(text, pair.other) for text in (said, reply))
            turns = (RowTurn("user", said, pair.other), RowTurn("character", reply, self._who, True))
            span = (pair.prompt[0].start, pair.reply.end)
            yield Row(
                row_id(turns, str(span)), turns, "pair", self._who, source=span, chapter=self._scene.chapter
            )

    def _to_user(self, text: str, other: str) -> str:
        person = self._found.cast.person(other)
        names = sorted(person.names, key=len, reverse=True) if person is not None else [other]
        for name in names:
            if len(name) > 1:
                text = text.replace(name, USER)
        return text

    def _is_usable(self, turn: Turn, seen: Counter[str], dropped: list[Dropped]) -> bool:
        reason = ""
        key = folded(turn.text)
        if turn.start in self._noise or is_noise(turn.text):
            reason = "noise"
        elif seen[key] >= 3:
            reason = "repeated"
        if reason:
            dropped.append(Dropped(f"line_{reason}", turn.start, turn.text[:60]))
            return False
        seen[key] += 1
        return True


def conversation(turns: Sequence[tuple[Turn, bool]], who: str, language: Language) -> tuple[RowTurn, ...]:
    """Return scene turns as a row's, from the first of others' to her last that is learnt; others' thoughts are left
    out, tags such as 黛玉道 too, and what she says in one breath is put together.
    """
    out: list[RowTurn] = []
    for turn, use in turns:
        if turn.kind == "thought" or (turn.kind == "choice" and not turn.text.strip()):
            continue
        text = told(turn.text, language) if turn.kind == "env" else cleaned(turn.text, language)
        if not text:
            continue
        if turn.kind == "env" and out and out[-1].role == "env":
            out[-1] = RowTurn("env", _run_together([out[-1].text, text], language))
        elif turn.kind == "env":
            out.append(RowTurn("env", text))
        elif turn.speaker != who:
            is_user = turn.kind == "choice" or turn.speaker == USER
            out.append(RowTurn("user" if is_user else "other", text, turn.speaker or ""))
        elif out and out[-1].role == "character" and out[-1].train == use:
            out[-1] = replace(out[-1], text=_run_together([out[-1].text, text], language))
        else:
            out.append(RowTurn("character", text, who, use))
    while out and not out[-1].train:
        out.pop()
    while out and out[0].role == "character":
        out.pop(0)
    return tuple(out)


def told(text: str, language: Language) -> str:
    """Return narration without the tags that only say who speaks next, its end of at most 90 characters."""
    kept = [one for part in split_sentences(cleaned(text, language)) if (one := _untagged(part, language))]
    while len(kept) > 1 and sum(map(len, kept)) > _MOST_ENV:
        kept.pop(0)
    return ("" if language == "zh" else " ").join(kept)[-2 * _MOST_ENV :]


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, without the spaces around them."""
    ends = sentence_ends(text)
    parts = (text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False))
    return [part for part in parts if part]


def _untagged(sentence: str, language: Language) -> str:
    """Return a sentence without its last clause if that introduces speech; nothing if too little is left."""
    bare = sentence.strip("，,。：: ")
    if language == "zh":
        if sentence.endswith(("：", ":", "，", ",")) and wording.TAG_END.search(bare):
            head, comma, _ = bare.rpartition("，")
            sentence = f"{head}。" if comma else ""
    elif _TOLD.search(bare):
        sentence = ""
    return sentence if len(sentence) >= _LEAST_ENV else ""


def cleaned(text: str, language: Language) -> str:
    """Return a line with the marks of today: no wide full stops, spaces of scans or stray back-ticks in Chinese."""
    if language == "zh":
        text = text.replace("．", "。").replace("`", "").translate(_WIDE)
        text = _SCANNED.sub("", text)
    return text.strip(' \u3000"“”')


_SCANNED: Final = re.compile(
    "(?<=[\u3000-\u9fff])[ \u3000]+(?=[\u3000-\u9fff])"
    "|(?<=[\u3000-\u9fff！？，])-(?![\\w-])|(?<![\\w-])-(?=[\u4e00-\u9fff])"
    "|(?<=[\u4e00-\u9fff])-(?=[\u3000-\u9fff，！？]|$)"
)
_WIDE: Final = str.maketrans({"!": "！", "?": "？", ";": "；"})


def _run_together(texts: Sequence[str], language: Language) -> str:
    return ("" if language == "zh" else " ").join(texts)


def _others(found: Extraction, who: str, splits: Sequence[Split], noise: set[int]) -> list[Row]:
    """Return test rows of who else speaks most: what is gained on her lines alone is her manner."""
    counts = Counter(
        turn.speaker
        for scene, split in zip(found.scenes, splits, strict=True)
        for turn in scene.turns
        if split == "test" and turn.speaker and turn.speaker != who
    )
    names = [name for name, _ in counts.most_common(3)]
    out: list[Row] = []
    for scene, split in zip(found.scenes, splits, strict=True):
        for name in names:
            if split != "test" or name not in scene.present:
                continue
            rows = _SceneRows(scene, name, found, noise).scenes(Counter(), [])
            out += (replace(row, view="other", split="test") for row in rows)
    step = max(1, len(out) // _MOST_OTHERS)
    return out[::step][:_MOST_OTHERS]
