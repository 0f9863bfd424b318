"""Pages that lie over the conversation: settings, editors, long texts; each with a title and a way back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from companion.gui.buttons import icon_button
from companion.gui.inert import plain_label, plain_name
from companion.gui.theme import Look
from companion.gui.translation import Texts


class Page(QWidget):
    """A widget with a title and a back button above it."""

    left = Signal()

    def __init__(self, look: Look, content: QWidget, title: str) -> None:
        super().__init__()
        self.setProperty("look", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.content = content
        texts = Texts(self)
        back = icon_button(texts, look, "back", "Back (Esc)", size=22, tone="text")
        back.clicked.connect(self.left)
        self.title = plain_label(plain_name(title), size="title")
        bar = QFrame(self)
        bar.setProperty("look", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 10, 24, 10)
        row.setSpacing(10)
        row.addWidget(back)
        row.addWidget(self.title, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(bar)
        box.addWidget(content, 1)


class PageStack(QStackedWidget):
    """The home page at the bottom, opened pages on top; `page_changed` carries the title, empty at home."""

    page_changed = Signal(str)

    def __init__(self, look: Look, home: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._return_to: list[QWidget | None] = []
        self.addWidget(home)

    def open_page(self, content: QWidget, title: str) -> Page:
        """Show `content` until the user goes back; it is deleted then. A `can_leave() -> bool` of it is asked."""
        page = Page(self._look, content, title)
        page.left.connect(self.back)
        self._return_to.append(self.focusWidget())
        self.addWidget(page)
        self.setCurrentWidget(page)
        content.setFocus(Qt.FocusReason.OtherFocusReason)
        self.page_changed.emit(page.title.text())
        return page

    def back(self) -> bool:
        """Close the topmost page; False at home, or if the page wants to stay."""
        page = self.currentWidget()
        if not isinstance(page, Page):
            return False
        can_leave = getattr(page.content, "can_leave", None)
        if can_leave is not None and not can_leave():
            return False
        self.removeWidget(page)
        page.deleteLater()
        self.setCurrentIndex(self.count() - 1)
        if (focus := self._return_to.pop()) is not None:
            focus.setFocus(Qt.FocusReason.OtherFocusReason)
        now = self.currentWidget()
        self.page_changed.emit(now.title.text() if isinstance(now, Page) else "")
        return True

    @property
    def content(self) -> QWidget | None:
        """What the topmost page shows; None at home."""
        page = self.currentWidget()
        return page.content if isinstance(page, Page) else None

    @property
    def is_home(self) -> bool:
        return not isinstance(self.currentWidget(), Page)
