"""Geometry of a row of the memories page: texts, small lines, and what can be clicked in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextLayout,
    QTextOption,
)

from companion.domain.remembering.address import card_text
from companion.gui.inert import InertDocument, tame
from companion.gui.memories.collection import Card
from companion.gui.memories.model import Row
from companion.gui.memories.words import day, earlier_words, group_title, place
from companion.gui.theme import Look, Size

Target = Literal["", "fold", "earlier", "where", "pin", "edit", "forget", "restore"]
COLUMN: Final = 760
MARGIN: Final = 24
_PAD_X, _PAD_Y = 16, 12
_BUTTON: Final = 30
_SMALL: Final = 22
_LINE_HEIGHT: Final = 1.55


@dataclass(frozen=True, slots=True)
class Part:
    """A line or an icon that may be clicked. `quiet` ones are drawn only where pointer or focus are."""

    rect: QRectF
    target: Target = ""
    text: str = ""
    icon: str = ""
    tone: str = "muted"
    quiet: bool = False


@dataclass(slots=True)
class RowLayout:
    """Everything the delegate paints, relative to the row's upper left corner."""

    height: float = 0.0
    frame: QRectF = field(default_factory=QRectF)
    texts: list[tuple[QTextDocument, QPointF]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def target_at(self, point: QPointF) -> Target:
        """Return what a click at `point` means."""
        return next((part.target for part in self.parts if part.target and part.rect.contains(point)), "")

    def place_of(self, target: Target) -> QRectF:
        """Return where a target stands; empty if the row has none."""
        return next((part.rect for part in self.parts if part.target == target), QRectF())


class RowHeights:
    """Tells the heights that `lay_out` gives rows, without laying out what is not seen where that can be told."""

    def __init__(self, width: float, look: Look) -> None:
        self.width, self._look = width, look
        self._font, self._wrapping = look.font("body"), _wrapping()
        self._line = self._font.pixelSize() * _LINE_HEIGHT
        self._metrics = QFontMetricsF(self._font)
        self._known: dict[Row, float] = {}

    def of(self, row: Row) -> float:
        """Return the height of a row."""
        found = self._known.get(row)
        if found is None:
            found = self._known[row] = self._measured(row)
        return found

    def _measured(self, row: Row) -> float:
        if row.card is None or row.opened:
            return lay_out(row, self.width, self._look).height
        px = self._look.px
        column = _column(self.width, self._look)
        room = max(120.0, column - 2 * px(_PAD_X) - px(_BUTTON) * len(_icons(row.card)))
        small = px(_SMALL) * (2 if row.card.earlier else 1)
        text = self._line * self._n_lines(tame(row.card.text), room)
        return float(px(4) + px(_PAD_Y) + px(2) + px(_PAD_Y)) + text + small

    def _n_lines(self, text: str, room: float) -> int:
        if "\n" not in text and self._metrics.horizontalAdvance(text) < room - 2:
            return 1
        n = 0
        for block in text.split("\n"):
            layout = QTextLayout(block, self._font)
            layout.setTextOption(self._wrapping)
            layout.beginLayout()
            while (line := layout.createLine()).isValid():
                line.setLineWidth(room)
                n += 1
            layout.endLayout()
        return n


def lay_out(row: Row, width: float, look: Look) -> RowLayout:
    """Return the layout of `row` in a list `width` wide."""
    column = _column(width, look)
    left = max(0.0, (width - column) / 2)
    if row.card is None:
        return _title(row, left, column, look)
    return _card(row, row.card, left, column, look)


def _column(width: float, look: Look) -> float:
    return min(width - 2 * look.px(MARGIN), float(look.px(COLUMN)))


def _title(row: Row, left: float, column: float, look: Look) -> RowLayout:
    px = look.px
    high = float(px(28))
    text = group_title(row.group)
    icon = ("down" if row.opened else "right") if row.folds else ""
    bold = look.font("lead", weight=QFont.Weight.DemiBold)
    wide = QFontMetricsF(bold).horizontalAdvance(text) + px(32 if icon else 10)
    out = RowLayout(height=px(20) + high + px(4))
    out.parts.append(Part(QRectF(left, px(20), wide, high), "fold" if row.folds else "", text, icon, "text"))
    out.parts.append(Part(QRectF(left + wide, px(20), px(80), high), "", str(row.n)))
    return out


def _card(row: Row, card: Card, left: float, column: float, look: Look) -> RowLayout:
    px, out = look.px, RowLayout()
    top = float(px(4))
    x, y = left + px(_PAD_X), top + px(_PAD_Y)
    out.parts += _buttons(card, left + column - px(8), top + px(8), look)
    room = max(120.0, column - 2 * px(_PAD_X) - sum(part.rect.width() for part in out.parts))
    forgotten = card.group == "forgotten"
    colour = look.tokens.muted if forgotten else look.tokens.text
    text = text_document(card.text, look, colour, room, struck=forgotten)
    out.texts.append((text, QPointF(x, y)))
    y += text.size().height() + px(2)
    inner = column - 2 * px(_PAD_X)
    y = _line(out, place(card), "where" if card.told else "", "", x, y, inner, look)
    if card.earlier:
        fold = "down" if row.opened else "right"
        y = _line(out, earlier_words(len(card.earlier)), "earlier", fold, x, y, inner, look)
        for one in card.earlier if row.opened else ():
            words = card_text(one)
            said = f"{words}  {day(one.created_at)}"
            old = text_document(
                said, look, look.tokens.muted, inner - px(22), size="small", struck=True, until=len(words)
            )
            out.texts.append((old, QPointF(x + px(22), y)))
            y += old.size().height()
    out.frame = QRectF(left, top, column, y + px(_PAD_Y) - px(4) - top)
    out.height = out.frame.bottom() + px(4)
    return out


def _buttons(card: Card, right: float, top: float, look: Look) -> list[Part]:
    """Return the icons of a card, from the right edge to the left."""
    side = float(look.px(_BUTTON))
    return [
        Part(QRectF(right - side * (at + 1), top, side, side), target, "", icon, tone, quiet)
        for at, (target, icon, tone, quiet) in enumerate(_icons(card))
    ]


def _icons(card: Card) -> list[tuple[Target, str, str, bool]]:
    """Return target, icon, tone of each icon, and whether it is quiet."""
    if card.group == "forgotten":
        return [("restore", "undo", "muted", False)]
    pinned = card.memory.pinned
    return [
        ("pin", "pinned" if pinned else "pin", "accent" if pinned else "muted", not pinned),
        ("forget", "delete", "muted", True),
        ("edit", "edit", "muted", True),
    ]


def _line(
    out: RowLayout, text: str, target: Target, icon: str, x: float, y: float, room: float, look: Look
) -> float:
    """Add a small line and return where the next one begins."""
    metrics = QFontMetricsF(look.font("small"))
    offset = look.px(22) if icon else 0
    said = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - offset)
    wide = metrics.horizontalAdvance(said) + offset + look.px(4)
    out.parts.append(Part(QRectF(x, y, wide, look.px(_SMALL)), target, said, icon))
    return y + look.px(_SMALL)


def text_document(
    text: str,
    look: Look,
    colour: QColor,
    width: float,
    *,
    size: Size = "body",
    struck: bool = False,
    until: int | None = None,
) -> InertDocument:
    """Return `text` laid out at `width`, struck through up to `until` if it is `struck`."""
    document = InertDocument()
    document.setDefaultFont(look.font(size))
    document.setDefaultTextOption(_wrapping())
    cursor = QTextCursor(document)
    form = QTextCharFormat()
    form.setForeground(colour)
    form.setFontStrikeOut(struck)
    shown = tame(text)
    cut = len(shown) if until is None else min(until, len(shown))
    cursor.insertText(shown[:cut], form)
    form.setFontStrikeOut(False)
    cursor.insertText(shown[cut:], form)
    block = cursor.blockFormat()
    height = look.font(size).pixelSize() * _LINE_HEIGHT
    block.setLineHeight(height, block.LineHeightTypes.FixedHeight.value)
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.setBlockFormat(block)
    document.setTextWidth(width)
    return document


def _wrapping() -> QTextOption:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    return option
