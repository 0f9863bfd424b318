"""Message text as an inert document in the theme's colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextOption

from companion.gui.chat.markup import Block, Run, blocks
from companion.gui.inert import InertDocument
from companion.gui.theme import Look, Size

_LINE: Final = 1.55
_INDENT: Final = 20
_MONO: Final = ("Cascadia Mono", "SF Mono", "Menlo", "Noto Sans Mono", "monospace")


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a text: of its words, and of what is muted in it."""

    text: QColor
    muted: QColor


def message_document(text: str, look: Look, ink: Ink, width: float, *, size: Size = "body") -> InertDocument:
    """Return `text` laid out at `width`; its height is that of the document."""
    document = _empty(look, size)
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    for at, block in enumerate(blocks(text)):
        paragraph = _paragraph(block, look, size)
        if at:
            cursor.insertBlock(paragraph)
        else:
            cursor.setBlockFormat(paragraph)
        if block.kind == "rule":
            cursor.insertText("———", _characters(Run(""), block, look, ink, size))
        if block.label:
            cursor.insertText(f"{block.label}\t", _characters(Run(""), block, look, ink, size))
        for run in block.runs:
            cursor.insertText(run.text, _characters(run, block, look, ink, size))
    cursor.endEditBlock()
    document.setTextWidth(width)
    return document


def plain_document(
    text: str, look: Look, colour: QColor, width: float, *, size: Size = "small"
) -> InertDocument:
    """Return `text` without any formatting, in italics."""
    document = _empty(look, size)
    cursor = QTextCursor(document)
    form = QTextCharFormat()
    form.setForeground(colour)
    form.setFontItalic(True)
    cursor.setBlockFormat(_paragraph(Block("text", ()), look, size))
    cursor.insertText(text, form)
    document.setTextWidth(width)
    return document


def _empty(look: Look, size: Size) -> InertDocument:
    document = InertDocument()
    document.setDefaultFont(look.font(size))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    document.setDefaultTextOption(option)
    return document


def _paragraph(block: Block, look: Look, size: Size) -> QTextBlockFormat:
    form = QTextBlockFormat()
    height = look.font(size).pixelSize() * _LINE
    if block.kind == "heading":
        height *= 1.15
    form.setLineHeight(height, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    if block.kind == "quote":
        form.setLeftMargin(look.px(_INDENT * block.level))
    elif block.kind == "item":
        form.setLeftMargin(look.px(_INDENT * (block.level + 1)))
        form.setTextIndent(-look.px(_INDENT))
        form.setTabPositions([QTextOption.Tab(look.px(_INDENT), QTextOption.TabType.LeftTab)])
    elif block.kind == "text" and not block.runs:
        form.setLineHeight(height * 0.5, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return form


def _characters(run: Run, block: Block, look: Look, ink: Ink, size: Size) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setForeground(ink.text)
    if block.kind == "quote" or (block.label and not run.text) or block.kind == "rule":
        form.setForeground(ink.muted)
    if block.kind == "heading" or "bold" in run.marks:
        form.setFontWeight(QFont.Weight.DemiBold)
    if "italic" in run.marks:
        form.setFontItalic(True)
    if "direction" in run.marks:
        form.setForeground(ink.muted)
    if "strike" in run.marks:
        form.setFontStrikeOut(True)
    if block.kind == "code" or "code" in run.marks:
        form.setFontFamilies(list(_MONO))
        form.setFontFixedPitch(True)
    return form
