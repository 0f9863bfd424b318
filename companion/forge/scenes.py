"""Scenes: turns of speech and narration in order, who is there, windows of bounded size, talks of two."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from companion.documents.scenes import opens_scene
from companion.forge.lines import Line
from companion.forge.quotes import Quote
from companion.forge.speakers import TOGETHER, Attribution
from companion.forge.units import Paragraph, joined

TurnKind = Literal["speech", "thought", "env", "choice"]

QUIET_PARAGRAPHS: Final = 10
MOST_TOKENS: Final = 500
OVERLAP: Final = 2
_PLACE: Final = re.compile(
    "(?:来至|来到|到了|走到|回到|进了|回至|来在|到|进)(?P<place>[\u4e00-\u9fff]{1,4}?"
    "(?:房|院|馆|园|府|厅|楼|阁|轩|斋|庵|寺|店|室|堂|亭|庙|宫|殿|街|桥|村|镇|城|学校|公司|医院|车站|"
    "教室|咖啡馆))(?!子)"
)
_LEFT_OVER: Final = re.compile(r"^[\s，。．、：:,;；\-—]*$")


@dataclass(frozen=True, slots=True)
class Turn:
    """A speech, a thought or narration (`env`) at `start` to `end` of the document.

    `speaker` is None for narration and for speech that could not be attributed; `quote` is the index of its quote.
    """

    start: int
    end: int
    text: str
    kind: TurnKind
    speaker: str | None = None
    addressee: str | None = None
    confidence: float = 1.0
    quote: int | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """`number` counts from 1 in its `chapter`, an index; `present` are who speaks, most turns first."""

    chapter: int
    number: int
    start: int
    end: int
    turns: tuple[Turn, ...]
    present: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """What somebody says to a character, in one or more turns, and her answer."""

    prompt: tuple[Turn, ...]
    reply: Turn
    other: str


def scenes_of(
    text: str,
    paragraphs: Sequence[Paragraph],
    quotes: Sequence[Quote],
    attributions: Sequence[Attribution],
    *,
    read: str = "",
) -> list[Scene]:
    """Return the scenes of a novel.

    A chapter, a row of marks, ten paragraphs without speech, or a paragraph that opens with a time or place ends one.
    `read` is `text` in simplified characters.
    """
    read = read or text
    out: list[Scene] = []
    turns: list[Turn] = []
    by_paragraph: dict[int, list[int]] = {}
    for number, quote in enumerate(quotes):
        by_paragraph.setdefault(quote.paragraph, []).append(number)
    quiet = 0
    chapter = -1
    for index, paragraph in enumerate(paragraphs):
        here = by_paragraph.get(index, [])
        spoken = any(turn.kind != "env" for turn in turns)
        breaks = (
            paragraph.chapter != chapter
            or paragraph.kind == "break"
            or (spoken and quiet >= QUIET_PARAGRAPHS)
            or (spoken and opens_scene(read[paragraph.start : paragraph.start + 40]))
        )
        if breaks:
            _close(out, turns, chapter)
            turns, quiet = [], 0
        chapter = paragraph.chapter
        if paragraph.kind != "prose":
            continue
        quiet = 0 if here else quiet + 1
        turns += _turns(text, paragraph, here, quotes, attributions)
    _close(out, turns, chapter)
    return out


def scenes_of_lines(lines: Sequence[Line]) -> list[Scene]:
    """Return the scenes of a source that names its speakers."""
    out: list[Scene] = []
    turns: list[Turn] = []
    scene: int | None = None
    for line in lines:
        if scene is not None and line.scene != scene:
            _close(out, turns, 0)
            turns = []
        scene = line.scene
        kind: TurnKind = (
            "env" if line.kind == "narration" else "choice" if line.kind == "choice" else "speech"
        )
        turns.append(Turn(line.start, line.end, line.text, kind, line.speaker))
    _close(out, turns, 0)
    return out


def windows(
    scene: Scene, n_tokens: Callable[[str], int], *, most: int = MOST_TOKENS, overlap: int = OVERLAP
) -> list[tuple[Turn, ...]]:
    """Return the turns of a scene in pieces of at most `most` tokens, each beginning with the last `overlap` turns of
    the one before; a turn that is longer stands alone.
    """
    out: list[tuple[Turn, ...]] = []
    piece: list[Turn] = []
    fresh = 0
    for turn in scene.turns:
        size = sum(n_tokens(one.text) for one in (*piece, turn))
        if fresh and size > most:
            out.append(tuple(piece))
            piece, fresh = piece[-overlap:] if overlap else [], 0
            while piece and sum(n_tokens(one.text) for one in (*piece, turn)) > most:
                piece.pop(0)
        piece.append(turn)
        fresh += 1
    if fresh:
        out.append(tuple(piece))
    return out


def pairs_of(scene: Scene, character: str) -> list[Pair]:
    """Return what one other person says to `character` and her answer, where only these two talk.

    Speech of unknown or several speakers, or a third voice among the four turns before, leaves a pair out.
    """
    out: list[Pair] = []
    spoken = [turn for turn in scene.turns if turn.kind in ("speech", "choice")]
    for number, reply in enumerate(spoken):
        if reply.speaker != character or not number:
            continue
        first = number
        while (
            first
            and spoken[first - 1].speaker not in (character, None)
            and spoken[first - 1].kind == "speech"
        ):
            first -= 1
        prompt = spoken[first:number]
        near = {turn.speaker for turn in spoken[max(0, number - 4) : number]} - {character}
        if not prompt or len(near) != 1 or None in near:
            continue
        other = prompt[0].speaker or ""
        if TOGETHER in other or any(turn.addressee not in (None, character) for turn in prompt[-1:]):
            continue
        if reply.addressee in (None, other):
            out.append(Pair(tuple(prompt), reply, other))
    return out


def _turns(
    text: str,
    paragraph: Paragraph,
    here: Sequence[int],
    quotes: Sequence[Quote],
    attributions: Sequence[Attribution],
) -> Iterator[Turn]:
    at = paragraph.start
    for number in here:
        quote, found = quotes[number], attributions[number]
        yield from _env(text, at, quote.start)
        words = joined(text[quote.inner[0] : quote.inner[1]])
        kind: TurnKind = "thought" if quote.kind == "thought" else "speech"
        yield Turn(
            quote.start, quote.end, words, kind, found.speaker, found.addressee, found.confidence, number
        )
        at = quote.end
    yield from _env(text, at, paragraph.end)


def _env(text: str, start: int, end: int) -> Iterator[Turn]:
    words = text[start:end]
    if not _LEFT_OVER.match(words):
        yield Turn(start, end, joined(words), "env")


def _close(out: list[Scene], turns: Sequence[Turn], chapter: int) -> None:
    if not turns:
        return
    counts = Counter(turn.speaker for turn in turns if turn.speaker)
    before = out[-1].number if out and out[-1].chapter == chapter else 0
    told = "".join(turn.text for turn in turns[:3] if turn.kind == "env")
    place = _PLACE.search(told)
    out.append(
        Scene(
            chapter,
            before + 1,
            turns[0].start,
            turns[-1].end,
            tuple(turns),
            tuple(name for name, _ in counts.most_common()),
            place["place"] if place else "",
        )
    )
