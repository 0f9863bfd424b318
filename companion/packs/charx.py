"""Another name of `archive`."""

from __future__ import annotations

from companion.packs.archive import ALLOWED as ALLOWED
from companion.packs.archive import unpack as unpack
