"""Mouth shapes of speech and of feeling, drawn around one centre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from anatomy import MOUTH, Look
from brush import Line, Sheet, across, ellipse, shape, spline

_INSIDE: Final = "#6d1f2b"
_DEEP: Final = "#4a111d"
_TONGUE: Final = "#d9707a"
_TEETH: Final = "#fffaf6"


@dataclass(frozen=True, slots=True)
class Mouth:
    """Half width, opening height, corner lift (+ smiles); `teeth` and `tongue` are shares of the opening.

    An opening of 0 is a line. `skew` lifts the right corner alone, `wave` bends the line.
    """

    half: float
    height: float = 0.0
    lift: float = 4.0
    teeth: float = 0.0
    tongue: float = 0.0
    round: float = 0.0
    skew: float = 0.0
    wave: float = 0.0


_SPEECH: Final[dict[str, Mouth]] = {
    "rest": Mouth(27, 0, 5),
    "closed": Mouth(22, 0, 1.5),
    "a": Mouth(29, 40, 3, teeth=0.2, tongue=0.42),
    "i": Mouth(32, 17, 6, teeth=0.5, tongue=0.2),
    "u": Mouth(13, 18, 0, round=1.0),
    "e": Mouth(30, 25, 5, teeth=0.3, tongue=0.36),
    "o": Mouth(20, 33, 0, tongue=0.36, round=0.85),
    "f": Mouth(26, 12, 3, teeth=0.72),
}
_FEELING: Final[dict[str, Mouth]] = {
    "smile": Mouth(33, 0, 11),
    "smirk": Mouth(29, 0, 5, skew=7),
    "grin": Mouth(42, 42, 15, teeth=0.26, tongue=0.42),
    "beam": Mouth(37, 25, 13, teeth=0.4, tongue=0.3),
    "pout": Mouth(19, 0, -7),
    "frown": Mouth(26, 0, -8),
    "waver": Mouth(29, 0, 1, wave=2.4),
    "gasp": Mouth(15, 25, -1, tongue=0.3, round=0.9),
}


def mouths() -> dict[str, Mouth]:
    """Return every mouth by its name; `a_smile` is the speech shape `a` of a smiling face."""
    found = {**_SPEECH, **_FEELING}
    for name in ("a", "i", "e"):
        base = _SPEECH[name]
        found[f"{name}_smile"] = Mouth(
            base.half + 5, base.height, base.lift + 7, base.teeth + 0.06, base.tongue
        )
        found[f"{name}_sad"] = Mouth(base.half - 3, base.height * 0.85, -5, base.teeth * 0.8, base.tongue)
    return found


def paint_mouth(sheet: Sheet, look: Look, mouth: Mouth) -> None:
    """Paint one mouth."""
    if mouth.height == 0:
        _line(sheet, look, mouth)
    else:
        _open(sheet, look, mouth)


def _line(sheet: Sheet, look: Look, mouth: Mouth) -> None:
    x, y = MOUTH
    h, lift = mouth.half, mouth.lift
    right = lift + mouth.skew
    points = [
        (x - h, y - lift),
        (x - h * 0.55, y - lift * 0.15 - mouth.wave),
        (x - 1, y + lift * 0.32 + mouth.wave),
        (x + h * 0.55, y - right * 0.15 - mouth.wave),
        (x + h * 1.06, y - right + mouth.wave * 0.4),
    ]
    sheet.soft(
        shape(
            [(x - h * 0.5, y + 4), (x, y + 5), (x + h * 0.55, y + 4)],
            [(x + h * 0.55, y + 4), (x, y + 15), (x - h * 0.5, y + 4)],
        ),
        look.lip,
        3,
        0.42,
    )
    sheet.soft(ellipse(x - 2, y + 10, 7, 2), "#ffffff", 1.6, 0.5)
    sheet.ink(points, 4.4, "#6b2a2c", start=0.3, end=0.3, peak=0.5, opacity=0.95)
    for end in (points[0], points[-1]):
        sheet.soft(ellipse(end[0], end[1], 3.2, 2.6), look.skin_ink, 1.6, 0.55)
    sheet.soft(ellipse(x, y + 22, h * 0.42, 3.2), look.skin_shade, 2.5, 0.9)


def _open(sheet: Sheet, look: Look, mouth: Mouth) -> None:
    x, y = MOUTH
    h, high, lift = mouth.half, mouth.height, mouth.lift
    top = y - high * (0.36 + 0.1 * mouth.round)
    bottom = top + high
    corner = top + high * 0.14 - lift
    if mouth.round:
        level = top + high * 0.53
        upper = [
            (x - h, level),
            (x - h * 0.74, top + high * 0.14),
            (x - 1, top),
            (x + h * 0.74, top + high * 0.14),
        ]
        lower = [(x + h * 0.78, bottom - high * 0.15), (x, bottom), (x - h * 0.78, bottom - high * 0.15)]
        outline = spline([*upper, (x + h, level), *lower], closed=True)
    else:
        bend = lift * 0.1
        upper = [
            (x - h, corner),
            (x - h * 0.5, top + bend),
            (x - 2, top + 2.5),
            (x + h * 0.5, top + bend),
            (x + h * 1.03, corner),
        ]
        side = bottom - high * 0.18
        lower = [
            (x + h * 1.03, corner),
            (x + h * 0.66, side),
            (x, bottom),
            (x - h * 0.66, side),
            (x - h, corner),
        ]
        outline = shape(upper, lower)
    fill = across((x, top), (x, bottom), [(0, _DEEP), (1, _INSIDE)])
    with sheet.within(outline, fill) as inner:
        if mouth.tongue:
            at = bottom + high * (0.22 - mouth.tongue * 0.5)
            inner.soft(ellipse(x, at, h * 0.66, high * 0.42), _TONGUE, 1.6)
        if mouth.teeth:
            inner.fill(_teeth(x, top, h, corner, high * mouth.teeth), _TEETH)
    if mouth.round:
        sheet.ink([*outline, outline[0]], 3.4, "#7a2c35", start=1, end=1)
        sheet.ink(upper, 2.4, _DEEP, start=0.2, end=0.2)
    else:
        sheet.ink(upper, 4.8, _DEEP, start=0.3, end=0.3)
        sheet.ink(lower, 3.2, "#8a3a3f", start=0.3, end=0.3)
    _lower_lip(sheet, look, x, bottom, h)


def _teeth(x: float, top: float, h: float, corner: float, high: float) -> Line:
    over = [(x - h * 1.1, corner - 8), (x, top - 12), (x + h * 1.1, corner - 8)]
    under = [(x + h * 0.9, corner + high * 0.6), (x, top + high + 2), (x - h * 0.88, corner + high * 0.6)]
    return shape(over, under)


def _lower_lip(sheet: Sheet, look: Look, x: float, bottom: float, h: float) -> None:
    over = [(x - h * 0.45, bottom + 3), (x, bottom + 5), (x + h * 0.45, bottom + 3)]
    under = [(x + h * 0.45, bottom + 3), (x, bottom + 11), (x - h * 0.45, bottom + 3)]
    sheet.soft(shape(over, under), look.lip, 2.4, 0.6)
    sheet.soft(ellipse(x, bottom + 17, h * 0.4, 3), look.skin_shade, 2.5, 0.8)
