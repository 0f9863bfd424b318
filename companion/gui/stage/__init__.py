"""The living face: a layered rig that breathes, looks, feels and speaks."""

from __future__ import annotations

from companion.gui.stage.widget import StageWidget

__all__ = ["StageWidget"]
