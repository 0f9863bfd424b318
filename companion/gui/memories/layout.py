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
    QTextOption,
)

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


def lay_out(row: Row, width: float, look: Look) -> RowLayout:
    """Return the layout of `row` in a list `width` wide."""
    column = min(width - 2 * look.px(MARGIN), float(look.px(COLUMN)))
    left = max(0.0, (width - column) / 2)
    if row.card is None:
        return _title(row, left, column, look)
    return _card(row, row.card, left, column, look)


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
    text = text_document(card.memory.text, look, colour, room, struck=forgotten)
    out.texts.append((text, QPointF(x, y)))
    y += text.size().height() + px(2)
    inner = column - 2 * px(_PAD_X)
    y = _line(out, place(card), "where" if card.told else "", "", x, y, inner, look)
    if card.earlier:
        fold = "down" if row.opened else "right"
        y = _line(out, earlier_words(len(card.earlier)), "earlier", fold, x, y, inner, look)
        for one in card.earlier if row.opened else ():
            said = f"{one.text}  {day(one.created_at)}"
            old = text_document(
                said, look, look.tokens.muted, inner - px(22), size="small", struck=True, until=len(one.text)
            )
            out.texts.append((old, QPointF(x + px(22), y)))
            y += old.size().height()
    out.frame = QRectF(left, top, column, y + px(_PAD_Y) - px(4) - top)
    out.height = out.frame.bottom() + px(4)
    return out


def _buttons(card: Card, right: float, top: float, look: Look) -> list[Part]:
    """Return the icons of a card, from the right edge to the left."""
    side = float(look.px(_BUTTON))
    if card.group == "forgotten":
        wanted: list[tuple[Target, str, str, bool]] = [("restore", "undo", "muted", False)]
    else:
        pinned = card.memory.pinned
        wanted = [
            ("pin", "pinned" if pinned else "pin", "accent" if pinned else "muted", not pinned),
            ("forget", "delete", "muted", True),
            ("edit", "edit", "muted", True),
        ]
    return [
        Part(QRectF(right - side * (at + 1), top, side, side), target, "", icon, tone, quiet)
        for at, (target, icon, tone, quiet) in enumerate(wanted)
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
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    document.setDefaultTextOption(option)
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
    height = look.font(size).pixelSize() * 1.55
    block.setLineHeight(height, block.LineHeightTypes.FixedHeight.value)
    cursor.select(QTextCursor.SelectionType.Document)
    cursor.setBlockFormat(block)
    document.setTextWidth(width)
    return document
