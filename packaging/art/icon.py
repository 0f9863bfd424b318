"""Draw the program's icon: a smiling speech bubble with a tea leaf and a star.

`python packaging/art/icon.py` writes `assets/icons/companion.png`, `.svg` and `.ico`.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER: Final = Path(__file__).resolve().parents[2] / "assets" / "icons"
SIDE: Final = 512
SVG: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">
  <defs>
    <linearGradient id="dusk" x1="0" y1="0" x2="0.6" y2="1">
      <stop offset="0" stop-color="#8fd0b4"/>
      <stop offset="0.52" stop-color="#4f8fa0"/>
      <stop offset="1" stop-color="#2f3f72"/>
    </linearGradient>
    <linearGradient id="paper" x1="0" y1="0" x2="0.3" y2="1">
      <stop offset="0" stop-color="#fffdf6"/>
      <stop offset="1" stop-color="#f3e6cf"/>
    </linearGradient>
    <linearGradient id="leaf" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="#7fc79d"/>
      <stop offset="1" stop-color="#2f7357"/>
    </linearGradient>
    <radialGradient id="warm" cx="0.3" cy="0.22" r="0.75">
      <stop offset="0" stop-color="#fff3cf" stop-opacity="0.75"/>
      <stop offset="1" stop-color="#fff3cf" stop-opacity="0"/>
    </radialGradient>
  </defs>
  <rect x="16" y="16" width="480" height="480" rx="112" fill="url(#dusk)"/>
  <rect x="16" y="16" width="480" height="480" rx="112" fill="url(#warm)"/>
  <path d="M256 104 C356 104 420 164 420 242 C420 320 356 380 256 380 C236 380 217 378 200 373
           C178 396 148 412 112 414 C126 394 134 368 134 340 C106 315 92 281 92 242 C92 164 156 104 256 104 Z"
        fill="#1c2848" fill-opacity="0.28" transform="translate(4 14)"/>
  <path d="M256 104 C356 104 420 164 420 242 C420 320 356 380 256 380 C236 380 217 378 200 373
           C178 396 148 412 112 414 C126 394 134 368 134 340 C106 315 92 281 92 242 C92 164 156 104 256 104 Z"
        fill="url(#paper)"/>
  <path d="M168 238 C180 214 212 214 224 238" fill="none" stroke="#3a4a63" stroke-width="17" stroke-linecap="round"/>
  <path d="M288 238 C300 214 332 214 344 238" fill="none" stroke="#3a4a63" stroke-width="17" stroke-linecap="round"/>
  <path d="M226 288 C240 308 272 308 286 288" fill="none" stroke="#3a4a63" stroke-width="15" stroke-linecap="round"/>
  <ellipse cx="168" cy="282" rx="26" ry="15" fill="#f29a8c" fill-opacity="0.55"/>
  <ellipse cx="344" cy="282" rx="26" ry="15" fill="#f29a8c" fill-opacity="0.55"/>
  <path d="M318 132 C322 84 362 58 414 62 C416 112 380 146 330 142 Z" fill="url(#leaf)"/>
  <path d="M324 138 C346 116 370 94 400 76" fill="none" stroke="#dff5e6" stroke-width="7" stroke-linecap="round"/>
  <path d="M408 330 l9 24 l25 9 l-25 9 l-9 24 l-9 -24 l-25 -9 l25 -9 Z" fill="#ffd98a"/>
</svg>
"""


def main() -> None:
    _application = QGuiApplication([])
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "companion.svg").write_text(SVG, encoding="utf-8")
    picture = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(SVG.encode())).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]
    image = Image.open(BytesIO(bytes(buffer.data().data())))
    image.save(FOLDER / "companion.png", optimize=True)
    image.save(FOLDER / "companion.ico", sizes=[(side, side) for side in (16, 24, 32, 48, 64, 128, 256)])


if __name__ == "__main__":
    main()
