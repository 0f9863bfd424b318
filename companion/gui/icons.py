"""Our own line icons, 24 x 24 units, drawn in whatever colour a theme asks for."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

# Stroked paths; a trailing `fill:` part is filled.
_SHAPES: Final[dict[str, str]] = {
    "add": "M12 5V19M5 12H19",
    "back": "M19 12H5M11 6L5 12L11 18",
    "book": "M12 6.5C10 5 7.5 4.5 4.5 4.5V18C7.5 18 10 18.5 12 20C14 18.5 16.5 18 19.5 18V4.5C16.5 4.5 14 5 12 6.5Z"
    "M12 6.5V20",
    "branch": "M7 4V14A3 3 0 0 0 10 17H14M17 7V9A3 3 0 0 1 14 12H7"
    "M19 17A2 2 0 1 1 15 17A2 2 0 1 1 19 17M19 5A2 2 0 1 1 15 5A2 2 0 1 1 19 5",
    "chats": "M4 6.5A2.5 2.5 0 0 1 6.5 4H17.5A2.5 2.5 0 0 1 20 6.5V14A2.5 2.5 0 0 1 17.5 16.5H10L5.5 20"
    "V16.3A2.5 2.5 0 0 1 4 14ZM8.5 9H15.5M8.5 12H13",
    "check": "M5 12.5L10 17.5L19 7",
    "close": "M6.5 6.5L17.5 17.5M17.5 6.5L6.5 17.5",
    "continue": "M4 7H20M4 12H11M4 17H9M14 16H20M17 13L20 16L17 19",
    "copy": "M9 9H18A1.5 1.5 0 0 1 19.5 10.5V18.5A1.5 1.5 0 0 1 18 20H10.5A1.5 1.5 0 0 1 9 18.5Z"
    "M6 15H5.5A1.5 1.5 0 0 1 4 13.5V5.5A1.5 1.5 0 0 1 5.5 4H13.5A1.5 1.5 0 0 1 15 5.5V6",
    "delete": "M5 7H19M10 4H14M7 7L8 20H16L17 7M10.5 11V16M13.5 11V16",
    "down": "M6 9.5L12 15.5L18 9.5",
    "edit": "M4.5 19.5L5.5 15.5L15.5 5.5A2 2 0 0 1 18.5 8.5L8.5 18.5ZM13.5 7.5L16.5 10.5",
    "export": "M12 15V4M8 8L12 4L16 8M5 14V18.5A1.5 1.5 0 0 0 6.5 20H17.5A1.5 1.5 0 0 0 19 18.5V14",
    "import": "M12 4V15M8 11L12 15L16 11M5 14V18.5A1.5 1.5 0 0 0 6.5 20H17.5A1.5 1.5 0 0 0 19 18.5V14",
    "left": "M14.5 6L8.5 12L14.5 18",
    "moon": "M19.5 14.2A8 8 0 1 1 9.8 4.5A6.4 6.4 0 0 0 19.5 14.2Z",
    "more": "fill:M7 12A1.6 1.6 0 1 1 3.8 12A1.6 1.6 0 1 1 7 12"
    "M13.6 12A1.6 1.6 0 1 1 10.4 12A1.6 1.6 0 1 1 13.6 12"
    "M20.2 12A1.6 1.6 0 1 1 17 12A1.6 1.6 0 1 1 20.2 12",
    "memory": "M12 20C6.5 16 4 12.9 4 9.4A4.4 4.4 0 0 1 12 7A4.4 4.4 0 0 1 20 9.4C20 12.9 17.5 16 12 20Z",
    "mic": "M12 3.5A3 3 0 0 1 15 6.5V11.5A3 3 0 0 1 9 11.5V6.5A3 3 0 0 1 12 3.5"
    "M5.5 11.5A6.5 6.5 0 0 0 18.5 11.5M12 18V21M9 21H15",
    "mic_off": "M9 9V11.5A3 3 0 0 0 14.2 13.6M15 10V6.5A3 3 0 0 0 9.4 5"
    "M5.5 11.5A6.5 6.5 0 0 0 16.6 16.1M18.5 11.5A6.5 6.5 0 0 1 18 14M12 18V21M9 21H15M4 4L20 20",
    "new_chat": "M4.5 19.5L5.2 16L15 6.2A1.9 1.9 0 0 1 17.8 9L8 18.8ZM4 5H10M19 14V20M16 17H22",
    "pages": "M6 4H15L19 8V20H6ZM14.5 4V8.5H19M9 12H16M9 15.5H16",
    "people": "M12 12A4 4 0 1 0 12 4A4 4 0 1 0 12 12M4.5 20A7.5 7.5 0 0 1 19.5 20",
    "regenerate": "M19 6V10.5H14.5M18.6 10.2A7 7 0 1 0 19 14",
    "replay": "M5 9.5V14.5H8.5L13 18.5V5.5L8.5 9.5ZM16 9A4.5 4.5 0 0 1 16 15M18.5 6.5A8 8 0 0 1 18.5 17.5",
    "pin": "M9 4H15L14.5 10L17.5 13.5H6.5L9.5 10ZM12 13.5V20",
    "pinned": "M12 13.5V20fill:M9 3.2H15A0.8 0.8 0 0 1 15.8 4.1L15.3 9.7L18.1 13A0.9 0.9 0 0 1 17.5 14.4H6.5"
    "A0.9 0.9 0 0 1 5.9 13L8.7 9.7L8.2 4.1A0.8 0.8 0 0 1 9 3.2",
    "right": "M9.5 6L15.5 12L9.5 18",
    "search": "M10.5 17A6.5 6.5 0 1 0 10.5 4A6.5 6.5 0 1 0 10.5 17M15.3 15.3L20 20",
    "select": "M9 4H7A2 2 0 0 0 5 6V7M15 4H17A2 2 0 0 1 19 6V7M9 20H7A2 2 0 0 1 5 18V17M15 20H17A2 2 0 0 0 19 18V17"
    "M9 9H15M12 9V16",
    "send": "fill:M4 11.2L19.3 4.3A0.8 0.8 0 0 1 20.3 5.4L14.2 20.2A0.8 0.8 0 0 1 12.7 20.1L10.4 13.7"
    "L4.1 12.7A0.8 0.8 0 0 1 4 11.2",
    "settings": "M4 7H13M17 7H20M4 17H7M11 17H20"
    "M17 7A2 2 0 1 1 13 7A2 2 0 1 1 17 7M11 17A2 2 0 1 1 7 17A2 2 0 1 1 11 17",
    "sidebar": "M4 6.5A1.5 1.5 0 0 1 5.5 5H18.5A1.5 1.5 0 0 1 20 6.5V17.5A1.5 1.5 0 0 1 18.5 19H5.5"
    "A1.5 1.5 0 0 1 4 17.5ZM9.5 5V19",
    "stage": "M4 6.5A1.5 1.5 0 0 1 5.5 5H18.5A1.5 1.5 0 0 1 20 6.5V17.5A1.5 1.5 0 0 1 18.5 19H5.5"
    "A1.5 1.5 0 0 1 4 17.5ZM14 5V19M17 13.5A1.5 1.5 0 1 1 17 10.5",
    "stop": "fill:M8.5 7H15.5A1.5 1.5 0 0 1 17 8.5V15.5A1.5 1.5 0 0 1 15.5 17H8.5A1.5 1.5 0 0 1 7 15.5"
    "V8.5A1.5 1.5 0 0 1 8.5 7",
    "thought": "M7 15.5A4 4 0 0 1 6.5 7.7A5.5 5.5 0 0 1 17 7.5A4 4 0 0 1 17.5 15.5ZM8.5 19A1 1 0 1 1 6.5 19"
    "A1 1 0 1 1 8.5 19",
    "undo": "M9 6L4.5 10.5L9 15M4.5 10.5H14A5 5 0 0 1 14 20.5H11",
    "why": "M12 20.5A8.5 8.5 0 1 0 12 3.5A8.5 8.5 0 1 0 12 20.5M9.6 9.6A2.4 2.4 0 1 1 13.2 11.7"
    "C12.4 12.2 12 12.7 12 13.6M12 16.4V16.6",
    "up": "M6 14.5L12 8.5L18 14.5",
    "warning": "M12 4L21 19.5H3ZM12 10V14.5M12 16.8V17",
}
NAMES: Final = tuple(_SHAPES)


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """Return icon `name` in `colour` (`#rrggbb`), `size` device-independent pixels."""
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture


def icon(name: str, colour: QColor, *, disabled: QColor | None = None, size: int = 24) -> QIcon:
    """Return an icon sharp at one and two device pixels per unit."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(pixmap(name, colour.name(), size, ratio))
        if disabled is not None:
            made.addPixmap(pixmap(name, disabled.name(), size, ratio), QIcon.Mode.Disabled)
    return made


def _renderer(name: str, colour: str) -> QSvgRenderer:
    stroked, _, filled = _SHAPES[name].partition("fill:")
    stroke = (
        f'<path d="{stroked}" fill="none" stroke="{colour}" stroke-width="1.7" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )
    fill = f'<path d="{filled}" fill="{colour}"/>'
    body = (stroke if stroked else "") + (fill if filled else "")
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{body}</svg>'
    return QSvgRenderer(QByteArray(svg.encode()))
