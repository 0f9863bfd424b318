"""Geometry of one row of the conversation: bubble, texts, small lines, and what can be clicked in it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from PySide6.QtCore import QLocale, QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QTextDocument

from companion.gui.chat.document import Ink, message_document, plain_document
from companion.gui.chat.entries import Entry
from companion.gui.inert import LONGEST_SHOWN, tame
from companion.gui.theme import SCALE, Look
from companion.gui.translation import tr

Target = Literal["", "thought", "unheard", "whole", "previous", "next", "help", "dismiss"]
Tone = Literal["muted", "accent", "text", "danger"]
COLUMN: Final = 760
TEXT_COLUMN: Final = 34 * SCALE["body"]
_PAD_X, _PAD_Y = 14, 9
_MARGIN: Final = 24
_THOUGHT_SHOWN: Final = 4_000


@dataclass(frozen=True, slots=True)
class Line:
    """A small text or icon on one line; `target` names what a click on it does."""

    rect: QRectF
    text: str
    tone: Tone = "muted"
    icon: str = ""
    target: Target = ""


@dataclass(slots=True)
class RowLayout:
    """Everything the delegate paints, relative to the row's upper left corner."""

    width: float
    height: float = 0.0
    bubble: QRectF = field(default_factory=QRectF)
    chip: Line | None = None
    texts: list[tuple[QTextDocument, QPointF]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def target_at(self, point: QPointF) -> Target:
        """Return what a click at `point` means."""
        reach = 4.0
        for line in self.lines:
            if line.target and line.rect.adjusted(-reach, -reach, reach, reach).contains(point):
                return line.target
        return ""


def lay_out(entry: Entry, width: float, look: Look, opened: frozenset[str]) -> RowLayout:
    """Return the layout of `entry` in a row `width` wide; `opened` names the folded parts that are open."""
    if entry.kind == "notice":
        return _notice(entry, width, look)
    if entry.kind == "waiting":
        return _waiting(entry, width, look)
    return _message(entry, width, look, opened)


def estimate(entry: Entry, width: float, look: Look) -> float:
    """Return about how high a row will be, without laying out its text."""
    em = look.px(SCALE["body"])
    per_line = max(8.0, _text_width(width, look) / em)
    n_lines = sum(max(1, math.ceil(len(line) / per_line)) for line in entry.text[:LONGEST_SHOWN].split("\n"))
    return n_lines * em * 1.55 + look.px(
        2 * _PAD_Y + (16 if entry.starts_group else 4) + (40 if entry.day else 0)
    )


def day_label(day: date) -> str:
    """Return a date as the window's language writes it."""
    today = date.today()
    if day == today:
        return tr("Today")
    if (today - day).days == 1:
        return tr("Yesterday")
    pattern = tr("d MMMM yyyy") if day.year != today.year else tr("d MMMM")
    return QLocale().toString(day, pattern)  # type: ignore[call-overload,no-any-return]


def _text_width(width: float, look: Look) -> float:
    column = min(width - 2 * look.px(_MARGIN), look.px(COLUMN))
    return max(120.0, min(look.px(TEXT_COLUMN), column * 0.86 - 2 * look.px(_PAD_X)))


def _column(width: float, look: Look) -> tuple[float, float]:
    """Return left and right of the column in which bubbles stand."""
    column = min(width - 2 * look.px(_MARGIN), look.px(COLUMN))
    left = (width - column) / 2
    return left, left + column


def _message(entry: Entry, width: float, look: Look, opened: frozenset[str]) -> RowLayout:
    row = RowLayout(width)
    px, top = look.px, 0.0
    if entry.day is not None:
        row.chip, top = _chip(entry.day, width, look)
    top += px(16 if entry.starts_group else 4)
    parts = _Parts(entry, look, _text_width(width, look), opened)
    inner = max([parts.widest, *(line.width for line in parts.lines())])
    left, right = _column(width, look)
    x = right - inner - 2 * px(_PAD_X) if entry.mine else left
    y = parts.place(row, x + px(_PAD_X), top + px(_PAD_Y), inner)
    row.bubble = QRectF(x, top, inner + 2 * px(_PAD_X), y + px(_PAD_Y) - top)
    row.height = _footer(entry, row, look) + px(2)
    return row


@dataclass(slots=True)
class _Small:
    """A small line inside a bubble before it is placed."""

    text: str
    icon: str
    target: Target
    width: float


class _Parts:
    """What stands in a bubble from top to bottom: a folded thought, the text, the part not heard."""

    def __init__(self, entry: Entry, look: Look, width: float, opened: frozenset[str]) -> None:
        self._look = look
        tokens = look.tokens
        ink = Ink(tokens.muted if entry.kind == "partial" else tokens.text, tokens.muted)
        self._metrics = QFontMetricsF(look.font("small"))
        self._stack: list[QTextDocument | _Small] = []
        self._thought: QTextDocument | None = None
        unheard = entry.message.unheard if entry.message is not None and not entry.streaming else ""
        if entry.thought.strip():
            open_ = "thought" in opened
            self._small(tr("Thought"), "down" if open_ else "right", "thought")
            if open_:
                thought = tame(entry.thought.strip(), _THOUGHT_SHOWN)
                self._thought = _hugging(plain_document(thought, look, tokens.muted, width))
                self._stack.append(self._thought)
        if entry.text.strip() or not self._stack:
            self._stack.append(_hugging(message_document(entry.text, look, ink, width)))
        if len(entry.text) > LONGEST_SHOWN:
            self._small(
                tr("Show the whole text"),
                "pages",
                "whole",
            )
        if unheard.strip():
            open_ = "unheard" in opened
            self._small(tr("What you did not hear"), "down" if open_ else "right", "unheard")
            if open_:
                muted = Ink(tokens.muted, tokens.muted)
                self._stack.append(_hugging(message_document(unheard.strip(), look, muted, width)))

    @property
    def widest(self) -> float:
        return max([one.textWidth() for one in self._stack if isinstance(one, QTextDocument)], default=0.0)

    def lines(self) -> list[_Small]:
        return [one for one in self._stack if isinstance(one, _Small)]

    def place(self, row: RowLayout, x: float, y: float, width: float) -> float:
        """Put the parts into `row` from `y` on and return where they end."""
        high = self._look.px(26)
        for part in self._stack:
            if isinstance(part, _Small):
                row.lines.append(
                    Line(QRectF(x, y, part.width, high), part.text, "muted", part.icon, part.target)
                )
                y += high
            else:
                row.texts.append((part, QPointF(x, y)))
                y += part.size().height() + (self._look.px(6) if part is self._thought else 0)
        return y

    def _small(self, text: str, icon: str, target: Target) -> None:
        width = self._metrics.horizontalAdvance(text) + self._look.px(24)
        self._stack.append(_Small(text, icon, target, width))


def _footer(entry: Entry, row: RowLayout, look: Look) -> float:
    """Add variants and marks below the bubble; return where the row ends."""
    px, message = look.px, entry.message
    bottom = row.bubble.bottom()
    if message is None or entry.streaming:
        return bottom
    metrics = QFontMetricsF(look.font("small"))
    marks = [
        mark
        for mark, is_so in (
            (tr("interrupted"), bool(message.unheard)),
            (tr("broken off"), message.partial),
            (tr("edited"), message.edited),
        )
        if is_so
    ]
    many = message.n_variants > 1
    if not many and not marks:
        return bottom
    high = px(24)
    count = f"{message.variant + 1}/{message.n_variants}" if many else ""
    counted = metrics.horizontalAdvance(count) + px(12)
    said = " · ".join(marks)
    total = (counted + px(48) if many else 0.0) + metrics.horizontalAdvance(said) + px(8)
    x = row.bubble.right() - total if entry.mine else row.bubble.left() + px(2)
    y = bottom + px(2)
    if many:
        row.lines.append(Line(QRectF(x, y, px(24), high), "", "muted", "left", "previous"))
        row.lines.append(Line(QRectF(x + px(24), y, counted, high), count))
        row.lines.append(Line(QRectF(x + px(24) + counted, y, px(24), high), "", "muted", "right", "next"))
        x += counted + px(52)
    if said:
        row.lines.append(Line(QRectF(x, y, metrics.horizontalAdvance(said) + px(8), high), said))
    return y + high


def _chip(day: date, width: float, look: Look) -> tuple[Line, float]:
    text = day_label(day)
    wide = QFontMetricsF(look.font("small")).horizontalAdvance(text) + look.px(24)
    return Line(QRectF((width - wide) / 2, look.px(16), wide, look.px(24)), text), look.px(40)


def _waiting(entry: Entry, width: float, look: Look) -> RowLayout:
    row = RowLayout(width)
    px, (left, _) = look.px, _column(width, look)
    row.bubble = QRectF(left, px(16), px(64), px(40))
    if entry.text:
        wide = QFontMetricsF(look.font("small")).horizontalAdvance(entry.text) + px(8)
        row.lines.append(Line(QRectF(row.bubble.right() + px(8), px(16), wide, px(40)), entry.text))
    row.height = px(60)
    return row


def _notice(entry: Entry, width: float, look: Look) -> RowLayout:
    assert entry.notice is not None
    row = RowLayout(width)
    px, (left, right) = look.px, _column(width, look)
    inner = right - left - px(64)
    ink = Ink(look.tokens.text, look.tokens.muted)
    y = float(px(28))
    document = message_document(entry.notice.what, look, ink, inner)
    row.texts.append((document, QPointF(left + px(44), y)))
    tone: Tone = "muted" if entry.notice.calm else "danger"
    row.lines.append(Line(QRectF(left + px(14), y, px(20), px(23)), "", tone, entry.notice.icon))
    y += document.size().height()
    if entry.notice.hint:
        muted = Ink(look.tokens.muted, look.tokens.muted)
        hint = message_document(entry.notice.hint, look, muted, inner, size="small")
        row.texts.append((hint, QPointF(left + px(44), y)))
        y += hint.size().height()
    metrics = QFontMetricsF(look.font("small"))
    x = left + px(44)
    y += px(6)
    for text, target in ((entry.notice.label, "help"), (tr("Dismiss"), "dismiss")):
        if text:
            wide = metrics.horizontalAdvance(text) + px(4)
            row.lines.append(Line(QRectF(x, y, wide, px(28)), text, "accent", "", target))  # type: ignore[arg-type]
            x += wide + px(20)
    y += px(28)
    row.bubble = QRectF(left, px(16), right - left, y + px(8) - px(16))
    row.height = row.bubble.bottom() + px(2)
    return row


def _hugging(document: QTextDocument) -> QTextDocument:
    """Make the document no wider than its longest line."""
    ideal = math.ceil(document.idealWidth()) + 1
    if ideal < document.textWidth():
        document.setTextWidth(ideal)
    return document
