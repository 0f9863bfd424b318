"""Wren Ashdown's clothes: a navy coat with a star pin over a cream knit, headphones round the neck."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from anatomy import Look
from brush import (
    Points,
    Sheet,
    across,
    band,
    bead,
    colour,
    ellipse,
    even,
    offset,
    ribbon,
    shape,
    shifted,
    spline,
)

_NAVY: Final = {
    "ink": "#141c30",
    "deep": "#202c48",
    "shade": "#2a3959",
    "base": "#3a4d75",
    "light": "#5a7099",
}
_KNIT: Final = {"ink": "#8c7c70", "shade": "#d3c6ba", "base": "#f2eadf", "light": "#fffdf8"}
_STEEL: Final = {"ink": "#15171f", "shade": "#262a35", "base": "#3b4150", "light": "#6d7688"}
_AMBER: Final = ("#a8651a", "#e8a33c", "#ffd98a", "#fff4d6")


_LEFT_ARM: Final = (
    [(360, 842), (302, 888), (276, 990), (256, 1170), (238, 1370), (228, 1640)],
    [(228, 1640), (366, 1640)],
    [(366, 1640), (378, 1400), (392, 1200), (410, 1020)],
    [(410, 1020), (360, 842)],
)
_RIGHT_ARM: Final = (
    [(860, 838), (918, 884), (944, 986), (966, 1170), (986, 1370), (998, 1640)],
    [(998, 1640), (858, 1640)],
    [(858, 1640), (846, 1400), (832, 1200), (814, 1020)],
    [(814, 1020), (860, 838)],
)
_LEFT_FRONT: Final = (
    [(494, 790), (430, 812), (366, 838), (322, 872), (312, 930), (352, 1010), (388, 1080)],
    [(388, 1080), (398, 1200), (412, 1330), (416, 1420), (400, 1640)],
    [(400, 1640), (600, 1640)],
    [(600, 1640), (584, 1400), (566, 1230), (548, 1120), (520, 960), (494, 790)],
)
_RIGHT_FRONT: Final = (
    [(720, 786), (786, 808), (856, 834), (900, 868), (908, 926), (870, 1006), (832, 1076)],
    [(832, 1076), (824, 1200), (812, 1330), (808, 1420), (824, 1640)],
    [(824, 1640), (560, 1640)],
    [(560, 1640), (572, 1400), (600, 1230), (640, 1120), (690, 960), (720, 786)],
)


def paint_body(sheet: Sheet) -> None:
    """Paint knit and coat down to the waist."""
    _knit(sheet)
    _coat(sheet)


def paint_neck(sheet: Sheet, look: Look) -> None:
    """Paint the neck, which stands behind the clothes, and the coat's collar behind it."""
    collar_back = [(470, 850), (490, 790), (530, 752), (606, 742), (684, 748), (728, 786), (748, 846)]
    sheet.fill(shape(collar_back, [(748, 846), (470, 850)]), _NAVY["deep"])
    neck = shape(
        [(552, 620), (550, 700), (544, 800)],
        [(544, 800), (680, 800)],
        [(680, 800), (671, 700), (668, 620)],
        [(668, 620), (552, 620)],
    )
    with sheet.within(neck, across((540, 700), (680, 760), [(0, look.skin_light), (1, look.skin)])) as skin:
        cast = shape(
            [(530, 600), (690, 600), (690, 720)],
            [(690, 720), (650, 752), (606, 756), (566, 726), (530, 680)],
            [(530, 680), (530, 600)],
        )
        skin.soft(cast, look.skin_deep, 3, 0.8)
        skin.soft(
            shape(
                [(650, 640), (656, 800)],
                [(656, 800), (700, 800)],
                [(700, 800), (690, 620)],
                [(690, 620), (650, 640)],
            ),
            look.skin_deep,
            8,
            0.6,
        )
    sheet.ink([(552, 650), (550, 700), (546, 790)], 4.4, look.skin_ink, start=0.2, end=0.6)
    sheet.ink([(668, 650), (671, 700), (678, 790)], 4.4, look.skin_ink, start=0.2, end=0.6)


def _knit(sheet: Sheet) -> None:
    torso = shape(
        [(500, 800), (420, 900), (470, 1200), (560, 1640)],
        [(560, 1640), (640, 1640)],
        [(640, 1640), (740, 1200), (780, 900), (716, 800)],
        [(716, 800), (606, 830), (500, 800)],
    )
    with sheet.within(
        torso,
        across((460, 820), (760, 1300), [(0, _KNIT["light"]), (0.5, _KNIT["base"]), (1, _KNIT["shade"])]),
    ) as k:
        for x in range(430, 800, 20):
            k.ink(
                [(606 + (x - 606) * 0.72, 830), (x, 1000), (606 + (x - 606) * 0.9, 1300)],
                3.2,
                _KNIT["shade"],
                start=0.8,
                end=0.8,
            )
        k.soft(
            shape(
                [(560, 800), (690, 800), (750, 1000)],
                [(750, 1000), (690, 1000), (640, 1160), (600, 1280)],
                [(600, 1280), (690, 930), (560, 800)],
            ),
            "#b9a99b",
            14,
            0.55,
        )
        k.soft(
            shape(
                [(500, 800), (606, 860), (716, 800)],
                [(716, 800), (700, 866), (606, 896), (516, 866), (500, 800)],
            ),
            "#b9a99b",
            6,
            0.75,
        )
    collar = shape(
        [(534, 742), (524, 790), (516, 838)],
        [(516, 838), (606, 872), (704, 834)],
        [(704, 834), (694, 786), (684, 738)],
        [(684, 738), (610, 770), (534, 742)],
    )
    with sheet.within(
        collar,
        across((520, 760), (700, 820), [(0, _KNIT["light"]), (0.5, _KNIT["base"]), (1, _KNIT["shade"])]),
    ) as c:
        for i in range(17):
            x = 528 + 10 * i
            c.ink(
                [(606 + (x - 606) * 0.92, 748), (606 + (x - 606) * 1.1, 868)],
                3.4,
                _KNIT["shade"],
                start=0.9,
                end=0.9,
            )
        c.soft(
            shape(
                [(640, 740), (720, 730), (730, 850)],
                [(730, 850), (650, 870)],
                [(650, 870), (672, 800), (640, 740)],
            ),
            "#b9a99b",
            8,
            0.7,
        )
        c.soft(
            shape(
                [(530, 736), (610, 766), (690, 734)],
                [(690, 734), (686, 752), (610, 786), (532, 758), (530, 736)],
            ),
            "#a89789",
            4,
            0.6,
        )
    sheet.ink([(534, 742), (524, 790), (516, 838)], 4.2, _KNIT["ink"], start=0.6, end=0.6)
    sheet.ink([(684, 738), (694, 786), (704, 834)], 4.2, _KNIT["ink"], start=0.6, end=0.6)
    sheet.ink([(534, 742), (610, 770), (684, 738)], 3.8, _KNIT["ink"], start=0.5, end=0.5)
    sheet.ink([(516, 838), (606, 872), (704, 834)], 3.8, _KNIT["ink"], start=0.5, end=0.5)


def _coat(sheet: Sheet) -> None:
    tones = across((300, 840), (860, 1600), [(0, _NAVY["light"]), (0.3, _NAVY["base"]), (1, _NAVY["shade"])])
    for arm, side in ((_LEFT_ARM, -1), (_RIGHT_ARM, 1)):
        with sheet.within(shape(*arm), tones) as cloth:
            _sleeve(cloth, side)
        sheet.ink(arm[0], 5.4, _NAVY["ink"], start=0.5, end=0.8)
        sheet.ink(arm[2], 5.4, _NAVY["ink"], start=0.8, end=0.4)
    for front, side in ((_LEFT_FRONT, -1), (_RIGHT_FRONT, 1)):
        with sheet.within(shape(*front), tones) as cloth:
            _front(cloth, side)
        for edge in (front[0], front[1], front[3]):
            sheet.ink(edge, 5.0, _NAVY["ink"], start=0.5, end=0.5)
    _lapel(
        sheet,
        [(492, 790), (430, 850), (402, 920)],
        [(402, 920), (448, 944), (430, 1000)],
        [(430, 1000), (500, 1130), (566, 1236)],
        [(566, 1236), (540, 1090), (516, 940), (492, 790)],
        -1,
    )
    _lapel(
        sheet,
        [(722, 786), (786, 846), (818, 914)],
        [(818, 914), (772, 940), (790, 996)],
        [(790, 996), (700, 1130), (600, 1236)],
        [(600, 1236), (644, 1090), (692, 940), (722, 786)],
        1,
    )
    for x, y in ((640, 1316), (632, 1450), (500, 1330), (506, 1462)):
        bead(sheet, x + 2, y + 4, 20, _NAVY["ink"], _NAVY["ink"])
        bead(sheet, x, y, 18, _AMBER[1], _AMBER[0])
        sheet.ink(ellipse(x, y, 11, 11), 2.2, _AMBER[0], start=1, end=1, opacity=0.8)
    _star(sheet, 752, 1012, 30)


def _sleeve(cloth: Sheet, side: int) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return (x, y) if side < 0 else (1226 - x, y)

    inner = spline([at(410, 1020), at(392, 1200), at(378, 1400), at(366, 1640)])
    wide = 62 if side > 0 else 36
    cloth.soft(np.vstack([inner, shifted(inner, side * wide, 0)[::-1]]), _NAVY["deep"], 9, 0.85)
    if side > 0:
        cloth.soft(
            shape(
                [(930, 900), (960, 1100), (1000, 1640)],
                [(1000, 1640), (940, 1640)],
                [(940, 1640), (900, 1100), (930, 900)],
            ),
            _NAVY["deep"],
            12,
            0.6,
        )
    cloth.soft(
        shape(
            [at(330, 900), at(304, 1010), at(284, 1200)],
            [at(284, 1200), at(316, 1020), at(352, 900)],
            [at(352, 900), at(330, 900)],
        ),
        "#7288b0",
        9,
        0.6,
    )
    for line, width in (
        ([at(398, 1090), at(350, 1130), at(288, 1140)], 26),
        ([at(390, 1210), at(348, 1268), at(274, 1284)], 30),
        ([at(376, 1350), at(330, 1420), at(256, 1436)], 32),
        ([at(370, 1480), at(336, 1520), at(286, 1530)], 24),
    ):
        cloth.soft(
            ribbon([(x, y + 14) for x, y in line], width, start=0.9, end=0.0, peak=0.2), _NAVY["deep"], 6, 0.9
        )
        cloth.soft(
            ribbon([(x, y - 12) for x, y in line], width * 0.5, start=0.9, end=0.0, peak=0.3),
            _NAVY["light"],
            5,
            0.6,
        )
        cloth.ink(line, 4.2, _NAVY["ink"], start=0.8, end=0.0, peak=0.1, opacity=0.85)


def _front(cloth: Sheet, side: int) -> None:
    def at(x: float, y: float) -> tuple[float, float]:
        return (x, y) if side < 0 else (1222 - x, y)

    cloth.soft(
        shape(
            [at(388, 1080), at(398, 1200), at(414, 1380), at(400, 1640)],
            [at(400, 1640), at(470, 1640)],
            [at(470, 1640), at(464, 1400), at(430, 1220), at(388, 1080)],
        ),
        _NAVY["deep"],
        10,
        0.8 if side > 0 else 0.6,
    )
    cloth.soft(
        shape(
            [at(400, 1190), at(460, 1256), at(560, 1240)],
            [at(560, 1240), at(520, 1310), at(430, 1300)],
            [at(430, 1300), at(400, 1190)],
        ),
        _NAVY["deep"],
        12,
        0.7,
    )
    cloth.soft(ellipse(*at(440, 1110), 44, 66), _NAVY["light"], 22, 0.65)
    cloth.soft(ellipse(*at(372, 872), 46, 20), "#7288b0", 11, 0.7)
    for line, width in (
        ([at(388, 1076), at(384, 1020), at(366, 960)], 4.6),
        ([at(398, 1110), at(430, 1210), at(500, 1250)], 4.0),
        ([at(410, 1330), at(450, 1400), at(466, 1500)], 3.6),
    ):
        cloth.ink(line, width, _NAVY["ink"], start=0.8, end=0.0, peak=0.1, opacity=0.85)


def _lapel(sheet: Sheet, outer: Points, notch: Points, lower: Points, inner: Points, side: int) -> None:
    moved = [shifted(part, side * -2 + 6, 12) for part in (outer, notch, lower, inner)]
    sheet.soft(shape(*moved), _NAVY["ink"], 6, 0.55)
    start, end = ((420, 820), (540, 1180)) if side < 0 else ((680, 800), (790, 1100))
    with sheet.within(
        shape(outer, notch, lower, inner),
        across(start, end, [(0, "#6a80aa"), (0.4, "#475c86"), (1, _NAVY["base"])]),
    ) as flap:
        flap.soft(
            np.vstack([spline(inner), shifted(spline(inner), side * 16, 0)[::-1]]), _NAVY["shade"], 6, 0.8
        )
    for edge in (outer, notch, lower, inner):
        sheet.ink(edge, 4.2, _NAVY["ink"], start=0.5, end=0.5)
    sheet.ink(shifted(lower, side * -9, -6), 2.2, _AMBER[1], start=0.8, end=0.2, opacity=0.6)


def _star(sheet: Sheet, x: float, y: float, r: float) -> None:
    sheet.soft(ellipse(x, y, r * 1.3, r * 1.3), colour(_AMBER[2], 0.5), 12, 0.6)
    corners = []
    for i in range(10):
        reach = r if i % 2 == 0 else r * 0.46
        angle = -np.pi / 2 + i * np.pi / 5 + 0.12
        corners.append((x + reach * np.cos(angle), y + reach * np.sin(angle)))
    sheet.fill(shifted(corners, 2, 4), _NAVY["ink"], 0.7)
    sheet.fill(
        corners, across((x - r, y - r), (x + r, y + r), [(0, _AMBER[3]), (0.45, _AMBER[1]), (1, _AMBER[0])])
    )
    for i in range(0, 10, 2):
        sheet.fill([corners[i], corners[(i + 1) % 10], (x, y)], _AMBER[0], 0.4)
    closed = [*corners, corners[0]]
    for a, b in pairwise(closed):
        sheet.ink([a, b], 2.4, "#6d3d0c", start=1, end=1)


def paint_accessory(sheet: Sheet) -> None:
    """Paint the headphones that rest round her neck."""
    for spine, side in (
        ([(470, 884), (476, 812), (520, 762), (548, 744)], -1),
        ([(748, 880), (742, 806), (702, 758), (672, 740)], 1),
    ):
        band(sheet, spine, 30, _STEEL, side)
        line = even(spine, 40)
        sheet.ink(offset(line, np.full(40, 6.0 * -side)), 3.0, _AMBER[1], start=0.9, end=0.4)
    for x, y, turn in ((464, 906, 0.2), (756, 902, -0.2)):
        _cup(sheet, x, y, turn)


def _cup(sheet: Sheet, x: float, y: float, turn: float) -> None:
    def oval(dx: float, dy: float, rx: float, ry: float) -> np.ndarray:
        points = ellipse(0, 0, rx, ry)
        c, s = np.cos(turn), np.sin(turn)
        return np.column_stack(
            [x + dx + points[:, 0] * c - points[:, 1] * s, y + dy + points[:, 0] * s + points[:, 1] * c]
        )

    inward = 14 if turn > 0 else -14
    sheet.soft(oval(6, 16, 50, 62), _NAVY["ink"], 8, 0.6)
    sheet.fill(oval(inward, 0, 47, 61), _STEEL["ink"])
    with sheet.within(oval(inward, 0, 43, 57), "#4a4350") as pad:
        pad.soft(oval(inward - 12, -14, 24, 34), "#7a7080", 9, 0.8)
    sheet.fill(oval(0, 0, 43, 55), _STEEL["ink"])
    with sheet.within(
        oval(0, 0, 39, 51),
        across(
            (x - 30, y - 50),
            (x + 30, y + 50),
            [(0, _STEEL["light"]), (0.45, _STEEL["base"]), (1, _STEEL["shade"])],
        ),
    ) as shell:
        shell.soft(oval(-14, -24, 14, 12), "#aab2c2", 5, 0.8)
    sheet.fill(oval(0, 2, 27, 37), _AMBER[0])
    sheet.fill(oval(0, 2, 24, 34), _AMBER[1])
    with sheet.within(
        oval(0, 2, 20, 30), across((x - 20, y - 30), (x + 20, y + 30), [(0, "#59617a"), (1, "#20242f")])
    ) as disc:
        disc.soft(oval(-7, -12, 8, 9), "#9aa3b8", 3, 0.7)
