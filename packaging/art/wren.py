"""Wren Ashdown: auburn wavy bob, headphones round the neck, navy coat with a star pin over a cream knit."""

from __future__ import annotations

from typing import Final

import numpy as np
from anatomy import Look
from brush import (
    Hair,
    Points,
    Sheet,
    across,
    ellipse,
    lock,
    ribbon,
    shape,
    shifted,
)

LOOK: Final = Look(
    skin="#fce3d4", skin_light="#fff1e8", skin_shade="#efbfa9", skin_deep="#d79b88", skin_ink="#96564a",
    blush="#ef8878", lash="#35201f", lash_warm="#7c4333", brow="#8a4a2e",
    iris_ink="#1d2c44", iris_deep="#3d5a80", iris_base="#7797b8", iris_light="#c8e0ee", lip="#cf6c64",
    slant=-0.03, openness=0.86, brow_weight=1.12, freckles=True,
)  # fmt: skip
TILT: Final = -3.0
HAIR: Final = Hair(
    ink="#3f160f", deep="#5c2417", shade="#7a331f", base="#a34d2b", light="#c97445", gloss="#f0b27c"
)


BANGS: Final[tuple[tuple[Points, float], ...]] = (
    ([(556, 120), (462, 150), (389, 244), (366, 350), (388, 460), (352, 570), (388, 660), (448, 704)], 84),
    ([(590, 118), (720, 126), (820, 206), (846, 330), (818, 450), (862, 560), (830, 660), (762, 706)], 88),
    ([(560, 110), (480, 160), (420, 260), (398, 360), (418, 460), (396, 550), (434, 640)], 70),
    ([(586, 108), (704, 130), (796, 230), (816, 340), (792, 450), (818, 540), (784, 640)], 76),
    ([(564, 112), (506, 180), (448, 280), (424, 370), (438, 446), (424, 508)], 58),
    ([(582, 110), (690, 158), (768, 260), (790, 350), (770, 440), (784, 522)], 68),
    ([(566, 114), (536, 196), (490, 290), (462, 356), (464, 420)], 54),
    ([(578, 110), (668, 174), (742, 280), (764, 360), (744, 448)], 74),
    ([(574, 112), (640, 188), (704, 286), (724, 356), (702, 428)], 74),
    ([(571, 114), (612, 198), (660, 290), (676, 352), (652, 412)], 68),
    ([(568, 116), (586, 200), (612, 290), (618, 346), (594, 398)], 54),
)


def paint_hair_back(sheet: Sheet) -> None:
    """Paint the hair behind the head: a bob that ends above the shoulders."""
    mass = shape(
        [
            (600, 98),
            (478, 132),
            (396, 230),
            (366, 350),
            (374, 460),
            (352, 560),
            (372, 650),
            (430, 716),
            (500, 734),
        ],
        [(500, 734), (606, 744), (716, 732)],
        [
            (716, 732),
            (800, 712),
            (846, 640),
            (852, 550),
            (832, 450),
            (852, 340),
            (820, 210),
            (730, 118),
            (600, 98),
        ],
    )
    with sheet.within(
        mass, across((600, 120), (600, 740), [(0, HAIR.shade), (0.5, HAIR.deep), (1, HAIR.ink)])
    ) as inner:
        inner.soft(ellipse(606, 620, 150, 150), "#2a0d09", 30, 0.5)
    for spine, width in (
        ([(420, 480), (388, 580), (412, 680), (490, 742)], 64),
        ([(440, 560), (430, 650), (470, 720), (540, 750)], 54),
        ([(800, 480), (836, 580), (800, 690), (716, 744)], 66),
        ([(770, 560), (780, 650), (736, 726), (666, 752)], 54),
        ([(392, 520), (356, 620), (372, 690), (350, 726)], 36),
        ([(826, 520), (858, 620), (842, 690), (866, 722)], 36),
    ):
        lock(sheet, spine, width, HAIR, gloss=None, tone=(HAIR.shade, HAIR.deep))


def paint_hair_front(sheet: Sheet) -> None:
    """Paint the crown, the swept fringe and the waves beside the face."""
    crown = shape(
        [
            (390, 440),
            (374, 330),
            (400, 218),
            (478, 132),
            (600, 97),
            (728, 113),
            (814, 196),
            (850, 310),
            (838, 440),
        ],
        [
            (838, 440),
            (796, 400),
            (770, 330),
            (700, 280),
            (600, 250),
            (520, 280),
            (460, 330),
            (424, 400),
            (390, 440),
        ],
    )
    with sheet.within(
        crown, across((480, 120), (760, 420), [(0, HAIR.light), (0.3, HAIR.base), (1, HAIR.shade)])
    ) as inner:
        for share in np.linspace(0.02, 0.98, 20):
            x = 390 + 450 * share
            inner.ink(
                [(572, 106), ((572 + x) / 2 + (x - 600) * 0.24, 180), (x, 400)], 2.6, HAIR.deep, opacity=0.35
            )
    for i, (spine, width) in enumerate(BANGS):
        leftward = spine[2][0] < 560
        lock(
            sheet,
            spine,
            width,
            HAIR,
            gloss=0.24 if i < 2 else 0.32 if i < 4 else 0.4,
            lit=-1 if leftward else 1,
            strands=3,
            root=0.3,
        )
    top = [
        (384, 430),
        (374, 330),
        (400, 218),
        (478, 132),
        (600, 97),
        (728, 113),
        (814, 196),
        (850, 310),
        (842, 430),
    ]
    sheet.ink(top, 5.0, HAIR.ink, start=0.3, end=0.3)
    for strand in (
        [(600, 104), (690, 92), (770, 130)],
        [(500, 120), (410, 190), (362, 300)],
        [(840, 300), (866, 380), (850, 450)],
    ):
        sheet.ink(strand, 4.0, HAIR.base, start=0.5)


def bang_shadow(sheet: Sheet, look: Look) -> None:
    """Paint what the fringe throws on the face, below and to the right of it."""
    for spine, width in BANGS:
        moved = shifted(spine, 9.0, 17.0)
        sheet.fill(ribbon(moved, width * 0.92, start=0.6, end=0.0, peak=0.35), look.skin_deep)
