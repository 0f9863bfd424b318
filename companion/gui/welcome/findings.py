"""What a computer can do, in words: from its parts and the models on it to sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from companion.engines.catalog import ModelRow
from companion.engines.weights_folder import InstalledModel, ModelRole
from companion.gui.preferences.choosers import size_text
from companion.gui.surface import Surface
from companion.gui.translation import tr
from companion.hardware import Hardware

Pace = Literal["quick", "steady", "slow"]
_LITTLE_DISK_GB = 3.0


@dataclass(frozen=True, slots=True)
class Findings:
    """`best` is the model that would be used to think, None if there is none."""

    hardware: Hardware
    best: InstalledModel | ModelRow | None
    has_ears: bool
    has_voice: bool


def find_out(companion: Surface) -> Findings:
    """Look at the computer and its models; takes up to some seconds."""
    hardware = companion.hardware()
    return Findings(
        hardware,
        companion.catalog.best(
            companion.paths.models, "language", ram_bytes=round(hardware.ram_gb * 1_000_000_000)
        ),
        has_ears=_has(companion, "recogniser"),
        has_voice=_has(companion, "voice"),
    )


def pace(findings: Findings) -> Pace:
    """Return how quickly she will answer with the model that would be used."""
    hardware, best = findings.hardware, findings.best
    n_bytes = best.bytes if best is not None else 0
    if hardware.vram_gb * 1e9 > n_bytes * 1.2 > 0:
        return "quick"
    # Decoding reads all weights for each token: what counts is their size per core.
    load = n_bytes / max(1, hardware.cores)
    if load < 150e6:
        return "quick"
    return "steady" if load < 700e6 else "slow"


def parts_of(hardware: Hardware) -> list[tuple[str, str]]:
    """Return (name, value) of each part that matters."""
    card = f"{hardware.gpu} · {hardware.vram_gb:.0f} GB" if hardware.gpu else tr("none that can be used")
    return [
        (tr("Processor"), tr("{n} cores", n=hardware.cores)),
        (
            tr("Memory"),
            tr("{all} GB, {free} GB free", all=round(hardware.ram_gb), free=round(hardware.ram_free_gb)),
        ),
        (tr("Graphics card"), card),
        (tr("Room on the disk"), f"{hardware.disk_free_gb:,.0f} GB"),
    ]


def sentences_of(findings: Findings) -> list[tuple[bool, str]]:
    """Return (is it all right, sentence) for thinking, speed, listening, speaking and the disk."""
    out: list[tuple[bool, str]] = []
    best = findings.best
    if best is None:
        out.append(
            (
                False,
                tr("There is no model to think with yet. Put one into the models folder, or name a server."),
            )
        )
    else:
        out.append(
            (True, tr("She will think with {name}, {size}.", name=best.label, size=size_text(best.bytes)))
        )
        out.append(_speed(pace(findings)))
    out.append(
        (True, tr("She can understand what you say."))
        if findings.has_ears
        else (False, tr("There is no model to understand speech; you can write."))
    )
    out.append(
        (True, tr("She has a voice."))
        if findings.has_voice
        else (False, tr("There is no model for her voice; you can read what she says."))
    )
    if findings.hardware.disk_free_gb < _LITTLE_DISK_GB:
        out.append((False, tr("The disk is nearly full; chats need some room.")))
    return out


def _speed(how: Pace) -> tuple[bool, str]:
    return {
        "quick": (True, tr("This computer is quick: she answers almost at once.")),
        "steady": (
            True,
            tr(
                "This computer is fine: she answers after a short breath. The first meeting takes a little longer."
            ),
        ),
        "slow": (
            False,
            tr(
                "This computer needs patience: she thinks for some seconds first. A smaller model is quicker."
            ),
        ),
    }[how]


def _has(companion: Surface, role: ModelRole) -> bool:
    return bool(companion.models(role)) or bool(companion.catalog.available(role))
