"""What each feeling does to eyes, brows and mouth; written into `rig.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from anatomy import Brow


@dataclass(frozen=True, slots=True)
class EyeShape:
    """`openness` 1 is open, `lift` pushes the lower lid up, `slant` raises the outer corner."""

    openness: float = 1.0
    lift: float = 0.0
    slant: float = 0.0
    shut: bool = False
    smiling: bool = False


EYES: Final[dict[str, EyeShape]] = {
    "open": EyeShape(),
    "half": EyeShape(0.5, 0.02),
    "shut": EyeShape(shut=True),
    "arch": EyeShape(shut=True, smiling=True),
    "soft": EyeShape(0.84, 0.08),
    "wide": EyeShape(1.14),
    "keen": EyeShape(0.82, 0.03, 0.09),
    "low": EyeShape(0.74, 0.0, -0.08),
}
BROWS: Final[dict[str, tuple[Brow, Brow]]] = {
    "calm": (Brow(), Brow()),
    "glad": (Brow(-5, -9, -3), Brow(-5, -9, -3)),
    "raised": (Brow(-15, -20, -11), Brow(-15, -20, -11)),
    "angry": (Brow(15, 3, -6), Brow(15, 3, -6)),
    "sad": (Brow(-11, -1, 9), Brow(-11, -1, 9)),
    "worried": (Brow(-8, 1, 5), Brow(-8, 1, 5)),
    "asking": (Brow(7, 2, 2), Brow(-8, -17, -7)),
}
BLINK: Final[dict[str, list[str]]] = {
    "open": ["half", "shut"],
    "soft": ["half", "shut"],
    "wide": ["open", "shut"],
    "keen": ["half", "shut"],
    "low": ["half", "shut"],
}
VISEMES: Final = {name: name for name in ("rest", "closed", "a", "i", "u", "e", "o", "f")}
_BRIGHT: Final = {"a": "a_smile", "i": "i_smile", "e": "e_smile"}
_DARK: Final = {"a": "a_sad", "i": "i_sad", "e": "e_sad"}


def _face(
    eyes: str,
    brows: str,
    mouth: str,
    *,
    blush: str = "",
    extra: str = "",
    iris: str = "normal",
    gaze: tuple[float, float] = (0, 0),
    tilt: float = 0.0,
    visemes: dict[str, str] | None = None,
) -> dict[str, Any]:
    slots = {"eyes": eyes, "iris": iris, "brows": brows, "mouth": mouth, "blush": blush, "extra": extra}
    face: dict[str, Any] = {"slots": {slot: variant for slot, variant in slots.items() if variant}}
    if gaze != (0, 0):
        face["gaze"] = list(gaze)
    if tilt:
        face["tilt"] = tilt
    if visemes:
        face["visemes"] = visemes
    return face


FACES: Final[dict[str, dict[str, Any]]] = {
    "neutral": _face("open", "calm", "rest"),
    "happy": _face("soft", "glad", "beam", blush="soft", visemes={**_BRIGHT, "closed": "smile"}, tilt=1.0),
    "laughing": _face("arch", "glad", "grin", blush="soft", visemes={**_BRIGHT, "closed": "smile"}, tilt=2.0),
    "shy": _face("low", "worried", "waver", blush="deep", gaze=(-8, 5), tilt=2.4),
    "angry": _face("keen", "angry", "pout", visemes=_DARK, tilt=-1.0),
    "sad": _face("low", "sad", "frown", extra="tears", gaze=(-2, 6), visemes=_DARK, tilt=1.6),
    "surprised": _face("wide", "raised", "gasp", iris="small"),
    "thinking": _face("open", "asking", "smirk", gaze=(8, -6), tilt=-2.0),
    "tender": _face(
        "soft", "calm", "smile", blush="soft", tilt=2.4, visemes={"e": "e_smile", "i": "i_smile"}
    ),
    "worried": _face("open", "worried", "frown", extra="sweat", visemes=_DARK, tilt=1.0),
}
