"""Gu Xiaoman's clothes: a tea-green cross-collar jacket with short sleeves over off-white linen."""

from __future__ import annotations

from typing import Final

import numpy as np
from anatomy import Look
from brush import Sheet, across, band, bead, colour, ellipse, even, ribbon, shape, shifted, spline

_JADE: Final = ("#2f6b53", "#4f9a78", "#8fd0ab", "#d9f4e2")
_GREEN: Final = {
    "ink": "#2c4a41",
    "deep": "#4c7565",
    "shade": "#6a9581",
    "base": "#8db49c",
    "light": "#b5d3bb",
}
_TRIM: Final = {
    "thread": "#d8c48a",
    "ink": "#1d3a33",
    "shade": "#2a5347",
    "base": "#3b6b5b",
    "light": "#57907a",
}
_LINEN: Final = {"ink": "#8d7b6c", "shade": "#d8cabb", "base": "#f7f1e6", "light": "#fffdf8"}


def paint_body(sheet: Sheet) -> None:
    """Paint linen collar and jacket down to the waist."""
    _jacket(sheet)


def paint_neck(sheet: Sheet, look: Look) -> None:
    """Paint the neck, which stands behind the clothes."""
    neck = shape(
        [(549, 620), (549, 690), (540, 738), (508, 768), (430, 800)],
        [(430, 800), (560, 1010), (640, 1010), (790, 796)],
        [(790, 796), (712, 764), (680, 732), (670, 690), (671, 620)],
        [(671, 620), (549, 620)],
    )
    with sheet.within(neck, across((520, 700), (700, 800), [(0, look.skin_light), (1, look.skin)])) as skin:
        cast = shape(
            [(530, 600), (690, 600), (690, 700)],
            [(690, 700), (652, 756), (606, 764), (560, 724), (530, 680)],
            [(530, 680), (530, 600)],
        )
        skin.soft(cast, look.skin_deep, 3, 0.75)
        skin.soft(
            shape(
                [(656, 640), (660, 720), (690, 775)],
                [(690, 775), (820, 830), (780, 600)],
                [(780, 600), (656, 640)],
            ),
            look.skin_shade,
            8,
            0.8,
        )
        skin.soft(ellipse(596, 850, 34, 12), look.skin_shade, 7, 0.8)
        skin.ink([(486, 804), (540, 814), (580, 838)], 3.4, look.skin_ink, opacity=0.5)
        skin.ink([(742, 800), (680, 812), (628, 838)], 3.4, look.skin_ink, opacity=0.5)
        skin.ink([(640, 720), (632, 770), (614, 826)], 4, look.skin_shade, opacity=0.9)
    sheet.ink(
        [(549, 650), (549, 690), (540, 738), (508, 768), (440, 796)], 4.6, look.skin_ink, start=0.2, end=0.3
    )
    sheet.ink(
        [(671, 650), (670, 690), (680, 732), (712, 764), (780, 792)], 4.6, look.skin_ink, start=0.2, end=0.3
    )


_LEFT_ARM: Final = (
    [(352, 846), (306, 886), (282, 980), (264, 1160), (246, 1360), (236, 1640)],
    [(236, 1640), (352, 1640)],
    [(352, 1640), (366, 1400), (384, 1200), (400, 1000)],
    [(400, 1000), (352, 846)],
)
_RIGHT_ARM: Final = (
    [(868, 838), (914, 878), (940, 972), (960, 1160), (980, 1360), (992, 1640)],
    [(992, 1640), (872, 1640)],
    [(872, 1640), (856, 1400), (838, 1200), (820, 1000)],
    [(820, 1000), (868, 838)],
)
_LEFT_HALF: Final = (
    [(484, 772), (420, 802), (352, 836), (308, 882), (290, 950), (284, 1010)],
    [(284, 1010), (330, 1044), (384, 1060)],
    [(384, 1060), (396, 1180), (422, 1330), (434, 1420), (428, 1500), (404, 1640)],
    [(404, 1640), (700, 1640)],
    [(700, 1640), (690, 1200), (620, 1020), (556, 910), (484, 772)],
)
_RIGHT_HALF: Final = (
    [(732, 768), (800, 794), (868, 828), (912, 874), (932, 942), (940, 1004)],
    [(940, 1004), (892, 1040), (836, 1056)],
    [(836, 1056), (828, 1180), (804, 1330), (794, 1420), (802, 1500), (828, 1640)],
    [(828, 1640), (420, 1640)],
    [(420, 1640), (440, 1420), (476, 1250), (556, 1080), (654, 920), (732, 768)],
)


def _jacket(sheet: Sheet) -> None:
    linen = across((300, 900), (900, 1600), [(0, _LINEN["light"]), (0.5, _LINEN["base"]), (1, "#ece2d4")])
    for arm, side in ((_LEFT_ARM, -1), (_RIGHT_ARM, 1)):
        with sheet.within(shape(*arm), linen) as cloth:
            _sleeve(cloth, side)
        sheet.ink(arm[0], 5.0, _LINEN["ink"], start=0.4, end=0.8)
        sheet.ink(arm[2], 5.0, _LINEN["ink"], start=0.8, end=0.3)
    band(sheet, [(498, 762), (548, 880), (610, 990), (660, 1070)], 42, _LINEN, -1)
    band(sheet, [(716, 758), (662, 880), (594, 990), (520, 1090)], 42, _LINEN, 1)
    tones = across(
        (300, 850), (820, 1600), [(0, _GREEN["light"]), (0.35, _GREEN["base"]), (1, _GREEN["shade"])]
    )
    with sheet.within(shape(*_LEFT_HALF), tones) as cloth:
        _folds_left(cloth)
    for edge in (_LEFT_HALF[0], _LEFT_HALF[2]):
        sheet.ink(edge, 5.0, _GREEN["ink"], start=0.5, end=0.6)
    band(sheet, [(287, 996), (330, 1028), (388, 1046)], 22, _TRIM, 1)
    band(sheet, [(476, 768), (532, 882), (600, 1000), (668, 1110), (700, 1240)], 46, _TRIM, -1)
    with sheet.within(shape(*_RIGHT_HALF), tones) as cloth:
        _folds_right(cloth)
        _embroidery(cloth)
    for edge in (_RIGHT_HALF[0], _RIGHT_HALF[2]):
        sheet.ink(edge, 5.0, _GREEN["ink"], start=0.5, end=0.6)
    band(sheet, [(938, 990), (892, 1024), (832, 1042)], 22, _TRIM, -1)
    band(sheet, [(740, 762), (672, 906), (576, 1058), (500, 1210), (456, 1380), (438, 1640)], 50, _TRIM, 1)
    _sash(sheet)
    _knot(sheet)


def _sleeve(cloth: Sheet, side: int) -> None:
    """Shade one linen sleeve; `side` is +1 for the viewer's right."""

    def at(x: float, y: float) -> tuple[float, float]:
        return (x, y) if side < 0 else (1226 - x, y)

    inner = [at(400, 1000), at(384, 1200), at(366, 1400), at(352, 1640)]
    dark = 46 if side > 0 else 30
    cloth.soft(
        np.vstack([spline(inner), shifted(spline(inner), side * dark, 0)[::-1]]), _LINEN["shade"], 9, 0.9
    )
    cloth.soft(
        shape(
            [at(270, 1000), at(330, 1052), at(400, 1066)],
            [at(400, 1066), at(392, 1110), at(330, 1096), at(262, 1060)],
            [at(262, 1060), at(270, 1000)],
        ),
        "#bfae9e",
        6,
        0.8,
    )
    for line, width in (
        ([at(380, 1190), at(340, 1236), at(276, 1250)], 26),
        ([at(366, 1330), at(330, 1390), at(262, 1410)], 30),
        ([at(360, 1460), at(320, 1500), at(270, 1510)], 26),
    ):
        cloth.soft(
            ribbon([(x, y + 14) for x, y in line], width, start=0.9, end=0.0, peak=0.2),
            _LINEN["shade"],
            6,
            0.9,
        )
        cloth.ink(line, 4.0, _LINEN["ink"], start=0.8, end=0.0, peak=0.1, opacity=0.8)


def _folds_left(cloth: Sheet) -> None:
    shade, deep = _GREEN["shade"], _GREEN["deep"]
    cloth.soft(
        shape(
            [(384, 1060), (396, 1180), (422, 1330), (434, 1420), (404, 1640)],
            [(404, 1640), (470, 1640)],
            [(470, 1640), (470, 1400), (430, 1200), (384, 1060)],
        ),
        deep,
        9,
        0.6,
    )
    cloth.soft(
        shape(
            [(556, 930), (600, 1020), (690, 1220)],
            [(690, 1220), (640, 1300), (540, 1100), (500, 960)],
            [(500, 960), (556, 930)],
        ),
        shade,
        14,
        0.7,
    )
    cloth.soft(
        shape(
            [(400, 1150), (450, 1216), (520, 1200)],
            [(520, 1200), (500, 1280), (430, 1262)],
            [(430, 1262), (400, 1150)],
        ),
        deep,
        12,
        0.6,
    )
    cloth.soft(ellipse(448, 1070, 60, 62), _GREEN["light"], 24, 0.8)
    cloth.soft(ellipse(352, 900, 42, 30), _GREEN["light"], 14, 0.9)
    for line, width in (
        ([(384, 1056), (388, 1010), (410, 960)], 4.2),
        ([(398, 1080), (430, 1180), (506, 1214)], 3.6),
        ([(424, 1300), (470, 1350), (496, 1420)], 3.2),
    ):
        cloth.ink(line, width, _GREEN["ink"], start=0.8, end=0.0, peak=0.1, opacity=0.7)


def _folds_right(cloth: Sheet) -> None:
    deep = _GREEN["deep"]
    cloth.soft(
        shape(
            [(836, 1056), (828, 1180), (804, 1330), (794, 1420), (828, 1640)],
            [(828, 1640), (730, 1640)],
            [(730, 1640), (736, 1400), (780, 1200), (836, 1056)],
        ),
        deep,
        10,
        0.8,
    )
    cloth.soft(
        shape(
            [(912, 874), (932, 942), (940, 1004)],
            [(940, 1004), (836, 1056)],
            [(836, 1056), (884, 980), (912, 874)],
        ),
        deep,
        10,
        0.6,
    )
    cloth.soft(
        shape(
            [(820, 1150), (770, 1212), (690, 1200)],
            [(690, 1200), (620, 1250), (660, 1300), (780, 1262)],
            [(780, 1262), (820, 1150)],
        ),
        deep,
        13,
        0.65,
    )
    cloth.soft(ellipse(716, 1064, 60, 62), _GREEN["light"], 24, 0.75)
    cloth.soft(ellipse(812, 850, 50, 24), _GREEN["light"], 12, 0.8)
    for line, width in (
        ([(836, 1052), (830, 1006), (810, 960)], 4.2),
        ([(824, 1080), (790, 1180), (704, 1222)], 3.6),
        ([(640, 1240), (600, 1360), (590, 1440)], 3.0),
        ([(800, 1310), (740, 1370), (710, 1440)], 3.2),
    ):
        cloth.ink(line, width, _GREEN["ink"], start=0.8, end=0.0, peak=0.1, opacity=0.7)


def _embroidery(cloth: Sheet) -> None:
    stem = even([(880, 1030), (872, 970), (846, 908), (806, 852)], 60)
    cloth.ink(stem, 3.2, "#e6f0d8", start=0.6, end=0.2, opacity=0.75)
    for at, side, size in ((8, 1, 36), (18, -1, 34), (28, 1, 32), (38, -1, 30), (47, 1, 26), (57, -1, 20)):
        x, y = stem[at]
        tip = (x + side * size * 0.95, y - size * 0.62)
        mid = ((x + tip[0]) / 2 - side * 3, (y + tip[1]) / 2 - 5)
        cloth.fill(ribbon([(x, y), mid, tip], size * 0.42), colour("#eef6df", 0.72))
    for x, y in ((884, 1006), (838, 880)):
        for a in np.linspace(0, 2 * np.pi, 6)[:5]:
            cloth.fill(ellipse(x + 8 * np.cos(a), y + 8 * np.sin(a), 6.5, 6.5), colour("#fffaf0", 0.9))
        cloth.fill(ellipse(x, y, 4, 4), "#e0b95a")


def _sash(sheet: Sheet) -> None:
    sash = shape(
        [(428, 1424), (540, 1448), (690, 1448), (800, 1422)],
        [(800, 1422), (808, 1510), (832, 1640)],
        [(832, 1640), (400, 1640)],
        [(400, 1640), (424, 1510), (428, 1424)],
    )
    with sheet.within(
        sash,
        across((380, 1450), (860, 1600), [(0, _TRIM["light"]), (0.4, _TRIM["base"]), (1, _TRIM["shade"])]),
    ) as s:
        for y in (1474, 1514, 1556):
            s.ink(
                [(370, y - 14), (520, y + 6), (690, y + 8), (860, y - 14)],
                4,
                _TRIM["ink"],
                start=0.3,
                end=0.3,
                opacity=0.6,
            )
        s.soft(ellipse(800, 1540, 90, 90), _TRIM["ink"], 26, 0.5)
    sheet.ink([(428, 1424), (540, 1448), (690, 1448), (800, 1422)], 4.6, _TRIM["ink"], start=0.6, end=0.6)


def _knot(sheet: Sheet) -> None:
    x, y = 496, 1216
    for side in (-1, 1):
        loop = [(x, y), (x + side * 34, y - 26), (x + side * 54, y), (x + side * 34, y + 18), (x, y)]
        sheet.ink(loop, 8.0, _TRIM["ink"], start=0.9, end=0.9)
        sheet.ink(loop, 4.4, "#d8c48a", start=0.9, end=0.9)
    sheet.ink([(x, y), (x + 3, y + 40), (x, y + 66)], 4.0, "#c9b06a", start=1, end=1)
    for cx, cy, r in ((x, y, 12), (x + 1, y + 58, 10)):
        bead(sheet, cx, cy, r, _JADE[1], _JADE[0])
    for dx in np.linspace(-11, 11, 9):
        sheet.ink(
            [(x + dx * 0.3, y + 68), (x + dx * 0.9, y + 100), (x + dx, y + 148)],
            3.6,
            "#d8c48a" if int(dx) % 2 else "#b89a55",
            start=0.9,
            end=0.3,
        )
    sheet.ink([(x - 6, y + 74), (x, y + 77), (x + 6, y + 74)], 5, _JADE[0], start=1, end=1)
