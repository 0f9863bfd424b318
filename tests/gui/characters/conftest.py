from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from companion.gui.translation import apply_language


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> None:
    """Begin in English, whatever the test before has left."""
    apply_language(qapp, "en")
