"""Face, eyes, brows and mouths that both characters share, drawn upright in head coordinates.

The head is turned a little to the viewer's left: the features sit left of the skull's middle and the
far eye is narrower. Light falls from the upper left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from brush import (
    Line,
    Sheet,
    across,
    colour,
    cut,
    ellipse,
    even,
    glow,
    offset,
    ribbon,
    shape,
    shifted,
    spline,
)

MOUTH = (585.0, 603.0)
NOSE = (579.0, 551.0)


@dataclass(frozen=True, slots=True)
class Eye:
    """Centre and size of one opening; `side` is +1 when its outer corner is on the viewer's right."""

    x: float
    y: float
    width: float
    height: float
    side: int


FAR = Eye(503.0, 466.0, 98.0, 70.0, -1)
NEAR = Eye(680.0, 466.0, 110.0, 72.0, 1)


@dataclass(frozen=True, slots=True)
class Look:
    """The tones and proportions that tell one face from another."""

    skin: str
    skin_light: str
    skin_shade: str
    skin_deep: str
    skin_ink: str
    blush: str
    lash: str
    lash_warm: str
    brow: str
    iris_ink: str
    iris_deep: str
    iris_base: str
    iris_light: str
    lip: str
    slant: float = 0.0
    openness: float = 1.0
    brow_weight: float = 1.0
    freckles: bool = False


def face_outline() -> Line:
    """Return the face from temple over the chin to the other temple, closed over the forehead."""
    left = [(432, 330), (428, 400), (429, 455), (437, 512), (456, 564), (490, 614), (538, 656), (574, 676)]
    chin = [(574, 676), (594, 680), (615, 674)]
    right = [(615, 674), (668, 644), (716, 602), (750, 552), (768, 498), (776, 440), (780, 390), (778, 330)]
    top = [(778, 330), (742, 236), (606, 190), (470, 236), (432, 330)]
    return np.vstack([spline([*left, *chin[1:], *right[1:]]), spline(top)])


def paint_face(sheet: Sheet, look: Look) -> None:
    """Paint the bare face: skin, cheeks, nose; no eyes, brows or mouth."""
    outline = face_outline()
    fill = across((470, 300), (760, 650), [(0, look.skin_light), (0.55, look.skin), (1, look.skin)])
    with sheet.within(outline, fill) as skin:
        side = shape([(800, 380), (772, 470), (738, 548), (688, 612), (616, 668), (600, 710), (840, 690)])
        skin.soft(side, look.skin_shade, 9, 0.75)
        under = shape([(800, 420), (780, 500), (750, 564), (700, 622), (636, 672), (640, 700), (850, 690)])
        skin.soft(under, look.skin_deep, 5, 0.4)
        for x, y, r, a in ((482, 541, 44, 0.34), (706, 541, 50, 0.36)):
            skin.fill(
                ellipse(x, y, r, r * 0.56),
                glow((x, y), r, [(0, colour(look.blush, a)), (1, colour(look.blush, 0))]),
            )
        skin.soft(ellipse(470, 500, 18, 8), "#ffffff", 6, 0.35)
        _sockets(skin, look)
        _nose(skin, look)
        if look.freckles:
            _freckles(skin, look)
    left = [
        (427, 430),
        (429, 455),
        (437, 512),
        (456, 564),
        (490, 614),
        (538, 656),
        (574, 676),
        (594, 680),
        (615, 674),
    ]
    right = [(594, 680), (615, 674), (668, 644), (716, 602), (750, 552), (768, 498), (777, 430)]
    sheet.ink(left, 4.2, look.skin_ink, start=0.2, end=0.3, peak=0.7)
    sheet.ink(right, 5.0, look.skin_ink, start=0.3, end=0.2, peak=0.35)


def _sockets(skin: Sheet, look: Look) -> None:
    for eye in (FAR, NEAR):
        upper = upper_lid(eye, 1.0, look.slant)
        above = np.vstack([upper, offset(upper, np.full(len(upper), 15.0 * -eye.side))[::-1]])
        skin.soft(above, look.skin_shade, 6, 0.5)


def _nose(skin: Sheet, look: Look) -> None:
    x, y = NOSE
    skin.soft(
        shape(
            [(x + 3, y - 42), (x + 10, y - 10), (x + 15, y + 3)],
            [(x + 15, y + 3), (x + 4, y + 8), (x - 4, y + 5)],
            [(x - 4, y + 5), (x + 2, y - 18), (x + 3, y - 42)],
        ),
        look.skin_shade,
        3.5,
        0.75,
    )
    skin.soft(ellipse(x - 5, y - 8, 4, 7), "#ffffff", 2.2, 0.7)
    skin.ink([(x - 5, y + 4), (x + 1, y + 8), (x + 9, y + 5)], 4.0, look.skin_ink, opacity=0.85)


def _freckles(skin: Sheet, look: Look) -> None:
    draw = np.random.default_rng(4)
    for x, y, spread, n in ((482, 524, 34, 12), (704, 526, 42, 13), (579, 512, 22, 6)):
        for share in np.linspace(-1, 1, n):
            dx, dy = share * spread + draw.normal(0, 4), draw.normal(0, 6.5) + 3 * share**2
            r = float(draw.uniform(1.4, 2.6))
            skin.fill(ellipse(x + dx, y + dy, r, r * 0.9), "#b5653f", float(draw.uniform(0.3, 0.55)))


def upper_lid(eye: Eye, openness: float, slant: float = 0.0) -> Line:
    """Return the upper lid from the inner to the outer corner."""
    lid = [(-1, 0.2), (-0.84, -0.06), (-0.5, -0.36), (0.0, -0.5), (0.46, -0.43), (0.8, -0.2), (1.0, 0.02)]
    return spline([_at(eye, u, closed_y(u) + openness * (v - closed_y(u)), slant) for u, v in lid])


def lower_lid(eye: Eye, slant: float = 0.0, lift: float = 0.0) -> Line:
    """Return the lower lid from the outer to the inner corner; `lift` pushes it up, as a smile does."""
    lid = [(1.0, 0.02), (0.86, 0.27), (0.4, 0.46), (-0.15, 0.48), (-0.62, 0.39), (-1.0, 0.2)]
    return spline([_at(eye, u, v - lift * (1 - u * u), slant) for u, v in lid])


def closed_y(u: float) -> float:
    """Return where the lids meet, as a share of the eye's height."""
    return 0.14 - 0.08 * u + 0.26 * (1 - u * u)


def _at(eye: Eye, u: float, v: float, slant: float) -> tuple[float, float]:
    return eye.x + eye.side * eye.width / 2 * u, eye.y + eye.height * (v - slant * u)


def opening(eye: Eye, openness: float, look: Look, lift: float = 0.0) -> Line:
    """Return the outline of what is seen of the eyeball."""
    return np.vstack([upper_lid(eye, openness, look.slant), lower_lid(eye, look.slant, lift)])


def paint_whites(sheet: Sheet, look: Look, openness: float, lift: float = 0.0) -> None:
    """Paint both eyeballs; the lid's shadow lies on the lids' layer, above the iris."""
    for eye in (FAR, NEAR):
        top, bottom = (eye.x, eye.y - eye.height / 2), (eye.x, eye.y + eye.height / 2)
        tones = [(0, "#dcd6e4"), (0.45, "#fbf7f8"), (1, "#fffdfc")]
        sheet.fill(opening(eye, openness, look, lift), across(top, bottom, tones))


def paint_irises(sheet: Sheet, look: Look, size: float = 1.0) -> None:
    """Paint both irises with their pupils and lights."""
    for eye in (FAR, NEAR):
        x, y = eye.x - 6 - eye.side * 1.0, eye.y + 0.5
        _iris(sheet, look, x, y, eye.width * 0.325 * size, eye.height * 0.57 * size)


def _iris(sheet: Sheet, look: Look, x: float, y: float, rx: float, ry: float) -> None:
    body = across(
        (x, y - ry),
        (x, y + ry),
        [(0, look.iris_ink), (0.34, look.iris_deep), (0.66, look.iris_base), (1, look.iris_light)],
    )
    with sheet.within(ellipse(x, y, rx, ry), look.iris_ink) as iris:
        iris.fill(ellipse(x, y, rx - 3.0, ry - 3.0), body)
        iris.soft(ellipse(x, y + ry * 0.56, rx * 0.62, ry * 0.34), look.iris_light, 4, 0.85)
        for i in range(15):
            angle = np.pi * (0.12 + 0.76 * i / 14)
            a = (x + np.cos(angle) * rx * 0.5, y + np.sin(angle) * ry * 0.5)
            b = (x + np.cos(angle) * rx * 0.86, y + np.sin(angle) * ry * 0.86)
            iris.ink([a, b], 2.2, look.iris_light if i % 2 else look.iris_deep, opacity=0.5)
        iris.soft(ellipse(x, y, rx * 0.43, ry * 0.46), look.iris_ink, 1.8)
        iris.soft(
            shape(
                [(x - rx, y - ry), (x + rx, y - ry), (x + rx, y - ry * 0.3)],
                [(x + rx, y - ry * 0.3), (x, y - ry * 0.46), (x - rx, y - ry * 0.3)],
                [(x - rx, y - ry * 0.3), (x - rx, y - ry)],
            ),
            look.iris_ink,
            5,
            0.55,
        )
    sheet.soft(ellipse(x - rx * 0.34, y - ry * 0.4, rx * 0.33, ry * 0.29), "#ffffff", 0.8)
    sheet.soft(ellipse(x + rx * 0.4, y + ry * 0.38, rx * 0.17, ry * 0.14), "#ffffff", 0.8, 0.9)
    sheet.soft(ellipse(x - rx * 0.52, y + ry * 0.2, rx * 0.09, ry * 0.08), "#ffffff", 0.8, 0.7)


def paint_lids(sheet: Sheet, look: Look, openness: float, lift: float = 0.0) -> None:
    """Paint the lids' shadow, the lash lines and the crease of open or half-open eyes."""
    for eye in (FAR, NEAR):
        upper = upper_lid(eye, openness, look.slant)
        below = np.vstack([upper, shifted(upper, 0, eye.height * 0.15)[::-1]])
        shadow = Sheet(sheet.image.width(), sheet.image.height(), sheet.transform)
        shadow.soft(below, "#5a3a56", 3, 0.55)
        sheet.merge(cut(shadow.image, opening(eye, openness, look, lift), sheet.transform))
        _lashes(sheet, look, eye, upper, openness)
        lower = lower_lid(eye, look.slant, lift)
        sheet.ink(lower[: int(len(lower) * 0.62)], 4.2, look.lash_warm, start=0.5, end=0.0, peak=0.2)
        corner = lower[int(len(lower) * 0.86) :]
        sheet.ink([*corner[::3], *upper[2:9:3]], 2.6, look.lash_warm, start=0.0, end=0.3, opacity=0.8)
        crease = shifted(offset(even(upper, 30), np.full(30, 10.5 * eye.side))[9:27], eye.side * 2.0, 0)
        sheet.ink(crease, 2.8, look.skin_ink, opacity=0.75, peak=0.65)


def _lashes(sheet: Sheet, look: Look, eye: Eye, upper: Line, openness: float) -> None:
    line = even(upper, 48)[8:]
    tip = line[-1] + np.array([eye.side * 9.0, -7.0 * max(openness, 0.2)])
    band = np.vstack([line, tip])
    lift = offset(band, np.full(len(band), 2.5 * eye.side))
    tones = [(0, look.lash_warm), (0.35, look.lash), (1, look.lash)]
    edge = across(tuple(line[0]), tuple(line[-1]), tones)
    sheet.fill(ribbon(lift, 13.5, start=0.16, end=0.0, peak=0.7), edge)
    for at, dx, dy in ((0.80, 13, -14), (0.91, 16, -8)):
        root = line[int(at * 39)]
        x, y = root
        sheet.ink(
            [(x, y), (x + eye.side * dx * 0.55, y + dy * 0.3 - 2), (x + eye.side * dx, y + dy)],
            6.5,
            look.lash,
            start=1,
            peak=0.1,
        )


def paint_shut(sheet: Sheet, look: Look, *, smiling: bool) -> None:
    """Paint closed eyes: hanging lashes of a blink, or the arches of a laugh."""
    for eye in (FAR, NEAR):
        if smiling:
            line = [_at(eye, u, 0.26 - 0.42 * (1 - u * u) - 0.02 * u, 0) for u in np.linspace(-0.96, 0.98, 9)]
        else:
            line = [_at(eye, u, closed_y(u), look.slant) for u in np.linspace(-0.98, 1.0, 9)]
        sheet.ink(line, 11.0, look.lash, start=0.2, end=0.15, peak=0.62)
        for u, dx, dy in ((0.72, 9, 10), (0.95, 12, 5)):
            v = 0.26 - 0.42 * (1 - u * u) if smiling else closed_y(u)
            x, y = _at(eye, u, v, look.slant)
            down = -0.5 if smiling else 1.0
            sheet.ink(
                [(x, y), (x + eye.side * dx * 0.6, y + dy * 0.4 * down), (x + eye.side * dx, y + dy * down)],
                5.5,
                look.lash,
                start=1,
                peak=0.1,
            )
        crease = [
            _at(eye, u, -0.36 + 0.2 * u * u + (0.1 if not smiling else -0.06), 0)
            for u in np.linspace(-0.6, 0.8, 7)
        ]
        sheet.ink(crease, 2.8, look.skin_ink, opacity=0.7)


@dataclass(frozen=True, slots=True)
class Brow:
    """How far the inner end, the middle and the outer end lie above (-) or below (+) their rest, in pixels."""

    inner: float = 0.0
    middle: float = 0.0
    outer: float = 0.0


def paint_brows(sheet: Sheet, look: Look, far: Brow, near: Brow) -> None:
    """Paint both brows."""
    for eye, brow in ((FAR, far), (NEAR, near)):
        y = eye.y - eye.height * 0.5 - 32
        points = [
            (eye.x - eye.side * eye.width * 0.47, y + 1 + brow.inner),
            (eye.x - eye.side * eye.width * 0.08, y - 7 + (brow.inner + brow.middle) / 2),
            (eye.x + eye.side * eye.width * 0.3, y - 6 + brow.middle),
            (eye.x + eye.side * eye.width * 0.66, y + 9 + brow.outer),
        ]
        sheet.ink(points, 8.5 * look.brow_weight, look.brow, start=0.55, end=0.0, peak=0.3, opacity=0.92)


def paint_blush(sheet: Sheet, look: Look, strength: float) -> None:
    """Paint reddened cheeks with a few hatched lines."""
    for x, r in ((482, 50), (706, 56)):
        y = 543
        sheet.fill(
            ellipse(x, y, r, r * 0.52),
            glow(
                (x, y),
                r,
                [
                    (0, colour(look.blush, strength)),
                    (0.5, colour(look.blush, strength * 0.6)),
                    (1, colour(look.blush, 0)),
                ],
            ),
        )
        for dx in (-16, -2, 12):
            sheet.ink([(x + dx + 5, y - 7), (x + dx - 5, y + 7)], 3.2, look.lip, opacity=0.4 * strength)


def paint_tears(sheet: Sheet) -> None:
    """Paint a tear that gathers at the outer corner of each eye."""
    for eye, dx in ((FAR, 0.62), (NEAR, 0.6)):
        x, y = eye.x + eye.side * eye.width * dx / 2, eye.y + eye.height * 0.45
        drop = shape(
            [(x - 6, y), (x - 8, y + 9), (x, y + 16), (x + 8, y + 9), (x + 6, y)],
            [(x + 6, y), (x, y - 4), (x - 6, y)],
        )
        sheet.fill(drop, across((x, y - 4), (x, y + 16), [(0, "#8fbfe8"), (1, "#e8f6ff")]), 0.92)
        sheet.soft(ellipse(x - 2, y + 8, 2.2, 3), "#ffffff", 0.8)


def paint_sweat(sheet: Sheet) -> None:
    """Paint one small drop beside the temple."""
    x, y = 776.0, 342.0
    drop = shape(
        [(x, y - 22), (x + 11, y + 4), (x + 9, y + 14), (x, y + 19)],
        [(x, y + 19), (x - 9, y + 14), (x - 11, y + 4), (x, y - 22)],
    )
    sheet.fill(drop, across((x, y - 22), (x, y + 19), [(0, "#d9effd"), (1, "#86bce6")]), 0.92)
    sheet.soft(ellipse(x - 4, y + 6, 2.6, 4.5), "#ffffff", 0.8)
    sheet.ink([(x + 9, y + 4), (x + 7, y + 13), (x, y + 18)], 2.4, "#4f83b5", start=0.4, end=0.3)
