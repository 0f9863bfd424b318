"""Why she said that: what stood before her eyes, what of it came from where, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from companion.domain.character import Character
from companion.domain.explanation import Explanation, LoreUsed, MemoryUsed, PassageUsed
from companion.domain.messages import StoredMessage
from companion.domain.remembering.address import to_user
from companion.errors import CompanionError
from companion.gui.banner import Banner
from companion.gui.controls.bubble import Bubble
from companion.gui.inert import plain_label, plain_name
from companion.gui.memories.words import day
from companion.gui.notices import notice_text
from companion.gui.surface import Surface
from companion.gui.tasks import Tasks
from companion.gui.theme import Look
from companion.gui.translation import Texts, tr
from companion.gui.why.bar import SectionBar
from companion.gui.why.findings import Findings, find_out
from companion.gui.why.used_row import UsedRow
from companion.gui.why.words import lore_reason, pace

_COLUMN = 720
_SHOWN = 600


class WhyPage(QWidget):
    """Explains one reply. The signals ask to show something elsewhere.

    `source_wanted` carries (document, start, end), `entry_wanted` `book:entry`, `message_wanted` (chat, message),
    `memory_wanted` a card to correct.
    """

    source_wanted = Signal(str, int, int)
    entry_wanted = Signal(str)
    message_wanted = Signal(str, int)
    memory_wanted = Signal(int)

    def __init__(
        self, companion: Surface, look: Look, tasks: Tasks, character: Character, message: StoredMessage
    ) -> None:
        super().__init__()
        self._companion, self._look, self._tasks = companion, look, tasks
        self._character, self.message = character, message
        self.found: Findings | None = None
        self.rows: dict[str, UsedRow] = {}
        """What took part: lore by `book:entry`, passages by id, memories by `memory:id` or `message:id`."""
        self.banner = Banner(look)
        self.bar: SectionBar | None = None
        self.reply = Bubble(look)
        self.reply.set_text(_shortened(message.text))
        self._inner = QWidget()
        self._box = QVBoxLayout(self._inner)
        self._box.setContentsMargins(0, 16, 0, 28)
        self._box.setSpacing(8)
        self._box.addWidget(self.reply)
        self._area = _scrolled(self._inner, look)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.banner)
        box.addWidget(self._area)
        self.setFocusProxy(self._area)
        self.refresh()

    def refresh(self) -> None:
        """Read anew what is known of the reply."""
        log, id_, message = self._companion.log, self._character.id, self.message
        self._tasks.run(lambda: find_out(log, id_, message), self._show, self._fail)

    @property
    def titles(self) -> list[str]:
        """The titles of the parts that are shown."""
        return [part.title for part in self._inner.findChildren(_Part)]

    @property
    def nothing(self) -> str:
        """What is said where nothing was kept; empty where something was."""
        return next((one.said for one in self._inner.findChildren(_Nothing)), "")

    # ---- showing

    def _show(self, found: Findings) -> None:
        self.found = found
        why = found.why
        if why is None:
            self._box.addWidget(_Nothing(is_greeting=found.message.parent is None))
        else:
            self._show_why(found, why)
        self._box.addStretch(1)

    def _show_why(self, found: Findings, why: Explanation) -> None:
        if why.sections:
            self.bar = SectionBar(self._look, why.sections)
            self._add(lambda: tr("What she had before her eyes"), [self.bar])
        self._add(lambda: tr("What she knew of you"), [self._memory(one, found) for one in why.memories])
        self._add(lambda: tr("From her world"), [self._lore(one, found) for one in why.lore])
        self._add(lambda: tr("What found no room"), [self._left_out(one, found) for one in why.left_out])
        self._add(lambda: tr("From books"), [self._passage(one, found) for one in why.passages])
        self._add(lambda: tr("How long it took"), [_Pace(why)])

    def _add(self, title: Callable[[], str], widgets: Sequence[QWidget]) -> None:
        if widgets:
            self._box.addWidget(_Part(title, widgets))

    def _left_out(self, used: LoreUsed, found: Findings) -> UsedRow:
        """Switching one off makes room for the others."""
        return self._lore(used, found, line=_left_out_line)

    def _lore(
        self, used: LoreUsed, found: Findings, *, line: Callable[[LoreUsed], str] | None = None
    ) -> UsedRow:
        key = f"{used.book}:{used.entry}"
        off = key in found.lore_off
        row = UsedRow(self._look, used.name or used.key, partial(line or _lore_line, used), switched=not off)
        row.add_link(lambda: tr("Edit the entry"), lambda: self.entry_wanted.emit(key))
        switch = self._companion.switch_lore
        row.toggled.connect(
            lambda on: self._switch(row, lambda: switch(self._character.id, key, off=not on), on)
        )
        return self._keep(key, row, was_off=off)

    def _passage(self, used: PassageUsed, found: Findings) -> UsedRow:
        off = used.passage in found.passages_off
        row = UsedRow(
            self._look,
            " · ".join(part for part in (plain_name(used.file), plain_name(used.chapter)) if part),
            str,
            excerpt=used.excerpt,
            switched=not off,
        )
        row.add_link(
            lambda: tr("Read on in the book"),
            lambda: self.source_wanted.emit(used.document, used.start, used.end),
        )
        switch, id_ = self._companion.switch_passage, used.passage
        row.toggled.connect(
            lambda on: self._switch(row, lambda: switch(self._character.id, id_, off=not on), on)
        )
        return self._keep(used.passage, row, was_off=off)

    def _memory(self, used: MemoryUsed, found: Findings) -> UsedRow:
        row = UsedRow(self._look, to_user(used.text), partial(_memory_line, used, found.titles))
        card = found.cards.get(used.memory) if used.memory is not None else None
        if used.message is not None and used.chat:
            chat, message = used.chat, used.message
            row.add_link(lambda: tr("Show in the chat"), lambda: self.message_wanted.emit(chat, message))
        if card is not None and card.state == "active":
            id_ = card.memory
            correct = row.add_link(lambda: tr("Correct"), lambda: self.memory_wanted.emit(id_))
            forget = row.add_link(lambda: tr("Forget"), lambda: self._forget(row, id_, forget, correct))
        elif card is not None:
            forgotten = card.state == "forgotten"
            row.tell(lambda: tr("You had her forget this.") if forgotten else tr("Corrected since."))
        return self._keep(f"memory:{used.memory}" if used.memory else f"message:{used.message}", row)

    def _keep(self, key: str, row: UsedRow, *, was_off: bool = False) -> UsedRow:
        self.rows[key] = row
        if was_off:
            row.tell(_off_words)
        return row

    # ---- acting

    def _switch(self, row: UsedRow, work: Callable[[], None], on: bool) -> None:
        row.tell(_on_words if on else _off_words)
        self._tasks.run(work, self._done, partial(self._failed_switch, row, on))

    def _failed_switch(self, row: UsedRow, on: bool, error: CompanionError) -> None:
        row.switch.setChecked(not on)
        row.tell(str)
        self._fail(error)

    def _forget(self, row: UsedRow, memory: int, forget: QWidget, correct: QWidget) -> None:
        memories = self._companion.log.memories
        gone = not correct.isHidden()
        work = partial(memories.forget if gone else memories.restore, memory)
        correct.setVisible(not gone)
        forget_words = (lambda: tr("Undo")) if gone else (lambda: tr("Forget"))
        row.rename_link(forget, forget_words)
        row.tell((lambda: tr("Forgotten.")) if gone else str)
        self._tasks.run(work, self._done, self._fail)

    def _done(self, _: object) -> None:
        self.banner.clear("error")

    def _fail(self, error: CompanionError) -> None:
        told = notice_text(error.what, error.hint, error.code)
        self.banner.say("error", told.whole)


class _Part(QFrame):
    """A title and a card of rows with a line between each two."""

    def __init__(self, title: Callable[[], str], widgets: Sequence[QWidget]) -> None:
        super().__init__()
        self._words = title
        self._title = plain_label(size="lead", strong=True)
        card = QFrame()
        card.setProperty("look", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(18, 8, 16, 8)
        inside.setSpacing(0)
        for at, widget in enumerate(widgets):
            if at:
                line = QFrame()
                line.setProperty("look", "line")
                inside.addWidget(line)
            inside.addWidget(widget)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 14, 0, 0)
        box.setSpacing(8)
        box.addWidget(self._title)
        box.addWidget(card)
        Texts(self).also(self._write)
        self._write()

    @property
    def title(self) -> str:
        return self._title.text()

    def _write(self) -> None:
        self._title.setText(self._words())


class _Pace(QWidget):
    """Times and amounts, a line for each."""

    def __init__(self, why: Explanation) -> None:
        super().__init__()
        self._why = why
        self._pairs = [(plain_label(tone="muted"), plain_label(wrap=True)) for _ in pace(why)]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 6, 0, 6)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, (what, much) in enumerate(self._pairs):
            grid.addWidget(what, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(much, at, 1)
        Texts(self).also(self._write)
        self._write()

    def _write(self) -> None:
        for (what, much), (name, value) in zip(self._pairs, pace(self._why), strict=True):
            what.setText(name)
            much.setText(value)


class _Nothing(QWidget):
    """Says that nothing was kept of a reply."""

    def __init__(self, *, is_greeting: bool) -> None:
        super().__init__()
        self._is_greeting = is_greeting
        self._line = plain_label(tone="muted", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(4, 12, 4, 0)
        box.addWidget(self._line)
        Texts(self).also(self._write)
        self._write()

    @property
    def said(self) -> str:
        return self._line.text()

    def _write(self) -> None:
        self._line.setText(
            tr("These are her first words; they stand on her card.")
            if self._is_greeting
            else tr(
                "Nothing was kept about this reply. It is older than this page, or was written elsewhere."
            )
        )


def _lore_line(used: LoreUsed) -> str:
    size = f"{used.n_tokens:,}" if used.n_tokens else ""
    return " · ".join(part for part in (lore_reason(used), size) if part)


def _left_out_line(used: LoreUsed) -> str:
    return tr("too long for what her persona leaves free · {n}", n=f"{used.n_tokens:,}")


def _memory_line(used: MemoryUsed, titles: dict[str, str]) -> str:
    kind = tr("memory") if used.memory is not None else tr("words from a chat")
    when = day(used.at) if used.at else ""
    return " · ".join(part for part in (kind, when, plain_name(titles.get(used.chat, ""), 30)) if part)


def _off_words() -> str:
    return tr("Switched off: she does without it from her next reply on.")


def _on_words() -> str:
    return tr("Switched on again.")


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + "…"


def _scrolled(inner: QWidget, look: Look) -> QScrollArea:
    inner.setMaximumWidth(look.px(_COLUMN))
    middle = QWidget()
    row = QGridLayout(middle)
    row.setContentsMargins(28, 0, 28, 0)
    row.setColumnStretch(0, 1)
    row.setColumnStretch(1, 1000)
    row.setColumnStretch(2, 1)
    row.addWidget(inner, 0, 1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    area.setWidget(middle)
    return area
