"""Another name of `png_chunks`."""

from __future__ import annotations

from companion.packs.png_chunks import read_card as read_card
