"""Backdrops: a water town at dusk seen from a tea shop, a radio studio above the night sea."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from brush import Sheet, across, ellipse, glow, shape, spline
from PIL import Image, ImageFilter
from PySide6.QtGui import QImage

WIDTH: Final = 1600
HEIGHT: Final = 1400


def write(name: str, path: Path) -> None:
    """Paint the backdrop of a character into a JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = Sheet(WIDTH, HEIGHT)
    {"xiaoman": _water_town, "wren": _studio}[name](sheet)
    _painted(sheet.image).save(path, quality=86, optimize=True)


def _painted(image: QImage) -> Image.Image:
    """Return the picture with brushed edges and a little grain."""
    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(straight.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3]
    picture = (
        Image.fromarray(pixels.copy(), "RGB")
        .filter(ImageFilter.MedianFilter(5))
        .filter(ImageFilter.GaussianBlur(1.6))
    )
    draw = np.random.default_rng(3)
    coarse = Image.fromarray((draw.random((HEIGHT // 14, WIDTH // 5)) * 255).astype(np.uint8)).resize(
        (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    )
    strokes = (np.asarray(coarse, np.float32) - 127.5) / 127.5
    grain = draw.normal(0, 1.2, (HEIGHT, WIDTH))
    toned = np.asarray(picture, np.float32) + (strokes * 4.2 + grain)[..., None]
    return Image.fromarray(np.clip(toned, 0, 255).astype(np.uint8), "RGB")


def _whole() -> np.ndarray:
    return np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], dtype=float)


def _box(x: float, y: float, w: float, h: float) -> np.ndarray:
    return np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], dtype=float)


def _water_town(s: Sheet) -> None:
    sky = [
        (0, "#3d5a78"),
        (0.22, "#6f8ba0"),
        (0.42, "#d9b7a2"),
        (0.55, "#f6cf9f"),
        (0.62, "#f3c293"),
        (1, "#5d7a83"),
    ]
    s.fill(_whole(), across((0, 0), (0, HEIGHT), sky))
    s.soft(ellipse(980, 700, 430, 180), "#ffe3b0", 90, 0.75)
    for x, y, rx, ry, a in (
        (300, 250, 330, 26, 0.5),
        (1180, 330, 380, 24, 0.45),
        (760, 420, 300, 16, 0.5),
        (1400, 190, 260, 18, 0.35),
    ):
        s.soft(ellipse(x, y, rx, ry), "#f7d9c4", 26, a)
    hills = [(0, 650), (220, 590), (430, 640), (640, 570), (860, 640), (1100, 585), (1350, 640), (WIDTH, 600)]
    s.soft(np.vstack([spline(hills), [(WIDTH, 800), (0, 800)]]), "#8fa0a4", 5, 0.8)
    _canal(s)
    _bridge(s)
    for x, y, w, h, side in ((-40, 520, 300, 420, 1), (210, 580, 220, 330, 1), (390, 640, 150, 230, 1)):
        _house(s, x, y, w, h, side)
    for x, y, w, h, side in ((1330, 500, 330, 450, -1), (1160, 570, 210, 340, -1), (1050, 640, 140, 230, -1)):
        _house(s, x, y, w, h, side)
    _willow(s)
    _window(s)
    for x, y, r in ((250, 250, 62), (1370, 300, 70), (1500, 170, 46), (120, 400, 40)):
        _lantern(s, x, y, r)
    _bokeh(s, "#ffd28a", 4)


def _canal(s: Sheet) -> None:
    water = np.array([(470, 830), (1120, 830), (WIDTH + 100, HEIGHT), (-100, HEIGHT)], dtype=float)
    s.fill(
        water,
        across((0, 830), (0, HEIGHT), [(0, "#f0c79a"), (0.25, "#c0a592"), (0.6, "#63808a"), (1, "#36535f")]),
    )
    draw = np.random.default_rng(5)
    for _ in range(120):
        y = 840 + 520 * draw.random() ** 1.4
        depth = (y - 830) / 570
        x = 800 + (draw.random() - 0.5) * (640 + 1300 * depth)
        w = 30 + 120 * depth * draw.random()
        tone = "#ffe2b4" if draw.random() < 0.55 else "#2f4b56"
        s.soft(ellipse(x, y, w, 2 + 3.5 * depth), tone, 2.2, 0.32)
    for x in (620, 980):
        s.soft(_box(x, 850, 34, 360), "#ffd28a", 14, 0.28)


def _bridge(s: Sheet) -> None:
    deck = [(470, 800), (600, 745), (795, 700), (990, 745), (1120, 800)]
    stone = np.vstack(
        [
            spline(deck),
            [(1120, 880), (1010, 880)],
            spline([(1010, 880), (900, 775), (795, 750), (690, 775), (580, 880)]),
            [(470, 880)],
        ]
    )
    s.fill(stone, across((470, 700), (1120, 880), [(0, "#8d8a86"), (0.6, "#6d6e70"), (1, "#55595e")]))
    s.ink(deck, 9, "#a7a29a", start=1, end=1)
    for share in np.linspace(0.06, 0.94, 13):
        line = spline(deck)
        x, y = line[int(share * (len(line) - 1))]
        s.fill(_box(x - 4, y - 26, 8, 26), "#77767a")
    s.ink([(x, y - 25) for x, y in deck], 5, "#8f8c8a", start=1, end=1)
    s.soft(ellipse(795, 905, 230, 60), "#3f5560", 14, 0.55)


def _house(s: Sheet, x: float, y: float, w: float, h: float, side: int) -> None:
    wall = across(
        (x, y),
        (x + w, y + h),
        [(0, "#e7dccb"), (0.5, "#cdbfb0"), (1, "#8f8a88")] if side > 0 else [(0, "#d8c9b8"), (1, "#8a8587")],
    )
    s.fill(_box(x, y, w, h), wall)
    s.soft(_box(x, y + h * 0.72, w, h * 0.28), "#5e6a70", 24, 0.6)
    eave = [(x - 34, y + 26), (x + 8, y - 6), (x + w / 2, y - 64), (x + w - 8, y - 6), (x + w + 34, y + 26)]
    roof = np.vstack([spline(eave), [(x + w + 30, y + 40), (x - 30, y + 40)]])
    s.fill(roof, across((x, y - 60), (x, y + 40), [(0, "#3b444e"), (1, "#262d36")]))
    for i in range(int(w / 17)):
        at = x - 10 + i * 17
        s.ink(
            [(x + w / 2 + (at - x - w / 2) * 0.5, y - 46), (at, y + 38)],
            3.4,
            "#4e5862",
            start=0.7,
            end=0.9,
            opacity=0.7,
        )
    s.ink(
        [(x - 40, y + 20), (x - 6, y + 10), (x + w / 2, y - 60), (x + w + 6, y + 10), (x + w + 40, y + 20)],
        9,
        "#222932",
        start=0.5,
        end=0.5,
    )
    columns = max(1, int(w / 92))
    for row in range(2 if h > 300 else 1):
        for i in range(columns):
            wx, wy = x + w * (i + 0.5) / columns - 25, y + 78 + row * 128
            s.fill(_box(wx - 6, wy - 6, 62, 82), "#57402f")
            s.fill(
                _box(wx, wy, 50, 70),
                glow((wx + 25, wy + 36), 52, [(0, "#fff0bd"), (0.6, "#ffc46b"), (1, "#d98a3e")]),
            )
            for k in (1, 2):
                s.fill(_box(wx + 50 * k / 3 - 1.5, wy, 3, 70), "#6b4a2f")
                s.fill(_box(wx, wy + 70 * k / 3 - 1.5, 50, 3), "#6b4a2f")
            s.soft(ellipse(wx + 25, wy + 38, 64, 70), "#ffca7a", 26, 0.28)


def _willow(s: Sheet) -> None:
    draw = np.random.default_rng(9)
    for _ in range(26):
        x = 1030 + draw.normal(0, 200)
        top, length = -20.0, 210 + 240 * draw.random()
        bend = draw.normal(0, 24)
        strand = spline([(x, top), (x + bend * 0.4, top + length * 0.5), (x + bend, top + length)])
        s.ink(strand, 4.0, "#41604f", start=0.9, end=0.3, opacity=0.75)
        for i in range(8, len(strand), 2):
            px, py = strand[i]
            for way in (-1, 1):
                s.fill(
                    shape(
                        [(px, py), (px + way * 9, py + 10), (px + way * 11, py + 27)],
                        [(px + way * 11, py + 27), (px + way * 2, py + 15), (px, py)],
                    ),
                    "#5d8467" if draw.random() < 0.6 else "#86a877",
                    0.75,
                )


def _window(s: Sheet) -> None:
    wood = [(0, "#6b4630"), (0.5, "#4a2f22"), (1, "#2e1d16")]
    for x, w in ((-14, 66), (WIDTH - 52, 66)):
        s.fill(_box(x, 0, w, HEIGHT), across((x, 0), (x + w, 0), wood))
    s.fill(_box(0, -10, WIDTH, 62), across((0, 0), (0, 56), wood))
    s.fill(_box(0, 96, WIDTH, 12), "#4a2f22")
    for i in range(26):
        x = 52 + i * 60
        s.fill(_box(x, 52, 8, 46), "#543626")
        s.fill(_box(x + 20, 68, 28, 6), "#543626")
    s.soft(_box(0, 108, WIDTH, 40), "#1d120d", 20, 0.35)
    sill = _box(0, 1230, WIDTH, 180)
    s.fill(sill, across((0, 1230), (0, HEIGHT), [(0, "#8a5d3d"), (0.12, "#6a4430"), (1, "#3a241a")]))
    for y in (1262, 1300, 1350):
        s.ink(
            [(0, y), (500, y + 7), (1100, y - 5), (WIDTH, y + 3)], 4, "#4b2f20", start=1, end=1, opacity=0.55
        )
    _teapot(s, 250, 1215)
    for i, (w, tone) in enumerate(((230, "#6d8f7c"), (206, "#b98a5a"), (218, "#5a6f86"), (186, "#c9b48e"))):
        y = 1232 - 40 * (i + 1)
        s.fill(
            _box(1290 - w / 2 + 8 * (i % 2), y, w, 38),
            across((0, y), (0, y + 38), [(0, tone), (1, "#3d2f28")]),
        )
        s.fill(_box(1290 - w / 2 + 8 * (i % 2) + 10, y + 8, w - 22, 20), "#e6dbc6", 0.75)


def _teapot(s: Sheet, x: float, y: float) -> None:
    clay = [(0, "#8fbfa2"), (0.4, "#5f9379"), (1, "#2f5444")]
    s.soft(ellipse(x + 10, y + 24, 130, 18), "#241610", 10, 0.6)
    s.ink(
        [(x + 76, y - 62), (x + 132, y - 70), (x + 124, y - 12), (x + 72, y - 8)],
        15,
        "#4c7a64",
        start=0.9,
        end=0.9,
    )
    s.fill(
        shape(
            [(x - 70, y - 42), (x - 112, y - 56), (x - 128, y - 92)],
            [(x - 128, y - 92), (x - 106, y - 96)],
            [(x - 106, y - 96), (x - 92, y - 68), (x - 60, y - 66)],
            [(x - 60, y - 66), (x - 70, y - 42)],
        ),
        "#5f9379",
    )
    s.fill(ellipse(x, y - 34, 88, 58), across((x - 70, y - 80), (x + 70, y + 20), clay))
    s.fill(ellipse(x, y - 86, 44, 12), "#7fb296")
    s.fill(ellipse(x, y - 102, 11, 12), "#5f9379")
    s.soft(ellipse(x - 36, y - 56, 18, 12), "#e8fff0", 7, 0.75)
    for dx in (-12, 14):
        s.soft(
            spline(
                [
                    (x - 118 + dx, y - 100),
                    (x - 140 + dx, y - 160),
                    (x - 108 + dx, y - 220),
                    (x - 130 + dx, y - 290),
                    (x - 122 + dx, y - 220),
                    (x - 132 + dx, y - 160),
                    (x - 110 + dx, y - 100),
                ]
            ),
            "#ffffff",
            9,
            0.3,
        )


def _lantern(s: Sheet, x: float, y: float, r: float) -> None:
    s.soft(ellipse(x, y, r * 2.6, r * 2.4), "#ffb65c", r * 0.8, 0.4)
    s.ink([(x, 100), (x, y - r)], 4, "#2e1d16", start=1, end=1)
    s.fill(
        ellipse(x, y, r * 1.06, r * 0.86),
        glow((x - r * 0.1, y), r * 1.15, [(0, "#fff2c4"), (0.45, "#ffc267"), (1, "#d5643a")]),
    )
    for k in (-0.7, -0.36, 0, 0.36, 0.7):
        s.ink(
            [(x + r * k * 0.35, y - r * 0.84), (x + r * k * 1.18, y), (x + r * k * 0.35, y + r * 0.84)],
            3.2,
            "#a8452c",
            start=0.6,
            end=0.6,
            opacity=0.55,
        )
    for dy in (-0.9, 0.9):
        s.fill(_box(x - r * 0.4, y + r * dy - 7, r * 0.8, 14), "#4a2a1c")
    for dx in (-5, 0, 5):
        s.ink([(x + dx * 0.4, y + r), (x + dx, y + r * 1.7)], 4, "#c2502f", start=0.9, end=0.4)


def _bokeh(s: Sheet, tone: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    for _ in range(26):
        x, y = draw.random() * WIDTH, 420 + draw.random() * 760
        r = 8 + 26 * draw.random()
        s.soft(ellipse(x, y, r, r), tone, 3, float(draw.uniform(0.06, 0.2)))


def _studio(s: Sheet) -> None:
    s.fill(_whole(), across((0, 0), (0, HEIGHT), [(0, "#2a2433"), (0.6, "#1e1b29"), (1, "#14121c")]))
    _night_sea(s)
    frame = "#2b2230"
    for x in (150, 640, 1130):
        s.fill(_box(x - 12, 60, 26, 840), frame)
    s.fill(_box(130, 40, 1340, 34), frame)
    s.fill(_box(130, 880, 1340, 44), across((0, 880), (0, 924), [(0, "#4a3a44"), (1, "#221b28")]))
    s.fill(_box(1444, 60, 26, 840), frame)
    _shelf(s)
    _lamp(s)
    _sign(s)
    _desk(s)
    _microphone(s)
    draw = np.random.default_rng(8)
    for _ in range(22):
        x, y, r = draw.random() * WIDTH, 860 + draw.random() * 420, 7 + 22 * draw.random()
        s.soft(
            ellipse(x, y, r, r),
            "#ffbe6b" if draw.random() < 0.6 else "#7fb2ff",
            3,
            float(draw.uniform(0.08, 0.26)),
        )


def _night_sea(s: Sheet) -> None:
    s.fill(
        _box(150, 60, 1320, 840),
        across(
            (0, 60),
            (0, 900),
            [
                (0, "#101a3a"),
                (0.4, "#22376a"),
                (0.62, "#5673a8"),
                (0.66, "#7c93b8"),
                (0.665, "#22385f"),
                (1, "#101d3c"),
            ],
        ),
    )
    s.soft(
        shape(
            [(330, 60), (620, 250), (980, 330), (1460, 520)],
            [(1460, 520), (1460, 330)],
            [(1460, 330), (1000, 200), (700, 60)],
            [(700, 60), (330, 60)],
        ),
        "#8f9fd8",
        60,
        0.28,
    )
    draw = np.random.default_rng(21)
    for _ in range(260):
        x, y = 160 + draw.random() * 1300, 66 + 500 * draw.random() ** 1.2
        r = 0.9 + 2.1 * draw.random() ** 3
        s.fill(
            ellipse(x, y, r, r),
            "#fff6e0" if draw.random() < 0.7 else "#b9d2ff",
            float(draw.uniform(0.4, 1.0)),
        )
    for x, y in ((420, 190), (520, 150), (610, 205), (560, 290), (450, 300), (1180, 160), (980, 120)):
        s.soft(ellipse(x, y, 9, 9), "#cfe0ff", 5, 0.7)
        s.fill(ellipse(x, y, 3.4, 3.4), "#ffffff")
    s.soft(ellipse(1010, 250, 120, 120), "#fbe9bf", 50, 0.4)
    s.fill(ellipse(1010, 250, 54, 54), across((970, 210), (1050, 300), [(0, "#fffbe8"), (1, "#f0d9a6")]))
    for _ in range(90):
        y = 622 + 270 * draw.random()
        spread = 40 + (y - 620) * 0.9
        s.soft(
            ellipse(1010 + draw.normal(0, spread * 0.5), y, 8 + 34 * draw.random(), 2.2), "#fbe6b4", 1.6, 0.4
        )
    cliff = np.vstack(
        [spline([(140, 640), (230, 560), (330, 585), (420, 640), (500, 672)]), [(500, 700), (140, 720)]]
    )
    s.fill(cliff, across((140, 560), (480, 700), [(0, "#1a2340"), (1, "#141c34")]))
    s.soft(np.array([(262, 470), (900, 400), (900, 520)], dtype=float), "#ffedb8", 22, 0.3)
    s.fill(np.array([(246, 575), (254, 480), (272, 480), (280, 575)], dtype=float), "#c9cede")
    s.fill(_box(250, 462, 26, 18), "#ffe9a8")
    s.fill(np.array([(246, 462), (263, 444), (280, 462)], dtype=float), "#8a4448")
    s.soft(ellipse(263, 470, 30, 24), "#fff0b8", 10, 0.85)


def _shelf(s: Sheet) -> None:
    s.fill(_box(0, 0, 140, HEIGHT), across((0, 0), (140, 0), [(0, "#1c1620"), (1, "#33273a")]))
    s.fill(_box(1482, 0, 120, HEIGHT), across((1482, 0), (WIDTH, 0), [(0, "#33273a"), (1, "#1c1620")]))
    draw = np.random.default_rng(2)
    tones = ("#7a4a3a", "#3f5a78", "#8a7a52", "#56456c", "#3b6a64", "#a0663c", "#2f3f5c")
    for left, width in ((0, 132), (1490, 112)):
        for y in (240, 470, 700, 930):
            s.fill(_box(left, y, width, 16), "#4a3742")
            x = left + 6.0
            while x < left + width - 12:
                w, h = 8 + 9 * draw.random(), 130 + 50 * draw.random()
                s.fill(
                    _box(x, y - h, w, h),
                    across((x, 0), (x + w, 0), [(0, tones[int(draw.integers(7))]), (1, "#1c1620")]),
                )
                x += w + 2


def _lamp(s: Sheet) -> None:
    s.soft(ellipse(1380, 760, 380, 320), "#ffac4e", 110, 0.5)
    s.ink([(1440, 1080), (1450, 900), (1360, 740)], 13, "#5d4a3a", start=1, end=1)
    s.fill(
        np.array([(1290, 800), (1330, 700), (1400, 690), (1462, 778)], dtype=float),
        across((1290, 690), (1460, 800), [(0, "#e8a94f"), (1, "#8a5320")]),
    )
    s.soft(ellipse(1376, 796, 84, 18), "#fff0c4", 9, 0.95)


def _sign(s: Sheet) -> None:
    x, y, w, h = 714, 92, 352, 92
    s.soft(_box(x - 20, y - 10, w + 40, h + 30), "#ff7a4d", 40, 0.5)
    s.fill(_box(x, y, w, h), "#3a1a1e")
    s.fill(_box(x + 6, y + 6, w - 12, h - 12), across((x, y), (x, y + h), [(0, "#d9543a"), (1, "#a8342e")]))
    strokes = {
        "O": [[(0, 1), (0.5, 0), (1, 1), (1, 2), (0.5, 3), (0, 2), (0, 1)]],
        "N": [[(0, 3), (0, 0)], [(0, 0), (1, 3)], [(1, 3), (1, 0)]],
        "A": [[(0, 3), (0.5, 0)], [(0.5, 0), (1, 3)], [(0.2, 2), (0.8, 2)]],
        "I": [[(0.5, 0), (0.5, 3)]],
        "R": [[(0, 3), (0, 0)], [(0, 0), (0.9, 0.2), (0.9, 1.3), (0, 1.6)], [(0.3, 1.6), (1, 3)]],
    }
    left = x + 38.0
    for letter in "ON AIR":
        for stroke in strokes.get(letter, []):
            s.ink([(left + px * 32, y + 25 + py * 14) for px, py in stroke], 7, "#fff2dc", start=1, end=1)
        left += 52 if letter != " " else 24


def _desk(s: Sheet) -> None:
    s.fill(
        _box(0, 1130, WIDTH, 280),
        across((0, 1130), (0, HEIGHT), [(0, "#5a4038"), (0.08, "#3d2b2a"), (1, "#1d1418")]),
    )
    s.fill(
        np.array([(80, 1150), (620, 1150), (690, HEIGHT), (-20, HEIGHT)], dtype=float),
        across((0, 1150), (0, HEIGHT), [(0, "#343848"), (1, "#191b26")]),
    )
    draw = np.random.default_rng(14)
    for i in range(10):
        for k in range(4):
            x, y = 110 + i * 50 + (i - 5) * k * 3, 1180 + k * 44
            tone = ("#ffb454", "#6fd0a0", "#7fb2ff", "#ff7a5c")[int(draw.integers(4))]
            if draw.random() < 0.6:
                s.soft(ellipse(x, y, 10, 9), tone, 5, 0.6)
                s.fill(ellipse(x, y, 5, 4.5), tone)
            else:
                s.fill(_box(x - 5, y - 12, 10, 24), "#7c8296")


def _microphone(s: Sheet) -> None:
    s.ink([(60, 1200), (130, 860), (330, 800)], 15, "#4b4f60", start=1, end=1)
    s.ink([(56, 1198), (126, 858), (330, 796)], 5, "#8a90a6", start=1, end=1)
    s.fill(
        _box(306, 776, 84, 150),
        across((306, 0), (390, 0), [(0, "#7d8398"), (0.35, "#565b6e"), (1, "#23252f")]),
    )
    s.fill(ellipse(348, 776, 42, 26), "#6a7086")
    s.fill(ellipse(348, 926, 42, 24), "#23252f")
    for y in range(800, 920, 13):
        s.ink([(308, y), (348, y + 8), (388, y)], 3.2, "#2b2e3a", start=0.8, end=0.8, opacity=0.75)
    s.fill(_box(304, 842, 88, 15), "#e8a33c")
    s.soft(ellipse(326, 800, 10, 30), "#d6dbea", 7, 0.5)
