"""Scripts: 名：, 【名】, 名「」 and NAME lines, one speech each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from companion.forge.lines import Line
from companion.forge.problems import Problem
from companion.forge.units import joined
from companion.text.language import HAN

Style = Literal["colon", "bracket", "quote", "caps"]

_NAME: Final = rf"(?:[{HAN}\u3040-\u30ffA-Za-z][{HAN}\u3040-\u30ffA-Za-z0-9·・．. '’\-]{{0,11}}?)"
_PATTERNS: Final[dict[Style, re.Pattern[str]]] = {
    "colon": re.compile(
        rf"^(?P<name>{_NAME})\s*(?P<aside>[（(][^（）()\n]{{1,40}}[）)])?\s*[：:]\s*(?P<text>\S.*)$"
    ),
    "bracket": re.compile(
        rf"^[【\[［](?P<name>{_NAME})[】\]］]\s*(?P<aside>[（(][^（）()\n]{{1,40}}[）)])?\s*[：:]?\s*(?P<text>.*)$"
    ),
    "quote": re.compile(
        rf"^(?P<name>{_NAME})\s*(?P<aside>[（(][^（）()\n]{{1,40}}[）)])?\s*(?P<text>[「『“].+[」』”])$"
    ),
    "caps": re.compile(r"^(?P<name>[A-Z][A-Z0-9 .'’\-]{1,30}?)\s*(?P<aside>\([^()\n]{1,40}\))?$(?P<text>)"),
}
_NO_SPEAKER_TEXT: Final = (
    "旁白 叙述 画外音 字幕 解说 时间 地点 人物 场景 注 注释 备注 作者 标题 导演 编剧 音效 内景 外景 "
    "narrator narration note scene "
    "time place title sfx int ext the end cut to fade in fade out http https"
)
_NO_SPEAKER: Final = frozenset(_NO_SPEAKER_TEXT.split(" "))
_CLOCK: Final = re.compile(r"^\d{1,2}[:：]\d{2}")
_SCENE: Final = re.compile(
    r"^(?:第\s*[0-9一二三四五六七八九十百]{1,4}\s*[场場幕]|场景|場景|(?:INT|EXT|I/E)[.\s]|SCENE\b|"
    r"ACT\b|[*＊◇◆☆★※=—-]{3,}\s*$|FADE |CUT TO)",
    re.IGNORECASE,
)
_STAGE: Final = re.compile(r"^(?:[（(\[【△▲].*|.*[）)\]】])$")
# 他说：“…” is a novel's way.
_SAYS: Final = re.compile(r"(?:[说說道问問答叫喊骂罵曰想]|\b(?:said|asked|says|replied|cried|whispered))$")
_TOLD: Final = re.compile(r"^(?:旁白|叙述|画外音|解说|[Nn]arrator|NARRATOR)\s*[：:]\s*")
_MARKS: Final = {"「": "」", "『": "』", "“": "”", '"': '"'}


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a style fits a text: `n_fit` of `n_lines` lines, by `names` that come at least twice."""

    style: Style
    n_fit: int
    n_lines: int
    names: frozenset[str]


def best_fit(text: str, most_lines: int = 2_000) -> Fit:
    """Return the style that fits most of the first lines of `text`."""
    rows = [line.strip() for line in text.split("\n", most_lines)[:most_lines] if line.strip()]
    fits = [_fit(style, rows) for style in _PATTERNS]
    return max(fits, key=lambda one: one.n_fit)


def script_lines(text: str, style: Style) -> tuple[list[Line], list[Problem]]:
    """Return the lines of a script in `style`; what names nobody is narration, or goes on with the speech before."""
    rows = list(_rows(text))
    names = _fit(style, [row for _, row in rows if row]).names
    reader = _Reader(text, style, names)
    for start, row in rows:
        reader.take(start, row)
    return [line for line in reader.lines if line.text], reader.problems


class _Reader:
    """Takes the rows of a script one by one; `awaited` is whose speech goes on in the next row."""

    def __init__(self, text: str, style: Style, names: frozenset[str]) -> None:
        self._text, self._style, self._names = text, style, names
        self._scene = 0
        self._awaited: str | None = None
        self._said = False
        self.lines: list[Line] = []
        self.problems: list[Problem] = []

    def take(self, start: int, row: str) -> None:
        end = start + len(row)
        match = _match(self._style, row) if row else None
        if not row:
            self._awaited = None
        elif match is not None and match["name"].strip() in self._names:
            self._name(start, end, match)
        elif _SCENE.match(row):
            self._scene += 1
            self._awaited = None
            self._tell(start, end)
        elif self._awaited is not None and not _STAGE.match(row):
            self._speak(start, end)
        elif (told := _TOLD.match(row)) is not None:
            self._tell(start + told.end(), end)
        else:
            self._tell(start, end)
            if match is not None:
                self.problems.append(Problem("unattributed", start, row[:60]))

    def _name(self, start: int, end: int, match: re.Match[str]) -> None:
        self._awaited, self._said = match["name"].strip(), False
        if match["text"].strip():
            self._speak(start + match.start("text"), end)
            if self._style in ("colon", "quote"):
                self._awaited = None

    def _speak(self, start: int, end: int) -> None:
        if self._said:
            # The speech goes on over the end of a line.
            before = self.lines.pop()
            start = before.start
        self._said = True
        row = self._text[start:end]
        if _MARKS.get(row[:1]) == row[-1:]:
            self._awaited, speaker = None, self._awaited
            self.lines.append(_speech(self._text, start, end, speaker or "", self._scene))
            return
        self.lines.append(_speech(self._text, start, end, self._awaited or "", self._scene))

    def _tell(self, start: int, end: int) -> None:
        self.lines.append(Line(start, end, self._text[start:end].strip(), None, "narration", self._scene))


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their offsets; blank ones too, for they end a speech."""
    at = 0
    for line in text.split("\n"):
        bare = line.strip()
        yield (at + line.index(bare[0]) if bare else at), bare
        at += len(line) + 1


def _match(style: Style, row: str) -> re.Match[str] | None:
    if _CLOCK.match(row):
        return None
    found = _PATTERNS[style].match(row)
    if found is None or _SCENE.match(row) or _SAYS.search(found["name"].strip()):
        return None
    if found["name"].strip().casefold() in _NO_SPEAKER:
        return None
    return found


def _fit(style: Style, rows: list[str]) -> Fit:
    found = [match["name"].strip() for row in rows if (match := _match(style, row)) is not None]
    names = frozenset(name for name, count in Counter(found).items() if count >= 2)
    return Fit(style, sum(name in names for name in found), len(rows), names)


def _speech(text: str, start: int, end: int, speaker: str, scene: int) -> Line:
    """Return a speech without the marks that stand around all of it."""
    said = text[start:end]
    if len(said) > 1 and _MARKS.get(said[0]) == said[-1]:
        start, end = start + 1, end - 1
    return Line(start, end, joined(text[start:end]), speaker, "speech", scene)
