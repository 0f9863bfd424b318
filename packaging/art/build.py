"""Draw both characters and write their packs' pictures: `python packaging/art/build.py [xiaoman] [wren]`.

Layers are cropped to what they show; `rig.json` says where each belongs. Flat emotions, portrait and
backdrop are painted from the same layers.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import backgrounds  # noqa: E402 - the folder of this script has to be on the path first
import numpy as np  # noqa: E402
import portraits  # noqa: E402
import wren  # noqa: E402
import wren_clothes  # noqa: E402
import xiaoman  # noqa: E402
import xiaoman_clothes  # noqa: E402
from anatomy import (  # noqa: E402
    Brow,
    face_outline,
    paint_blush,
    paint_brows,
    paint_face,
    paint_irises,
    paint_lids,
    paint_shut,
    paint_sweat,
    paint_tears,
    paint_whites,
)
from brush import Sheet, blurred, bounds, cut, rim  # noqa: E402
from feelings import BLINK, BROWS, EYES, FACES, VISEMES  # noqa: E402
from mouths import mouths, paint_mouth  # noqa: E402
from PIL import Image  # noqa: E402
from PySide6.QtGui import QGuiApplication, QImage, QTransform  # noqa: E402

WIDTH: Final = 1200
HEIGHT: Final = 1600
PIVOT: Final = (608.0, 716.0)
# Light along the upper left contour, shade along the lower right one.
LIGHT: Final = {
    "body": ((10, 8, "#fff0cf", 4.0, 0.34), (-26, 0, "#1c2440", 12.0, 0.28)),
    "hair_front": ((8, 8, "#ffdcb0", 4.0, 0.2), (-18, -10, "#1a1024", 10.0, 0.3)),
    "hair_back": ((8, 6, "#ffe9c9", 4.0, 0.25), (-16, -8, "#1a1024", 9.0, 0.4)),
    "braid": ((7, 5, "#ffdcb0", 3.0, 0.28), (-12, -6, "#1a1024", 6.0, 0.36)),
    "accessory": ((5, 4, "#ffe9c9", 2.0, 0.4),),
}


class Folder:
    """Collects the layers of one rig in z order and writes them."""

    def __init__(self, character: ModuleType, clothes: ModuleType, folder: Path) -> None:
        self.character = character
        self.clothes = clothes
        self.folder = folder
        self.layers: list[dict[str, Any]] = []
        turn = QTransform().translate(*PIVOT).rotate(character.TILT).translate(-PIVOT[0], -PIVOT[1])
        self.tilt = turn
        lean = QTransform().translate(*PIVOT).rotate(-0.5 * character.TILT).translate(-PIVOT[0], -PIVOT[1])
        self.lean = lean

    def add(
        self,
        name: str,
        motion: str,
        paint: Callable[[Sheet], None],
        *,
        tilted: bool = True,
        slot: str = "",
        variant: str = "",
        clip: str = "",
    ) -> None:
        """Paint one layer and write it beside the rig."""
        sheet = Sheet(WIDTH, HEIGHT, self.tilt if tilted else self.lean)
        paint(sheet)
        for dx, dy, tone, radius, opacity in LIGHT.get(name, ()):
            rim(sheet.image, dx, dy, tone, radius, opacity)
        box = bounds(sheet.image, margin=1)
        if box is None:
            return
        save(sheet.image.copy(box), self.folder / f"{name}.png")
        layer: dict[str, Any] = {"file": f"{name}.png", "at": [box.x(), box.y()], "motion": motion}
        layer.update(
            {key: word for key, word in (("slot", slot), ("variant", variant), ("clip", clip)) if word}
        )
        self.layers.append(layer)


def save(image: QImage, path: Path, colours: int = 0) -> None:
    """Write a PNG, with a palette of `colours` where that does not show."""
    straight = image.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(straight.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    picture = Image.fromarray(pixels.copy(), "RGBA")
    if colours:
        picture = picture.quantize(
            colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.FLOYDSTEINBERG
        )
    picture.save(path, optimize=True)


def draw_layers(folder: Folder) -> None:
    """Paint all layers, back to front."""
    character = folder.character
    look = character.LOOK
    folder.add("hair_back", "hair_back", character.paint_hair_back)
    folder.add("neck", "body", lambda s: folder.clothes.paint_neck(s, look), tilted=False)
    folder.add("body", "body", folder.clothes.paint_body, tilted=False)
    if hasattr(folder.clothes, "paint_accessory"):
        folder.add("accessory", "body", folder.clothes.paint_accessory, tilted=False)
    if hasattr(character, "paint_braid"):
        folder.add("braid", "dangle", character.paint_braid)
    folder.add("face", "head", lambda s: _face(s, character))
    for name, strength in (("soft", 0.5), ("deep", 0.9)):
        folder.add(
            f"blush_{name}", "head", lambda s, k=strength: paint_blush(s, look, k), slot="blush", variant=name
        )
    _eyes(folder)
    for name, (far, near) in BROWS.items():
        folder.add(
            f"brows_{name}",
            "head",
            lambda s, f=far, n=near: paint_brows(s, look, f, n),
            slot="brows",
            variant=name,
        )
    for name, mouth in mouths().items():
        folder.add(
            f"mouth_{name}", "head", lambda s, m=mouth: paint_mouth(s, look, m), slot="mouth", variant=name
        )
    folder.add("tears", "head", paint_tears, slot="extra", variant="tears")
    folder.add("hair_front", "hair_front", character.paint_hair_front)
    if hasattr(character, "paint_hairpin"):
        folder.add("hairpin", "hair_front", character.paint_hairpin)
    folder.add("sweat", "hair_front", paint_sweat, slot="extra", variant="sweat")


def _face(sheet: Sheet, character: ModuleType) -> None:
    paint_face(sheet, character.LOOK)
    shadow = Sheet(WIDTH, HEIGHT, sheet.transform)
    character.bang_shadow(shadow, character.LOOK)
    sheet.merge(cut(blurred(shadow.image, 2.2), face_outline(), sheet.transform), 0.5)


def _eyes(folder: Folder) -> None:
    look = folder.character.LOOK
    for name, eye in EYES.items():
        own = replace(look, slant=look.slant + eye.slant)
        if not eye.shut:
            folder.add(
                f"eyes_{name}_white",
                "head",
                lambda s, o=own, e=eye: paint_whites(s, o, e.openness * look.openness, e.lift),
                slot="eyes",
                variant=name,
            )
    for name, size in (("normal", 1.0), ("small", 0.84)):
        folder.add(
            f"iris_{name}",
            "iris",
            lambda s, k=size: paint_irises(s, look, k),
            slot="iris",
            variant=name,
            clip="eyes",
        )
    for name, eye in EYES.items():
        own = replace(look, slant=look.slant + eye.slant)
        if eye.shut:
            folder.add(
                f"eyes_{name}_lids",
                "head",
                lambda s, o=own, e=eye: paint_shut(s, o, smiling=e.smiling),
                slot="eyes",
                variant=name,
            )
        else:
            folder.add(
                f"eyes_{name}_lids",
                "head",
                lambda s, o=own, e=eye: paint_lids(s, o, e.openness * look.openness, e.lift),
                slot="eyes",
                variant=name,
            )


def rig_of(folder: Folder) -> dict[str, Any]:
    """Return the rig as JSON."""

    def at(x: float, y: float) -> list[float]:
        point = folder.tilt.map(x, y)
        return [round(point[0], 1), round(point[1], 1)]

    return {
        "format": "companion-rig",
        "version": 1,
        "canvas": [WIDTH, HEIGHT],
        "anchors": {"head": list(PIVOT), "dangle": at(800, 640), "eyes": at(592, 466)},
        "layers": folder.layers,
        "states": FACES,
        "blink": BLINK,
        "visemes": VISEMES,
    }


def build(name: str, character: ModuleType, clothes: ModuleType) -> None:
    """Draw one character and write everything her pack shows."""
    assets = ROOT / "characters" / name / "assets"
    rig = assets / "x_rig" / "other"
    rig.mkdir(parents=True, exist_ok=True)
    for old in rig.glob("*.png"):
        old.unlink()
    folder = Folder(character, clothes, rig)
    draw_layers(folder)
    (rig / "rig.json").write_text(
        json.dumps(rig_of(folder), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    backgrounds.write(name, assets / "background" / "main.jpg")
    portraits.write(name, assets, save)
    size = sum(path.stat().st_size for path in assets.rglob("*") if path.is_file())
    print(f"{name}: {len(folder.layers)} layers, {size / 1e6:.1f} MB")


def main() -> None:
    _application = QGuiApplication([])
    wanted = sys.argv[1:] or ["xiaoman", "wren"]
    for name in wanted:
        character, clothes = {"xiaoman": (xiaoman, xiaoman_clothes), "wren": (wren, wren_clothes)}[name]
        build(name, character, clothes)


__all__ = ["Brow", "build"]

if __name__ == "__main__":
    main()
