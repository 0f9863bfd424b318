"""Colour arithmetic: mixing, contrast, and the accent corrected until text in it can be read."""

from __future__ import annotations

from PySide6.QtGui import QColor

READABLE = 4.5


def mix(over: QColor, under: QColor, share: float) -> QColor:
    """Return `over` laid on `under` with opacity `share`, 0 to 1."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        min(1.0, over.redF() * share + under.redF() * rest),
        min(1.0, over.greenF() * share + under.greenF() * rest),
        min(1.0, over.blueF() * share + under.blueF() * rest),
    )


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(accent: QColor, *surfaces: QColor, ratio: float = READABLE) -> QColor:
    """Return `accent`, lightened or darkened until it has `ratio` on every one of `surfaces`."""
    darker_is_better = sum(_luminance(one) for one in surfaces) / len(surfaces) > 0.18
    goal = QColor("black" if darker_is_better else "white")
    for step in range(41):
        tried = mix(goal, accent, step / 40)
        if all(contrast(tried, surface) >= ratio for surface in surfaces):
            return tried
    return goal


def ink_on(colour: QColor) -> QColor:
    """Return black or white, whichever can be read better on `colour`."""
    white, black = QColor("#ffffff"), QColor("#161412")
    return white if contrast(white, colour) >= contrast(black, colour) else black


def dominant(samples: list[QColor]) -> QColor | None:
    """Return the most characteristic of `samples`: the best filled and coloured hue, or None without colour."""
    weights: dict[int, float] = {}
    members: dict[int, list[QColor]] = {}
    for colour in samples:
        if colour.alphaF() < 0.8 or colour.hsvHueF() < 0:
            continue
        weight = colour.hsvSaturationF() ** 1.5 * colour.valueF()
        if weight < 0.05:
            continue
        hue = int(colour.hsvHueF() * 24) % 24
        weights[hue] = weights.get(hue, 0.0) + weight
        members.setdefault(hue, []).append(colour)
    if not weights:
        return None
    return max(members[max(weights, key=weights.__getitem__)], key=QColor.hsvSaturationF)


def _luminance(colour: QColor) -> float:
    red, green, blue = (_linear(part) for part in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
