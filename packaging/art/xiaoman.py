"""Gu Xiaoman: loose side braid, jade hairpin, tea-green cross-collar jacket over off-white."""

from __future__ import annotations

from typing import Final

import numpy as np
from anatomy import Look
from brush import (
    Hair,
    Points,
    Sheet,
    across,
    bead,
    ellipse,
    even,
    lock,
    offset,
    ribbon,
    shape,
    shifted,
    spline,
)

LOOK: Final = Look(
    skin="#fde6d8", skin_light="#fff3ea", skin_shade="#f2c4ad", skin_deep="#dea08b", skin_ink="#9c5a4c",
    blush="#f58f84", lash="#3a221d", lash_warm="#7a4234", brow="#5a382c",
    iris_ink="#43200f", iris_deep="#7e4217", iris_base="#c47a2b", iris_light="#f7cf74", lip="#d9776f",
)  # fmt: skip
TILT: Final = 3.0
HAIR: Final = Hair(
    ink="#2a1714", deep="#3a221d", shade="#4b2d26", base="#6b4334", light="#8f5f49", gloss="#d3a184"
)
_JADE: Final = ("#2f6b53", "#4f9a78", "#8fd0ab", "#d9f4e2")
_TRIM: Final = {
    "thread": "#d8c48a",
    "ink": "#1d3a33",
    "shade": "#2a5347",
    "base": "#3b6b5b",
    "light": "#57907a",
}


BANGS: Final[tuple[tuple[Points, float], ...]] = (
    ([(640, 122), (520, 134), (425, 218), (397, 350), (404, 480), (430, 590), (422, 724)], 66),
    ([(664, 122), (760, 146), (815, 242), (822, 380), (806, 500), (788, 600), (808, 728)], 66),
    ([(645, 114), (530, 138), (444, 240), (420, 370), (428, 470), (456, 566)], 62),
    ([(662, 114), (742, 158), (790, 260), (797, 380), (786, 480), (764, 566)], 64),
    ([(650, 116), (550, 158), (474, 262), (442, 372), (452, 474)], 74),
    ([(660, 116), (722, 178), (764, 280), (773, 370), (760, 462)], 70),
    ([(652, 118), (580, 178), (516, 280), (472, 370), (462, 440)], 76),
    ([(659, 118), (700, 188), (732, 280), (738, 352), (722, 420)], 62),
    ([(655, 120), (610, 190), (560, 290), (512, 366), (486, 420)], 72),
    ([(657, 120), (638, 200), (604, 300), (556, 368), (524, 410)], 62),
    ([(657, 122), (654, 200), (636, 290), (604, 352), (580, 384)], 36),
)


def paint_hair_back(sheet: Sheet) -> None:
    """Paint the hair behind the head and neck."""
    mass = shape(
        [
            (604, 102),
            (484, 138),
            (408, 222),
            (384, 330),
            (380, 460),
            (394, 590),
            (390, 690),
            (404, 760),
            (450, 796),
        ],
        [(450, 796), (560, 800), (660, 806), (760, 780)],
        [
            (760, 780),
            (810, 720),
            (832, 640),
            (836, 520),
            (842, 400),
            (836, 290),
            (792, 184),
            (716, 118),
            (604, 102),
        ],
    )
    tones = across((600, 140), (600, 820), [(0, HAIR.base), (0.4, HAIR.shade), (1, HAIR.deep)])
    with sheet.within(mass, tones) as inner:
        inner.soft(ellipse(606, 640, 150, 190), HAIR.ink, 30, 0.55)
        for x in range(400, 830, 22):
            inner.ink(
                [(612 + (x - 612) * 0.7, 200), (x, 480), (x + (612 - x) * 0.08, 800)],
                4.0,
                HAIR.ink,
                opacity=0.35,
            )
    sheet.ink([(380, 460), (394, 590), (390, 690), (404, 760)], 4.6, HAIR.ink, start=0.4)
    for spine, width in (
        ([(430, 420), (398, 560), (404, 680), (380, 790)], 52),
        ([(446, 520), (424, 660), (440, 760), (424, 838)], 54),
        ([(800, 420), (826, 540), (818, 660), (842, 760)], 46),
    ):
        lock(sheet, spine, width, HAIR, gloss=None, tone=(HAIR.shade, HAIR.deep))


def paint_hair_front(sheet: Sheet) -> None:
    """Paint the crown, the bangs and the locks beside the face."""
    crown = shape(
        [
            (398, 440),
            (386, 330),
            (408, 222),
            (482, 138),
            (604, 101),
            (716, 114),
            (794, 184),
            (836, 300),
            (830, 440),
        ],
        [
            (830, 440),
            (796, 400),
            (770, 330),
            (720, 280),
            (650, 246),
            (560, 280),
            (470, 330),
            (430, 400),
            (398, 440),
        ],
    )
    tones = across((500, 130), (760, 420), [(0, HAIR.light), (0.3, HAIR.base), (1, HAIR.shade)])
    with sheet.within(crown, tones) as inner:
        for share in np.linspace(0.02, 0.98, 24):
            x = 400 + 420 * share
            inner.ink(
                [(642, 134), ((642 + x) / 2 + (x - 620) * 0.24, 190), (x, 400)], 2.6, HAIR.deep, opacity=0.35
            )
    for i, (spine, width) in enumerate(BANGS):
        leftward = spine[2][0] < 650
        gloss = 0.26 if i < 2 else 0.34 if i < 4 else 0.42
        lock(sheet, spine, width, HAIR, gloss=gloss, lit=-1 if leftward else 1, strands=3, root=0.3)
    top = [
        (394, 430),
        (386, 330),
        (408, 222),
        (482, 138),
        (604, 101),
        (716, 114),
        (794, 184),
        (836, 300),
        (832, 430),
    ]
    sheet.ink(top, 5.0, HAIR.ink, start=0.3, end=0.3)
    for strand in (
        [(560, 118), (452, 150), (384, 270), (376, 390)],
        [(790, 180), (846, 300), (842, 420)],
    ):
        sheet.ink(strand, 4.0, HAIR.base, start=0.6)


def bang_shadow(sheet: Sheet, look: Look) -> None:
    """Paint what the bangs throw on the face, below and to the right of them."""
    for spine, width in BANGS:
        moved = shifted(spine, 9.0, 17.0)
        sheet.fill(ribbon(moved, width * 0.92, start=0.6, end=0.0, peak=0.35), look.skin_deep, 1.0)


def paint_braid(sheet: Sheet) -> None:
    """Paint the braid that falls over her left shoulder, its ribbon and its loose end."""
    spine = even([(790, 622), (822, 716), (822, 820), (786, 930), (762, 1040), (760, 1130)], 120)
    n = 11
    for i in range(n):
        t = i / n
        width = (92 - 34 * t) * min(1.0, 0.56 + 2.4 * t)
        side = 1 if i % 2 else -1
        a, b, c = (spine[min(119, int((t + dt / n) * 119))] for dt in (-0.35 if i else 0.0, 0.75, 2.0))
        ahead = spine[min(119, int((t + 0.9 / n) * 119))] - spine[max(0, int((t - 0.4 / n) * 119))]
        normal = np.array([-ahead[1], ahead[0]]) / max(float(np.linalg.norm(ahead)), 1e-6)
        points = [
            tuple(a - normal * side * width * 0.22),
            tuple(b + normal * side * width * 0.34),
            tuple(c - normal * side * width * 0.16),
        ]
        lock(
            sheet, points, width * 0.82, HAIR, root=0.35, peak=0.5, gloss=0.5, lit=1, strands=3, ink_width=3.8
        )
    end = spine[-1]
    for dx, length, width in ((-20, 96, 26), (20, 92, 26), (-8, 124, 30), (9, 112, 28)):
        lock(
            sheet,
            [
                tuple(end - (0, 6)),
                (end[0] + dx * 0.9, end[1] + length * 0.5),
                (end[0] + dx * 0.6, end[1] + length),
            ],
            width,
            HAIR,
            root=0.7,
            gloss=0.45,
        )
    x, y = end
    with sheet.within(
        shape(
            [(x - 22, y - 14), (x, y - 20), (x + 22, y - 14)],
            [(x + 22, y - 14), (x + 20, y + 12)],
            [(x + 20, y + 12), (x, y + 17), (x - 20, y + 12)],
            [(x - 20, y + 12), (x - 22, y - 14)],
        ),
        _JADE[1],
    ) as tie:
        tie.soft(ellipse(x - 8, y - 6, 9, 6), _JADE[3], 3, 0.8)
        tie.soft(ellipse(x + 16, y + 2, 9, 18), _JADE[0], 4, 0.8)
    for side in (-1, 1):
        loop = [(x, y), (x + side * 30, y - 24), (x + side * 46, y - 4), (x + side * 26, y + 10), (x, y)]
        with sheet.within(spline(loop), _JADE[1]) as bow:
            bow.soft(ellipse(x + side * 10, y, 16, 10), _JADE[0], 5, 0.8)
            bow.soft(ellipse(x + side * 30 - 4, y - 14, 11, 5), _JADE[2], 3, 0.8)
        sheet.ink(loop, 3.0, _TRIM["ink"], start=0.5, end=0.5)


def paint_hairpin(sheet: Sheet) -> None:
    """Paint the jade pin above her right ear: a stem, two leaves, a bud and two beads on a thread."""
    sheet.ink([(392, 356), (440, 322), (512, 270)], 9, _JADE[0], start=0.5, end=0.6)
    sheet.ink([(394, 353), (440, 319), (510, 268)], 4, _JADE[2], start=0.3, end=0.5)
    for spine, width in (
        ([(430, 326), (404, 282), (412, 236)], 34),
        ([(426, 330), (380, 312), (352, 274)], 30),
    ):
        leaf = even(spine, 40)
        t = np.linspace(0, 1, 40)
        half = np.sin(np.pi * t**0.8) * width / 2
        outline = np.vstack([offset(leaf, half), offset(leaf, -half)[::-1]])
        with sheet.within(
            outline, across(spine[0], spine[-1], [(0, _JADE[0]), (0.5, _JADE[1]), (1, _JADE[2])])
        ) as inner:
            inner.soft(np.vstack([leaf, offset(leaf, half * 0.9)[::-1]]), _JADE[2], 3, 0.7)
            inner.ink(spine, 2.4, _JADE[3], opacity=0.9)
        sheet.ink(offset(leaf, half), 2.6, _TRIM["ink"], start=0.3, end=0.3)
        sheet.ink(offset(leaf, -half), 2.6, _TRIM["ink"], start=0.3, end=0.3)
    for x, y, r in ((432, 330, 13), (398, 392, 6), (396, 412, 7.5)):
        if r < 10:
            sheet.ink([(404, 352), (400, 376), (396, 420)], 1.8, _JADE[0], start=1, end=1)
        bead(sheet, x, y, r, _JADE[1], _JADE[0])
    for dx in (-4, -1.5, 1.5, 4):
        sheet.ink(
            [(396 + dx * 0.3, 420), (396 + dx, 440), (396 + dx * 1.3, 468)], 2.6, _JADE[1], start=0.8, end=0.2
        )
